/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_KIND_H
#define BERTH_INIT_KIND_H

#include "lib/diag.h"

#include <stdbool.h>

struct manager;
struct node;

/*
 * What differs between the types of units, one table per type; jobs, manager and status know no
 * type by name. A member that is NULL means what a target does: up when started, down when
 * stopped, nothing of its own to tell.
 *
 * A type with a life of its own keeps it in node->own (service: node->service), which make() puts
 * there. Nodes move when units are loaded: what outlives a call keeps the index.
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
	const char *up; /* what the console calls it when it is up; NULL: "started" */
};

/* Never NULL. */
const struct unit_kind *unit_kind_of(const struct node *node);

extern const struct unit_kind service_kind;
extern const struct unit_kind timer_kind;

#endif
