/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_TIMERS_H
#define BERTH_LIB_TIMERS_H

#include "lib/clock.h"

#include <stddef.h>

/*
 * Deadlines of one clock in a binary heap. Timers are embedded in their owners; the heap has only
 * pointers to them. The loop has one for CLOCK_MONOTONIC, which is what time-outs are of.
 */
struct timer {
	usec_t at;     /* on the heap's clock; USEC_INFINITY: not armed */
	uint32_t slot; /* 1-based place in the heap, 0: none */
	void (*fn)(struct timer *timer, usec_t now);
};

#define TIMER_INIT(func)                                                                           \
	{                                                                                          \
		.at = USEC_INFINITY, .slot = 0, .fn = (func)                                       \
	}

struct timers {
	struct timer **v; /* v[0] is due first; a timer's slot is its index + 1 */
	size_t n, room;
};

/* Room for @n timers in all, so that timers_arm() cannot fail later. 0 or -ENOMEM. */
int timers_reserve(struct timers *t, size_t n);
void timers_free(struct timers *t);

/* Arms or re-arms for @at (USEC_INFINITY disarms). Needs room reserved; cannot fail. */
void timers_arm(struct timers *t, struct timer *timer, usec_t at);

/* Deadline of the next timer, USEC_INFINITY if none. */
usec_t timers_next(const struct timers *t);

/*
 * Runs those that are due; each is disarmed before. Bounded, so that a timer that re-arms itself
 * for now cannot keep others waiting.
 */
void timers_dispatch(struct timers *t, usec_t now);

#endif
