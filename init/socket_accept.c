/* SPDX-License-Identifier: MIT */
#include "init/socket_accept.h"

#include "init/manager.h"
#include "init/socket.h"
#include "lib/fd.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

static const struct unit *unit_of(const struct socket_unit *s)
{
	return manager_node(s->manager, s->index)->unit;
}

/* --- who it is ------------------------------------------------------------------------------ */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_vm vm;
	struct sockaddr_un un;
};

static void map_ipv4(struct in6_addr *out, struct in_addr in)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], &in, sizeof(in));
}

static struct connection_source source_of(int fd)
{
	struct connection_source source = { .family = AF_UNSPEC };
	union address a = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(a);
	struct ucred cred;

	if (getpeername(fd, &a.any, &len) < 0)
		return source;
	source.family = a.any.sa_family == AF_INET ? AF_INET6 : a.any.sa_family;
	if (a.any.sa_family == AF_INET) {
		map_ipv4(&source.address, a.in.sin_addr);
	} else if (a.any.sa_family == AF_INET6) {
		source.address = a.in6.sin6_addr;
	} else if (a.any.sa_family == AF_VSOCK) {
		source.number = a.vm.svm_cid;
	} else {
		len = sizeof(cred);
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
			source.number = cred.uid;
	}
	return source;
}

bool socket_peer(int fd, char *text, size_t size, unsigned int *port)
{
	union address a = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(a);
	struct in_addr in;

	*port = 0;
	if (getpeername(fd, &a.any, &len) < 0)
		return false;
	switch (a.any.sa_family) {
	case AF_INET:
		*port = ntohs(a.in.sin_port);
		return inet_ntop(AF_INET, &a.in.sin_addr, text, (socklen_t)size) != NULL;
	case AF_INET6:
		*port = ntohs(a.in6.sin6_port);
		if (!IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr))
			return inet_ntop(AF_INET6, &a.in6.sin6_addr, text, (socklen_t)size) != NULL;
		/* Who came by IPv4 to a socket of both families is known by that address. */
		memcpy(&in, &a.in6.sin6_addr.s6_addr[12], sizeof(in));
		return inet_ntop(AF_INET, &in, text, (socklen_t)size) != NULL;
	case AF_VSOCK:
		*port = a.vm.svm_port;
		snprintf(text, size, "vsock:%u", a.vm.svm_cid);
		return true;
	default: return false;
	}
}

/* --- connections ---------------------------------------------------------------------------- */

static void end(struct socket_connection *c)
{
	if (c->unit == NO_UNIT)
		loading_cancel(&c->waiter);
	list_remove(&c->link);
	close(c->fd);
	c->socket->n_connections--;
	pool_free(c, sizeof(*c));
}

static struct socket_connection *connection_at(struct list *at)
{
	return list_entry(at, struct socket_connection, link);
}

static void refuse(struct socket_unit *s, const char *why)
{
	s->n_refused++;
	manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_WARNING,
			 "a connection was refused: %s", why);
}

/* For its user each connection has a new unit: no start limit, nor failure, of one before. */
static void make_new(struct manager *m, struct node *node)
{
	if (node->service)
		machine_reset_failed(&node->service->machine);
	if (node->active == ACTIVE_FAILED)
		manager_set_active(m, node, ACTIVE_INACTIVE);
}

/* Its unit is known: the connection's turn. */
static void begin(struct socket_connection *c, struct node *node)
{
	struct socket_unit *s = c->socket;
	struct diag diag = { .text = "" };
	int r = -ENOENT;

	make_new(s->manager, node);
	c->unit = node->unit->index;
	if (node->unit->load_state == LOAD_LOADED)
		r = jobs_enqueue(s->manager, JOB_START, c->unit, JOB_MODE_REPLACE, NULL, &diag);
	else
		diag_set(&diag, DIAG_ERROR, 0, "%s: %s", c->name,
			 node->unit->load_error ? node->unit->load_error : "not loaded");
	if (r == 0) {
		s->n_accepted++;
		return;
	}
	refuse(s, diag.text);
	end(c);
}

static void on_loaded(struct load_waiter *w, int result, const struct diag *diag)
{
	struct socket_connection *c = container_of(w, struct socket_connection, waiter);
	struct node *node = result == 0 ? manager_find(c->socket->manager, c->name) : NULL;

	if (node) {
		begin(c, node);
		return;
	}
	refuse(c->socket, result < 0 ? diag->text : "there is no such template");
	c->unit = 0; /* it waits no more */
	end(c);
}

