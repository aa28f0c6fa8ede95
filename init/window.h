/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_WINDOW_H
#define BERTH_INIT_WINDOW_H

#include <stdbool.h>

struct manager;
struct process;

/*
 * How many children may be on their way to their program at once. Each of them is lent
 * descriptors below SPAWN_LOW_FDS (spawn.h), of which there are few; and a thousand half-made
 * namespaces at a time would only be in each other's way. START jobs wait while the window is full
 * (jobs.c). A child that takes longer than WINDOW_PATIENCE no longer counts, so that some that
 * hang in the kernel hold up nobody.
 */
#define WINDOW_SIZE 8

bool window_has_room(const struct manager *m);
/* @p was cloned. */
void window_enter(struct manager *m, struct process *p);
/* @p has its own descriptor table, or is gone: closes what was lent to it. Idempotent. */
void window_leave(struct manager *m, struct process *p);

#endif
