/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"
#include "sandbox/openings.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "sandbox/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* systemd.exec(5): EXIT_STDIN, EXIT_STDOUT, EXIT_STDERR */
static const uint8_t statuses[3] = { 208, 209, 222 };

/* systemd.exec(5): a socket in the file system is connected to, and used as the descriptor is. */
static int connect_to(const char *path, int access)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r = 0;

	if (!str_copy(address.sun_path, sizeof(address.sun_path), path))
		return -ENAMETOOLONG;
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	if (access == O_RDONLY)
		r = shutdown(fd, SHUT_WR);
	else if (access == O_WRONLY)
		r = shutdown(fd, SHUT_RD);
	return r < 0 ? -errno : fd_take(&fd);
}

static int open_file(const struct opening *o)
{
	int fd = open(o->path, o->flags | O_NOCTTY | O_CLOEXEC, 0666);

	if (fd >= 0)
		return fd;
	return errno == ENXIO ? connect_to(o->path, o->flags & O_ACCMODE) : -errno;
}

/* Memory that counts as the service's, sealed: whoever gets hold of it can only read. */
static int make_data(const struct opening *o)
{
	autoclose int fd = memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, o->data, o->size);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	return fd_take(&fd);
}

static int open_one(const struct opening *o)
{
	switch ((enum opening_kind)o->kind) {
	case OPENING_FILE: return open_file(o);
	case OPENING_DATA: return make_data(o);
	case OPENING_NONE:
	case OPENING_TERMINAL:
	case OPENING_SAME: break;
	}
	return -1;
}

static bool opens_here(const struct opening *o)
{
	return o->kind == OPENING_FILE || o->kind == OPENING_DATA;
}

/*
 * The terminal's path is the host's. Where the child keeps the host's view it is opened late, when
 * nothing else is to be waited for and a session can be had that waits for another's to end.
 */
static bool terminal_is_late(const struct spawn_plan *p)
{
	return p->stub == STUB_NONE && !p->root;
}

static int terminal_flags(const struct openings *o)
{
	return o->terminal.take == TERMINAL_LEAVE ? O_WRONLY : O_RDWR;
}

static int failed(struct child *c, unsigned int n, uint16_t tag, const char *path, int err)
{
	c->item = tag;
	c->exit_status = statuses[n];
	str_copy(c->text, sizeof(c->text), path ? path : "data");
	return err;
}

static int terminal_failed(struct child *c, int err)
{
	const struct openings *o = c->plan->openings;
	unsigned int n = 0;

	while (n < 2 && o->v[n].kind != OPENING_TERMINAL)
		n++;
	return failed(c, o->v[n].kind == OPENING_TERMINAL ? n : 0, o->terminal.tag,
		      o->terminal.path, err);
}

static int open_terminal(struct child *c)
{
	const struct openings *o = c->plan->openings;
	int r = terminal_prepare(&o->terminal);

	for (unsigned int i = 0; i < 3 && r == 0; i++) {
		if (o->v[i].kind == OPENING_TERMINAL)
			r = c->opened[i] = terminal_open(o->terminal.path, terminal_flags(o));
		if (r > 0)
			r = 0;
	}
	return r < 0 ? terminal_failed(c, r) : 0;
}

int step_open(struct child *c)
{
	const struct openings *o = c->plan->openings;

	if (!o)
		return 0;
	mode_t before = umask(c->plan->umask);

	for (unsigned int i = 0; i < 3; i++) {
		if (!opens_here(&o->v[i]))
			continue;
		c->opened[i] = open_one(&o->v[i]);
		if (c->opened[i] < 0)
			return failed(c, i, o->v[i].tag, o->v[i].path, c->opened[i]);
	}
	umask(before);
	return o->has_terminal && !terminal_is_late(c->plan) ? open_terminal(c) : 0;
}

/*
 * Until the session that has the terminal lets it go. Its end hangs up our descriptor as well, so
 * that is opened anew each time. What is closed is told before the session has ended, and our own
 * closing is told, too: hence a look now and then besides.
 */
static int wait_for_terminal(struct child *c)
{
	const struct openings *o = c->plan->openings;
	struct report waiting = { .kind = REPORT_WAITING };
	autoclose int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char events[512];

	if (watch < 0 || inotify_add_watch(watch, o->terminal.path, IN_CLOSE) < 0)
		return -errno;
	stub_send(c->report, &waiting, 0);
	while (ioctl(c->opened[0], TIOCSCTTY, 0) < 0) {
		struct pollfd p = { .fd = watch, .events = POLLIN };

		if (errno != EPERM && errno != EIO)
			return -errno;
		(void)poll(&p, 1, 2000);
		fd_close(&c->opened[0]);
		while (read(watch, events, sizeof(events)) > 0)
			;
		c->opened[0] = terminal_open(o->terminal.path, O_RDWR);
		if (c->opened[0] < 0)
			return c->opened[0];
	}
	return 0;
}

int step_terminal(struct child *c)
{
	const struct openings *o = c->plan->openings;
	int r = 0;

	if (!o || !o->has_terminal)
		return 0;
	if (terminal_is_late(c->plan))
		r = open_terminal(c);
	if (r < 0 || o->terminal.take == TERMINAL_LEAVE)
		return r;
	if (ioctl(c->opened[0], TIOCSCTTY, o->terminal.take == TERMINAL_FORCE) < 0)
		r = -errno;
	if (r == -EPERM && o->terminal.take == TERMINAL_WAIT && terminal_is_late(c->plan))
		r = wait_for_terminal(c);
	if (r < 0)
		terminal_failed(c, r);
	if (r == -EPERM)
		str_copy(c->text, sizeof(c->text), "the terminal is another session's");
	return r;
}
