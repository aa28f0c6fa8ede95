/* SPDX-License-Identifier: MIT */
/*
 * Path units (systemd.path(5)): start another unit when something happens to a path.
 *
 * dead -> waiting -> running -> waiting. While its unit is up a path unit is "running" and watches
 * nothing; once that is down it looks again, and what asks for a state (PathExists= and its kin)
 * starts the unit again if the state lasts. A unit that fails again and again is stopped by its
 * own start limit, which then is this unit's failure, too, or by TriggerLimitBurst=.
 */
#include "init/kind.h"
#include "init/manager.h"
#include "init/path_watch.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/pool.h"

#include <errno.h>

enum path_state {
	PATH_DEAD,
	PATH_WAITING,
	PATH_RUNNING,
};

enum path_result {
	PATH_SUCCESS,
	PATH_RESOURCES,
	PATH_UNIT_START_LIMIT_HIT,
	PATH_TRIGGER_LIMIT_HIT,
};

struct path_unit {
	struct path_watcher watcher;
	struct manager *manager;
	uint32_t index;
	uint8_t state, result;
	bool known;	     /* exist below is of the check before: a difference is a change */
	uint64_t exist;	     /* which paths were there */
	usec_t window;	     /* CLOCK_MONOTONIC: when the trigger limit's span began */
	uint32_t n_triggers; /* within it */
};

static struct node *node_of(const struct path_unit *p)
{
	return manager_node(p->manager, p->index);
}

/* The unit that it starts; NULL: there is none. */
static struct node *triggered(const struct path_unit *p)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(p->manager->set, p->index, DEP_TRIGGERS, &n);

	return n ? manager_node(p->manager, deps[0].unit) : NULL;
}

static bool is_down(const struct node *node)
{
	return node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED;
}

static void set_state(struct path_unit *p, enum path_state state)
{
	p->state = (uint8_t)state;
	if (state != PATH_WAITING)
		path_watch_end(&p->watcher);
	if (state == PATH_DEAD)
		manager_set_active(p->manager, node_of(p),
				   p->result == PATH_SUCCESS ? ACTIVE_INACTIVE : ACTIVE_FAILED);
	else
		manager_set_active(p->manager, node_of(p), ACTIVE_ACTIVE);
}

static void fail(struct path_unit *p, enum path_result result, const char *why)
{
	manager_unit_log(p->manager, node_of(p), LOG_ERR, "%s", why);
	p->result = (uint8_t)result;
	set_state(p, PATH_DEAD);
}

/* Looks at the paths and waits for a change of them. */
static void wait_for_change(struct path_unit *p)
{
	int r;

	p->state = PATH_WAITING;
	r = path_watch_begin(&p->watcher, node_of(p)->unit);
	if (r < 0)
		fail(p, PATH_RESOURCES, diag_errno(-r));
	else
		set_state(p, PATH_WAITING);
}

static bool is_over_limit(struct path_unit *p)
{
	const struct unit *u = node_of(p)->unit;
	usec_t now = clock_now(CLOCK_MONOTONIC), span = unit_u64(u, K_TriggerLimitIntervalSec);
	uint64_t burst = unit_u64(u, K_TriggerLimitBurst);

	if (span == 0 || burst == 0)
		return false;
	if (p->n_triggers == 0 || now - p->window >= span) {
		p->window = now;
		p->n_triggers = 0;
	}
	return ++p->n_triggers > burst;
}

static void trigger(struct path_unit *p)
{
	struct node *node = node_of(p), *other = triggered(p);
	struct diag diag = { .text = "" };
	int r;

	if (node->job && node->job->kind == JOB_STOP)
		return;
	if (!other) {
		fail(p, PATH_RESOURCES, "the unit that it starts is gone");
		return;
	}
	if (is_over_limit(p)) {
		fail(p, PATH_TRIGGER_LIMIT_HIT,
		     "its unit was started too often (TriggerLimitBurst=)");
		return;
	}
	set_state(p, PATH_RUNNING);
	r = jobs_enqueue(p->manager, JOB_START, other->unit->index, JOB_MODE_REPLACE, NULL, &diag);
	if (r < 0 && r != -ESHUTDOWN)
		fail(p, PATH_RESOURCES, diag.text[0] ? diag.text : diag_errno(-r));
}

/* --- what the watcher tells ---------------------------------------------------------------- */

/* PathChanged= and PathModified=: that a path has come or gone is a change. */
static bool has_come_or_gone(const struct path_unit *p, uint64_t exist)
{
	uint64_t differs = p->known ? p->exist ^ exist : 0;
	enum path_type type;

	for (unsigned int i = 0; differs >> i && path_spec(node_of(p)->unit, i, &type); i++) {
		if ((differs >> i & 1) && (type == PATH_CHANGED || type == PATH_MODIFIED))
			return true;
		if (i == PATH_SPECS_MAX - 1)
			break;
	}
	return false;
}

