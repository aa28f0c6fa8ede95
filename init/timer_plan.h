/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_TIMER_PLAN_H
#define BERTH_INIT_TIMER_PLAN_H

#include "lib/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct unit;

/*
 * When a timer unit elapses next (systemd.timer(5)): pure, asked again whenever something it
 * depends on has changed. Two answers, since spans are on CLOCK_BOOTTIME, which nobody can set,
 * and calendar times on CLOCK_REALTIME; the earlier one counts.
 *
 * What a clock that is set does to calendar times: they are counted from the last trigger, if that
 * is in the past, whatever the clock did since; so a time that was jumped over is made up for once,
 * and one that comes round again because the clock was set back by seconds is not served twice.
 * Without a trigger they are counted from the timer's start, *as the present clock has it*: a
 * machine without a battery clock, which starts in 1970 and learns the date a minute later, has
 * missed nothing. A last trigger in the future says that the clock was set back, or is not right
 * yet: times count from when it was set, and the record is kept for when the clock is right.
 */
struct moment {
	usec_t boottime; /* 0: not since the boot */
	usec_t realtime; /* 0: never */
};

struct timer_facts {
	struct moment now, last; /* last: when the timer last elapsed */
	usec_t started;		 /* when the timer was started; this and the rest CLOCK_BOOTTIME */
	usec_t startup;		 /* when berth was */
	usec_t clock_set;     /* when the wall clock was last set, or the timer was started since */
	usec_t unit_active;   /* when the unit last left inactive, 0: never */
	usec_t unit_inactive; /* when it last became inactive, 0: never */
	usec_t served;	      /* spans that are counted once and ended before have had their turn */
	usec_t delay;	      /* what RandomizedDelaySec= has come to */
	/* zones.h, without its loop; NULL: all is UTC */
	const struct timezone_table *(*zone)(const char *name, int *err);
};

struct timer_next {
	usec_t boottime, realtime; /* USEC_INFINITY: never */
	bool recurs;		   /* an event of the unit may bring up another one */
	bool waits_for_zone;	   /* it is being read: ask again then */
};

/* 0, -ENOMEM, or why there is no such time zone. */
int timer_plan(const struct unit *u, const struct timer_facts *f, struct timer_next *next);

/*
 * Where within [@at, @at + @accuracy] to wake up: at a moment of the minute (or 10 s, 1 s, 250 ms)
 * that is the same for all timers of this boot, so that they elapse together, and another one on
 * each machine, so that those do not.
 */
usec_t timer_wake_at(usec_t at, usec_t accuracy, uint32_t perturb);

/* A share of @most, evenly drawn from @number. */
usec_t timer_share(usec_t most, uint32_t number);

/* Spreads the bits of a hash. */
uint32_t timer_mix(uint32_t number);

#endif
