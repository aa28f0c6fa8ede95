/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_TERMINAL_H
#define BERTH_INIT_TERMINAL_H

#include <stdbool.h>

struct service;

/*
 * TTYReset=, TTYVHangup=, TTYVTDisallocate= after a run, by an errand: any of it may wait for a
 * terminal that takes no output. The next run's children wait for its end, which would otherwise
 * hang up on them.
 */
void terminal_clean_up(struct service *s);
bool terminal_is_busy(const struct service *s);

#endif
