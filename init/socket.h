/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SOCKET_H
#define BERTH_INIT_SOCKET_H

#include "lib/list.h"
#include "lib/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct manager;
struct node;
struct socket_flush;
struct socket_unit;
struct unit;

/*
 * Socket units, systemd.socket(5).
 *
 * Who does what. A socket is run by the service machine (kind.h): its work at the start is a child
 * (socket_make.c), since a path may be on a disk that does not answer. The child makes what the
 * Listen...= keys ask for, in their order, in the host's namespaces and as root, and sends each
 * descriptor to PID 1. From then on PID 1 holds them.
 *
 * listening: PID 1 waits for something to come in, then starts the service and looks no more;
 * running: the service is there, or on its way, and has the same sockets (plan_handed.c). When it has
 * gone down, or its start came to nothing, PID 1 listens again. What came in stays in the kernel:
 * nothing is lost in between, whoever was connected before the service ran is answered by it.
 *
 * With Accept=yes PID 1 always listens, takes each connection and starts a service for it alone
 * (socket_accept.h).
 *
 * A service that ends without having read anything would be started again at once, for ever:
 * TriggerLimit...= and the service's own StartLimit...= turn that into a failure of the socket.
 */
struct listener {
	struct source source; /* fd -1: PID 1 does not look */
	struct socket_unit *socket;
	int fd;
};

enum socket_result {
	SOCKET_SUCCESS,
	SOCKET_RESOURCES,
	SOCKET_TRIGGER_LIMIT,
	SOCKET_SERVICE_LIMIT,
};

/* node->own of a socket unit. */
struct socket_unit {
	struct manager *manager;
	uint32_t index; /* of the node */
	uint32_t n, room;
	struct listener *listeners;
	struct source
		channel; /* where the child sends what it made; fd -1: nothing is being made */
	bool running; /* the service has its turn; else PID 1 listens, once the sockets are there */
	uint8_t result;	      /* enum socket_result: what PID 1 itself found wrong */
	uint32_t limit_count; /* activations since: */
	usec_t limit_start;
	struct socket_flush *flush; /* under way (socket_flush.h); NULL: none */
	/* Accept=yes (socket_accept.h) */
	struct list connections;
	uint32_t n_connections, n_accepted, n_refused;
};

/* The @i-th descriptor of a socket unit's, which stays PID 1's; -1: there are no more. */
int socket_fd(const struct node *node, uint32_t i);

/*
 * Whether the service @other is down. A job that ends within a step of its machine tells so before
 * the new active state is published: the machine's state decides.
 */
bool socket_sees_down(const struct node *other);

/* What a child that makes the sockets needs beside the unit's text (socket_make.c). */
struct socket_make {
	const struct unit *unit;
	uid_t uid;
	gid_t gid;
	bool chown; /* SocketUser= or SocketGroup= is written */
};

/* works (sandbox/plan.h): make all, and send them to @fd one by one; remove files and links. */
int socket_make(const void *make, int fd, char *text);
int socket_remove(const void *unit, int fd, char *text);

/* Whether there is anything for socket_remove() to do. */
bool socket_has_files(const struct unit *u);

/* The options that apply to the socket @fd of @family and @type. 0 or -errno with the key in @text. */
int socket_set_options(const struct unit *u, int fd, int family, int type, const char **key);

#endif
