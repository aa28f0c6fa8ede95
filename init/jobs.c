/* SPDX-License-Identifier: MIT */
#include "init/jobs.h"

#include "init/actions.h"
#include "init/job_limits.h"
#include "init/jobs_queue.h"
#include "init/manager.h"
#include "init/transaction.h"
#include "init/window.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>

static const char *const kind_names[JOB_KIND_COUNT] = {
	[JOB_START] = "start",	   [JOB_STOP] = "stop",
	[JOB_RESTART] = "restart", [JOB_TRY_RESTART] = "try-restart",
	[JOB_RELOAD] = "reload",   [JOB_RELOAD_OR_RESTART] = "reload-or-restart",
};

static const char *const result_names[JOB_RESULT_COUNT] = {
	[JOB_DONE] = "done",	   [JOB_FAILED] = "failed",	[JOB_DEPENDENCY] = "dependency",
	[JOB_TIMEOUT] = "timeout", [JOB_CANCELED] = "canceled", [JOB_SKIPPED] = "skipped",
};

const char *job_kind_name(enum job_kind kind)
{
	return kind < JOB_KIND_COUNT ? kind_names[kind] : "unknown";
}

const char *job_result_name(enum job_result result)
{
	return result < JOB_RESULT_COUNT ? result_names[result] : "unknown";
}

void jobs_init(struct manager *m)
{
	list_init(&m->jobs);
	list_init(&m->jobs_to_check);
	list_init(&m->jobs_held);
	job_limits_init(m);
}

bool jobs_pending(const struct manager *m)
{
	return !list_empty(&m->jobs_to_check) || (!list_empty(&m->jobs_held) && window_has_room(m));
}

/* --- waiting ------------------------------------------------------------------------------ */

void jobs_look_at(struct manager *m, struct job *job)
{
	list_remove(&job->check);
	list_append(&m->jobs_to_check, &job->check);
}

/* The jobs that were last seen waiting for the one of unit @index. */
static void wake_waiters(struct manager *m, uint32_t index)
{
	static const enum dep_kind kinds[] = { DEP_AFTER, DEP_BEFORE };

	for (unsigned int k = 0; k < 2; k++) {
		uint32_t n;
		const struct dep *deps = unit_set_deps_of(m->set, index, kinds[k], &n);

		for (uint32_t i = 0; i < n; i++) {
			struct job *job = manager_node(m, deps[i].unit)->job;

			if (job && !job->running && job->blocker == index)
				jobs_look_at(m, job);
		}
	}
}

/*
 * A unit that goes down by itself has to be down first. One that comes up cannot reload yet, and a
 * reload that it has begun of its own accord may have read what was before.
 */
static bool waits_for_state(const struct node *node, enum job_kind kind)
{
	if (kind == JOB_START)
		return node->active == ACTIVE_DEACTIVATING;
	return kind == JOB_RELOAD &&
	       (node->active == ACTIVE_ACTIVATING || node->active == ACTIVE_RELOADING);
}

static bool waits_for_edge(struct manager *m, const struct job *job, const struct dep *dep)
{
	const struct job *other = manager_node(m, dep->unit)->job;

	return other && other != job && !(dep->flags & DEP_BROKEN) &&
	       transaction_edge_waits((enum job_kind)job->kind, (enum dep_kind)dep->kind,
				      (enum job_kind)other->kind);
}

/* Goes once round the unit's ordering edges from where it stopped the last time. */
static bool waits_for_order(struct manager *m, struct job *job)
{
	uint32_t n_after, n_before, n, at;
	const struct dep *after = unit_set_deps_of(m->set, job->unit, DEP_AFTER, &n_after);
	const struct dep *before = unit_set_deps_of(m->set, job->unit, DEP_BEFORE, &n_before);

	n = n_after + n_before;
	at = job->cursor < n ? job->cursor : 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct dep *dep = at < n_after ? &after[at] : &before[at - n_after];

		if (waits_for_edge(m, job, dep)) {
			job->cursor = at;
			job->blocker = dep->unit;
			return true;
		}
		at = at + 1 < n ? at + 1 : 0;
	}
	return false;
}

