/* SPDX-License-Identifier: MIT */
#include "init/bus.h"

#include "init/errand.h"
#include "lib/bus_wire.h"
#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- in the helper ------------------------------------------------------------------------ */

static int tell(int fd, enum bus_byte byte)
{
	const char text = (char)byte;

	return write(fd, &text, 1) == 1 ? 0 : -errno;
}

static int greet(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = BUS_SOCKET };
	uint8_t text[2048];
	size_t n = bus_greeting(text, sizeof(text), name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (n == 0 || fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    write(fd, text, n) != (ssize_t)n)
		return n == 0 ? -EINVAL : -errno;
	return fd;
}

struct listener {
	uint8_t data[8192]; /* what is said to us fits by far */
	size_t n;
	bool in_auth;
};

/* What is complete of what was read. 0 or -errno. */
static int pass_on(struct listener *l, const char *name, int fd)
{
	enum bus_news news;
	int took, r = 0;

	while (r == 0 && (took = bus_listen(l->data, l->n, &l->in_auth, name, &news)) > 0) {
		l->n -= (size_t)took;
		memmove(l->data, l->data + took, l->n);
		if (news == BUS_REFUSED)
			r = -EACCES;
		else if (news != BUS_NOTHING)
			r = tell(fd, news == BUS_OWNED ? BUS_BYTE_OWNED : BUS_BYTE_LOST);
	}
	return r < 0 ? r : took;
}

/* Until the bus or PID 1 closes its end. */
static int listen_to(int bus, const char *name, int fd)
{
	struct listener l = { .in_auth = true };
	struct pollfd p[2] = { { .fd = bus, .events = POLLIN }, { .fd = fd } };
	ssize_t n = 1;
	int r = 0;

	while (r == 0 && n > 0) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents)
			return 0;
		if (!p[0].revents)
			continue;
		n = read(bus, l.data + l.n, sizeof(l.data) - l.n);
		if (n > 0) {
			l.n += (size_t)n;
			r = pass_on(&l, name, fd);
		}
	}
	return r < 0 ? r : -ECONNRESET;
}

static int work(void *arg, int fd)
{
	int bus = greet(arg);
	int r = bus < 0 ? bus : listen_to(bus, arg, fd);

	if (r < 0)
		tell(fd, BUS_BYTE_FAILED);
	return r;
}

/* --- PID 1 -------------------------------------------------------------------------------- */

int bus_watch(const char *name, struct diag *diag)
{
	static char copy[256]; /* the helper sees it as it is now */
	int ends[2], r;

	/* /run is ours: no disk is asked. */
	if (access(BUS_SOCKET, F_OK) < 0)
		return diag_set(diag, DIAG_ERROR, errno, "no system bus at " BUS_SOCKET);
	str_copy(copy, sizeof(copy), name);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return diag_set(diag, DIAG_ERROR, errno, "watching the system bus");
	r = errand_helper("berth-bus", work, copy, ends[1]);
	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return diag_set(diag, DIAG_ERROR, -r, "watching the system bus");
	}
	return ends[0];
}
