/* SPDX-License-Identifier: MIT */
#include "lib/loop.h"

#include "lib/log.h"
#include "lib/pool.h"
#include "lib/sys.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH 64

struct loop {
	int epfd;
	bool coarse;	     /* no epoll_pwait2 here (old kernel, or a filter around a container) */
	struct timer **heap; /* heap[0] is due first; a timer's slot is its index + 1 */
	size_t timers, room;
	int fetched; /* events of the round that is being dispatched */
	struct epoll_event events[BATCH];
};

struct loop *loop_new(void)
{
	struct loop *loop = pool_alloc(sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0) {
		int err = errno;

		pool_free(loop, sizeof(*loop));
		errno = err;
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	close(loop->epfd);
	pool_free(loop->heap, loop->room * sizeof(*loop->heap));
	pool_free(loop, sizeof(*loop));
}

int loop_add(struct loop *loop, struct source *source)
{
	struct epoll_event ev = { .events = source->events, .data.ptr = source };

	return epoll_ctl(loop->epfd, EPOLL_CTL_ADD, source->fd, &ev) < 0 ? -errno : 0;
}

int loop_mod(struct loop *loop, struct source *source, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = source };

	if (epoll_ctl(loop->epfd, EPOLL_CTL_MOD, source->fd, &ev) < 0)
		return -errno;
	source->events = events;
	return 0;
}

int loop_del(struct loop *loop, struct source *source)
{
	int fd = source->fd;

	if (fd < 0)
		return -1;
	/* Fails only if the descriptor was closed before, and then the kernel has forgotten it. */
	epoll_ctl(loop->epfd, EPOLL_CTL_DEL, fd, NULL);
	/* The source's memory may be freed after this: what was fetched for it must not be
	 * dispatched. */
	for (int i = 0; i < loop->fetched; i++) {
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
	}
	source->fd = -1;
	return fd;
}

static void heap_put(struct loop *loop, size_t at, struct timer *timer)
{
	loop->heap[at] = timer;
	timer->slot = (uint32_t)at + 1;
}

static void heap_up(struct loop *loop, size_t at)
{
	struct timer *timer = loop->heap[at];

	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (loop->heap[parent]->at <= timer->at)
			break;
		heap_put(loop, at, loop->heap[parent]);
		at = parent;
	}
	heap_put(loop, at, timer);
}

static void heap_down(struct loop *loop, size_t at)
{
	struct timer *timer = loop->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= loop->timers)
			break;
		if (child + 1 < loop->timers && loop->heap[child + 1]->at < loop->heap[child]->at)
			child++;
		if (timer->at <= loop->heap[child]->at)
			break;
		heap_put(loop, at, loop->heap[child]);
		at = child;
	}
	heap_put(loop, at, timer);
}

static void heap_remove(struct loop *loop, struct timer *timer)
{
	size_t at = timer->slot - 1;
	struct timer *moved = loop->heap[--loop->timers];

	timer->slot = 0;
	if (moved == timer)
		return;
	heap_put(loop, at, moved);
	heap_up(loop, at);
	heap_down(loop, moved->slot - 1);
}

int loop_reserve_timers(struct loop *loop, size_t n)
{
	struct timer **heap;

	if (n <= loop->room)
		return 0;
	heap = pool_realloc(loop->heap, loop->room * sizeof(*heap), n * sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	loop->heap = heap;
	loop->room = n;
	return 0;
}

void loop_arm(struct loop *loop, struct timer *timer, usec_t at)
{
	timer->at = at;
	if (at == USEC_INFINITY) {
		if (timer->slot != 0)
			heap_remove(loop, timer);
		return;
	}
	if (timer->slot == 0) {
		/* A caller that did not reserve is a bug, but a lost time-out would be a worse one.
		 */
		if (loop->timers == loop->room && loop_reserve_timers(loop, loop->room + 16) < 0) {
			log_err("loop: no room for a timer: it will not fire");
			timer->at = USEC_INFINITY;
			return;
		}
		heap_put(loop, loop->timers++, timer);
	}
	heap_up(loop, timer->slot - 1);
	heap_down(loop, timer->slot - 1);
}

usec_t loop_next_deadline(const struct loop *loop)
{
	return loop->timers > 0 ? loop->heap[0]->at : USEC_INFINITY;
}

/* Number of events or -errno. @span: at most so long, USEC_INFINITY without end. */
static int wait_events(struct loop *loop, usec_t span)
{
	int n;

	if (!loop->coarse) {
		n = sys_epoll_pwait2(loop->epfd, loop->events, BATCH, span);
		if (n != -ENOSYS && n != -EPERM)
			return n;
		loop->coarse = true;
	}
	if (span == USEC_INFINITY)
		n = -1;
	else if (span > (usec_t)INT32_MAX * USEC_PER_MSEC - USEC_PER_MSEC)
		n = INT32_MAX;
	else
		n = (int)((span + USEC_PER_MSEC - 1) /
			  USEC_PER_MSEC); /* down would spin till due */
	n = epoll_wait(loop->epfd, loop->events, BATCH, n);
	return n < 0 ? -errno : n;
}

static void dispatch_events(struct loop *loop, int n)
{
	loop->fetched = n;
	for (int i = 0; i < n; i++) {
		struct source *source = loop->events[i].data.ptr;
		uint32_t revents = loop->events[i].events;

		if (source == NULL)
			continue;
		/* A callback of this round may have lost interest in what was fetched. */
		revents &= source->events | EPOLLERR | EPOLLHUP;
		if (revents != 0)
			source->fn(source, revents);
	}
	loop->fetched = 0;
}

static void dispatch_timers(struct loop *loop)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);

	/* Bounded, so that a timer that re-arms itself for now cannot keep descriptors waiting. */
	for (size_t left = loop->timers; left > 0 && loop_next_deadline(loop) <= now; left--) {
		struct timer *timer = loop->heap[0];

		heap_remove(loop, timer);
		timer->at = USEC_INFINITY;
		timer->fn(timer, now);
	}
}

int loop_run_once(struct loop *loop)
{
	usec_t at = loop_next_deadline(loop);
	usec_t span = USEC_INFINITY;
	int n;

	if (at != USEC_INFINITY) {
		usec_t now = clock_now(CLOCK_MONOTONIC);

		span = at > now ? at - now : 0;
	}
	n = wait_events(loop, span);
	if (n < 0 && n != -EINTR)
		return n;
	if (n > 0)
		dispatch_events(loop, n);
	if (loop->timers > 0)
		dispatch_timers(loop);
	return 0;
}
