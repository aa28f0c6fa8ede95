/* SPDX-License-Identifier: MIT */
#include "init/timer.h"

#include "init/alarms.h"
#include "init/kind.h"
#include "init/manager.h"
#include "init/timer_plan.h"
#include "init/timer_stamp.h"
#include "init/zones.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>

enum timer_state {
	TIMER_DEAD,
	TIMER_WAITING,
	TIMER_RUNNING,
	TIMER_ELAPSED,
};

struct timer_unit {
	struct manager *manager;
	uint32_t index;
	uint8_t state;
	bool failed;	   /* Result: resources */
	bool delay_drawn;  /* for the next moment */
	bool awaits_stamp; /* nothing is planned before it is known */
	struct timer alarms[ALARM_CLOCKS];
	struct moment last;			  /* when it last elapsed */
	usec_t started, clock_set, served, delay; /* as in struct timer_facts */
	struct timer_next next;
	struct timer_stamp stamp;
};

static void elapse(struct timer_unit *t);
static void plan(struct timer_unit *t);

static struct node *node_of(const struct timer_unit *t)
{
	return manager_node(t->manager, t->index);
}

/* The unit that it starts; NULL: there is none. */
static struct node *triggered(const struct timer_unit *t)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(t->manager->set, t->index, DEP_TRIGGERS, &n);

	return n ? manager_node(t->manager, deps[0].unit) : NULL;
}

static bool is_down(const struct node *node)
{
	return node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED;
}

static struct moment present(void)
{
	return (struct moment){ clock_now(CLOCK_BOOTTIME), clock_now(CLOCK_REALTIME) };
}

/* Times of nodes are CLOCK_MONOTONIC; 0 stays "never". */
static usec_t to_boottime(usec_t monotonic)
{
	return monotonic ? monotonic + clock_now(CLOCK_BOOTTIME) - clock_now(CLOCK_MONOTONIC) : 0;
}

/* --- numbers that are the same for all timers of a boot, or of a machine ------------------- */

static uint32_t hash_of_file(const char *path)
{
	char text[64] = "";

	(void)fd_read_file_at(AT_FDCWD, path, text, sizeof(text));
	return timer_mix(str_hash(text));
}

/* /proc is the kernel's memory. */
static uint32_t boot_number(void)
{
	static uint32_t number;

	if (!number)
		number = hash_of_file("/proc/sys/kernel/random/boot_id") | 1;
	return number;
}

/* Of machine-id(5). */
static uint32_t machine_number;

void timers_boot(void)
{
	machine_number = hash_of_file("/etc/machine-id") | 1;
}

static void draw_delay(struct timer_unit *t)
{
	const struct unit *u = node_of(t)->unit;
	uint32_t number = timer_mix(str_hash(u->id) ^ machine_number);

	if (t->delay_drawn)
		return;
	t->delay_drawn = true;
	if (!unit_bool(u, K_FixedRandomDelay))
		number = timer_mix(number ^ boot_number() ^ (uint32_t)clock_now(CLOCK_BOOTTIME));
	t->delay = timer_share(unit_u64(u, K_RandomizedDelaySec), number);
}

/* --- states ------------------------------------------------------------------------------- */

static void disarm(struct timer_unit *t)
{
	for (enum alarm_clock c = 0; c < ALARM_CLOCKS; c++)
		alarms_arm(c, &t->alarms[c], USEC_INFINITY);
	t->next = (struct timer_next){ USEC_INFINITY, USEC_INFINITY, false, false };
}

static void set_state(struct timer_unit *t, enum timer_state state)
{
	t->state = (uint8_t)state;
	if (state != TIMER_WAITING)
		disarm(t);
	if (state == TIMER_DEAD)
		manager_set_active(t->manager, node_of(t),
				   t->failed ? ACTIVE_FAILED : ACTIVE_INACTIVE);
	else
		manager_set_active(t->manager, node_of(t), ACTIVE_ACTIVE);
}

static void fail(struct timer_unit *t, const char *why)
{
	manager_unit_log(t->manager, node_of(t), LOG_ERR, "%s", why);
	t->failed = true;
	set_state(t, TIMER_DEAD);
}

static struct loop *loop;

static const struct timezone_table *zone(const char *name, int *err)
{
	return zone_find(loop, name, err);
}

static struct timer_facts facts(const struct timer_unit *t)
{
	const struct node *other = triggered(t);

	return (struct timer_facts){
		.now = present(),
		.last = t->last,
		.started = t->started,
		.clock_set = t->clock_set,
		.startup = to_boottime(t->manager->boot_start),
		.unit_active = other ? to_boottime(other->inactive_exit) : 0,
		.unit_inactive = other ? to_boottime(other->inactive_enter) : 0,
		.served = t->served,
		.delay = t->delay,
		.zone = zone,
	};
}

