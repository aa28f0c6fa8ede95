/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_JOBS_QUEUE_H
#define BERTH_INIT_JOBS_QUEUE_H

#include "init/jobs.h"
#include "init/service.h"

/*
 * Between the files that share the queue, and private to them: jobs.c runs and ends what is in it,
 * jobs_enqueue.c puts in what a transaction says.
 */

static inline bool node_is_up(const struct node *node)
{
	return node->active == ACTIVE_ACTIVE || node->active == ACTIVE_RELOADING;
}

static inline bool node_is_down(const struct node *node)
{
	return node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED;
}

/* The next round looks whether the job can run. */
void jobs_look_at(struct manager *m, struct job *job);
/* The record alone, in no list any more. */
void job_free(struct job *job);

/* Takes one job out and tells; starts that fail with it go to @failing (NULL: they stay). */
void jobs_end(struct manager *m, struct job *job, enum job_result result, struct list *failing);

/* The same, and all starts that cannot be without it. */
void jobs_end_all(struct manager *m, struct job *job, enum job_result result);

#endif