static void checked(struct path_watcher *w, int result, uint64_t exist, uint64_t hold)
{
	struct path_unit *p = container_of(w, struct path_unit, watcher);
	bool changed = result == 0 && has_come_or_gone(p, exist);

	if (p->state != PATH_WAITING)
		return;
	if (result < 0) {
		fail(p, PATH_RESOURCES, diag_errno(-result));
		return;
	}
	w->make_directories = false;
	p->known = true;
	p->exist = exist;
	if (hold || changed)
		trigger(p);
}

static void stirred(struct path_watcher *w)
{
	struct path_unit *p = container_of(w, struct path_unit, watcher);

	if (p->state == PATH_WAITING)
		wait_for_change(p);
}

/* Of PathExists= and its kin the state counts, not that something happened. */
static void changed(struct path_watcher *w, unsigned int spec)
{
	struct path_unit *p = container_of(w, struct path_unit, watcher);
	enum path_type type;

	if (p->state != PATH_WAITING || !path_spec(node_of(p)->unit, spec, &type))
		return;
	if (type == PATH_CHANGED || type == PATH_MODIFIED)
		trigger(p);
	else
		wait_for_change(p);
}

/* --- the kind (kind.h) -------------------------------------------------------------------- */

static int make(struct manager *m, struct node *node)
{
	struct path_unit *p;
	int r;

	if (node->own)
		return 0;
	r = path_watch_open(m->loop);
	if (r < 0)
		return r;
	p = pool_alloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->manager = m;
	p->index = node->unit->index;
	p->watcher.checked = checked;
	p->watcher.changed = changed;
	p->watcher.stirred = stirred;
	node->own = p;
	return 0;
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	struct path_unit *p = node->own;
	const struct node *other = triggered(p);

	(void)m;
	if (p->state != PATH_DEAD)
		return 1;
	if (!other || other->unit->load_state != LOAD_LOADED)
		return diag_set(diag, DIAG_ERROR, ENOENT, "%s, which it starts, is not loaded",
				other ? other->unit->id : "the unit");
	p->result = PATH_SUCCESS;
	p->known = false;
	p->n_triggers = 0;
	p->watcher.make_directories = unit_bool(node->unit, K_MakeDirectory);
	if (is_down(other))
		wait_for_change(p);
	else
		set_state(p, PATH_RUNNING);
	return p->result == PATH_SUCCESS ? 1 : -EIO;
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	struct path_unit *p = node->own;

	(void)m, (void)diag;
	p->result = PATH_SUCCESS;
	set_state(p, PATH_DEAD);
	return 1;
}

static const char *sub_state(const struct node *node)
{
	static const char *const names[] = {
		[PATH_DEAD] = "dead",
		[PATH_WAITING] = "waiting",
		[PATH_RUNNING] = "running",
	};
	const struct path_unit *p = node->own;

	return node->active == ACTIVE_FAILED ? "failed" : names[p ? p->state : PATH_DEAD];
}

static const char *result(const struct node *node)
{
	static const char *const names[] = {
		[PATH_SUCCESS] = "success",
		[PATH_RESOURCES] = "resources",
		[PATH_UNIT_START_LIMIT_HIT] = "unit-start-limit-hit",
		[PATH_TRIGGER_LIMIT_HIT] = "trigger-limit-hit",
	};
	const struct path_unit *p = node->own;

	return names[p ? p->result : PATH_SUCCESS];
}

static bool hit_start_limit(const struct node *other)
{
	return other->active == ACTIVE_FAILED && other->service &&
	       other->service->machine.result == RESULT_START_LIMIT_HIT;
}

static void triggered_changed(struct manager *m, struct node *node, const struct node *other)
{
	struct path_unit *p = node->own;

	(void)m;
	if (!p || other->job)
		return;
	if (p->state == PATH_WAITING && !is_down(other)) {
		set_state(p, PATH_RUNNING);
	} else if (p->state == PATH_RUNNING && hit_start_limit(other)) {
		fail(p, PATH_UNIT_START_LIMIT_HIT, "its unit has hit its start limit");
	} else if (p->state == PATH_RUNNING && is_down(other)) {
		p->known = false; /* what the unit itself has done to the path is no change */
		wait_for_change(p);
	}
}

/* What is watched may be other paths. */
static void replaced(struct manager *m, struct node *node)
{
	struct path_unit *p = node->own;

	(void)m;
	if (!p || p->state != PATH_WAITING)
		return;
	path_watch_end(&p->watcher);
	p->known = false;
	wait_for_change(p);
}

const struct unit_kind path_kind = {
	.make = make,
	.replaced = replaced,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = result,
	.triggered_changed = triggered_changed,
};
