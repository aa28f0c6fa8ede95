/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_HEALTH_H
#define BERTH_INIT_HEALTH_H

#include "lib/clock.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a service that runs still answers, as podman-run(1) tells it with HealthCmd= and its kin.
 * Pure: events and time in, what is to be done out; checkup.c does it.
 *
 *   starting    the run is young: no check has passed yet. Until HealthStartPeriod= is over those
 *               that fail do not count.
 *   healthy     the last check passed, or fewer than HealthRetries= in a row have failed since
 *   unhealthy   that many have failed in a row; every further one asks for HealthOnFailure= again
 *
 * A check begins HealthInterval= after the end of the one before, so that they never overlap; the
 * first begins at once. One that takes longer than HealthTimeout= has failed and is killed; how it
 * ends then does not matter. If not even SIGKILL ends it, each further interval counts as a failure.
 */
enum health_state {
	HEALTH_NONE, /* the service does not run */
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
};

struct health_config {
	usec_t interval; /* USEC_INFINITY: no checks */
	usec_t timeout;
	usec_t start_period;
	uint32_t retries;
};

struct health {
	uint8_t state;	   /* enum health_state */
	bool checking;	   /* a check is under way */
	bool overdue;	   /* it was to be killed: it counts no more */
	uint32_t failures; /* in a row */
	usec_t begun;	   /* the run */
	usec_t due; /* the next check, or the end of this one's patience; USEC_INFINITY: none */
};

enum health_event {
	HEALTH_DUE,	  /* ->due has passed */
	HEALTH_PASSED,	  /* the check ended with exit status 0 */
	HEALTH_FAILED,	  /* it ended otherwise, or could not be made */
	HEALTH_POSTPONED, /* it could not be made now, for reasons that are not the service's */
};

/* What is to be done; bits. */
enum health_answer {
	HEALTH_CHECK = 1 << 0, /* begin a check */
	HEALTH_KILL = 1 << 1,  /* kill the one that is under way */
	HEALTH_TELL = 1 << 2,  /* the state has changed */
	HEALTH_ACT = 1 << 3,   /* HealthOnFailure= */
};

/* The service is up. A run that goes on is not begun anew. */
void health_begin(struct health *h, const struct health_config *c, usec_t now);
/* It is not any more; a check that is under way is the caller's to kill. */
void health_end(struct health *h);

/* @now is CLOCK_MONOTONIC. Returns bits of enum health_answer. */
unsigned int health_step(struct health *h, const struct health_config *c, enum health_event event,
			 usec_t now);

/* "starting", "healthy", "unhealthy"; "" for HEALTH_NONE. */
const char *health_state_name(enum health_state state);

#endif