/* A unit that cannot be started, and a span of nothing: PID 1 has other things to do. */
#define PAUSE (100 * USEC_PER_MSEC)

static void arm(struct timer_unit *t)
{
	usec_t accuracy = unit_u64(node_of(t)->unit, K_AccuracySec);
	usec_t at = timer_wake_at(t->next.boottime, accuracy, boot_number());

	if (t->last.boottime && at < t->last.boottime + PAUSE)
		at = t->last.boottime + PAUSE;
	alarms_arm(ALARM_BOOTTIME, &t->alarms[ALARM_BOOTTIME], at);
	alarms_arm(ALARM_REALTIME, &t->alarms[ALARM_REALTIME],
		   timer_wake_at(t->next.realtime, accuracy, boot_number()));
}

/* Finds the next moment and waits for it. Never elapses at once: that is the loop's to do. */
static void plan(struct timer_unit *t)
{
	const struct unit *u = node_of(t)->unit;
	struct timer_facts f;
	int r, err;

	if (t->awaits_stamp)
		return;
	/* Read, so that it is known when it changes. */
	if (unit_bool(u, K_OnTimezoneChange))
		(void)zone("", &err);
	draw_delay(t);
	f = facts(t);
	r = timer_plan(u, &f, &t->next);
	if (r < 0) {
		fail(t, r == -ENOMEM ? "no memory to find out when it elapses next"
				     : "OnCalendar= has a time zone that cannot be read");
		return;
	}
	if (t->next.waits_for_zone) {
		disarm(t);
		set_state(t, TIMER_WAITING);
		return;
	}
	if (t->next.boottime != USEC_INFINITY || t->next.realtime != USEC_INFINITY ||
	    unit_bool(u, K_OnClockChange) || unit_bool(u, K_OnTimezoneChange)) {
		set_state(t, TIMER_WAITING);
		arm(t);
	} else if (t->next.recurs || unit_bool(u, K_RemainAfterElapse)) {
		set_state(t, TIMER_ELAPSED);
	} else {
		set_state(t, TIMER_DEAD);
	}
}

static void elapse(struct timer_unit *t)
{
	struct node *node = node_of(t), *other = triggered(t);
	struct diag diag = { .text = "" };
	int r;

	/* A stop that is queued comes first; whoever starts it again starts anew. */
	if (node->job && node->job->kind == JOB_STOP)
		return;
	if (!other) {
		fail(t, "the unit that it starts is gone");
		return;
	}
	t->last = present();
	t->served = t->last.boottime;
	t->delay_drawn = false;
	set_state(t, TIMER_RUNNING);
	r = jobs_enqueue(t->manager, JOB_START, other->unit->index, JOB_MODE_REPLACE, NULL, &diag);
	if (r < 0 && r != -ESHUTDOWN) {
		fail(t, diag.text[0] ? diag.text : diag_errno(-r));
		return;
	}
	if (unit_bool(node->unit, K_Persistent))
		timer_stamp_write(&t->stamp, node->unit->id, t->last.realtime);
}

static void on_boottime(struct timer *timer, usec_t now)
{
	struct timer_unit *t = container_of(timer, struct timer_unit, alarms[ALARM_BOOTTIME]);

	(void)now;
	elapse(t);
}

/* Asked again: the clock may have been set, to before this moment or to years after it. */
static void on_realtime(struct timer *timer, usec_t now)
{
	struct timer_unit *t = container_of(timer, struct timer_unit, alarms[ALARM_REALTIME]);

	plan(t);
	if (t->state == TIMER_WAITING && t->next.realtime <= now)
		elapse(t);
}

static void on_clock_set(void *ctx)
{
	struct manager *m = ctx;

	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct node *node = manager_node(m, i);
		struct timer_unit *t = node->unit->type == UNIT_TIMER ? node->own : NULL;

		if (t)
			t->clock_set = clock_now(CLOCK_BOOTTIME);
		if (!t || (t->state != TIMER_WAITING && t->state != TIMER_ELAPSED))
			continue;
		if (unit_bool(node->unit, K_OnClockChange) && !t->awaits_stamp)
			elapse(t);
		else
			plan(t);
	}
}

static void on_zone(void *ctx, bool local)
{
	struct manager *m = ctx;

	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct node *node = manager_node(m, i);
		struct timer_unit *t = node->unit->type == UNIT_TIMER ? node->own : NULL;

		if (!t || t->awaits_stamp ||
		    (t->state != TIMER_WAITING && t->state != TIMER_ELAPSED))
			continue;
		if (local && unit_bool(node->unit, K_OnTimezoneChange))
			elapse(t);
		else
			plan(t);
	}
}

