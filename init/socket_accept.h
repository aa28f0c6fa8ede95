/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SOCKET_ACCEPT_H
#define BERTH_INIT_SOCKET_ACCEPT_H

#include "init/loading.h"
#include "lib/list.h"
#include "units/name.h"

#include <netinet/in.h>
#include <stdint.h>

struct manager;
struct node;
struct service;
struct socket_unit;

/*
 * Accept=yes: each connection has an instance of the template for itself, NAME@N.service.
 *
 * PID 1 must not grow with the connections of a year. So N is no serial number but the lowest place
 * that is free: the unit of a place is read when a connection first needs it, and used again by later
 * ones; there are never more than MaxConnections= of them. (systemd makes a unit for each connection,
 * with addresses in its name, and forgets it; here REMOTE_ADDR and the description tell.)
 */
struct connection_source {
	sa_family_t family;	 /* AF_UNSPEC: is no one in particular */
	struct in6_addr address; /* IPv4 ones mapped */
	uint32_t number;	 /* of a user, or of a vsock peer */
};

struct socket_connection {
	struct list link; /* in its socket's */
	struct socket_unit *socket;
	uint32_t place;
	uint32_t unit; /* node index of the instance; NO_UNIT: being read */
	int fd;
	struct connection_source source;
	struct load_waiter waiter;
	char name[UNIT_NAME_MAX + 1];
};

#define NO_UNIT UINT32_MAX

/* One connection of listening descriptor @fd: taken or refused. 0 or -errno: the socket cannot go on. */
int socket_accept(struct socket_unit *s, int fd);

/* The socket is closed: those whose service does not run yet go with it. */
void socket_drop_waiting(struct socket_unit *s);

/* The instance @other, or a job of it, has changed: its connection may be over. */
void socket_instance_changed(struct socket_unit *s, const struct node *other);

/* The connection that service @s was made for, NULL: none. */
struct socket_connection *socket_connection_of(struct manager *m, const struct service *s);

/* "192.0.2.1" and the port (0: has none) of @fd's peer; false when that is nowhere in a network. */
bool socket_peer(int fd, char *text, size_t size, unsigned int *port);

#endif
