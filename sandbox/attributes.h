/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_ATTRIBUTES_H
#define BERTH_SANDBOX_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a process inherits and few services change: scheduling and its kin. Apart from the plan,
 * which nearly always goes without (a page that PID 1 does not write need not be copied).
 */
enum attribute {
	ATTRIBUTE_SCHEDULER = 1 << 0,
	ATTRIBUTE_AFFINITY = 1 << 1,
	ATTRIBUTE_NUMA = 1 << 2,
	ATTRIBUTE_IOPRIO = 1 << 3,
	ATTRIBUTE_TIMER_SLACK = 1 << 4,
	ATTRIBUTE_PERSONALITY = 1 << 5,
	ATTRIBUTE_COREDUMP = 1 << 6,
	ATTRIBUTE_SECURE_BITS = 1 << 7,
};

struct attributes {
	unsigned int set;	  /* enum attribute bits */
	int policy, priority;	  /* sched_setscheduler(2), perhaps with SCHED_RESET_ON_FORK */
	const uint64_t *affinity; /* bits, as sched_setaffinity(2) */
	size_t affinity_size;	  /* bytes */
	int numa_policy;	  /* set_mempolicy(2) */
	const uint64_t *numa_nodes;
	size_t numa_bits;
	int ioprio;	      /* ioprio_set(2), class and data */
	uint64_t timer_slack; /* nanoseconds */
	unsigned long personality;
	uint64_t coredump_filter;
	unsigned long secure_bits;
};

#endif
