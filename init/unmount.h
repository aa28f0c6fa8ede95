/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_UNMOUNT_H
#define BERTH_INIT_UNMOUNT_H

#include <stdbool.h>

/*
 * Takes off every file system that holds data, deepest first, in as many rounds as make progress;
 * what stays busy, and "/", becomes read-only. Swap files are switched off first, since they
 * keep theirs busy. Each call is bounded. Returns how many could be brought to neither.
 */
unsigned int unmount_all(void);

/*
 * True for a file system type whose content is made up by the kernel or lies in memory: nothing is lost
 * when it is left mounted.
 */
bool unmount_is_kernel_fs(const char *type);

#endif
