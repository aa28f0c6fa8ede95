/* SPDX-License-Identifier: MIT */
#include "init/manager.h"

#include "init/cgroups.h"
#include "init/console.h"
#include "init/control.h"
#include "init/kind.h"
#include "init/logs.h"
#include "init/network.h"
#include "init/reactions.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Timers beside the services' own: shutdown, control, log back-pressure, and some room. */
#define OTHER_TIMERS 13
/* The same of descriptors: pidfd, log pipe, report, namespaces, sockets and files of its own. */
#define DESCRIPTORS_OF_SERVICE 6
#define OTHER_DESCRIPTORS      64

static int make_own(struct manager *m, struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);

	return kind->make && node->unit->load_state == LOAD_LOADED ? kind->make(m, node) : 0;
}

static bool is_idle(const struct node *node)
{
	return node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED;
}

/* What a run is built on: with other values nobody would find again what it has made. */
static bool is_built_alike(const struct unit *a, const struct unit *b)
{
	static const enum key keys[] = { K_Type, K_Isolation, K_PrivateNetwork, K_IP };
	const char *slice_a = unit_str(a, K_Slice), *slice_b = unit_str(b, K_Slice);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (unit_u64(a, keys[i]) != unit_u64(b, keys[i]))
			return false;
	return str_eq(slice_a ? slice_a : "", slice_b ? slice_b : "");
}

/*
 * The unit of a node, as the set has it now. What runs keeps the unit that it was started from if
 * that is gone, spoilt or of another build: nothing else would know how to stop it.
 */
static int sync_node(struct manager *m, struct node *node, const struct unit *unit)
{
	const struct unit *former = node->unit;

	if (former && former != unit && !is_idle(node) &&
	    (unit->load_state != LOAD_LOADED || !is_built_alike(former, unit)))
		return 0;
	node->unit = unit;
	node->renewed |= former && former != unit;
	return make_own(m, node);
}

/* Kinds are told when all nodes are in order: they may change states, and so look at others. */
static void tell_kind(struct manager *m, struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);

	if (node->renewed && kind->replaced)
		kind->replaced(m, node);
	node->renewed = false;
}

/*
 * A node for every unit that has come in since; what was a placeholder may have been found. Nodes
 * are not for children (pool.h). 0 or -ENOMEM.
 */
static int sync_nodes(struct manager *m)
{
	uint32_t n = unit_set_count(m->set);
	int r = loop_reserve_timers(m->loop, n + OTHER_TIMERS);

	if (n > m->n_nodes && r == 0) {
		struct node *nodes =
			pool_realloc(m->nodes, m->n_nodes * sizeof(*nodes), n * sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		memset(nodes + m->n_nodes, 0, (n - m->n_nodes) * sizeof(*nodes));
		m->nodes = nodes;
		m->n_nodes = n;
	}
	for (uint32_t i = 0; i < m->n_nodes && r == 0; i++)
		r = sync_node(m, &m->nodes[i], unit_set_at(m->set, i));
	for (uint32_t i = 0; i < m->n_nodes && r == 0; i++)
		tell_kind(m, &m->nodes[i]);
	return r == 0 ? loop_reserve_timers(m->loop, n + m->n_checkups + OTHER_TIMERS) : r;
}

/* Now, when no child shares the table: at a start PID 1 would wait (fd.h). */
static void reserve_descriptors(const struct manager *m)
{
	size_t n = OTHER_DESCRIPTORS;
	int r;

	for (uint32_t i = 0; i < m->n_nodes; i++)
		n += m->nodes[i].unit->type == UNIT_SERVICE ? DESCRIPTORS_OF_SERVICE : 0;
	r = fd_reserve(n);
	if (r < 0)
		log_warn("no room for %zu descriptors: %s", n, diag_errno(-r));
}

int manager_units_loaded(struct manager *m)
{
	uint32_t before = m->n_nodes;
	int r = sync_nodes(m);

	if (r < 0)
		return r;
	reserve_descriptors(m);
	cgroups_units_loaded(m, before);
	network_units_loaded(m);
	return 0;
}

int manager_units_reloaded(struct manager *m)
{
	int r = sync_nodes(m);

	if (r < 0)
		return r;
	reserve_descriptors(m);
	cgroups_units_loaded(m, 0);
	network_units_loaded(m);
	jobs_look_at_all(m);
	return 0;
}

struct node *manager_find(struct manager *m, const char *name)
{
	int index = unit_set_find(m->set, name);

	/* A unit without a node: there was no memory for one when it was loaded. */
	return index < 0 || (uint32_t)index >= m->n_nodes ? NULL : manager_node(m, (uint32_t)index);
}

/* Sockets, timers and paths wait for what they trigger to go down again. */
static void tell_triggers(struct manager *m, const struct node *node)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, node->unit->index, DEP_TRIGGERED_BY, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct node *trigger = manager_node(m, deps[i].unit);
		const struct unit_kind *kind = unit_kind_of(trigger);

		if (kind->triggered_changed)
			kind->triggered_changed(m, trigger, node);
	}
}

