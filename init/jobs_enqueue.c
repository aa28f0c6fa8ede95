/* SPDX-License-Identifier: MIT */
#include "init/actions.h"
#include "init/job_limits.h"
#include "init/jobs_queue.h"
#include "init/manager.h"
#include "init/transaction.h"
#include "lib/log.h"
#include "lib/burst.h"

#include <errno.h>
#include <stdlib.h>

/* --- enqueueing --------------------------------------------------------------------------- */

static bool view_is_up(void *ctx, uint32_t unit)
{
	return node_is_up(manager_node(ctx, unit));
}

static bool view_is_down(void *ctx, uint32_t unit)
{
	return node_is_down(manager_node(ctx, unit));
}

static bool view_can_reload(void *ctx, uint32_t unit)
{
	const struct node *node = manager_node(ctx, unit);

	return node_is_up(node) && unit_can_reload(node);
}

static int view_queued(void *ctx, uint32_t unit)
{
	const struct job *job = manager_node(ctx, unit)->job;

	return job ? job->kind : -1;
}

static bool view_irreversible(void *ctx, uint32_t unit)
{
	const struct job *job = manager_node(ctx, unit)->job;

	return job && job->irreversible;
}

/*
 * berth's own log writer outlives the units whose last words it takes. The other services of berth's
 * own, shells, conflict with shutdown.target and what not.
 */
static bool stays(const struct node *node)
{
	return node->unit->builtin && node->unit->type == UNIT_SERVICE &&
	       unit_list(node->unit, K_Conflicts)->n == 0;
}

static bool view_keep(void *ctx, uint32_t unit)
{
	const struct node *node = manager_node(ctx, unit);

	return stays(node) || unit_bool(node->unit, K_IgnoreOnIsolate);
}

/* What the conditional kinds mean now; -1: nothing to do. */
static int resolve(const struct node *node, enum job_kind kind)
{
	switch (kind) {
	case JOB_TRY_RESTART:
		return node_is_down(node) || node->active == ACTIVE_DEACTIVATING ? -1 : JOB_RESTART;
	case JOB_RELOAD_OR_RESTART:
		return unit_can_reload(node) && node_is_up(node) ? JOB_RELOAD : JOB_RESTART;
	case JOB_START:
	case JOB_STOP:
	case JOB_RESTART:
	case JOB_RELOAD:
	case JOB_KIND_COUNT: break;
	}
	return kind;
}

static struct burst memory = BURST_INIT(sizeof(struct job));

void job_free(struct job *job)
{
	burst_free(&memory, job);
}

static void put_in_queue(struct manager *m, struct job *job)
{
	do
		job->id = ++m->last_job_id;
	while (job->id == 0); /* 0 means "no job" */
	list_append(&m->jobs, &job->link);
	manager_node(m, job->unit)->job = job;
	job_limits_queued(m, job);
	jobs_look_at(m, job);
}

/*
 * Enters one job of a transaction. A queued job that wants the same or more is kept, one that a
 * restart includes becomes it, one that says the contrary is displaced.
 */
static void install(struct manager *m, struct job *job)
{
	struct job *old = manager_node(m, job->unit)->job;

	if (old && transaction_contrary((enum job_kind)job->kind, (enum job_kind)old->kind)) {
		jobs_end(m, old, JOB_CANCELED, NULL);
		old = NULL;
	}
	if (!old) {
		put_in_queue(m, job);
		return;
	}
	old->ignore_order |= job->ignore_order;
	old->ignore_needs |= job->ignore_needs;
	old->irreversible |= job->irreversible;
	old->kept |= job->kept;
	if (job->kind == JOB_RESTART && old->kind != JOB_RESTART) {
		old->kind = JOB_RESTART;
		old->running = false;
	}
	if (!old->running)
		jobs_look_at(m, old);
	job_free(job);
}

