/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_FROZEN_H
#define BERTH_UNITS_FROZEN_H

#include "lib/region.h"
#include "units/names.h"
#include "units/set.h"

/*
 * A unit set that is loaded in one process and used in another. The child of PID 1 that reads unit
 * files makes its copy of the set changeable (unit_set_thaw()), loads with the units in a region
 * that both see, finishes, and puts what is left of the set, its tables, into a second region
 * (unit_set_freeze()). PID 1 takes these in place of its own (unit_set_adopt()), which is a matter
 * of a few pointers, and never changes a set itself.
 */
struct unit_table {
	uint32_t n;
	struct unit **units; /* in the region of the units */
	struct names names;
	struct dep *deps; /* edges.h: sorted, with n + 1 places in start */
	uint32_t *start;
	uint32_t n_deps;
};

/* From now on units are made in @memory; what is full then is -ENOMEM. It must live on. */
void unit_set_use_region(struct unit_set *set, struct region *memory);

/* After unit_set_adopt(), in a child: makes the tables its own. 0 or -ENOMEM. */
int unit_set_thaw(struct unit_set *set);

/* After unit_set_finish(): the tables in @memory; NULL when it is full. */
struct unit_table *unit_set_freeze(const struct unit_set *set, struct region *memory);

/* Takes over what unit_set_freeze() made; it must live on until the next call. */
void unit_set_adopt(struct unit_set *set, const struct unit_table *table);

#endif
