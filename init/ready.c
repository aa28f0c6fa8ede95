/* SPDX-License-Identifier: MIT */
#include "init/ready.h"

#include "init/manager.h"
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

void ready_drain(struct service *s)
{
	if (service_has(s)->ready)
		on_line(&s->extra->ready->source, 0);
}

static int watch(struct service *s, int fd)
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
	r->source = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_line };
	err = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : loop_add(s->manager->loop, &r->source);
	if (err < 0) {
		close(fd);
		pool_free(r, sizeof(*r));
		return err;
	}
	s->extra->ready = r;
	return 0;
}

int ready_open(struct service *s, int *child_fd, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	int ends[2];

	*child_fd = -1;
	ready_close(s);
	if (!unit_setting(u, K_NotifyFD) ||
	    (s->config->type != TYPE_NOTIFY && s->config->type != TYPE_NOTIFY_RELOAD))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return diag_set(diag, DIAG_ERROR, errno, "NotifyFD=: pipe");
	int r = watch(s, ends[0]);

	if (r < 0) {
		close(ends[1]);
		return diag_set(diag, DIAG_ERROR, -r, "NotifyFD=");
	}
	*child_fd = ends[1];
	return 0;
}
