/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_WALK_H
#define BERTH_CGROUPFS_WALK_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Walks over processes and sub-cgroups for tree.c: no malloc, stack buffers only, depth and number
 * of rounds bounded, so that a hostile service with a delegated tree cannot hold PID 1.
 */

/* Removes everything below @dirfd, deepest first. 0 or -errno (-EBUSY: still in use, -ELOOP: too
 * deep). */
int cgroup_walk_prune(int dirfd);

/* Signals as cgroup_signal_all() says. */
int cgroup_walk_signal(int dirfd, int sig, bool wake, pid_t except);

/* Moves the processes of @fromfd itself (not of its children) to @tofd. 0 or -errno. */
int cgroup_walk_move(int fromfd, int tofd);

#endif
