/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_CALENDAR_H
#define BERTH_LIB_CALENDAR_H

#include "lib/arena.h"
#include "lib/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timezone_table;

/*
 * Calendar expressions, systemd.time(7) "Calendar events": a set of points in time, given by what
 * each field of their date and time may be. "Mon..Fri *-*-1..7 8,20:00" is 8:00 and 20:00 of the
 * first week's working days. Points are wall-clock time of a zone, from 1970 to the end of 2199;
 * leap seconds do not exist, as in POSIX.
 *
 * Nothing here reads a clock. A timer asks for the next point after a moment; when the clock was
 * set, it asks again.
 */
enum calendar_field {
	CALENDAR_YEAR,
	CALENDAR_MONTH,
	CALENDAR_DAY,
	CALENDAR_HOUR,
	CALENDAR_MINUTE,
	CALENDAR_SECOND, /* in microseconds */
	CALENDAR_FIELDS,
};

/* A value; with @step that and every @step-th one above it, up to @stop or, if 0, the field's end. */
struct calendar_item {
	uint32_t start;
	uint32_t stop;
	uint32_t step;
};

struct calendar {
	struct {
		const struct calendar_item *v; /* rising; in the arena */
		uint32_t n;		       /* 0: any value ("*") */
	} fields[CALENDAR_FIELDS];
	uint8_t weekdays; /* bit 0 is Monday; 0: any day */
	bool from_end;	  /* "~": days are counted from the end of the month, 1 is the last */
	bool utc;	  /* it was said */
	const char *zone; /* in the arena; NULL: UTC, or the machine's own */
};

/* What one field's list may have, as in systemd. */
#define CALENDAR_ITEMS_MAX 240

/*
 * Reads "Mon..Fri *-*-* 06:00:00 UTC", any of its parts left out, a shorthand ("daily") or
 * "@SECONDS". The items are put into @arena and live as long as it does. 0, -EINVAL (not an
 * expression), -ERANGE (a value or a list is out of bounds) or -ENOMEM; then @out is untouched and *@why, unless @why is NULL, says what was wrong.
 */
int calendar_parse(const char *text, struct arena *arena, struct calendar *out, const char **why);

/*
 * The normalised form, which parses back to the same calendar. Returns the length; NUL-terminated
 * in @buf, cut if need be (only lists make it longer than 128 bytes).
 */
size_t calendar_format(const struct calendar *c, char *buf, size_t size);

/*
 * The first point later than @after, both in microseconds since 1970 (CLOCK_REALTIME). 0, or
 * -ENOENT if there is none: "2012-1-1" is over, "*-02-30" never comes. Whatever the expression, it
 * looks at each day up to 2199 at most once: a millisecond in the worst case.
 */
int calendar_next(const struct calendar *c, usec_t after, usec_t *next);

/*
 * The same on the wall clock of @zone, NULL: UTC. A time that a clock put forward leaves out does not
 * happen, as in systemd. When it is put back, what names hours happens once, at the first of both;
 * what is for any hour goes on: "minutely" is no timer that pauses for an hour.
 */
int calendar_next_in(const struct calendar *c, const struct timezone_table *zone, usec_t after,
		     usec_t *next);

#endif
