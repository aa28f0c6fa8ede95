/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_JOBS_H
#define BERTH_INIT_JOBS_H

#include "lib/diag.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "units/enums.h"

#include <stdbool.h>
#include <stdint.h>

struct manager;
struct node;

/*
 * Jobs: what has been asked of units and is not done yet. A request becomes a transaction
 * (transaction.h: pure, checked as a whole); its jobs are merged into the queue, at most one per
 * unit, and each runs when the units it is ordered after are settled. Two phases per round,
 * never recursion through the graph: settle what changed, then let runnable jobs act.
 */
enum job_kind {
	JOB_START,
	JOB_STOP,
	JOB_RESTART,	 /* stop, then start */
	JOB_TRY_RESTART, /* restart if up, else nothing; resolved when enqueued */
	JOB_RELOAD,
	JOB_RELOAD_OR_RESTART, /* resolved when enqueued */
	JOB_KIND_COUNT,
};

/* Requirements are followed; what does not do so takes the unit alone. */
static inline bool job_mode_follows(enum job_mode mode)
{
	return mode != JOB_MODE_IGNORE_DEPENDENCIES && mode != JOB_MODE_IGNORE_REQUIREMENTS;
}

enum job_result {
	JOB_DONE,
	JOB_FAILED,
	JOB_DEPENDENCY, /* something it requires failed */
	JOB_TIMEOUT,
	JOB_CANCELED,
	JOB_SKIPPED, /* a condition did not hold, or it was not running */
	JOB_RESULT_COUNT,
};

/* Why a job ended as it did, where the result alone does not say it. */
enum job_why {
	WHY_RESULT,    /* it does */
	WHY_EXPIRED,   /* JobTimeoutSec= or JobRunningTimeoutSec= */
	WHY_NEEDED,    /* job->blocker, which it needs, could not be started */
	WHY_REQUISITE, /* job->blocker was not up, Requisite= */
	WHY_BINDS_TO,  /* the same, BindsTo= */
};

struct job {
	uint32_t id;
	uint32_t unit; /* node index */
	uint8_t kind;  /* enum job_kind: START, STOP, RESTART or RELOAD */
	bool running;  /* handed to the unit; else waiting for its turn */
	bool ignore_order;
	bool ignore_needs; /* Requisite= and its kin do not matter, nor whether they fail */
	bool irreversible; /* nothing displaces it: shutdown, JOB_MODE_REPLACE_IRREVERSIBLY */
	bool limited;	   /* job_limits.c bounds it */
	bool retried;	   /* its turn had come before: jobs_retry() */
	bool kept;	   /* for jobs_enqueue.c */
	uint8_t why;	   /* enum job_why */
	/*
	 * A waiting job is looked at again only when the unit that was last found in its way has
	 * settled, and the search goes on from there: a target behind a thousand services costs a
	 * thousand looks, not a million.
	 */
	uint32_t blocker;  /* node index; its own: waits for its own unit's state; see why */
	uint32_t cursor;   /* where among the unit's ordering edges the search stopped */
	struct list link;  /* in the manager's queue */
	struct list check; /* in the manager's list of jobs to look at */
};

/* Before anything else here: prepares the manager's lists. */
void jobs_init(struct manager *m);

/*
 * Enqueues @kind for unit @index and everything that follows from it. Returns 0 and the anchor
 * job's id in *@id (unless NULL; 0 when there is nothing to do: the unit is already in the wanted state), or
 * -errno with @diag telling which unit or edge refuses (-ESHUTDOWN: the system is going down).
 */
int jobs_enqueue(struct manager *m, enum job_kind kind, uint32_t index, enum job_mode mode,
		 uint32_t *id, struct diag *diag);

/* A start that is under way is to be tried again: it waits for its turn once more. */
void jobs_retry(struct manager *m, uint32_t index);

/* A unit's active state has changed. */
void jobs_unit_settled(struct manager *m, uint32_t index);
/*
 * An operation of the unit has ended; ignored unless its job is under way and of that kind. The
 * JOB_STOP of a restart turns it into a start.
 */
void jobs_finish(struct manager *m, uint32_t index, enum job_kind kind, enum job_result result);

/*
 * Runs what is runnable, until nothing is. Called by reactions_run() before each wait of the loop;
 * manager_job_done() and what it calls must not enqueue.
 */
void jobs_run(struct manager *m);
bool jobs_pending(const struct manager *m);

/* The edges have changed: every job that waits is looked at again. */
void jobs_look_at_all(struct manager *m);

/* Cancels the job of a unit, if any; starts that need it end with JOB_DEPENDENCY. */
void jobs_cancel(struct manager *m, uint32_t index);

/*
 * Shutdown: cancels all that is queued and enqueues an irreversible stop for all that is not down,
 * in reverse start order, except berth's own services. 0, or -ENOMEM after doing what it could.
 */
int jobs_stop_all(struct manager *m);

const char *job_kind_name(enum job_kind kind);	     /* "start" */
const char *job_result_name(enum job_result result); /* "done" */

#endif