static struct job *job_new(uint32_t unit, enum job_kind kind)
{
	struct job *job = burst_alloc(&memory);

	if (!job)
		return NULL;
	job->unit = job->blocker = unit;
	job->kind = (uint8_t)kind;
	list_init(&job->link);
	list_init(&job->check);
	return job;
}

/* All or nothing: the memory is there before the queue is touched. */
static int apply(struct manager *m, const struct transaction *t, enum job_mode mode)
{
	struct job **fresh = calloc(t->n + 1, sizeof(struct job *));
	uint32_t n = 0;

	if (!fresh)
		return -ENOMEM;
	while (n < t->n) {
		fresh[n] = job_new(t->jobs[n].unit, (enum job_kind)t->jobs[n].kind);
		if (!fresh[n])
			break;
		fresh[n]->ignore_order = mode == JOB_MODE_IGNORE_DEPENDENCIES;
		fresh[n]->ignore_needs = !job_mode_follows(mode);
		fresh[n]->irreversible = mode == JOB_MODE_REPLACE_IRREVERSIBLY;
		fresh[n++]->kept = true;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (n == t->n)
			install(m, fresh[i]);
		else
			job_free(fresh[i]);
	}
	free(fresh);
	return n == t->n ? 0 : -ENOMEM;
}

/*
 * Cancels what the transaction at hand did not put in, as systemctl(1) says of --job-mode=flush;
 * not what is irreversible. What required it is not told apart: it is cancelled, too.
 */
static void flush(struct manager *m, bool others)
{
	struct list *pos, *next;

	list_for_each_safe (pos, next, &m->jobs) {
		struct job *job = list_entry(pos, struct job, link);

		if (others && !job->kept && !job->irreversible)
			jobs_end(m, job, JOB_CANCELED, NULL);
		else
			job->kept = false;
	}
}

int jobs_enqueue(struct manager *m, enum job_kind kind, uint32_t index, enum job_mode mode,
		 uint32_t *id, struct diag *diag)
{
	const struct txn_view view = {
		m,	     view_is_up,	view_is_down, view_can_reload,
		view_queued, view_irreversible, view_keep,
	};
	int resolved = resolve(manager_node(m, index), kind);
	struct transaction t;
	struct diag unread = { .text = "" };
	int r;

	if (id)
		*id = 0;
	if (m->regime == REGIME_DOWN)
		return diag_set(diag ? diag : &unread, DIAG_ERROR, ESHUTDOWN,
				"the system is going down");
	if (resolved < 0)
		return 0;
	r = transaction_build(m->set, &view, (enum job_kind)resolved, index, mode, &t, diag);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < t.n_drops; i++)
		log_warn("%s", t.drops[i].text);
	r = apply(m, &t, mode);
	if (r == 0)
		flush(m, mode == JOB_MODE_FLUSH);
	if (r == 0 && id && t.n > 0 && t.jobs[0].unit == index)
		*id = manager_node(m, index)->job->id;
	transaction_free(&t);
	return r;
}

/* --- shutdown ----------------------------------------------------------------------------- */

/* Stops that are under way already are kept, so that who waits for them is told the truth. */
static void cancel_all_but_stops(struct manager *m)
{
	struct list *pos, *next;

	list_for_each_safe (pos, next, &m->jobs) {
		struct job *job = list_entry(pos, struct job, link);

		if (job->kind == JOB_STOP)
			job->irreversible = true;
		else
			jobs_end(m, job, JOB_CANCELED, NULL);
	}
}

int jobs_stop_all(struct manager *m)
{
	int r = 0;

	cancel_all_but_stops(m);
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct node *node = manager_node(m, i);
		struct job *job;

		if (node_is_down(node) || node->job || stays(node))
			continue;
		job = job_new(i, JOB_STOP);
		if (!job) {
			r = -ENOMEM;
			continue;
		}
		job->irreversible = true;
		put_in_queue(m, job);
	}
	return r;
}
