/* SPDX-License-Identifier: MIT */
#include "init/reactions.h"

#include "init/emergency.h"
#include "init/manager.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/str.h"

/* Units that start and stop each other for ever must not keep PID 1 from its other duties. */
#define ROUNDS_MAX 16
/* systemd.unit(5) Upholds= "constantly"; this often at most, or as StartLimitIntervalSec= allows. */
#define UPHOLD_SEC 1

static bool is_up(const struct node *node)
{
	return node->active == ACTIVE_ACTIVE || node->active == ACTIVE_RELOADING;
}

static bool is_down(const struct node *node)
{
	return node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED;
}

static bool has_stop(const struct node *node)
{
	return node->job && (node->job->kind == JOB_STOP || node->job->kind == JOB_RESTART);
}

/* --- the list ----------------------------------------------------------------------------- */

/* By index, not by pointer: the table of nodes moves when units are loaded. 0 ends the list. */
static void enlist(struct manager *m, struct node *node, unsigned int bits)
{
	uint32_t place = node->unit->index + 1;

	if (node->reactions & REACTION_LISTED) {
		node->reactions |= (uint8_t)bits;
		return;
	}
	node->reactions |= (uint8_t)(bits | REACTION_LISTED);
	node->next_reaction = 0;
	if (m->last_reaction)
		manager_node(m, m->last_reaction - 1)->next_reaction = place;
	else
		m->first_reaction = place;
	m->last_reaction = place;
}

void reactions_look_at(struct manager *m, uint32_t index)
{
	enlist(m, manager_node(m, index), 0);
}

void reactions_start_limit(struct manager *m, uint32_t index)
{
	enlist(m, manager_node(m, index), REACTION_START_LIMIT);
}

void reactions_job_failed(struct manager *m, uint32_t index)
{
	enlist(m, manager_node(m, index), REACTION_JOB_FAILED);
}

void reactions_job_expired(struct manager *m, uint32_t index)
{
	enlist(m, manager_node(m, index), REACTION_JOB_FAILED | REACTION_JOB_EXPIRED);
}

void reactions_state_changed(struct manager *m, struct node *node, uint8_t was)
{
	unsigned int bits = 0;

	if ((was == ACTIVE_ACTIVE || was == ACTIVE_RELOADING) && !is_up(node) && !has_stop(node) &&
	    !(node->active == ACTIVE_ACTIVATING &&
	      unit_u64(node->unit, K_RestartMode) == RESTART_MODE_DIRECT))
		bits |= REACTION_LOST;
	if (node->active == ACTIVE_FAILED)
		bits |= REACTION_FAILED;
	/* From failed to inactive it only gets by being forgiven. */
	if (node->active == ACTIVE_INACTIVE && was != ACTIVE_FAILED)
		bits |= REACTION_SUCCEEDED;
	enlist(m, node, bits);
}

/* --- what is done ------------------------------------------------------------------------- */

static void ask(struct manager *m, enum job_kind kind, uint32_t unit, enum job_mode mode,
		const char *why, uint32_t because)
{
	struct diag diag = { .text = "" };
	int r;

	manager_unit_log(m, manager_node(m, unit), LOG_INFO, "%s: %s %s", job_kind_name(kind), why,
			 unit_set_at(m->set, because)->id);
	r = jobs_enqueue(m, kind, unit, mode, NULL, &diag);
	if (r < 0)
		manager_unit_log(m, manager_node(m, unit), LOG_ERR, "cannot %s: %s",
				 job_kind_name(kind), diag.text[0] ? diag.text : diag_errno(-r));
}

static void start_each(struct manager *m, uint32_t index, enum dep_kind kind, enum job_mode mode)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct unit *u = unit_set_at(m->set, deps[i].unit);

		if (mode == JOB_MODE_ISOLATE && !unit_bool(u, K_AllowIsolate))
			manager_unit_log(m, manager_node(m, deps[i].unit), LOG_ERR,
					 "cannot isolate: it has no AllowIsolate=");
		else
			ask(m, JOB_START, deps[i].unit, mode,
			    kind == DEP_ON_FAILURE ? "OnFailure= of" : "OnSuccess= of", index);
	}
}

static enum job_mode mode_of(const struct unit *u, enum key key)
{
	return (enum job_mode)unit_u64(u, key);
}

/* A start that still waits is judged when its turn comes (jobs.c). */
static bool can_lose(const struct node *node)
{
	bool waits = node->job && !node->job->running;

	return !is_down(node) && node->active != ACTIVE_DEACTIVATING && !has_stop(node) &&
	       (!waits || is_up(node));
}

static void stop_bound(struct manager *m, uint32_t index)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, DEP_BOUND_BY, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (can_lose(manager_node(m, deps[i].unit)))
			ask(m, JOB_STOP, deps[i].unit, JOB_MODE_REPLACE, "it is bound to", index);
	}
}

/* --- what is looked at -------------------------------------------------------------------- */

static void check_bound(struct manager *m, uint32_t index)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, DEP_BINDS_TO, &n);

	for (uint32_t i = 0; i < n && can_lose(manager_node(m, index)); i++) {
		const struct node *other = manager_node(m, deps[i].unit);

		if (!other->job && !is_up(other))
			ask(m, JOB_STOP, index, JOB_MODE_REPLACE, "it is bound to", deps[i].unit);
	}
}

/* Somebody is not down yet, or about to change. */
static bool any_pins(struct manager *m, uint32_t index, enum dep_kind kind)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct node *other = manager_node(m, deps[i].unit);

		if (other->job || !is_down(other))
			return true;
	}
	return false;
}

