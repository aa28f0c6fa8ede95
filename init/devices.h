/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_DEVICES_H
#define BERTH_INIT_DEVICES_H

#include "lib/diag.h"

#include <stdbool.h>

struct service;

/*
 * DevicePolicy=, DeviceAllow=, PrivateDevices= and what else limits devices, for the cgroup of @s
 * (@fresh: just made). One program per distinct set of rules, kept and shared. 0 or -errno with @diag.
 */
int devices_apply(struct service *s, int cgroup, bool fresh, struct diag *diag);

#endif
