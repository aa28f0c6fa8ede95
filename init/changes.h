/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CHANGES_H
#define BERTH_INIT_CHANGES_H

#include "units/set.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What the unit files say now against what berth has: for `berthctl diff` and for the line in the
 * log. Works in the errand that reads them; both sets are whole, with their edges.
 */
struct changes {
	uint32_t added, removed, changed;
	bool settings; /* of system.conf */
};

/*
 * Compares @now, whose first units are those of @old (unit_set_load_like()), and writes one line per
 * difference to @fd (-1: only counts), fields separated by tabs:
 *   added UNIT | removed UNIT | state UNIT OLD NEW | key UNIT NAME OLD NEW
 * 0 or -errno of writing.
 */
int changes_tell(const struct unit_set *old, const struct unit_set *now, int fd,
		 struct changes *changes);

/* The same for system.conf, either may be NULL: "key system.conf NAME OLD NEW". After changes_tell(). */
int changes_tell_settings(const struct unit *old, const struct unit *now, int fd,
			  struct changes *changes);
/* It cannot be read as it is now. */
int changes_tell_bad_settings(int fd);

/*
 * A unit of ours (not from systemd's directories) that would be lost: it cannot be loaded as its files
 * are now. What could not be loaded before either is no reason to refuse the rest. NULL: none.
 * @n: how many.
 */
const struct unit *changes_first_bad(const struct unit_set *old, const struct unit_set *now,
				     uint32_t *n);

#endif
