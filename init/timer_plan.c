/* SPDX-License-Identifier: MIT */
#include "init/timer_plan.h"

#include "lib/calendar.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/unit.h"

#include <errno.h>

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static void earlier(usec_t *a, usec_t b)
{
	if (b < *a)
		*a = b;
}

/* --- spans -------------------------------------------------------------------------------- */

/* What the spans of @key are counted from; false: from nothing that has happened. */
static bool base_of(enum key key, const struct timer_facts *f, usec_t *base)
{
	if (key == K_OnActiveSec)
		*base = f->started;
	else if (key == K_OnBootSec)
		*base = 0; /* CLOCK_BOOTTIME is the time since the boot */
	else if (key == K_OnStartupSec)
		*base = f->startup;
	else if (key == K_OnUnitActiveSec)
		*base = later(f->unit_active, f->last.boottime);
	else
		*base = later(f->unit_inactive, f->last.boottime);
	return *base > 0 || key == K_OnBootSec || key == K_OnStartupSec;
}

static void plan_spans(const struct unit *u, enum key key, const struct timer_facts *f,
		       struct timer_next *next)
{
	const struct strings *spans = unit_list(u, key);
	bool recurs = key == K_OnUnitActiveSec || key == K_OnUnitInactiveSec;
	usec_t base, span, at;

	next->recurs |= recurs && spans->n > 0;
	if (!base_of(key, f, &base))
		return;
	for (uint32_t i = 0; i < spans->n; i++) {
		/* Checked when the unit was loaded. */
		if (parse_span(spans->v[i], USEC_PER_SEC, &span) < 0)
			continue;
		at = usec_add(base, span);
		if (recurs || at > f->served || f->served == 0)
			earlier(&next->boottime, at);
	}
}

/* --- calendar times ----------------------------------------------------------------------- */

/* A moment of CLOCK_BOOTTIME on the present wall clock. */
static usec_t on_wall(usec_t boottime, const struct moment *now)
{
	usec_t ago = now->boottime > boottime ? now->boottime - boottime : 0;

	return now->realtime > ago ? now->realtime - ago : 0;
}

static usec_t calendar_base(const struct timer_facts *f)
{
	if (f->last.realtime == 0)
		return on_wall(f->started, &f->now);
	return f->last.realtime <= f->now.realtime ? f->last.realtime
						   : on_wall(f->clock_set, &f->now);
}

/* The wall clock that an expression means; 0, or why there is none. */
static int zone_of(const struct calendar *c, const struct timer_facts *f, struct timer_next *next,
		   const struct timezone_table **zone)
{
	int err = 0;

	*zone = NULL;
	if (c->utc || !f->zone)
		return 0;
	*zone = f->zone(c->zone ? c->zone : "", &err);
	if (*zone || (err < 0 && !c->zone))
		return 0; /* the machine's own cannot be read: UTC */
	next->waits_for_zone |= err == 0;
	return err;
}

static int plan_calendars(const struct unit *u, const struct timer_facts *f,
			  struct timer_next *next)
{
	const struct strings *texts = unit_list(u, K_OnCalendar);
	usec_t base = calendar_base(f), at;
	struct arena scratch = { 0 };
	const struct timezone_table *zone;
	struct calendar calendar;
	int r = 0;

	for (uint32_t i = 0; i < texts->n && r == 0; i++) {
		/* Checked when the unit was loaded. */
		r = calendar_parse(texts->v[i], &scratch, &calendar, NULL) == -ENOMEM ? -ENOMEM : 0;
		if (r == 0)
			r = zone_of(&calendar, f, next, &zone);
		if (r == 0 && calendar_next_in(&calendar, zone, base, &at) == 0)
			earlier(&next->realtime, at);
		arena_free(&scratch);
		scratch = (struct arena){ 0 };
	}
	/* What is due since before the boot counts from it: else the random delay would be over already. */
	if (next->realtime != USEC_INFINITY)
		next->realtime = later(next->realtime, on_wall(f->startup, &f->now));
	return r;
}

int timer_plan(const struct unit *u, const struct timer_facts *f, struct timer_next *next)
{
	static const enum key spans[] = { K_OnActiveSec, K_OnBootSec, K_OnStartupSec,
					  K_OnUnitActiveSec, K_OnUnitInactiveSec };
	int r;

	*next = (struct timer_next){ USEC_INFINITY, USEC_INFINITY, false, false };
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		plan_spans(u, spans[i], f, next);
	r = plan_calendars(u, f, next);
	next->boottime = usec_add(next->boottime, f->delay);
	next->realtime = usec_add(next->realtime, f->delay);
	return r;
}

/* --- delays ------------------------------------------------------------------------------- */

usec_t timer_wake_at(usec_t at, usec_t accuracy, uint32_t perturb)
{
	static const usec_t grids[] = { USEC_PER_MINUTE, 10 * USEC_PER_SEC, USEC_PER_SEC,
					250 * USEC_PER_MSEC };
	usec_t last = usec_add(at, accuracy);

	if (at == USEC_INFINITY)
		return at;
	for (size_t i = 0; i < ARRAY_SIZE(grids); i++) {
		usec_t offset = perturb % grids[i];
		usec_t wake = last - last % grids[i] + offset;

		/* The last such moment that is not too late. */
		if (wake > last && wake >= grids[i])
			wake -= grids[i];
		if (wake >= at && wake <= last)
			return wake;
	}
	return last;
}

usec_t timer_share(usec_t most, uint32_t number)
{
	return (most >> 32) * number + ((most & UINT32_MAX) * number >> 32);
}

uint32_t timer_mix(uint32_t number)
{
	number ^= number >> 16;
	number *= 0x85ebca6bU;
	number ^= number >> 13;
	number *= 0xc2b2ae35U;
	return number ^ number >> 16;
}
