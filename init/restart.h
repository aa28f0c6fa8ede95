/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_RESTART_H
#define BERTH_INIT_RESTART_H

#include "lib/clock.h"
#include "units/enums.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether and when a service that ended is tried again. Pure: history and time in, answer out.
 *
 * The delay starts at RestartSec and grows to RestartMaxDelaySec in RestartSteps geometric steps
 * (systemd.service(5) of 254 and later); a run that lasted RestartResetSec makes it start over,
 * so that a service which dies monthly does not stay at the cap (PITFALLS 142). The start limit
 * counts every start, asked for or automatic, in a sliding window (systemd.unit(5)).
 *
 * Deaths for want of memory may have a curve of their own, with a count of its own: what fills its
 * memory again at once should wait longer than what trips over a lost connection.
 */
struct restart_curve {
	usec_t delay;
	usec_t max_delay; /* USEC_INFINITY: constant delay */
	uint16_t steps;	  /* 0: constant delay */
};

struct restart_config {
	uint8_t policy; /* enum restart_policy */
	uint8_t jitter_percent;
	uint8_t mode;	       /* enum restart_mode */
	uint32_t limit_burst;  /* 0: no limit */
	usec_t limit_interval; /* 0: no limit */
	usec_t reset_after;    /* USEC_INFINITY: never */
	struct restart_curve curve;
	struct restart_curve *oom; /* after END_OOM; NULL: as after anything else */
};

struct restart_history {
	uint16_t step;	     /* restarts in a row without a stable run between */
	uint16_t oom_step;   /* the same along the curve of OOM deaths */
	uint32_t restarts;   /* automatic ones since the last start that was asked for: NRestarts */
	usec_t window_start; /* of the start limit */
	uint32_t window_count; /* starts in it; 0: no window open */
	usec_t run_start;      /* when the present run was up, 0: not yet */
};

/* How the run ended, in the words of systemd.service(5)'s table under Restart=. */
enum end_cause {
	END_CLEAN, /* exit code 0 or SuccessExitStatus, or one of the clean signals */
	END_UNCLEAN_CODE,
	END_UNCLEAN_SIGNAL,
	END_TIMEOUT,
	END_WATCHDOG,
	END_OOM,
	END_ERROR, /* could not be tried, or broke its type's protocol */
	END_COUNT,
};

/* The table of systemd.service(5) plus the cause "oom" (a signal for systemd's values). */
bool restart_wanted(enum restart_policy policy, enum end_cause cause);

/* Counts a start; false when it exceeds the limit. @now is CLOCK_MONOTONIC, as all times here. */
bool restart_count_start(struct restart_history *h, const struct restart_config *c, usec_t now);

/* The run's end: returns the delay until the next try and moves the history on. */
usec_t restart_next_delay(struct restart_history *h, const struct restart_config *c,
			  enum end_cause cause, usec_t now, uint32_t random);

/*
 * A start that was asked for forgets the back-off, not the start limit; reset-failed forgets that
 * too (machine_reset_failed()).
 */
void restart_forget(struct restart_history *h);

#endif
