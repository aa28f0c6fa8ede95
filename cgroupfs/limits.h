/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_LIMITS_H
#define BERTH_CGROUPFS_LIMITS_H

#include <stdint.h>

/* Limits of one cgroup as plain numbers. One row of the table in limits.c per limit. */
enum cgroup_limit {
	CGROUP_MEMORY_MIN,  /* bytes */
	CGROUP_MEMORY_LOW,  /* bytes */
	CGROUP_MEMORY_HIGH, /* bytes */
	CGROUP_MEMORY_MAX,  /* bytes */
	CGROUP_SWAP_MAX,    /* bytes */
	CGROUP_ZSWAP_MAX,   /* bytes */
	CGROUP_OOM_GROUP,   /* 0 or 1: an OOM kill takes the whole cgroup */
	CGROUP_TASKS_MAX,   /* processes and threads */
	CGROUP_CPU_WEIGHT,  /* 1 to 10000, 100 by default */
	CGROUP_CPU_QUOTA,   /* microseconds of CPU time per period */
	CGROUP_IO_WEIGHT,   /* 1 to 10000, 100 by default */
	CGROUP_LIMIT_COUNT,
};

#define CGROUP_MAX		  UINT64_MAX /* "max": no limit; the same number as SIZE_INFINITY */
#define CGROUP_CPU_PERIOD_DEFAULT 100000u    /* microseconds */

/* Zeroed: nothing is set. Use cgroup_limits_set(), so that value and bit go together. */
struct cgroup_limits {
	uint32_t set;	     /* bit per enum cgroup_limit */
	uint32_t cpu_period; /* microseconds of CGROUP_CPU_QUOTA, 0: the default */
	uint64_t value[CGROUP_LIMIT_COUNT];
};

static inline void cgroup_limits_set(struct cgroup_limits *l, enum cgroup_limit which,
				     uint64_t value)
{
	l->set |= UINT32_C(1) << which;
	l->value[which] = value;
}

enum cgroup_apply {
	CGROUP_FRESH,  /* just made: the kernel's defaults are in place, only set limits are written
			*/
	CGROUP_REUSED, /* kept over a restart: what is not set goes back to its default */
};

/*
 * Writes the limits into the cgroup @dirfd: one open, write, close each. Everything is written
 * before a process enters (PITFALLS 62). Stops at the first failure and returns its -errno with
 * the file's name in *@failed (static); -ENOENT: see cgroup_file_controller(). @controllers
 * (tree.h): which may be on there; the files of others are absent, so nothing is left in them.
 */
int cgroup_limits_apply(int dirfd, const struct cgroup_limits *l, enum cgroup_apply how,
			uint32_t controllers, const char **failed);

/*
 * Reads the set limits back and compares them in the kernel's own form (pages, "max"). 0, or
 * -ERANGE with the first file that differs, or the -errno of reading it.
 */
int cgroup_limits_verify(int dirfd, const struct cgroup_limits *l, const char **failed);

/* Writes the one limit @which as it stands in @l (for live changes). 0 or -errno. */
int cgroup_limit_write(int dirfd, const struct cgroup_limits *l, enum cgroup_limit which);

/* The interface file of a limit ("memory.max"). */
const char *cgroup_limit_file(enum cgroup_limit which);

#define CGROUP_LIMIT_TEXT 48

/*
 * The text that is written for the limit, NUL-terminated; pure. With @page (bytes, 0: none) the
 * text as the kernel would show it after rounding to pages. Returns the length.
 */
unsigned int cgroup_limit_format(const struct cgroup_limits *l, enum cgroup_limit which,
				 uint64_t page, char buf[CGROUP_LIMIT_TEXT]);

/* "memory" for "memory.max", also for files outside the table; NULL if no controller owns it. */
const char *cgroup_file_controller(const char *file);

/* The kernel option behind a controller or file: "CONFIG_MEMCG" for "memory" and "memory.max". */
const char *cgroup_kernel_option(const char *file_or_controller);

#endif
