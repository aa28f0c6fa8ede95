/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_USAGE_H
#define BERTH_CGROUPFS_USAGE_H

#include <stdint.h>

#define CGROUP_USAGE_UNKNOWN UINT64_MAX

/* What a cgroup uses; a counter whose file is not there reads CGROUP_USAGE_UNKNOWN. */
struct cgroup_usage {
	uint64_t memory_current; /* bytes, page cache included (PITFALLS 64) */
	uint64_t memory_peak;	 /* bytes, 5.19 */
	uint64_t swap_current;	 /* bytes */
	uint64_t tasks_current;
	uint64_t cpu_usec; /* CPU time used, microseconds */
};

/* Fills @out; counters are independent, one failure does not spoil the others. */
void cgroup_usage_read(int dirfd, struct cgroup_usage *out);

/* The value of @key in the flat keyed @text ("usage_usec" in cpu.stat); unknown if absent. Pure. */
uint64_t cgroup_stat_value(const char *text, const char *key);

/* memory.peak alone, for the OOM report on the death path. */
uint64_t cgroup_memory_peak(int dirfd);

#endif