static bool is_runnable(struct manager *m, struct job *job)
{
	if (waits_for_state(manager_node(m, job->unit), (enum job_kind)job->kind)) {
		job->blocker = job->unit;
		return false;
	}
	return job->ignore_order || !waits_for_order(m, job);
}

/* --- ending ------------------------------------------------------------------------------- */

static void fail_dependants_by(struct manager *m, uint32_t index, enum dep_kind kind,
			       struct list *failing)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct job *job = manager_node(m, deps[i].unit)->job;

		if (!job || job->running || job->kind != JOB_START || job->ignore_needs ||
		    !transaction_must_wait(m->set, JOB_START, deps[i].unit, JOB_START, index))
			continue;
		list_remove(&job->check);
		list_append(failing, &job->check);
		job->why = WHY_NEEDED;
		job->blocker = index;
	}
}

/* systemd.unit(5) Requires=: only what is also ordered after the failed unit is not started. */
static void fail_dependants(struct manager *m, uint32_t index, struct list *failing)
{
	static const enum dep_kind kinds[] = { DEP_REQUIRED_BY, DEP_REQUISITE_OF, DEP_BOUND_BY };

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		fail_dependants_by(m, index, kinds[k], failing);
}

static bool start_failed(enum job_kind kind, enum job_result result)
{
	return (kind == JOB_START || kind == JOB_RESTART) && result != JOB_DONE &&
	       result != JOB_SKIPPED;
}

void jobs_end(struct manager *m, struct job *job, enum job_result result, struct list *failing)
{
	/* A freed job is in no list; clang's analyzer does not follow the unlinking. */
	manager_node(m, job->unit)->job = NULL; /* NOLINT(clang-analyzer-unix.Malloc) */
	list_remove(&job->link);
	list_remove(&job->check);
	if (job->limited)
		job_limits_forget(m, job);
	wake_waiters(m, job->unit);
	if (failing && start_failed((enum job_kind)job->kind, result))
		fail_dependants(m, job->unit, failing);
	manager_job_done(m, job, result);
	job_free(job);
}

/* A queue, not recursion: the chain of what fails with a job may be as long as the graph is deep. */
void jobs_end_all(struct manager *m, struct job *job, enum job_result result)
{
	struct list failing = LIST_INIT(failing);

	jobs_end(m, job, result, &failing);
	while (!list_empty(&failing))
		jobs_end(m, list_entry(failing.next, struct job, check), JOB_DEPENDENCY, &failing);
}

/* A restart's second half. */
static void become_start(struct manager *m, struct job *job)
{
	job->kind = JOB_START;
	job->running = false;
	job->cursor = 0;
	jobs_look_at(m, job);
	wake_waiters(m, job->unit);
}

void jobs_finish(struct manager *m, uint32_t index, enum job_kind kind, enum job_result result)
{
	struct job *job = manager_node(m, index)->job;

	if (!job || !job->running)
		return;
	if (job->kind == JOB_RESTART && kind == JOB_STOP && result == JOB_DONE)
		become_start(m, job);
	else if (job->kind == kind || (job->kind == JOB_RESTART && kind == JOB_STOP))
		jobs_end_all(m, job, result);
}

void jobs_retry(struct manager *m, uint32_t index)
{
	struct job *job = manager_node(m, index)->job;

	if (!job || !job->running || job->kind != JOB_START)
		return;
	job->retried = true;
	become_start(m, job);
}

void jobs_unit_settled(struct manager *m, uint32_t index)
{
	struct job *job = manager_node(m, index)->job;

	if (job && !job->running && job->blocker == index)
		jobs_look_at(m, job);
}

void jobs_look_at_all(struct manager *m)
{
	struct list *pos;

	list_for_each (pos, &m->jobs) {
		struct job *job = list_entry(pos, struct job, link);

		if (!job->running)
			jobs_look_at(m, job);
	}
}

void jobs_cancel(struct manager *m, uint32_t index)
{
	struct job *job = manager_node(m, index)->job;

	if (job)
		jobs_end_all(m, job, JOB_CANCELED);
}

/* --- running ------------------------------------------------------------------------------ */