static void check_unneeded(struct manager *m, uint32_t index, uint32_t because)
{
	static const enum dep_kind pins[] = { DEP_REQUIRED_BY, DEP_REQUISITE_OF, DEP_WANTED_BY,
					      DEP_BOUND_BY, DEP_UPHELD_BY };
	const struct node *node = manager_node(m, index);

	if (node->job || !is_up(node) || !unit_bool(node->unit, K_StopWhenUnneeded))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(pins); i++) {
		if (any_pins(m, index, pins[i]))
			return;
	}
	ask(m, JOB_STOP, index, JOB_MODE_FAIL, "nothing needs it any more, seen at", because);
}

static uint16_t seconds_now(void)
{
	return (uint16_t)(clock_now(CLOCK_MONOTONIC) / USEC_PER_SEC);
}

/* Starting it more often would only be refused by the start limit, again and again. */
static unsigned int uphold_pause(const struct node *node)
{
	usec_t interval = unit_u64(node->unit, K_StartLimitIntervalSec);

	if (!node->service || node->service->machine.result != RESULT_START_LIMIT_HIT)
		return UPHOLD_SEC;
	return interval > 3600 * USEC_PER_SEC ? 3600 : (unsigned int)(interval / USEC_PER_SEC) + 1;
}

static void check_upheld(struct manager *m, uint32_t index)
{
	struct node *node = manager_node(m, index);
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, DEP_UPHELD_BY, &n);
	uint16_t now = n ? seconds_now() : 0;

	if (!is_down(node) || node->job || node->unit->load_state != LOAD_LOADED)
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct node *other = manager_node(m, deps[i].unit);

		if (other->job || !is_up(other))
			continue;
		if ((uint16_t)(now - node->upheld_at) < uphold_pause(node)) {
			node->reactions |= REACTION_LATER;
			loop_arm(m->loop, &m->reaction_timer,
				 usec_add(clock_now(CLOCK_MONOTONIC), UPHOLD_SEC * USEC_PER_SEC));
			return;
		}
		node->upheld_at = now;
		ask(m, JOB_START, index, JOB_MODE_FAIL, "Upholds= of", deps[i].unit);
		return;
	}
}

static void check_needs_of(struct manager *m, uint32_t index)
{
	static const enum dep_kind kinds[] = { DEP_REQUIRES, DEP_REQUISITE, DEP_WANTS, DEP_BINDS_TO,
					       DEP_UPHOLDS };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		uint32_t n;
		const struct dep *deps = unit_set_deps_of(m->set, index, kinds[k], &n);

		for (uint32_t i = 0; i < n; i++)
			check_unneeded(m, deps[i].unit, index);
	}
}

static void check_each(struct manager *m, uint32_t index, enum dep_kind kind,
		       void (*check)(struct manager *m, uint32_t index))
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, kind, &n);

	for (uint32_t i = 0; i < n; i++)
		check(m, deps[i].unit);
}

static void react(struct manager *m, uint32_t index, unsigned int bits)
{
	const struct node *node = manager_node(m, index);

	if (bits & REACTION_START_LIMIT)
		emergency_act(m, node, K_StartLimitAction, "was started too often");
	if (bits & REACTION_FAILED)
		emergency_act(m, node, K_FailureAction, "failed");
	if (bits & REACTION_SUCCEEDED)
		emergency_act(m, node, K_SuccessAction, "ended");
	if (bits & REACTION_JOB_EXPIRED)
		emergency_act(m, node, K_JobTimeoutAction, "had a job that took too long");
	if (m->regime == REGIME_DOWN)
		return;
	if (bits & (REACTION_FAILED | REACTION_JOB_FAILED))
		start_each(m, index, DEP_ON_FAILURE, mode_of(node->unit, K_OnFailureJobMode));
	if (bits & REACTION_SUCCEEDED)
		start_each(m, index, DEP_ON_SUCCESS, mode_of(node->unit, K_OnSuccessJobMode));
	if ((bits & REACTION_LOST) && !is_up(node))
		stop_bound(m, index);
	if (is_down(node)) {
		check_each(m, index, DEP_BOUND_BY, check_bound);
		check_needs_of(m, index);
		check_upheld(m, index);
	} else if (is_up(node)) {
		check_bound(m, index);
		check_unneeded(m, index, index);
		check_each(m, index, DEP_UPHOLDS, check_upheld);
	}
}

/* --- rounds ------------------------------------------------------------------------------- */

static void on_timer(struct timer *timer, usec_t now)
{
	struct manager *m = container_of(timer, struct manager, reaction_timer);

	(void)now;
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		if (manager_node(m, i)->reactions & REACTION_LATER) {
			manager_node(m, i)->reactions &= (uint8_t)~REACTION_LATER;
			reactions_look_at(m, i);
		}
	}
}

void reactions_init(struct manager *m)
{
	m->reaction_timer = (struct timer)TIMER_INIT(on_timer);
}

static void react_to_all(struct manager *m)
{
	uint32_t place = m->first_reaction;

	m->first_reaction = m->last_reaction = 0;
	while (place) {
		struct node *node = manager_node(m, place - 1);
		unsigned int bits = node->reactions;
		uint32_t index = place - 1;

		place = node->next_reaction;
		node->reactions &= REACTION_LATER;
		if (m->regime != REGIME_DOWN)
			react(m, index, bits);
	}
}

void reactions_run(struct manager *m)
{
	for (unsigned int i = 0; i < ROUNDS_MAX; i++) {
		jobs_run(m);
		if (!m->first_reaction)
			return;
		react_to_all(m);
	}
	/* The rest in the loop's next round, which comes at once. */
	jobs_run(m);
	if (m->first_reaction)
		loop_arm(m->loop, &m->reaction_timer, clock_now(CLOCK_MONOTONIC));
}
