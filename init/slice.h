/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SLICE_H
#define BERTH_INIT_SLICE_H

#include "lib/diag.h"

#include <stddef.h>
#include <stdint.h>

struct manager;
struct node;
struct unit;

/*
 * Slices (systemd.slice(5)): inner nodes of the cgroup tree, named by their way down. A slice is
 * "up" while its cgroup is there with its limits written, which is before anything starts in it:
 * a unit requires its slice, and that the one above it (units/set.c enter_slice()).
 *
 * system.slice, where units go that name none, is made by cgroups_boot() and never goes.
 */
struct slice {
	int fd;		     /* of the cgroup; -1: not up */
	struct slice *above; /* NULL: the root of the tree is */
	uint64_t kills; /* oom_kill of memory.events, as far as it has been put down to services */
	uint64_t oom;	/* `oom` of memory.events.local, and of those above, when last read */
};

/* Where units go that name no slice, and those that name the root ("-.slice"). */
extern struct slice system_slice, root_slice;

/* The slice of a unit; NULL: it is not up. */
struct slice *slice_of(const struct manager *m, const struct unit *u);

/* Reads the OOM counters into ->oom; returns oom_kill, or ->kills when it cannot be read. */
uint64_t slice_read(struct slice *slice);

/* Passes @controllers on to the children of a slice and of those above. What is on now. */
uint32_t slice_enable(struct slice *slice, uint32_t controllers);

/* The @n-th slice that is up, system.slice first; NULL: there are no more. */
struct slice *slice_at(const struct manager *m, uint32_t *n);

/* The limits of a slice that is new. 0 or -errno with @diag. */
int slice_apply_limits(const struct unit *u, int fd, struct diag *diag);
/*
 * Those of system.slice, in which others may live already: what is lowered the kernel reclaims in who
 * writes it, for as long as that takes, so an errand does. What fails there is logged.
 */
int slice_change_limits(const struct unit *u, int fd, struct diag *diag);

/* "system.slice/web.service" beneath the cgroup root for a unit, "a.slice/a-b.slice" for a slice. */
void slice_unit_path(const struct unit *u, char *buf, size_t size);

#endif
