/* SPDX-License-Identifier: MIT */
#include "init/fdstore.h"

#include "init/manager.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <unistd.h>

#define NAME_ROOM 256 /* sd_notify(3): at most 255 characters */

struct stored_fd {
	struct source source; /* fd -1: not watched */
	struct service *service;
	struct stored_fd *next;
	int fd;
	char name[];
};

static size_t size_of(const struct stored_fd *f)
{
	return sizeof(*f) + strlen(f->name) + 1;
}

static void forget(struct stored_fd **at)
{
	struct stored_fd *f = *at;

	*at = f->next;
	loop_del(f->service->manager->loop, &f->source);
	close(f->fd);
	pool_free(f, size_of(f));
}

static void on_hangup(struct source *source, uint32_t revents)
{
	struct stored_fd *gone = container_of(source, struct stored_fd, source);

	(void)revents;
	for (struct stored_fd **at = &gone->service->extra->stored; *at; at = &(*at)->next) {
		if (*at == gone) {
			forget(at);
			return;
		}
	}
}

/* sd_notify(3): no control characters, no colon, which separates the names in LISTEN_FDNAMES. */
static bool is_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (name[i] < ' ' || name[i] >= 127 || name[i] == ':')
			return false;
	}
	return n > 0 && n < NAME_ROOM;
}

static bool is_kept(const struct service *s, int fd)
{
	for (const struct stored_fd *f = service_has(s)->stored; f; f = f->next) {
		if (sys_same_file(f->fd, fd))
			return true;
	}
	return false;
}

/* Takes @fd over or leaves it to the caller. */
static int keep(struct service *s, int fd, const char *name, size_t n, bool poll)
{
	struct stored_fd *f = pool_alloc(sizeof(*f) + n + 1);

	if (!f || !service_extra(s)) {
		pool_free(f, sizeof(*f) + n + 1);
		return -ENOMEM;
	}
	memcpy(f->name, name, n);
	f->service = s;
	f->source = (struct source){ .fd = -1, .events = 0, .fn = on_hangup };
	fd = spawn_lift_fd(fd);
	if (fd < 0) {
		pool_free(f, sizeof(*f) + n + 1);
		return fd;
	}
	f->fd = f->source.fd = fd;
	/* What epoll cannot watch (EPERM: a file on a disk) does not hang up, either. */
	if (!poll || loop_add(s->manager->loop, &f->source) < 0)
		f->source.fd = -1;
	struct stored_fd **end = &s->extra->stored;

	while (*end)
		end = &(*end)->next;
	*end = f;
	return 0;
}

void fdstore_take(struct service *s, int *fds, unsigned int n, const char *name, size_t name_len,
		  bool poll)
{
	const struct node *node = manager_node(s->manager, s->index);
	uint64_t max = unit_u64(node->unit, K_FileDescriptorStoreMax);

	if (!is_name(name, name_len)) {
		name = "stored";
		name_len = strlen(name);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (is_kept(s, fds[i]))
			continue;
		if (fdstore_count(s) >= max) {
			manager_unit_log(s->manager, node, LOG_WARNING,
					 "FDSTORE=1: FileDescriptorStoreMax=%u is reached",
					 (unsigned int)max);
			return;
		}
		int r = keep(s, fds[i], name, name_len, poll);

		/* Lifting it has closed it even where that failed. */
		if (r != -ENOMEM)
			fds[i] = -1;
		if (r < 0)
			manager_unit_log(s->manager, node, LOG_WARNING, "FDSTORE=1: %s",
					 diag_errno(-r));
	}
}

void fdstore_remove(struct service *s, const char *name, size_t name_len)
{
	struct stored_fd **at = s->extra ? &s->extra->stored : NULL;

	while (at && *at) {
		if (strlen((*at)->name) == name_len && memcmp((*at)->name, name, name_len) == 0)
			forget(at);
		else
			at = &(*at)->next;
	}
}

void fdstore_drop(struct service *s)
{
	while (service_has(s)->stored)
		forget(&s->extra->stored);
}

const struct stored_fd *fdstore_next(const struct service *s, const struct stored_fd *last)
{
	return last ? last->next : service_has(s)->stored;
}

int stored_fd_number(const struct stored_fd *fd)
{
	return fd->fd;
}

const char *stored_fd_name(const struct stored_fd *fd)
{
	return fd->name;
}

unsigned int fdstore_count(const struct service *s)
{
	unsigned int n = 0;

	for (const struct stored_fd *f = service_has(s)->stored; f; f = f->next)
		n++;
	return n;
}
