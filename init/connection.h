/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONNECTION_H
#define BERTH_INIT_CONNECTION_H

#include "ctl/proto.h"
#include "init/status.h"
#include "lib/diag.h"
#include "lib/list.h"
#include "lib/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct manager;

/*
 * One client of the control socket. Its memory is this struct, and a request that waits: answers
 * are made when there is room for them, never kept (ctl/PROTO.md "Order and bounds").
 */
#define CONNECTION_MAX_WAITS 16

/* A request whose answer comes when job ->job has ended. */
struct wait {
	uint32_t job; /* 0: free */
	uint32_t id;  /* of the request */
	bool done;
	uint8_t result; /* enum job_result, once done */
	/* Index + 1 of the unit whose program must have a number (MainPID) first; 0: none. */
	uint32_t held;
};

/* A request that waits until unit files have been read; nothing else is read meanwhile. */
struct parked;

struct connection {
	struct source source;
	struct manager *manager;
	struct list link;		      /* control.c */
	void (*closed)(struct connection *c); /* takes it out of the list and frees it */
	uid_t uid;
	pid_t pid;	      /* who connected; only to tell a crowd from others */
	usec_t last_progress; /* CLOCK_MONOTONIC */
	bool broken;  /* to be closed by its own source function or the sweep, nowhere else */
	bool blocked; /* a request waits for room for its answer */
	bool listing, subscribed;
	uint32_t list_id, list_next; /* the request and the unit that comes next */
	struct status_want list_want;
	uint32_t events_id, events_lost;
	struct parked *parked; /* NULL: none */
	struct wait waits[CONNECTION_MAX_WAITS];
};

/* Begins to serve @c, whose fd, manager, uid and closed() are set. 0 or -errno. */
int connection_add(struct connection *c);

/* Closes the socket and calls closed(). Never from within a request of the same connection. */
void connection_close(struct connection *c);

/* Sends an event record made by the caller, or counts it as lost; nothing if not subscribed. */
void connection_event(struct connection *c, struct proto_writer *w);

/*
 * A job has ended; whoever waits for it is answered in the next round, or with @held (see struct wait)
 * when connection_unit_named() is called with that.
 */
void connection_job_done(struct connection *c, uint32_t job, uint8_t result, uint32_t held);
void connection_unit_named(struct connection *c, uint32_t held);

/* Broken, silent for too long, or not taking its answers. @now is CLOCK_MONOTONIC. */
bool connection_is_over(const struct connection *c, usec_t now);

/* Nothing is under way: it may be closed when others need the room. */
bool connection_is_idle(const struct connection *c);

/* An ERROR record; a client that has no room for it is broken. */
void connection_error(struct connection *c, uint32_t id, int err, const struct diag *diag);

#endif
