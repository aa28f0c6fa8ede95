/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONTROL_H
#define BERTH_INIT_CONTROL_H

#include "init/jobs.h"

struct manager;
struct node;

/*
 * The control socket's server (ctl/PROTO.md); one client is a struct connection. It never waits
 * for a client: what cannot be sent is generated again later (lists), kept in a fixed slot (job
 * results) or dropped and counted (events); a client that does not read is closed after a while.
 */

/*
 * Makes /run/berth/control and listens. Its group is `berth`, whose members may read; without
 * that group only root gets in. 0 or -errno: the system can go on without it. Takes one timer of
 * the loop.
 */
int control_open(struct manager *m);

/* Closes socket and connections; for the end of a shutdown. */
void control_close(struct manager *m);

/* A job has ended: tells subscribers, then who waits for it. */
void control_job_done(struct manager *m, const struct job *job, enum job_result result);

/*
 * Type=simple is started before the stub has told the number of its program: the job's end is no news to
 * the others, but who asked for it may look at MainPID next. So that answer is held until
 * control_unit_named(). Index + 1, 0: no need.
 */
uint32_t control_holds(const struct node *node);
/* The main process of a unit has a number, or never will. */
void control_unit_named(struct manager *m, uint32_t index);

/* A unit's active state has changed. Costs nothing while nobody subscribes. */
void control_unit_changed(struct manager *m, const struct node *node);

#endif
