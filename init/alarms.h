/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ALARMS_H
#define BERTH_INIT_ALARMS_H

#include "lib/timers.h"

#include <stdbool.h>

struct loop;

/*
 * Deadlines on the clocks of timer units, which the loop does not have: CLOCK_BOOTTIME goes on
 * while the machine is suspended, CLOCK_REALTIME can be set. One timerfd each, opened with the
 * first timer unit.
 */
enum alarm_clock {
	ALARM_BOOTTIME,
	ALARM_REALTIME,
	ALARM_CLOCKS,
};

/*
 * Idempotent. @clock_set(@ctx) is called when CLOCK_REALTIME was set, or may have been while the
 * machine was suspended. 0 or -errno.
 */
int alarms_open(struct loop *loop, void (*clock_set)(void *ctx), void *ctx);

/* Arms or re-arms @timer (USEC_INFINITY disarms); what is past fires in the loop's next round. */
void alarms_arm(enum alarm_clock clock, struct timer *timer, usec_t at);

#endif