static void have_read(struct timer_stamp *stamp, usec_t realtime)
{
	struct timer_unit *t = stamp->owner;

	if (!t->awaits_stamp)
		return;
	t->awaits_stamp = false;
	t->last.realtime = realtime;
	if (realtime > clock_now(CLOCK_REALTIME))
		manager_unit_log(
			t->manager, node_of(t), LOG_WARNING,
			"its last time is in the future: the clock is not right, or was not");
	if (t->state != TIMER_DEAD)
		plan(t);
}

/* --- the kind (kind.h) -------------------------------------------------------------------- */

static int make(struct manager *m, struct node *node)
{
	struct timer_unit *t;
	int r;

	if (node->own)
		return 0;
	loop = m->loop;
	zones_open(on_zone, m);
	r = alarms_open(m->loop, on_clock_set, m);
	if (r < 0)
		return r;
	t = pool_alloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->manager = m;
	t->index = node->unit->index;
	t->alarms[ALARM_BOOTTIME] = (struct timer)TIMER_INIT(on_boottime);
	t->alarms[ALARM_REALTIME] = (struct timer)TIMER_INIT(on_realtime);
	t->stamp.have_read = have_read;
	t->stamp.owner = t;
	disarm(t);
	node->own = t;
	return 0;
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	struct timer_unit *t = node->own;
	const struct node *other = triggered(t);

	(void)m;
	if (t->state != TIMER_DEAD)
		return 1;
	if (!other || other->unit->load_state != LOAD_LOADED)
		return diag_set(diag, DIAG_ERROR, ENOENT, "%s, which it starts, is not loaded",
				other ? other->unit->id : "the unit");
	t->failed = false;
	t->delay_drawn = false;
	t->last = (struct moment){ 0, 0 };
	t->started = t->clock_set = clock_now(CLOCK_BOOTTIME);
	if (unit_bool(node->unit, K_Persistent)) {
		int r = timer_stamp_read(&t->stamp, node->unit->id);

		t->awaits_stamp = r == 0;
		if (r < 0)
			log_warn("%s: its stamp is not read: %s", node->unit->id, diag_errno(-r));
	}
	t->state = TIMER_WAITING;
	if (t->awaits_stamp)
		set_state(t, TIMER_WAITING);
	else
		plan(t);
	return 1;
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	struct timer_unit *t = node->own;

	(void)m, (void)diag;
	t->awaits_stamp = false;
	t->failed = false;
	set_state(t, TIMER_DEAD);
	return 1;
}

static const char *sub_state(const struct node *node)
{
	static const char *const names[] = {
		[TIMER_DEAD] = "dead",
		[TIMER_WAITING] = "waiting",
		[TIMER_RUNNING] = "running",
		[TIMER_ELAPSED] = "elapsed",
	};
	const struct timer_unit *t = node->own;

	return node->active == ACTIVE_FAILED ? "failed" : names[t ? t->state : TIMER_DEAD];
}

static const char *result(const struct node *node)
{
	const struct timer_unit *t = node->own;

	return t && t->failed ? "resources" : "success";
}

/* Spans may count from what the other unit does now; and once it is down again, the timer goes on. */
static void triggered_changed(struct manager *m, struct node *node, const struct node *other)
{
	struct timer_unit *t = node->own;
	bool comes = other->job && other->job->kind != JOB_STOP;

	(void)m;
	if (!t)
		return;
	if (t->state == TIMER_RUNNING && is_down(other) && !comes) {
		t->served = clock_now(CLOCK_BOOTTIME);
		plan(t);
	} else if (t->state == TIMER_WAITING || t->state == TIMER_ELAPSED) {
		plan(t);
	}
}

/* OnCalendar= and the like may be others. */
static void replaced(struct manager *m, struct node *node)
{
	struct timer_unit *t = node->own;

	(void)m;
	if (t && node->unit->load_state == LOAD_LOADED &&
	    (t->state == TIMER_WAITING || t->state == TIMER_ELAPSED))
		plan(t);
}

const struct unit_kind timer_kind = {
	.make = make,
	.replaced = replaced,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = result,
	.triggered_changed = triggered_changed,
};

struct timer_times timer_times_of(const struct node *node)
{
	const struct timer_unit *t = node->unit->type == UNIT_TIMER ? node->own : NULL;

	if (!t)
		return (struct timer_times){ USEC_INFINITY, USEC_INFINITY, 0, 0 };
	return (struct timer_times){ t->next.boottime, t->next.realtime, t->last.realtime,
				     t->last.boottime };
}
