/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_NAMES_H
#define BERTH_UNITS_NAMES_H

#include "lib/arena.h"
#include "units/unit.h"

/* Which unit a name means: ids are those of the units themselves, further names are kept here. */
struct alias {
	const char *name;
	uint32_t index;
};

struct names {
	/* Open addressing, at most half full. 0: free; a unit's index + 1; NAMES_ALIAS + place in aliases. */
	uint32_t *slots;
	uint32_t n_slots, n_names;
	struct alias *aliases;
	uint32_t n_aliases, room;
	struct arena texts; /* of the aliases */
};

#define NAMES_ALIAS 0x80000000u

/* The unit called @name, -1 if there is none. */
int names_find(const struct names *n, struct unit *const *units, const char *name);

/* Enters the id of unit @index, which nobody has yet, or a further name of it (copied). 0 or -ENOMEM. */
int names_add(struct names *n, struct unit *const *units, uint32_t index);
int names_add_alias(struct names *n, struct unit *const *units, uint32_t index, const char *name);

/* Takes the id of unit @index back, which was entered last; false if it has further names. */
bool names_drop_last(struct names *n, struct unit *const *units, uint32_t index);

/* The further names of unit @index, one after the other: *@at is 0 at first. NULL: no more. */
const char *names_next_alias(const struct names *n, uint32_t index, uint32_t *at);

/*
 * Makes the table anew for @n_slots slots in @slots (zeroed), of which half stay free; for what is
 * not going to grow. Takes the aliases as they are.
 */
void names_fill(struct names *n, struct unit *const *units, uint32_t n_units, uint32_t *slots,
		uint32_t n_slots);

void names_free(struct names *n);

#endif
