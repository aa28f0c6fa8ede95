/* SPDX-License-Identifier: MIT */
#include "init/status_rows.h"
#include "init/timer.h"
#include "lib/format.h"

/* The properties of timer units; systemd calls CLOCK_BOOTTIME monotonic here, too. */

enum timer_arg {
	TIMER_NEXT_REALTIME,
	TIMER_NEXT_MONOTONIC,
	TIMER_LAST_REALTIME,
	TIMER_LAST_MONOTONIC,
	TIMER_NUMBERS, /* for list-timers: next and last as microseconds since 1970, 0: none */
};

static void put_span(struct strbuf *b, usec_t span)
{
	char text[64];

	format_span(span, text, sizeof(text));
	strbuf_put(b, text);
}

static void put_timer(const struct snapshot *s, int arg, struct strbuf *b)
{
	struct timer_times t = timer_times_of(s->node);
	usec_t boot = clock_now(CLOCK_REALTIME) - clock_now(CLOCK_BOOTTIME);
	usec_t next = usec_add(t.next_boottime, boot);

	switch ((enum timer_arg)arg) {
	case TIMER_NEXT_REALTIME:
		status_put_time(b, t.next_realtime == USEC_INFINITY ? 0 : t.next_realtime);
		return;
	case TIMER_NEXT_MONOTONIC: put_span(b, t.next_boottime); return;
	case TIMER_LAST_REALTIME: status_put_time(b, t.last_realtime); return;
	case TIMER_LAST_MONOTONIC: put_span(b, t.last_boottime); return;
	case TIMER_NUMBERS:
		if (t.next_realtime < next)
			next = t.next_realtime;
		strbuf_put_u64(b, next == USEC_INFINITY ? 0 : next);
		strbuf_put(b, " ");
		strbuf_put_u64(b, t.last_realtime);
		return;
	}
}

/* What timers and paths start. */
static void put_triggered(const struct snapshot *s, int arg, struct strbuf *b)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(s->m->set, s->unit->index, DEP_TRIGGERS, &n);

	(void)arg;
	if (n)
		strbuf_put(b, unit_set_at(s->m->set, deps[0].unit)->id);
}

static const struct status_row trigger_rows[] = { { "Unit", put_triggered, 0 } };
const struct status_group status_trigger =
	STATUS_GROUP(trigger_rows, 1 << UNIT_TIMER | 1 << UNIT_PATH);

static const struct status_row rows[] = {
	{ "NextElapseUSecRealtime", put_timer, TIMER_NEXT_REALTIME },
	{ "NextElapseUSecMonotonic", put_timer, TIMER_NEXT_MONOTONIC },
	{ "LastTriggerUSec", put_timer, TIMER_LAST_REALTIME },
	{ "LastTriggerUSecMonotonic", put_timer, TIMER_LAST_MONOTONIC },
	{ "TimerTimes", put_timer, TIMER_NUMBERS },
};
const struct status_group status_timer = STATUS_GROUP(rows, 1 << UNIT_TIMER);
