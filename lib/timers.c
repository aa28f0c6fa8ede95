/* SPDX-License-Identifier: MIT */
#include "lib/timers.h"

#include "lib/log.h"
#include "lib/pool.h"

#include <errno.h>

static void heap_put(struct timers *t, size_t at, struct timer *timer)
{
	t->v[at] = timer;
	timer->slot = (uint32_t)at + 1;
}

static void heap_up(struct timers *t, size_t at)
{
	struct timer *timer = t->v[at];

	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (t->v[parent]->at <= timer->at)
			break;
		heap_put(t, at, t->v[parent]);
		at = parent;
	}
	heap_put(t, at, timer);
}

static void heap_down(struct timers *t, size_t at)
{
	struct timer *timer = t->v[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= t->n)
			break;
		if (child + 1 < t->n && t->v[child + 1]->at < t->v[child]->at)
			child++;
		if (timer->at <= t->v[child]->at)
			break;
		heap_put(t, at, t->v[child]);
		at = child;
	}
	heap_put(t, at, timer);
}

static void heap_remove(struct timers *t, struct timer *timer)
{
	size_t at = timer->slot - 1;
	struct timer *moved = t->v[--t->n];

	timer->slot = 0;
	if (moved == timer)
		return;
	heap_put(t, at, moved);
	heap_up(t, at);
	heap_down(t, moved->slot - 1);
}

int timers_reserve(struct timers *t, size_t n)
{
	struct timer **v;

	if (n <= t->room)
		return 0;
	v = pool_realloc(t->v, t->room * sizeof(struct timer *), n * sizeof(struct timer *));
	if (v == NULL)
		return -ENOMEM;
	t->v = v;
	t->room = n;
	return 0;
}

void timers_free(struct timers *t)
{
	pool_free(t->v, t->room * sizeof(struct timer *));
}

void timers_arm(struct timers *t, struct timer *timer, usec_t at)
{
	timer->at = at;
	if (at == USEC_INFINITY) {
		if (timer->slot != 0)
			heap_remove(t, timer);
		return;
	}
	if (timer->slot == 0) {
		/* A caller that did not reserve is a bug, but a lost time-out would be a worse one. */
		if (t->n == t->room && timers_reserve(t, t->room + 16) < 0) {
			log_err("loop: no room for a timer: it will not fire");
			timer->at = USEC_INFINITY;
			return;
		}
		heap_put(t, t->n++, timer);
	}
	heap_up(t, timer->slot - 1);
	heap_down(t, timer->slot - 1);
}

usec_t timers_next(const struct timers *t)
{
	return t->n > 0 ? t->v[0]->at : USEC_INFINITY;
}

void timers_dispatch(struct timers *t, usec_t now)
{
	for (size_t left = t->n; left > 0 && timers_next(t) <= now; left--) {
		struct timer *timer = t->v[0];

		heap_remove(t, timer);
		timer->at = USEC_INFINITY;
		timer->fn(timer, now);
	}
}
