/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_SET_PARTS_H
#define BERTH_UNITS_SET_PARTS_H

#include "units/edges.h"
#include "units/load.h"
#include "units/names.h"

/* What a unit set is made of; for set.c and frozen.c alone. */
struct unit_set {
	struct loader loader;
	struct diag_sink *sink;
	char *root;
	struct unit **units;
	uint32_t n, room;
	uint32_t scanned; /* units whose dependencies have been entered */
	struct names names;
	struct edges edges;
	bool frozen; /* all tables are somebody else's and not to be changed (frozen.h) */
};

#endif
