/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_EMERGENCY_H
#define BERTH_INIT_EMERGENCY_H

#include "units/keys.h"

struct manager;
struct node;

/*
 * What a unit's fate does to the system: FailureAction=, SuccessAction=, StartLimitAction=,
 * JobTimeoutAction= (systemd.unit(5)). Carries out what @action of the unit says, because of @why
 * ("failed"); nothing if it says "none", or while the system goes down anyhow. Does not return for an
 * -immediate end.
 */
void emergency_act(struct manager *m, const struct node *node, enum key action, const char *why);

#endif
