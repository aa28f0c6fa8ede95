/* SPDX-License-Identifier: MIT */
#include "lib/loop.h"

#include "lib/pool.h"
#include "lib/sys.h"
#include "lib/trim.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/time_types.h>

#define BATCH 64

struct loop {
	int epfd;
	bool coarse; /* no epoll_pwait2 here (old kernel, or a filter around a container) */
	struct timers timers;
	int fetched; /* events of the round that is being dispatched */
	void (*quiet)(void);
	bool is_quiet; /* told, and nothing has happened since */
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
	timers_free(&loop->timers);
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

int loop_reserve_timers(struct loop *loop, size_t n)
{
	return timers_reserve(&loop->timers, n);
}

void loop_arm(struct loop *loop, struct timer *timer, usec_t at)
{
	timers_arm(&loop->timers, timer, at);
}

usec_t loop_next_deadline(const struct loop *loop)
{
	return timers_next(&loop->timers);
}

void loop_on_quiet(struct loop *loop, void (*fn)(void))
{
	loop->quiet = fn;
}

/* sys_epoll_pwait2() by a process that will not do anything for a while. */
static int wait_trimmed(struct loop *loop, usec_t span)
{
	struct __kernel_timespec ts = {
		.tv_sec = (int64_t)(span / USEC_PER_SEC),
		.tv_nsec = (int64_t)(span % USEC_PER_SEC) * 1000,
	};
	const long args[6] = {
		loop->epfd,
		(long)(uintptr_t)loop->events,
		BATCH,
		span == USEC_INFINITY ? 0 : (long)(uintptr_t)&ts,
	};

	return (int)trim_syscall(SYS_epoll_pwait2, args);
}

/* Number of events or -errno. @span: at most so long, USEC_INFINITY without end. */
static int wait_events(struct loop *loop, usec_t span)
{
	int n;

	if (!loop->coarse) {
		n = loop->is_quiet ? wait_trimmed(loop, span)
				   : sys_epoll_pwait2(loop->epfd, loop->events, BATCH, span);
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

int loop_run_once(struct loop *loop)
{
	usec_t at = loop_next_deadline(loop);
	usec_t span = USEC_INFINITY;
	int n;

	if (at != USEC_INFINITY) {
		usec_t now = clock_now(CLOCK_MONOTONIC);

		span = at > now ? at - now : 0;
	}
	bool becomes_quiet = loop->quiet && !loop->is_quiet && span > LOOP_QUIET;

	n = wait_events(loop, becomes_quiet ? LOOP_QUIET : span);
	loop->is_quiet = becomes_quiet && n == 0;
	if (loop->is_quiet)
		loop->quiet();
	if (n < 0 && n != -EINTR)
		return n;
	if (n > 0)
		dispatch_events(loop, n);
	/* Descriptors first: what they have to say may disarm a timer. */
	if (loop_next_deadline(loop) != USEC_INFINITY)
		timers_dispatch(&loop->timers, clock_now(CLOCK_MONOTONIC));
	return 0;
}
