/* SPDX-License-Identifier: MIT */
#include "init/alarms.h"

#include "lib/diag.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/str.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* timerfd_settime(2): without a deadline nothing is told about the clock; the year 2262 is the kernel's last. */
#define NEVER (((usec_t)1 << 62) / 1000)

static struct alarms {
	struct source source;
	clockid_t id;
	int flags;
	usec_t armed;	/* what the timerfd is set to; 0: nothing */
	bool clock_set; /* the kernel's report was taken by somebody who could not act on it */
	struct timers timers;
} all[ALARM_CLOCKS] = {
	[ALARM_BOOTTIME] = { .source.fd = -1, .id = CLOCK_BOOTTIME, .flags = TFD_TIMER_ABSTIME },
	[ALARM_REALTIME] = { .source.fd = -1,
			     .id = CLOCK_REALTIME,
			     .flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET },
};

static void (*on_clock_set)(void *ctx);
static void *clock_set_ctx;

/* True: the clock was set since this was looked at last (the new deadline holds all the same). */
static bool set_timerfd(struct alarms *a)
{
	usec_t at = timers_next(&a->timers);
	struct itimerspec when = { .it_value = { 0, 0 } };

	if (at > NEVER)
		at = NEVER;
	if (at == 0)
		at = 1; /* zero disarms */
	if (at == a->armed)
		return false;
	a->armed = at;
	when.it_value.tv_sec = (time_t)(at / USEC_PER_SEC);
	when.it_value.tv_nsec = (long)(at % USEC_PER_SEC) * 1000;
	if (timerfd_settime(a->source.fd, a->flags, &when, NULL) == 0)
		return false;
	if (errno == ECANCELED)
		return true;
	log_err("timerfd_settime: %s: timers do not elapse", diag_errno(errno));
	return false;
}

/* What cannot be acted on here is for the loop's next round. */
static void wake(struct alarms *a)
{
	const struct itimerspec now = { .it_value = { 0, 1 } };

	a->clock_set = true;
	a->armed = 0;
	timerfd_settime(a->source.fd, TFD_TIMER_ABSTIME, &now, NULL);
}

static void on_readable(struct source *source, uint32_t revents)
{
	struct alarms *a = container_of(source, struct alarms, source);
	uint64_t count;
	bool clock_set = read(a->source.fd, &count, sizeof(count)) < 0 && errno == ECANCELED;

	(void)revents;
	a->armed = 0;
	timers_dispatch(&a->timers, clock_now(a->id));
	/* Whoever is told arms again, and the clock may be set meanwhile: a few times, then in the next round. */
	for (unsigned int i = 0; i < 4 && (clock_set || a->clock_set); i++) {
		a->clock_set = false;
		on_clock_set(clock_set_ctx);
		clock_set = set_timerfd(a);
	}
	if (clock_set || set_timerfd(a))
		wake(a);
}

static int open_one(struct loop *loop, struct alarms *a)
{
	int fd = timerfd_create(a->id, TFD_CLOEXEC | TFD_NONBLOCK), r;

	if (fd < 0)
		return -errno;
	fd = spawn_lift_fd(fd);
	a->source = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_readable };
	r = loop_add(loop, &a->source);
	if (r < 0) {
		close(fd);
		a->source.fd = -1;
		return r;
	}
	(void)set_timerfd(a); /* the first deadline: there is nothing yet to be told of a clock */
	return 0;
}

int alarms_open(struct loop *loop, void (*clock_set)(void *ctx), void *ctx)
{
	int r = 0;

	on_clock_set = clock_set;
	clock_set_ctx = ctx;
	for (size_t i = 0; i < ARRAY_SIZE(all) && r == 0; i++)
		r = all[i].source.fd < 0 ? open_one(loop, &all[i]) : 0;
	return r;
}

void alarms_arm(enum alarm_clock clock, struct timer *timer, usec_t at)
{
	struct alarms *a = &all[clock];

	timers_arm(&a->timers, timer, at);
	if (a->source.fd >= 0 && set_timerfd(a))
		wake(a);
}
