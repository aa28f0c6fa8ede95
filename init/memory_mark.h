/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MEMORY_MARK_H
#define BERTH_INIT_MEMORY_MARK_H

#include "cgroupfs/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct manager;
struct service;
struct unit;

/*
 * MemoryRestartAt=: a service that has grown past a mark is restarted in good order, before its
 * limit kills it.
 *
 * cgroup v2 tells of one thing only as it happens: that memory.high has been reached. So the mark is
 * written there, as a trip wire: the kernel first drops what it can (page cache), and when that was not
 * enough the wire is lifted, before the service is slowed down, and a restart job is queued. What counts
 * is memory that only the service itself can give up: without page cache, with swap. A run younger than
 * RestartResetSec= is given the rest of that time: what is over the mark from the start would only
 * be restarted for ever.
 */

/* Notes the mark of a unit that has one. 0 or -ENOMEM. */
int memory_mark_configure(struct service *s, const struct unit *u);

/* For the limits of the next run: memory.high is at most the mark. */
void memory_mark_limit(const struct service *s, struct cgroup_limits *limits);

/* They have been written to the cgroup @dirfd. */
void memory_mark_armed(const struct service *s, int dirfd);

/* Somewhere among the services memory.events has changed. */
void memory_marks_look(struct manager *m);

/*
 * Whether so much of the memory, all in bytes, cannot be had back. A little less counts as well: the kernel charges
 * in batches. Pure.
 */
bool memory_mark_passed(uint64_t mark, uint64_t current, uint64_t file, uint64_t swap);

#endif
