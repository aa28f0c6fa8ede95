/* SPDX-License-Identifier: MIT */
#include "init/job_limits.h"

#include "init/jobs_queue.h"
#include "init/manager.h"
#include "init/reactions.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/pool.h"

struct limit {
	struct list link;
	uint32_t unit; /* whose job it is: there is one at most */
	usec_t at;     /* CLOCK_MONOTONIC */
	usec_t whole;  /* the same for JobTimeoutSec= alone */
};

static struct limit *limit_of(struct manager *m, uint32_t unit)
{
	struct list *pos;

	list_for_each (pos, &m->job_limits) {
		struct limit *limit = list_entry(pos, struct limit, link);

		if (limit->unit == unit)
			return limit;
	}
	return NULL;
}

static void arm(struct manager *m)
{
	usec_t next = USEC_INFINITY;
	struct list *pos;

	list_for_each (pos, &m->job_limits) {
		const struct limit *limit = list_entry(pos, struct limit, link);

		if (limit->at < next)
			next = limit->at;
	}
	loop_arm(m->loop, &m->job_timer, next);
}

static void expire(struct manager *m, const struct limit *limit)
{
	struct node *node = manager_node(m, limit->unit);
	enum key key = limit->at == limit->whole ? K_JobTimeoutSec : K_JobRunningTimeoutSec;
	char span[40];

	format_span(unit_u64(node->unit, key), span, sizeof(span));
	manager_unit_log(m, node, LOG_WARNING, "%s job was not done within %s=%s",
			 job_kind_name(node->job->kind), key_info(key)->name, span);
	reactions_job_expired(m, limit->unit);
	node->job->why = WHY_EXPIRED;
	jobs_end_all(m, node->job, JOB_TIMEOUT);
}

static struct limit *first_due(struct manager *m, usec_t now)
{
	struct list *pos;

	list_for_each (pos, &m->job_limits) {
		struct limit *limit = list_entry(pos, struct limit, link);

		if (limit->at <= now)
			return limit;
	}
	return NULL;
}

/* From the start again each time: the end of one job may be that of others. */
static void on_timer(struct timer *timer, usec_t now)
{
	struct manager *m = container_of(timer, struct manager, job_timer);
	struct limit *limit;

	while ((limit = first_due(m, now)))
		expire(m, limit);
	arm(m);
}

void job_limits_init(struct manager *m)
{
	list_init(&m->job_limits);
	m->job_timer = (struct timer)TIMER_INIT(on_timer);
}

void job_limits_queued(struct manager *m, struct job *job)
{
	struct node *node = manager_node(m, job->unit);
	struct limit *limit;
	usec_t at;

	if (!unit_setting(node->unit, K_JobTimeoutSec) &&
	    !unit_setting(node->unit, K_JobRunningTimeoutSec))
		return;
	limit = pool_alloc(sizeof(*limit));
	if (!limit) {
		manager_unit_log(m, node, LOG_ERR, "no memory for the limit of its job");
		return;
	}
	at = usec_add(clock_now(CLOCK_MONOTONIC), unit_u64(node->unit, K_JobTimeoutSec));
	*limit = (struct limit){ .unit = job->unit, .at = at, .whole = at };
	list_append(&m->job_limits, &limit->link);
	job->limited = true;
	arm(m);
}

void job_limits_running(struct manager *m, const struct job *job)
{
	struct limit *limit = limit_of(m, job->unit);
	usec_t span = unit_u64(manager_node(m, job->unit)->unit, K_JobRunningTimeoutSec);
	usec_t at = usec_add(clock_now(CLOCK_MONOTONIC), span);

	if (!limit)
		return;
	/* The second half of a restart has a turn of its own. */
	limit->at = at < limit->whole ? at : limit->whole;
	arm(m);
}

void job_limits_forget(struct manager *m, const struct job *job)
{
	struct limit *limit = limit_of(m, job->unit);

	if (!limit)
		return;
	list_remove(&limit->link);
	pool_free(limit, sizeof(*limit));
	arm(m);
}
