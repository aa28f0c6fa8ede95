/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ACTIONS_H
#define BERTH_INIT_ACTIONS_H

#include "init/machine.h"
#include "lib/diag.h"

#include <stdbool.h>

struct manager;
struct node;
struct service;

/*
 * What jobs and clients ask of a unit. 0: under way (jobs_finish() follows, or was called already),
 * 1: nothing to do, UNIT_SKIPPED: a condition does not hold, UNIT_WAITS: not yet, to be asked again
 * after a call of jobs_unit_settled(); -errno: cannot be, @diag says why.
 */
#define UNIT_SKIPPED 2
#define UNIT_WAITS   3

int unit_start(struct manager *m, struct node *node, struct diag *diag);
int unit_stop(struct manager *m, struct node *node, struct diag *diag);
int unit_reload(struct manager *m, struct node *node, struct diag *diag);
bool unit_can_reload(const struct node *node);

enum kill_who {
	KILL_WHO_MAIN,
	KILL_WHO_CONTROL,
	KILL_WHO_ALL,
};

/* `berthctl kill`: 0 or -errno (-ESRCH: nothing runs there). */
int service_kill(struct service *s, enum kill_who who, int sig);

/* Carries out what machine_step() asked for. */
void service_act(struct service *s, const struct actions *actions);

#endif
