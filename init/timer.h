/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_TIMER_H
#define BERTH_INIT_TIMER_H

#include "lib/clock.h"

struct node;
struct manager;

/*
 * Timer units (systemd.timer(5)): start another unit when a moment has come. When that is, is
 * decided by timer_plan.h alone; here are states, clocks and records.
 *
 * dead -> waiting -> running -> waiting ... -> elapsed. A timer is "running" from the moment it
 * asks for its unit until that is down again: what would have elapsed meanwhile is dropped. Without
 * a next moment it is "elapsed", and stops with RemainAfterElapse=no.
 */

/* Reads what makes this machine's random delays its own; at boot, since it is on a disk. */
void timers_boot(void);

struct timer_times {
	usec_t next_boottime, next_realtime; /* USEC_INFINITY: none */
	usec_t last_realtime, last_boottime; /* 0: none */
};

/* What status shows of a timer unit; all unset for others. */
struct timer_times timer_times_of(const struct node *node);

#endif
