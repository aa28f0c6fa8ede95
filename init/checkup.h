/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CHECKUP_H
#define BERTH_INIT_CHECKUP_H

#include "init/health.h"
#include "init/service.h"

/*
 * The health checks of a service (health.h): a third process beside main and control, in the same
 * namespaces and limits. It has a cgroup of its own beneath the service's, so that a check that
 * hangs is killed with all that it has begun, and nothing is left over of one that has ended.
 */
struct checkup {
	struct service *service;
	struct health health;
	struct health_config config;
	uint8_t on_failure; /* enum health_on_failure */
	struct timer timer; /* ->health.due */
	struct process check;
};

/* Sets up or renews the checks of HealthCmd= and its kin; NULL if there are none. 0 or -ENOMEM. */
int checkup_configure(struct service *s, const struct unit *u);

/* The service's state may have changed: begins or ends the checks. */
void checkup_follow(struct service *s);

/* The namespaces of the run are complete: a check that waits for them can join. */
void checkup_view_ready(struct service *s);

/* The program of a check behind a stub has ended: so has what it left running; checkup_ended() follows. */
void checkup_program_ended(struct service *s);

/* The check has ended, with p->exit_code and p->exit_status. */
void checkup_ended(struct process *p);

/* Kills what is left of a check and forgets it: its service is over. */
void checkup_drop(struct service *s);

/* "healthy" etc.; "": nobody looks. */
const char *checkup_state(const struct service *s);

/* Where a check runs: a descriptor (the caller's), or -errno; -EBUSY: something is left in it. */
int checkup_cgroup(int service_cgroup);

#endif
