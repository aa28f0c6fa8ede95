/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_JOB_LIMITS_H
#define BERTH_INIT_JOB_LIMITS_H

struct job;
struct manager;

/*
 * JobTimeoutSec= and JobRunningTimeoutSec= of systemd.unit(5): a job that takes longer, from when it
 * was queued or from when its turn came, ends with the result "timeout"; its unit goes on with what
 * it does. A list beside the queue, so that jobs without a limit are not larger for it.
 */

/* Before anything else here: prepares the manager's list. */
void job_limits_init(struct manager *m);

/* The job has just been queued: sets ->limited if its unit has a limit. */
void job_limits_queued(struct manager *m, struct job *job);
/* Its turn has come. Only for those that are limited, as what follows. */
void job_limits_running(struct manager *m, const struct job *job);
/* It has ended. */
void job_limits_forget(struct manager *m, const struct job *job);

#endif
