/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_SET_PARTS_H
#define BERTH_UNITS_SET_PARTS_H

#include "units/edges.h"
#include "units/load.h"
#include "units/names.h"

/* What a unit set is made of; for set.c, set_mounts.c and frozen.c alone. */
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

/* An implicit edge to a unit that is loaded if it was not. 0 or -errno. */
int set_depend(struct unit_set *set, uint32_t from, const char *name, enum dep_kind kind);

/* The edges of unit @from that come of mounts (set_mounts.c). */
int set_enter_mounts(struct unit_set *set, uint32_t from);

#endif
