/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_KIND_H
#define BERTH_INIT_KIND_H

#include "init/machine.h"
#include "lib/diag.h"

#include <stdbool.h>

struct manager;
struct node;
struct service_plan;
struct unit;

/*
 * What differs between the types of units, one table per type; jobs, manager and status know no
 * type by name. A member that is NULL means what a target does: up when started, down when
 * stopped, nothing of its own to tell.
 *
 * A type with a life of its own keeps it in node->own (service: node->service), which make() puts
 * there. Nodes move when units are loaded: what outlives a call keeps the index.
 *
 * A type whose start and stop take time, and perhaps commands, is run by the service machine: make()
 * also makes a node->service, which then is a oneshot that remains (service.c configure()). What
 * the type itself does at start and stop are works: functions done by a child, in the slots of the
 * machine; the type's own commands take theirs, too (plan.c slot_key()). Timeouts, cgroup, killing
 * and reaping come along.
 */
struct unit_kind {
	/* Makes the run-time state of a unit that is loaded; called again until it returned 0. 0 or -errno. */
	int (*make)(struct manager *m, struct node *node);
	/* A job's turn; answers as unit_start() etc. (actions.h) do. Conditions have been looked at. */
	int (*start)(struct manager *m, struct node *node, struct diag *diag);
	int (*stop)(struct manager *m, struct node *node, struct diag *diag);
	int (*reload)(struct manager *m, struct node *node, struct diag *diag);
	bool (*can_reload)(const struct node *node);
	/* SubState and Result, systemd's words */
	const char *(*sub_state)(const struct node *node);
	const char *(*result)(const struct node *node);
	/*
	 * A unit that this one triggers (DEP_TRIGGERS) has another active state, or a job of it has
	 * ended. Must not step that unit, nor enqueue.
	 */
	void (*triggered_changed)(struct manager *m, struct node *node, const struct node *other);
	/* How many works there are in @slot, done by a child after the slot's commands. */
	unsigned int (*works)(const struct unit *u, enum command_slot slot);
	/* Fills ->spawn.work with the work of @slot, and what it needs. 0 or -errno with @diag. */
	int (*plan)(struct manager *m, struct node *node, enum command_slot slot,
		    struct service_plan *plan, struct diag *diag);
	/* The service machine has gone to another state; its actions have not been carried out yet. */
	void (*stepped)(struct manager *m, struct node *node);
	/*
	 * A reload has put another unit into node->unit, which may be one that could not be loaded: what
	 * was copied from the settings is to be copied again, and what points into the old unit must not
	 * be looked at any more. What runs goes on.
	 */
	void (*replaced)(struct manager *m, struct node *node);
	const char *up; /* what the console calls it when it is up; NULL: "started" */
};

/* Never NULL. */
const struct unit_kind *unit_kind_of(const struct node *node);

extern const struct unit_kind service_kind, socket_kind, timer_kind, path_kind, slice_kind,
	mount_kind, swap_kind;

#endif
