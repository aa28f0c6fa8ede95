/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_DYNAMIC_H
#define BERTH_INIT_DYNAMIC_H

#include <stdbool.h>
#include <sys/types.h>

struct service;
struct unit;

/*
 * DynamicUser=: a user that no file knows, from 61184 to 65519 as systemd has them. The number follows
 * from the name, User= or the unit's; of two names that lead to the same the one that comes later in the
 * set gets the next free number, and none gets one that /etc/passwd has. Two units of one name share it.
 * Nothing is written anywhere: what else systemd has NSS for, a berth's own /etc/passwd does
 * (plan_view.c).
 */
#define DYNAMIC_NAME 32

/* What the user is called, and its only group. */
void dynamic_name(const struct unit *u, char name[DYNAMIC_NAME]);

/* Its number; 0 when none is left. Not for units with a User= that /etc/passwd has. */
uid_t dynamic_id(struct service *s);

#endif
