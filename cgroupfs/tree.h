/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_TREE_H
#define BERTH_CGROUPFS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Controllers of cgroup v2, as bits. */
enum cgroup_controller {
	CGROUP_CPU = 1 << 0,
	CGROUP_CPUSET = 1 << 1,
	CGROUP_IO = 1 << 2,
	CGROUP_MEMORY = 1 << 3,
	CGROUP_PIDS = 1 << 4,
	CGROUP_HUGETLB = 1 << 5,
	CGROUP_RDMA = 1 << 6,
	CGROUP_MISC = 1 << 7,
};

struct cgroup_root {
	int fd;		  /* the root directory */
	int leaf_fd;	  /* where this process lives, or is to live */
	bool inside;	  /* it does already */
	uint32_t enabled; /* controllers that children of the root have */
	uint32_t missing; /* wanted, but not to be had */
};

/*
 * Takes over the cgroup2 tree mounted at @path: enables the @wanted controllers and makes the leaf
 * @leaf for this process. In the machine's own root the process may stay for now: moving waits for an
 * RCU grace period, some milliseconds in which nothing can be forked (cgroup_root_enter_leaf()). In
 * any other, as in a container, all processes are moved first (PITFALLS 59, 60). What cannot
 * be enabled is in ->missing and no error. Both descriptors are the caller's. 0 or -errno;
 * -EMEDIUMTYPE: @path is no cgroup2 file system (PITFALLS 82).
 */
int cgroup_root_setup(const char *path, const char *leaf, uint32_t wanted, struct cgroup_root *out);

/* Moves this process into the leaf. 0 or -errno. */
int cgroup_root_enter_leaf(const struct cgroup_root *root);

/*
 * Enables the @wanted controllers for the children of @dirfd, together or, where one is refused
 * (a joint write then fails as a whole), one by one. *@enabled gets what is on now. 0 or -errno of
 * looking.
 */
int cgroup_enable(int dirfd, uint32_t wanted, uint32_t *enabled);

/*
 * Makes the directory @name (a valid one: the caller checks it, PITFALLS 83) beneath @parentfd and
 * enables @children_get for its children (0: a leaf, which may hold processes). A directory that is
 * there is used again: left-over sub-cgroups are removed, a leaf's controllers switched off
 * (PITFALLS 76), and *@reused (if not NULL) says so: its limits need CGROUP_REUSED. Returns an
 * O_DIRECTORY descriptor, good for CLONE_INTO_CGROUP, or -errno; -EBUSY: processes are left in it.
 */
int cgroup_make(int parentfd, const char *name, uint32_t children_get, bool *reused);

/* SIGKILLs every process in it and below, also frozen ones. 0 or -errno. */
int cgroup_kill(int dirfd);

/* Starts freezing or thawing; the end is told by cgroup.events. 0 or -errno. */
int cgroup_freeze(int dirfd, bool frozen);

/* 1: processes are left in it or below, 0: none (or the cgroup itself is gone), -errno. */
int cgroup_populated(int dirfd);

/*
 * Removes @name and everything below, deepest first. Never waits: -EBUSY while processes are still
 * about to leave (PITFALLS 72); try again after cgroup.events. 0 also when it is not there.
 */
int cgroup_remove(int parentfd, const char *name);

/*
 * Sends @sig to every process in it and below except @except (0: none), until no new one shows up,
 * within bounds; @wake: and SIGCONT, since a stopped process does not see it otherwise. Returns how
 * many were signalled or -errno.
 */
int cgroup_signal_all(int dirfd, int sig, bool wake, pid_t except);

/* "memory" for CGROUP_MEMORY, NULL for anything but one bit; for messages about ->missing. */
const char *cgroup_controller_name(uint32_t bit);

/* The controllers listed in the text of cgroup.controllers; pure. */
uint32_t cgroup_controllers_parse(const char *text);

#endif
