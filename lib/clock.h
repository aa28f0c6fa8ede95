/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_CLOCK_H
#define BERTH_LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* All intervals and deadlines are microseconds, as in systemd's file formats. */
typedef uint64_t usec_t;

#define USEC_INFINITY	UINT64_MAX
#define USEC_PER_MSEC	((usec_t)1000)
#define USEC_PER_SEC	((usec_t)1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR	(60 * USEC_PER_MINUTE)
#define USEC_PER_DAY	(24 * USEC_PER_HOUR)
#define USEC_PER_WEEK	(7 * USEC_PER_DAY)
#define USEC_PER_MONTH	(2629800 * USEC_PER_SEC)  /* 30.44 days, systemd.time(7) */
#define USEC_PER_YEAR	(31557600 * USEC_PER_SEC) /* 365.25 days */

/* Microseconds of clock @id, 0 if the clock does not exist (it always does for the three we use).
 */
static inline usec_t clock_now(clockid_t id)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(id, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* @at + @span, where either may be infinite (PITFALLS 122: deadlines are CLOCK_MONOTONIC). */
static inline usec_t usec_add(usec_t at, usec_t span)
{
	return at > USEC_INFINITY - span ? USEC_INFINITY : at + span;
}

#endif
