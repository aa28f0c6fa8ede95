/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/fdstore.h"
#include "init/manager.h"
#include "init/socket.h"
#include "init/socket_accept.h"
#include "lib/str.h"
#include "units/value_stdio.h"

#include <errno.h>
#include <fcntl.h>

/* Gathered twice: first to count, then into memory of just that size. */
struct handed {
	int *fds; /* NULL: only counted */
	unsigned int n;
	struct strbuf names;
	size_t names_size;
};

static void add(struct handed *h, int fd, const char *name)
{
	if (h->fds) {
		strbuf_put(&h->names, h->n > 0 ? ":" : "");
		strbuf_put(&h->names, name);
		h->fds[h->n] = fd;
	}
	h->names_size += strlen(name) + 1;
	h->n++;
}

/* systemd.socket(5): those that trigger the service, and those that Sockets= names (the same edges). */
static void add_sockets(struct manager *m, const struct service *s, struct handed *h)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(m->set, s->index, DEP_TRIGGERED_BY, &n);
	const struct socket_connection *c = socket_connection_of(m, s);

	for (uint32_t i = 0; i < n; i++) {
		const struct node *node = manager_node(m, deps[i].unit);
		const char *name = unit_str(node->unit, K_FileDescriptorName);
		int fd;

		if (node->unit->type != UNIT_SOCKET)
			continue;
		/* Who is to serve one connection has no business with the others. */
		if (unit_bool(node->unit, K_Accept)) {
			if (c)
				add(h, c->fd, name ? name : "connection");
			c = NULL;
			continue;
		}
		for (uint32_t k = 0; (fd = socket_fd(node, k)) >= 0; k++)
			add(h, fd, name ? name : node->unit->id);
	}
}

/* What a former run has asked to be kept comes behind them, sd_listen_fds(3). */
static void add_stored(const struct service *s, struct handed *h)
{
	for (const struct stored_fd *f = NULL; (f = fdstore_next(s, f)) != NULL;)
		add(h, stored_fd_number(f), stored_fd_name(f));
}

static int give(struct service_plan *plan, unsigned int i, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	plan->std_from[i] = fd;
	/* A program of inetd's time knows no other. */
	if (flags >= 0 && flags & O_NONBLOCK)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return 0;
}

/* StandardInput=fd:NAME; what is wanted without a name is called after the descriptor. */
static int give_named(const struct stdio *v, unsigned int i, const struct handed *h,
		      const char *names, struct service_plan *plan, struct diag *diag)
{
	static const char *const usual[] = { "stdin", "stdout", "stderr" };
	const char *name = v->arg ? v->arg : usual[i];
	size_t len = strlen(name);

	for (unsigned int k = 0; k < h->n; k++) {
		size_t n = strcspn(names, ":");

		if (n == len && strncmp(names, name, n) == 0)
			return give(plan, i, h->fds[k]);
		names += n + (names[n] == ':');
	}
	return diag_set(diag, DIAG_ERROR, 0, "no descriptor called \"%s\" is handed over", name);
}

/* What of 0-2 is one of the handed. True in @taken: it is the socket, which is then not handed besides. */
static int give_stdio(const struct unit *u, const struct stdio v[3], const struct handed *h,
		      const char *names, struct service_plan *plan, bool *taken, struct diag *diag)
{
	static const enum key keys[] = { K_StandardInput, K_StandardOutput, K_StandardError };
	int r = 0;

	for (unsigned int i = 0; i < 3 && r == 0; i++) {
		plan_place(diag, u, keys[i]);
		if (v[i].kind == STD_SOCKET && h->n != 1)
			r = diag_set(diag, DIAG_ERROR, 0, "socket: needs one socket, there %s %u",
				     h->n > 1 ? "are" : "is", h->n);
		else if (v[i].kind == STD_SOCKET)
			r = give(plan, i, h->fds[0]);
		else if (v[i].kind == STD_FD)
			r = give_named(&v[i], i, h, names, plan, diag);
		*taken |= v[i].kind == STD_SOCKET;
	}
	return r;
}

static bool wants_handed(const struct stdio v[3])
{
	for (unsigned int i = 0; i < 3; i++) {
		if (v[i].kind == STD_SOCKET || v[i].kind == STD_FD)
			return true;
	}
	return false;
}

int plan_handed(struct manager *m, struct service *s, enum command_slot slot,
		struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(m, s->index)->unit;
	const struct service_extra *given = service_has(s);
	struct spawn_plan *p = &plan->spawn;
	struct handed h = { .fds = NULL };
	bool stdio, taken = false;
	struct stdio v[3];

	if (slot != SLOT_START)
		return 0;
	add_sockets(m, s, &h);
	add_stored(s, &h);
	unit_stdio(u, v);
	stdio = wants_handed(v);
	if (h.n + given->n_fds == 0 && !stdio)
		return 0;
	h.fds = arena_alloc(&plan->arena, (h.n + given->n_fds + 1) * sizeof(*h.fds));
	char *names = arena_alloc(&plan->arena, h.names_size + 1);

	if (!h.fds || !names)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	strbuf_init(&h.names, names, h.names_size + 1);
	h.n = 0;
	add_sockets(m, s, &h);
	p->n_sockets = h.n;
	if (!stdio || v[0].kind != STD_SOCKET)
		add_stored(s, &h);
	if (stdio) {
		int r = give_stdio(u, v, &h, names, plan, &taken, diag);

		if (r < 0 || taken)
			return r;
		*diag = (struct diag){ .file = "" };
	}
	plan->n_listen = h.n;
	plan->listen_names = h.n > 0 ? names : NULL;
	p->nonblock = unit_bool(u, K_NonBlocking);
	for (unsigned int i = 0; i < given->n_fds; i++)
		h.fds[h.n++] = given->fds[i];
	p->fds = h.fds;
	p->n_fds = h.n;
	return 0;
}