void manager_set_active(struct manager *m, struct node *node, enum active_state active)
{
	uint8_t was = node->active;
	usec_t now;

	if (was == active)
		return;
	now = clock_now(CLOCK_MONOTONIC);
	if (node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED)
		node->inactive_exit = now;
	if (node->active == ACTIVE_ACTIVE)
		node->active_exit = now;
	if (active == ACTIVE_ACTIVE)
		node->active_enter = now;
	if (active == ACTIVE_INACTIVE || active == ACTIVE_FAILED)
		node->inactive_enter = now;
	if (node->active == ACTIVE_FAILED)
		m->n_failed--;
	if (active == ACTIVE_FAILED)
		m->n_failed++;
	node->active = (uint8_t)active;
	/* Nothing runs any more of a unit whose file went meanwhile. */
	if (is_idle(node) && node->unit != unit_set_at(m->set, node->unit->index)) {
		(void)sync_node(m, node, unit_set_at(m->set, node->unit->index));
		tell_kind(m, node);
	}
	if (active == ACTIVE_FAILED && node->service && node->service->reason &&
	    !node->service->failure_told)
		console_unit_error(node->unit->id, "FAILED", node->service->reason);
	control_unit_changed(m, node);
	jobs_unit_settled(m, node->unit->index);
	reactions_state_changed(m, node, was);
	tell_triggers(m, node);
}

/* In words, where the unit itself has nothing to say about it. */
static void describe_why(const struct manager *m, const struct job *job, struct strbuf *b)
{
	const char *other = unit_set_at(m->set, job->blocker)->id;

	switch ((enum job_why)job->why) {
	case WHY_RESULT: strbuf_put(b, "a unit that it requires has failed"); return;
	case WHY_EXPIRED:
		strbuf_put(b, "its job took longer than JobTimeoutSec= or JobRunningTimeoutSec=");
		return;
	case WHY_NEEDED: strbuf_printf(b, "needs %s, which was not started", other); return;
	case WHY_REQUISITE: strbuf_printf(b, "Requisite= needs %s to be active", other); return;
	case WHY_BINDS_TO: strbuf_printf(b, "BindsTo= needs %s to be active", other); return;
	}
}

/* The start ended without the unit: it has not failed, but its user waits in vain. */
static void tell_not_started(struct manager *m, const struct node *node, const struct job *job)
{
	char text[400];
	struct strbuf b = STRBUF_INIT(text);

	describe_why(m, job, &b);
	manager_unit_log(m, node, LOG_WARNING, "not started: %s", text);
	console_unit_error(node->unit->id, "FAILED", text);
}

static void tell_start(struct manager *m, const struct node *node, const struct job *job,
		       enum job_result result)
{
	const struct unit *u = node->unit;
	const char *text = unit_str(u, K_Description);
	usec_t since = node->service ? node->service->start_began : node->inactive_exit;
	usec_t took =
		since && node->active_enter >= since ? node->active_enter - since : USEC_INFINITY;
	const char *reason, *up = unit_kind_of(node)->up;

	switch (result) {
	case JOB_DONE:
		if (m->config.show_status)
			console_unit_line(u->id, text, up ? up : "started",
					  u->type == UNIT_TARGET ? USEC_INFINITY : took);
		break;
	case JOB_SKIPPED:
		if (m->config.show_status)
			console_unit_line(u->id, "a condition did not hold", "skipped",
					  USEC_INFINITY);
		break;
	case JOB_DEPENDENCY: tell_not_started(m, node, job); break;
	case JOB_FAILED:
	case JOB_TIMEOUT:
		if (job->why == WHY_EXPIRED) {
			tell_not_started(m, node, job);
			break;
		}
		reason = node->service && node->service->reason ? node->service->reason
								: u->load_error;
		console_unit_error(u->id, "FAILED", reason ? reason : job_result_name(result));
		if (node->service)
			node->service->failure_told = true;
		break;
	case JOB_CANCELED:
	case JOB_RESULT_COUNT: break;
	}
}

void manager_job_done(struct manager *m, const struct job *job, enum job_result result)
{
	const struct node *node = manager_node(m, job->unit);

	if (job->kind == JOB_START || job->kind == JOB_RESTART)
		tell_start(m, node, job, result);
	else if (job->kind == JOB_STOP && result == JOB_DONE && m->config.show_status &&
		 node->unit->type != UNIT_TARGET)
		console_unit_line(node->unit->id, unit_str(node->unit, K_Description), "stopped",
				  node->active_exit && node->inactive_enter >= node->active_exit
					  ? node->inactive_enter - node->active_exit
					  : USEC_INFINITY);
	/* However it ended: whether anything failed is another question than whether the boot is over. */
	if (job->id == m->boot_job && m->boot_done == 0) {
		m->boot_done = clock_now(CLOCK_MONOTONIC);
		cgroups_boot_done(m);
	}
	control_job_done(m, job, result);
	/* A start that came to nothing (a condition, a dependency) changes no state. */
	tell_triggers(m, node);
	if (result == JOB_DEPENDENCY)
		reactions_job_failed(m, job->unit);
	else
		reactions_look_at(m, job->unit);
}

void manager_unit_log(struct manager *m, const struct node *node, int priority, const char *fmt,
		      ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	logs_append(m, node, priority, text,
		    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
