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

/* Maps ->pid to the process; replaces what the pid was mapped to. */
void reaper_add(struct manager *m, struct process *p);
void reaper_remove(struct manager *m, struct process *p);

/* Reaps all that is dead. */
void reaper_run(struct manager *m);

/*
 * The program behind a stub has ended, the stub stays because processes are @remaining, or as the
 * anchor of the run.
 */
void reaper_program_ended(struct process *p, bool remaining);

#endif
