/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_LAYOUT_H
#define BERTH_LIB_LAYOUT_H

/*
 * For static buffers of some hundred bytes and more. The linker sorts what is static by alignment
 * (Makefile, --sort-section), which puts these apart from the small variables. So those share two
 * pages, where they would be spread over ten between the buffers: pages that PID 1 keeps for good,
 * and that the kernel copies after each fork when the next variable in them is written.
 */
#define LARGE_STATIC __attribute__((aligned(64)))

#endif
