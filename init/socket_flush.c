/* SPDX-License-Identifier: MIT */
#include "init/socket_flush.h"

#include "init/errand.h"
#include "init/socket.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLUSH_LIMIT (2 * USEC_PER_SEC)
/* Who sends all the time is not kept up with: as much as a backlog holds. */
#define FLUSH_MOST 1024

struct socket_flush {
	struct errand errand;
	struct socket_unit *socket;
	uint32_t next;
	void (*done)(struct socket_unit *s);
};

static int flush(void *arg, int shared)
{
	int flags = fcntl(shared, F_GETFL), listening = 0;
	socklen_t size = sizeof(listening);
	char text[4096];

	(void)arg;
	/* The service may have made it block, for all who share it. */
	if (flags < 0 || fcntl(shared, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	(void)getsockopt(shared, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
	for (int i = 0; i < FLUSH_MOST; i++) {
		ssize_t r = listening ? accept4(shared, NULL, NULL, SOCK_CLOEXEC)
				      : read(shared, text, sizeof(text));

		if (r < 0)
			break;
		if (listening)
			close((int)r);
	}
	return 0;
}

/* The next socket's turn; false: there is none, or it cannot be begun. */
static bool go_on(struct socket_flush *f)
{
	if (f->next >= f->socket->n)
		return false;
	f->errand.fd = f->socket->listeners[f->next++].fd;
	return errand_start(&f->errand) == 0;
}

/* One that hung is told by nobody: the service's own doing, and the next one's turn. */
static void flushed(struct errand *e, int result)
{
	struct socket_flush *f = container_of(e, struct socket_flush, errand);
	struct socket_unit *s = f->socket;
	void (*done)(struct socket_unit *) = f->done;

	(void)result;
	if (go_on(f))
		return;
	s->flush = NULL;
	free(f);
	done(s);
}

int socket_flush(struct socket_unit *s, void (*done)(struct socket_unit *s))
{
	struct socket_flush *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = (struct socket_flush){ .errand = { .what = "emptying sockets",
						.limit = FLUSH_LIMIT,
						.work = flush,
						.done = flushed },
				    .socket = s,
				    .done = done };
	if (!go_on(f)) {
		free(f);
		return -EBUSY;
	}
	s->flush = f;
	return 0;
}

void socket_flush_cancel(struct socket_unit *s)
{
	if (!s->flush)
		return;
	errand_cancel(&s->flush->errand);
	free(s->flush);
	s->flush = NULL;
}
