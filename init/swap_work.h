/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SWAP_WORK_H
#define BERTH_INIT_SWAP_WORK_H

#include <stdbool.h>

/* The part of swap units that may sleep on a disk: an errand does it. */

/* errand.work, @arg is a struct attach_page: swapon(2), swapoff(2). */
int swap_on_work(void *arg, int fd);
int swap_off_work(void *arg, int fd);

/*
 * The flags of swapon(2) for comma-separated @options, which units/check.c has looked at, and
 * @priority, -1: the kernel's choice; a pri= in the options counts more (systemd.swap(5)).
 */
int swap_flags(const char *options, int priority);

#endif
