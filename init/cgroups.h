/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CGROUPS_H
#define BERTH_INIT_CGROUPS_H

#include "cgroupfs/events.h"
#include "lib/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manager;
struct service;

/* The cgroup tree: PID 1 in a leaf of its own, services beneath their slice. At boot; trouble is told. */
void cgroups_boot(struct manager *m);

/* The default unit has been reached: PID 1 moves into its leaf soon. */
void cgroups_boot_done(struct manager *m);

/* Units from node @first on are new: enables the controllers that they need besides memory and pids. */
void cgroups_units_loaded(struct manager *m, uint32_t first);

/*
 * The service's cgroup, made if need be, with every limit written: a directory descriptor (the
 * caller's, low) or -errno with @diag naming the file and the kernel option.
 */
int cgroups_enter(struct service *s, struct diag *diag);

/*
 * How much pids.max is above TasksMax=, which counts the service's own: stubs are ours, main's and,
 * where there are more commands, one of an anchor and one of a command that joins.
 */
uint64_t cgroups_stubs(const struct service *s);

/* The one that is there: descriptor (the caller's) or -errno. */
int cgroups_open(const struct service *s);

/* True when no process is left in it (also when there is no cgroup). */
bool cgroups_empty(const struct service *s);

/* Asks for E_EMPTIED as soon as the cgroup is empty. */
void cgroups_watch_empty(struct service *s);

/* Removes it; what is still in use is tried again at the next start. */
void cgroups_remove(struct service *s);

/* Leaves it behind with its unkillable processes: the next start gets another name (PITFALLS 73). */
void cgroups_abandon(struct service *s);

/* memory.events of the slice with node @index, as long as it is up. */
void cgroups_watch_slice(int fd, uint32_t index);
void cgroups_unwatch_slice(uint32_t index);

/* Tells that @file could not be written: -@err, with the kernel option behind it. */
int cgroups_limit_failed(struct diag *diag, const char *file, int err);

/*
 * Looks whether the kernel has killed for memory since the run began; remembers and tells the
 * cause. True when something new was found.
 */
bool cgroups_check_oom(struct service *s);

struct cgroup_end {
	bool empty; /* no process is left */
	bool oom;   /* cgroups_check_oom() */
};

/*
 * Both at the end of a process, in one look: emptiness when it was the @last that PID 1 knows of, the
 * kernel's kills when its end was @unclean. What is seen here the next start need not look for.
 */
struct cgroup_end cgroups_look_at_end(struct service *s, bool last, bool unclean);

#endif
