/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_TERM_H
#define BERTH_CTL_TERM_H

#include "lib/clock.h"

#include <stddef.h>

/* What makes output readable for people: colours, times, the dot. Colours only on a terminal. */
enum colour {
	COLOUR_PLAIN,
	COLOUR_GOOD,
	COLOUR_BAD,
	COLOUR_MIDDLE,
};

/* Escape sequences around text; "" when standard output is no terminal or NO_COLOR is set. */
const char *term_colour(enum colour colour);
const char *term_off(enum colour colour);

/* The colour for an active state ("failed" is bad, "activating" in between). */
enum colour state_colour(const char *active);

/* The dot before a unit, as systemctl has it; "*" where the locale is not UTF-8. */
const char *term_dot(const char *active);

/* Columns of standard output; @otherwise when it is no terminal. */
size_t term_columns(size_t otherwise);

/* "Sat 2026-11-21 22:40:00 UTC", local time; NUL-terminated. */
void format_time(usec_t realtime, char *buf, size_t size);

/* "5s", "3min 20s", "2h 5min", "3 days": the two largest parts, for "... ago". */
void format_age(usec_t span, char *buf, size_t size);

#endif
