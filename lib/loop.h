/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_LOOP_H
#define BERTH_LIB_LOOP_H

#include "lib/timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one event loop: epoll for descriptors, a binary heap for deadlines. Sources and timers are
 * embedded in their owners; the loop owns neither descriptors nor memory of theirs.
 */
struct loop;

struct source {
	int fd;		 /* -1: not added */
	uint32_t events; /* EPOLL* */
	void (*fn)(struct source *source, uint32_t revents);
};

/* NULL and errno on failure. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* @source->fd, ->events and ->fn must be set. 0 or -errno. */
int loop_add(struct loop *loop, struct source *source);
/* Changes the events waited for. 0 or -errno. */
int loop_mod(struct loop *loop, struct source *source, uint32_t events);
/*
 * Forgets the source (idempotent); also drops its pending event of this round. Does not close the
 * descriptor: it is taken out of @source (fd becomes -1) and returned, for the caller to close.
 */
int loop_del(struct loop *loop, struct source *source);

/* Room for @n timers in all, so that loop_arm() cannot fail later. 0 or -ENOMEM. */
int loop_reserve_timers(struct loop *loop, size_t n);
/* Arms or re-arms for @at (USEC_INFINITY disarms). Needs room reserved; cannot fail. */
void loop_arm(struct loop *loop, struct timer *timer, usec_t at);

/* Waits for the next round (at most until the next deadline) and dispatches it: descriptors, then
 * due timers. 0 or -errno. */
int loop_run_once(struct loop *loop);

/*
 * @fn is called when nothing has happened for LOOP_QUIET and nothing is due as soon; the wait that follows
 * gives back the program's memory (trim.h). Without @fn there is no such thing.
 */
#define LOOP_QUIET (2 * USEC_PER_SEC)
void loop_on_quiet(struct loop *loop, void (*fn)(void));

/* Deadline of the next timer, USEC_INFINITY if none. */
usec_t loop_next_deadline(const struct loop *loop);

#endif
