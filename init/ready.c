/* SPDX-License-Identifier: MIT */
#include "init/ready.h"

#include "init/bus.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

struct ready {
	struct source source;
	struct service *service;
};

void ready_close(struct service *s)
{
	struct ready *r = service_has(s)->ready;

	if (!r)
		return;
	s->extra->ready = NULL;
	close(loop_del(s->manager->loop, &r->source));
	pool_free(r, sizeof(*r));
}

/* An end without a newline says nothing: the deadline goes on. */
static void on_line(struct source *source, uint32_t revents)
{
	struct service *s = container_of(source, struct ready, source)->service;
	char text[64];
	ssize_t n = read(source->fd, text, sizeof(text));

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && !memchr(text, '\n', (size_t)n))
		return;
	ready_close(s);
	if (n > 0 && service_state(s) == S_START)
		service_step(s, E_READY, NULL);
}

static void take_news(struct service *s, char byte)
{
	const struct node *node = manager_node(s->manager, s->index);

	if (byte == BUS_BYTE_OWNED)
		service_step(s, E_READY, NULL);
	else if (byte == BUS_BYTE_LOST && service_state(s) != S_START)
		service_step(s, E_NAME_LOST, NULL);
	else if (byte == BUS_BYTE_FAILED)
		manager_unit_log(s->manager, node, LOG_WARNING,
				 "BusName=%s: the system bus does not answer any more",
				 unit_str(node->unit, K_BusName));
}

/* The watch ends with the bus: a service that is up stays so, one that is not runs into its timeout. */
static void on_bus(struct source *source, uint32_t revents)
{
	struct ready *r = container_of(source, struct ready, source);
	struct service *s = r->service;
	char text[16];
	ssize_t n = read(source->fd, text, sizeof(text));

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A step may end the run, and the watch with it. */
	for (ssize_t i = 0; i < n && service_has(s)->ready == r; i++)
		take_news(s, text[i]);
	if (n <= 0)
		ready_close(s);
}

void ready_drain(struct service *s)
{
	struct ready *r = service_has(s)->ready;

	if (r)
		r->source.fn(&r->source, 0);
}

static int watch(struct service *s, int fd, void (*fn)(struct source *, uint32_t))
{
	struct ready *r = pool_alloc(sizeof(*r));
	int err;

	fd = spawn_lift_fd(fd);
	if (!r || !service_extra(s) || fd < 0) {
		pool_free(r, sizeof(*r));
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	r->service = s;
	r->source = (struct source){ .fd = fd, .events = EPOLLIN, .fn = fn };
	err = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : loop_add(s->manager->loop, &r->source);
	if (err < 0) {
		close(fd);
		pool_free(r, sizeof(*r));
		return err;
	}
	s->extra->ready = r;
	return 0;
}

static int open_line(struct service *s, int *child_fd, struct diag *diag)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return diag_set(diag, DIAG_ERROR, errno, "NotifyFD=: pipe");
	int r = watch(s, ends[0], on_line);

	if (r < 0) {
		close(ends[1]);
		return diag_set(diag, DIAG_ERROR, -r, "NotifyFD=");
	}
	*child_fd = ends[1];
	return 0;
}

/* Without a bus the start would only run into its timeout: it is refused, with what helps. */
static int open_bus(struct service *s, const struct unit *u, struct diag *diag)
{
	int fd = bus_watch(unit_str(u, K_BusName), diag);
	int r = fd < 0 ? fd : watch(s, fd, on_bus);

	if (r == 0)
		return 0;
	plan_place(diag, u, K_BusName);
	if (fd == -ENOENT)
		return diag_set(diag, DIAG_ERROR, 0,
				"no system bus at " BUS_SOCKET " to wait on; with \"[Service] "
				"Type=exec\" in /etc/berth/units/%s.d/type.conf it starts without",
				u->id);
	return fd < 0 ? r : diag_set(diag, DIAG_ERROR, -r, "watching the system bus");
}

int ready_open(struct service *s, int *child_fd, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	bool notify = s->config->type == TYPE_NOTIFY || s->config->type == TYPE_NOTIFY_RELOAD;

	*child_fd = -1;
	ready_close(s);
	if (s->config->type == TYPE_DBUS)
		return open_bus(s, u, diag);
	return notify && unit_setting(u, K_NotifyFD) ? open_line(s, child_fd, diag) : 0;
}
