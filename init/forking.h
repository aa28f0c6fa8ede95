/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_FORKING_H
#define BERTH_INIT_FORKING_H

#include <stdbool.h>
#include <sys/types.h>

struct service;

/*
 * The main process of a service that PID 1 did not clone as such: the daemon that ExecStart of
 * Type=forking leaves behind (PIDFile=, GuessMainPID=), or whom a service names with MAINPID=. Only
 * a process in the unit's own cgroup is ever taken (PITFALLS 132).
 */

/*
 * ExecStart has ended well. True: s->main is the daemon. Else @awaited tells whether its PID file
 * is still to come: E_READY follows then.
 */
bool forking_find_main(struct service *s, bool *awaited);

/* The stub of s->main, which stands for all that its program left behind, is told which one is the daemon. */
void forking_name_daemon(struct service *s);

/* MAINPID= of sd_notify(3). What cannot be heeded is told in the unit's log. */
void forking_main_told(struct service *s, pid_t pid);

/* The run is over: nobody looks for its PIDFile= any more. */
void forking_forget(struct service *s);

#endif
