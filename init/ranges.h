/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_RANGES_H
#define BERTH_INIT_RANGES_H

#include <stdint.h>

struct service;

/*
 * PrivateUsers=managed: USERS_RANGE user and group ids of the host for each such service. Which,
 * follows from its name; of two whose names lead to the same, the one that comes later in the set gets the
 * next free range. So a range is the same after each restart and each boot, as long as no unit comes or
 * goes whose name leads to the very same one (a chance of 1 in 28664). Nothing depends on it where a disk
 * can map ids: there are the numbers inside (sandbox/step_directories.c).
 *
 * The ranges lie where systemd-nspawn(1) has its own, 524288 to 1879048191.
 */

/* The first id of the range of @s; 0 when none is left. */
uint32_t ranges_base(struct service *s);

#endif
