/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SHUTDOWN_H
#define BERTH_INIT_SHUTDOWN_H

#include "init/manager.h"
#include "lib/diag.h"

#include <stdbool.h>

/*
 * From the wish to go down to finish.h: all units are stopped in reverse order by ordinary stop jobs, each
 * within its own TimeoutStopSec, all of them within one deadline, while the console names who is
 * late. A second request does not wait any longer (PITFALLS 156).
 */

/* Timers of ours that loop_reserve_timers() has to count in. */
#define SHUTDOWN_TIMERS 1

/*
 * Begins to go down; @status is for FINAL_EXIT. 0 also when it is under way: then this request's
 * action replaces the first one's and nothing more is waited for. -EINVAL with @diag for no action.
 */
int shutdown_begin(struct manager *m, enum final_action action, int status, struct diag *diag);

/* No further waiting for units: the next shutdown_check() goes on to the end. For a shutdown under way. */
void shutdown_force(struct manager *m);

/*
 * Called in each round of the loop. Does nothing unless REGIME_DOWN; when all jobs are done or the deadline has
 * passed it does not return.
 */
void shutdown_check(struct manager *m);

/* Ctrl-Alt-Del was pressed: begins a reboot; seven times within two seconds forces it. */
void shutdown_ctrl_alt_del(struct manager *m);

/*
 * Called once when all units are down, before what is left is killed: the log writer gets the last lines
 * and is told to end. NULL: nothing to do.
 */
void shutdown_set_last_words(void (*fn)(struct manager *m));

#endif
