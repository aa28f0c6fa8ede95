/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MOUNTS_H
#define BERTH_INIT_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/* The file systems that PID 1 mounts before anything else can work: one table, one loop. */

/* Where it failed, for boot_fatal(). Points to constants. */
struct mount_failure {
	const char *what;   /* "cgroup2" */
	const char *where;  /* "/sys/fs/cgroup" */
	const char *option; /* the kernel option that makes it possible */
};

/*
 * Mounts what is not there yet; what is mounted already is left as it is (PITFALLS 98). An
 * optional file system that this kernel lacks is passed over. 0, or -errno of the first that
 * cannot be done without, with @failure filled.
 */
int mounts_early(struct mount_failure *failure);

/*
 * Gives "/" a parent mount if it has none, so that pivot_root(2) works in the namespaces of
 * services (PITFALLS 85). Nothing is copied. Has to come before mounts_early(). Sets *@moved
 * when there was something to do, which means: "/" is an initramfs. 0 or -errno.
 */
int mounts_leave_rootfs(bool *moved);

/* True when @path is the root of a mount; false also when it does not exist. */
bool mounts_is_point(const char *path);

#endif