static int act(struct manager *m, struct node *node, enum job_kind kind, struct diag *diag)
{
	switch (kind) {
	case JOB_START: return unit_start(m, node, diag);
	case JOB_STOP:
	case JOB_RESTART: return unit_stop(m, node, diag);
	case JOB_RELOAD: return unit_reload(m, node, diag);
	case JOB_TRY_RESTART:
	case JOB_RELOAD_OR_RESTART:
	case JOB_KIND_COUNT: break;
	}
	return -EINVAL; /* resolved when it was enqueued */
}

static void log_refusal(struct manager *m, uint32_t index, enum job_kind kind, int r,
			struct diag *diag)
{
	char text[512];

	if (diag->text[0] == '\0')
		diag_set(diag, DIAG_ERROR, -r, "cannot %s", job_kind_name(kind));
	diag_format_plain(diag, text, sizeof(text));
	manager_unit_log(m, manager_node(m, index), LOG_ERR, "%s", text);
}

/* Whether @unit may count as there: up, or, where no order tells when it has to be, on its way. */
static bool is_there(struct manager *m, const struct job *job, uint32_t unit)
{
	const struct node *node = manager_node(m, unit);
	bool ordered = transaction_must_wait(m->set, JOB_START, job->unit, JOB_START, unit);
	bool coming =
		node->active == ACTIVE_ACTIVATING || (node->job && node->job->kind != JOB_STOP);

	return node_is_up(node) || (coming && !ordered);
}

/* Finds the first unit of @kind that the start has to find active and does not. */
static bool misses(struct manager *m, const struct job *job, enum dep_kind kind, uint32_t *unit)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, job->unit, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (is_there(m, job, deps[i].unit))
			continue;
		*unit = deps[i].unit;
		return true;
	}
	return false;
}

/*
 * systemd.unit(5): Requisite= is never started on behalf of who names it, and together with After=
 * BindsTo= is not content with a start that left the other unit inactive.
 */
static bool lacks_unit(struct manager *m, struct job *job)
{
	if (job->ignore_needs)
		return false;
	if (misses(m, job, DEP_REQUISITE, &job->blocker))
		job->why = WHY_REQUISITE;
	else if (misses(m, job, DEP_BINDS_TO, &job->blocker))
		job->why = WHY_BINDS_TO;
	return job->why != WHY_RESULT;
}

static void run(struct manager *m, struct job *job)
{
	uint32_t index = job->unit;
	enum job_kind kind = (enum job_kind)job->kind;
	struct diag diag = { .text = "" };
	int r;

	job->running = true;
	if (job->limited && !job->retried)
		job_limits_running(m, job);
	if (kind == JOB_RESTART && node_is_down(manager_node(m, index))) {
		become_start(m, job);
		return;
	}
	if (kind == JOB_START && lacks_unit(m, job)) {
		jobs_end_all(m, job, JOB_DEPENDENCY);
		return;
	}
	r = act(m, manager_node(m, index), kind, &diag);
	/* From here on @job may be gone: the unit may have answered at once. */
	if (r == 0)
		return;
	if (r == UNIT_WAITS) {
		job->running = false;
		job->blocker = index;
		return;
	}
	if (r < 0)
		log_refusal(m, index, kind, r, &diag);
	jobs_finish(m, index, kind == JOB_RESTART ? JOB_STOP : kind,
		    r < 0		? JOB_FAILED
		    : r == UNIT_SKIPPED ? JOB_SKIPPED
					: JOB_DONE);
}

/* Jobs that start a service wait for room in the window (window.h), first come, first served. */
static struct job *next_job(struct manager *m)
{
	struct list *from = !list_empty(&m->jobs_to_check) ? &m->jobs_to_check
			    : window_has_room(m)	   ? &m->jobs_held
							   : NULL;

	if (!from || list_empty(from))
		return NULL;
	struct job *job = list_entry(from->next, struct job, check);

	list_remove(&job->check);
	return job;
}

static bool needs_room(const struct manager *m, const struct job *job)
{
	return job->kind == JOB_START && m->nodes[job->unit].service && !window_has_room(m);
}

void jobs_run(struct manager *m)
{
	struct job *job;

	while ((job = next_job(m))) {
		if (job->running || !is_runnable(m, job))
			continue;
		if (needs_room(m, job))
			list_append(&m->jobs_held, &job->check);
		else
			run(m, job);
	}
}
