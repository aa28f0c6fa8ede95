/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_REACTIONS_H
#define BERTH_INIT_REACTIONS_H

#include <stdint.h>

struct manager;
struct node;

/*
 * What follows from a unit's change of state without anybody's request (systemd.unit(5)): BindsTo=
 * stops what has lost what it is bound to, OnFailure= and OnSuccess= start others, Upholds= starts
 * what has gone down, StopWhenUnneeded= stops what nothing needs any more, FailureAction= and its
 * kin end the whole system (emergency.h).
 *
 * A change only puts the unit on a list; reactions_run() looks at what became of it once the jobs
 * at hand have had their turn, so that a stop that was asked for is never taken for a loss.
 */

/* Bits of node->reactions. */
enum reaction {
	REACTION_LISTED = 1 << 0,
	REACTION_LOST = 1 << 1, /* no longer up, without a job that stops it */
	REACTION_FAILED = 1 << 2,
	REACTION_SUCCEEDED = 1 << 3,
	REACTION_LATER = 1 << 4,       /* upheld, but started a moment ago */
	REACTION_START_LIMIT = 1 << 5, /* started too often */
	REACTION_JOB_FAILED = 1 << 6,  /* a job of it failed without it: OnFailure= all the same */
	REACTION_JOB_EXPIRED = 1 << 7, /* JobTimeoutAction= */
};

void reactions_init(struct manager *m);

/* The unit's active state was @was (enum active_state) and is another one now. */
void reactions_state_changed(struct manager *m, struct node *node, uint8_t was);
/* The unit was started too often: StartLimitAction=. */
void reactions_start_limit(struct manager *m, uint32_t index);
/* A job ended with "dependency" or, by its own limit, with "timeout": the unit has not failed. */
void reactions_job_failed(struct manager *m, uint32_t index);
void reactions_job_expired(struct manager *m, uint32_t index);
/* A job of the unit has ended, or its state has changed. */
void reactions_look_at(struct manager *m, uint32_t index);

/*
 * Runs jobs and reacts to what comes of it until there is nothing left, or for as many rounds as
 * the other users of the loop can wait for; called before each wait of the loop.
 */
void reactions_run(struct manager *m);

#endif
