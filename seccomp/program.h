/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SECCOMP_PROGRAM_H
#define BERTH_SECCOMP_PROGRAM_H

#include "sandbox/filter.h"
#include "seccomp/policy.h"

#include <linux/filter.h>

/*
 * A policy as a BPF program: the architecture, then a balanced tree over ranges of numbers that
 * are answered alike, then tests of arguments.
 *
 * Why not libseccomp's generator: at each installation the kernel runs the program once per number
 * and compiles it, so its length and depth are paid for at every start (FEASIBILITY 6).
 * libseccomp has a leaf per number, and takes one filter per directive with arguments; ranges make
 * a tenth of that of @system-service, and one program does for all. Names and numbers of calls are
 * libseccomp's.
 */
struct program {
	struct sock_filter code[FILTER_MAX_INSTRUCTIONS];
	unsigned int first; /* the program is what is from here to the end */
};

/* 0, or -E2BIG when it is too long for the kernel. */
int program_make(struct program *p, const struct policy *policy);

static inline unsigned int program_length(const struct program *p)
{
	return FILTER_MAX_INSTRUCTIONS - p->first;
}

#endif
