/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_CALENDAR_FIELDS_H
#define BERTH_LIB_CALENDAR_FIELDS_H

#include "lib/calendar.h"

/* What the two halves of lib/calendar.h share: calendar.c (arithmetic, the way back to text) and
 * calendar_parse.c. */

/* systemd's bounds: with an end to the years, the search for a point that never comes ends, too. */
struct calendar_bound {
	uint32_t min, max;
};

extern const struct calendar_bound calendar_bounds[CALENDAR_FIELDS];

/* "Monday" to "Sunday". */
extern const char *const calendar_weekdays[7];

/* Microseconds since 1970 of a date and time within the bounds, and back; false beyond them. */
usec_t calendar_join(const uint32_t v[CALENDAR_FIELDS]);
bool calendar_split(usec_t at, uint32_t v[CALENDAR_FIELDS]);

#endif
