/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_REAP_H
#define BERTH_INIT_REAP_H

#include <stdbool.h>
#include <sys/types.h>

struct manager;
struct process;

/*
 * The one owner of reaping (PITFALLS 17, 18, 22): SIGCHLD is a hint, waitid(P_ALL) with WNOWAIT
 * says who died; its reports and OOM counters are read while it still is a zombie; then that very
 * pid is reaped. Strangers (orphans of services) are reaped and forgotten. pidfds are for signals
 * and namespaces, never polled: two notifications for one death would have to be merged.
 */
int reaper_open(struct manager *m);

/* Room for one more; to be had before there is a process that would need it. 0 or -ENOMEM. */
int reaper_reserve(struct manager *m);

/* Maps ->pid to the process; replaces what the pid was mapped to. Needs room reserved. */
void reaper_add(struct manager *m, struct process *p);
void reaper_remove(struct manager *m, struct process *p);

/* Reaps what is dead, within the round's share. True: there may be more. */
bool reaper_run(struct manager *m);

/* A main process that is not our child has ended, nobody knows how: counted as a clean end, shown as unknown. */
void reaper_vanished(struct process *p);

/*
 * The program behind a stub has ended, the stub stays because processes are @remaining, or as the
 * anchor of the run.
 */
void reaper_program_ended(struct process *p, bool remaining);

#endif
