/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_TIMER_STAMP_H
#define BERTH_INIT_TIMER_STAMP_H

#include "init/errand.h"

/*
 * Persistent=: when a timer last elapsed outlives the machine as the time of an empty file,
 * /var/lib/berth/timers/stamp-NAME. Disks are not for PID 1: an errand reads it when the timer is
 * started, which is active meanwhile, and another writes it.
 */
struct timer_stamp {
	struct errand errand;
	struct stamp_page *page; /* shared with the child, while one is under way */
	usec_t queued;		 /* to be written when the present errand has ended; 0: nothing */
	/* In the loop: what was read (0: no stamp), or nothing but a message if it was in vain. */
	void (*have_read)(struct timer_stamp *s, usec_t realtime);
	void *owner;
};

/* Reads the stamp of timer @unit. 0, or -errno: then have_read() is not called. */
int timer_stamp_read(struct timer_stamp *s, const char *unit);

/* Writes @realtime into it; what fails is logged. A clock that cannot be right is not written. */
void timer_stamp_write(struct timer_stamp *s, const char *unit, usec_t realtime);

#endif