static bool is_taken(struct socket_unit *s, uint32_t place)
{
	struct list *pos;

	list_for_each (pos, &s->connections) {
		if (connection_at(pos)->place == place)
			return true;
	}
	return false;
}

/*
 * The lowest place without a connection whose unit is down, too (somebody may have started it by
 * hand). False: they are all in use, or the name gets too long.
 */
static bool choose_place(struct socket_connection *c, struct node **node)
{
	struct socket_unit *s = c->socket;

	for (c->place = 0; c->place < 2 * s->n_connections + 16; c->place++) {
		if (is_taken(s, c->place))
			continue;
		if (!unit_name_of_place(unit_of(s)->id, c->place, c->name))
			return false;
		*node = manager_find(s->manager, c->name);
		if (!*node || (!(*node)->job && socket_sees_down(*node)))
			return true;
	}
	return false;
}

static bool is_same(const struct connection_source *a, const struct connection_source *b)
{
	return a->family != AF_UNSPEC && a->family == b->family && a->number == b->number &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

/* NULL: there is room. */
static const char *why_not(struct socket_unit *s, const struct connection_source *source)
{
	uint64_t most = unit_u64(unit_of(s), K_MaxConnectionsPerSource), same = 0;
	struct list *pos;

	if (s->n_connections >= unit_u64(unit_of(s), K_MaxConnections))
		return "there are MaxConnections= already";
	list_for_each (pos, &s->connections)
		same += is_same(&connection_at(pos)->source, source);
	return most > 0 && same >= most ? "its source has MaxConnectionsPerSource= already" : NULL;
}

static void take(struct socket_unit *s, int fd)
{
	struct connection_source source = source_of(fd);
	const char *why = why_not(s, &source);
	struct socket_connection *c = why ? NULL : pool_alloc(sizeof(*c));

	if (!c) {
		refuse(s, why ? why : "no memory");
		close(fd);
		return;
	}
	c->socket = s;
	c->unit = NO_UNIT;
	c->source = source;
	c->fd = fd;
	struct node *node = NULL;

	if (!choose_place(c, &node)) {
		refuse(s, "no instance is free");
		close(fd);
		pool_free(c, sizeof(*c));
		return;
	}
	list_append(&s->connections, &c->link);
	s->n_connections++;
	/* One that was not found may have come since. */
	if (node && node->unit->load_state != LOAD_NOT_FOUND) {
		begin(c, node);
		return;
	}
	c->waiter = (struct load_waiter){ .name = c->name, .loaded = on_loaded };
	loading_want(&c->waiter);
}

/* accept(2): what is wrong with one connection, not with the socket. */
static bool is_of_peer(int err)
{
	static const int errors[] = { EAGAIN,	    EINTR,	 ECONNABORTED, ENETDOWN,
				      EPROTO,	    ENOPROTOOPT, EHOSTDOWN,    ENONET,
				      EHOSTUNREACH, EOPNOTSUPP,	 ENETUNREACH,  EPERM };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i] == err)
			return true;
	}
	return false;
}

int socket_accept(struct socket_unit *s, int fd)
{
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0)
		return is_of_peer(errno) ? 0 : -errno;
	peer = spawn_lift_fd(peer);
	if (peer < 0)
		return peer;
	take(s, peer);
	return 0;
}

void socket_drop_waiting(struct socket_unit *s)
{
	struct list *pos, *next;

	list_for_each_safe (pos, next, &s->connections) {
		if (connection_at(pos)->unit == NO_UNIT)
			end(connection_at(pos));
	}
}

static struct socket_connection *connection_with(struct socket_unit *s, uint32_t unit)
{
	struct list *pos;

	list_for_each (pos, &s->connections) {
		if (connection_at(pos)->unit == unit)
			return connection_at(pos);
	}
	return NULL;
}

void socket_instance_changed(struct socket_unit *s, const struct node *other)
{
	struct socket_connection *c = connection_with(s, other->unit->index);

	if (c && !other->job && socket_sees_down(other))
		end(c);
}

struct socket_connection *socket_connection_of(struct manager *m, const struct service *s)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, s->index, DEP_TRIGGERED_BY, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct node *node = manager_node(m, deps[i].unit);
		struct socket_connection *c = node->unit->type == UNIT_SOCKET && node->own
						      ? connection_with(node->own, s->index)
						      : NULL;

		if (c)
			return c;
	}
	return NULL;
}
