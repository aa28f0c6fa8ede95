/* SPDX-License-Identifier: MIT */
/* In the child that makes a socket unit's sockets: only raw system calls, no heap, no log. */
#include "init/socket.h"

#include "lib/str.h"
#include "sandbox/plan.h"
#include "units/listen.h"
#include "units/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is being done, for the message. */
struct maker {
	const struct socket_make *make;
	const struct unit *u;
	const char *doing;
	char *text;
};

static int doing(struct maker *m, const char *what)
{
	m->doing = what;
	return 0;
}

/* The directories above @path, with DirectoryMode= and root's. */
static int make_parents(struct maker *m, const char *path)
{
	mode_t mode = (mode_t)unit_u64(m->u, K_SocketDirectoryMode);
	char dir[4096];

	doing(m, "making its directory");
	if (!str_copy(dir, sizeof(dir), path))
		return -ENAMETOOLONG;
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, mode) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int give_to_owner(struct maker *m, const char *path)
{
	doing(m, "chown");
	if (!m->make->chown)
		return 0;
	return fchownat(AT_FDCWD, path, m->make->uid, m->make->gid, AT_SYMLINK_NOFOLLOW) < 0
		       ? -errno
		       : 0;
}

/*
 * A socket that somebody left behind is in nobody's way; a file that is none is somebody's data.
 * SocketMode= by the umask: at no time may more connect.
 */
static int bind_path(struct maker *m, int fd, const struct listen_address *a)
{
	struct stat st;
	int r = make_parents(m, a->path);

	if (r < 0)
		return r;
	doing(m, "bind");
	umask(~(mode_t)unit_u64(m->u, K_SocketMode) & 07777);
	r = bind(fd, &a->addr.any, a->len) < 0 ? -errno : 0;
	if (r == -EADDRINUSE && lstat(a->path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    unlink(a->path) == 0)
		r = bind(fd, &a->addr.any, a->len) < 0 ? -errno : 0;
	umask(0);
	return r < 0 ? r : give_to_owner(m, a->path);
}

static int socket_type(enum listen_kind kind)
{
	switch (kind) {
	case LISTEN_STREAM: return SOCK_STREAM;
	case LISTEN_DATAGRAM: return SOCK_DGRAM;
	case LISTEN_SEQPACKET: return SOCK_SEQPACKET;
	case LISTEN_NETLINK:
	case LISTEN_FIFO:
	case LISTEN_SPECIAL:
	case LISTEN_MQUEUE: break;
	}
	return SOCK_RAW;
}

static int open_socket(struct maker *m, struct listen_address *a)
{
	const struct setting *protocol = unit_setting(m->u, K_SocketProtocol);
	int type = socket_type(a->kind) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	int number = a->kind == LISTEN_NETLINK ? a->protocol
		     : protocol && (a->addr.any.sa_family == AF_INET ||
				    a->addr.any.sa_family == AF_INET6)
			     ? (int)protocol->value.u
			     : 0;
	int fd = socket(a->addr.any.sa_family, type, number);

	doing(m, "socket");
	/* A kernel without IPv6: then a bare port is one of IPv4 (systemd.socket(5)). */
	if (fd < 0 && errno == EAFNOSUPPORT && a->port_only) {
		in_port_t port = a->addr.in6.sin6_port;

		a->addr.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
		a->len = sizeof(a->addr.in);
		fd = socket(AF_INET, type, number);
	}
	return fd < 0 ? -errno : fd;
}

static int prepare_inet(struct maker *m, int fd, struct listen_address *a)
{
	enum bind_ipv6only only = (enum bind_ipv6only)unit_u64(m->u, K_BindIPv6Only);
	const int on = 1;
	int v6only = only == BIND_IPV6_ONLY;

	doing(m, "SO_REUSEADDR");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (a->addr.any.sa_family != AF_INET6)
		return 0;
	doing(m, "BindIPv6Only=");
	if (only != BIND_IPV6_DEFAULT &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) < 0)
		return -errno;
	doing(m, "its interface");
	if (a->interface[0])
		a->addr.in6.sin6_scope_id = if_nametoindex(a->interface);
	return a->interface[0] && a->addr.in6.sin6_scope_id == 0 ? -ENODEV : 0;
}

static int set_up_socket(struct maker *m, int fd, struct listen_address *a)
{
	int family = a->addr.any.sa_family, type = socket_type(a->kind), r = 0;

	if (family == AF_INET || family == AF_INET6)
		r = prepare_inet(m, fd, a);
	if (r == 0)
		r = socket_set_options(m->u, fd, family, type, &m->doing);
	if (r < 0)
		return r;
	if (a->path) {
		r = bind_path(m, fd, a);
	} else {
		doing(m, "bind");
		r = bind(fd, &a->addr.any, a->len) < 0 ? -errno : 0;
	}
	if (r < 0 || (type != SOCK_STREAM && type != SOCK_SEQPACKET))
		return r;
	doing(m, "listen");
	return listen(fd, (int)unit_u64(m->u, K_Backlog)) < 0 ? -errno : 0;
}

static int make_socket(struct maker *m, struct listen_address *a)
{
	int fd = open_socket(m, a);
	int r = fd < 0 ? fd : set_up_socket(m, fd, a);

	return r < 0 ? r : fd;
}

/* For reading and writing: then it has no end of file while no writer is there. */
static int make_fifo(struct maker *m, const char *path)
{
	mode_t mode = (mode_t)unit_u64(m->u, K_SocketMode);
	const struct setting *size = unit_setting(m->u, K_PipeSize);
	struct stat st;
	int r = make_parents(m, path), fd;

	if (r < 0)
		return r;
	doing(m, "mkfifo");
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return -errno;
	doing(m, "open");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISFIFO(st.st_mode))
		return -EEXIST;
	doing(m, "chown");
	if (m->make->chown && fchown(fd, m->make->uid, m->make->gid) < 0)
		return -errno;
	doing(m, "chmod");
	if (fchmod(fd, mode) < 0)
		return -errno;
	doing(m, "PipeSize=");
	return size && fcntl(fd, F_SETPIPE_SZ, (int)size->value.u) < 0 ? -errno : fd;
}

/* A regular file, and a device without poll, is always ready: epoll(7) will not have it. */
static int check_waitable(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int r = epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;

	close(epoll);
	return r;
}

static int open_special(struct maker *m, const char *path)
{
	int access = unit_bool(m->u, K_Writable) ? O_RDWR : O_RDONLY;
	int fd = open(path, access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;

	doing(m, "open");
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	doing(m, "neither a regular file nor a character device");
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return -EINVAL;
	doing(m, "waiting for it");
	int r = check_waitable(fd);

	return r < 0 ? r : fd;
}

static int make_queue(struct maker *m, const char *name)
{
	mode_t mode = (mode_t)unit_u64(m->u, K_SocketMode);
	struct mq_attr attr = {
		.mq_maxmsg = (long)unit_u64(m->u, K_MessageQueueMaxMessages),
		.mq_msgsize = (long)unit_u64(m->u, K_MessageQueueMessageSize),
	};
	bool sized = attr.mq_maxmsg > 0 && attr.mq_msgsize > 0;
	/* The libraries' mq_open() is a bare system call, but for the slash. */
	int fd = (int)mq_open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_CREAT, mode,
			      sized ? &attr : NULL);

	doing(m, "mq_open");
	if (fd < 0)
		return -errno;
	doing(m, "chown");
	if (m->make->chown && fchown(fd, m->make->uid, m->make->gid) < 0)
		return -errno;
	return fd;
}

static int make_one(struct maker *m, struct listen_address *a)
{
	switch (a->kind) {
	case LISTEN_STREAM:
	case LISTEN_DATAGRAM:
	case LISTEN_SEQPACKET:
	case LISTEN_NETLINK: return make_socket(m, a);
	case LISTEN_FIFO: return make_fifo(m, a->path);
	case LISTEN_SPECIAL: return open_special(m, a->path);
	case LISTEN_MQUEUE: return make_queue(m, a->text);
	}
	return -EINVAL;
}

static int send_fd(int channel, int fd)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(fd))];
	} control = { .buf = { 0 } };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(channel, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int make_links(struct maker *m, const char *target)
{
	const struct strings *links = unit_list(m->u, K_Symlinks);
	struct stat st;

	for (uint32_t i = 0; i < links->n; i++) {
		const char *path = links->v[i];
		int r = make_parents(m, path);

		doing(m, "Symlinks=");
		if (r < 0)
			return r;
		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
			unlink(path);
		if (symlink(target, path) < 0)
			return -errno;
	}
	return 0;
}

static int fail(const struct maker *m, const struct listen_address *a, int r)
{
	struct strbuf b;

	strbuf_init(&b, m->text, SPAWN_TEXT);
	strbuf_put(&b, a->text);
	strbuf_put(&b, ": ");
	strbuf_put(&b, m->doing);
	return r;
}

int socket_make(const void *make, int fd, char *text)
{
	const struct socket_make *what = make;
	struct maker m = { what, what->unit, "address", text };
	const struct strings *list = unit_list(m.u, K_ListenStream);
	const char *target = NULL;

	umask(0);
	for (uint32_t i = 0; i < list->n; i++) {
		struct listen_address a;
		int made = listen_parse(list->v[i], &a, &m.doing);
		int r = made;

		if (r == 0)
			made = r = make_one(&m, &a);
		if (r >= 0) {
			doing(&m, "handing it over");
			r = send_fd(fd, made);
			close(made);
		}
		target = a.path ? a.path : target;
		if (r == 0 && i + 1 == list->n && target)
			r = make_links(&m, target);
		if (r < 0)
			return fail(&m, &a, r);
	}
	return 0;
}

bool socket_has_files(const struct unit *u)
{
	const struct strings *list = unit_list(u, K_ListenStream);
	struct listen_address a;
	const char *why;
	bool any = unit_list(u, K_Symlinks)->n > 0;

	for (uint32_t i = 0; i < list->n && !any; i++)
		any = listen_parse(list->v[i], &a, &why) == 0 &&
		      (a.kind == LISTEN_MQUEUE || (a.path && a.kind != LISTEN_SPECIAL));
	return any;
}

int socket_remove(const void *unit, int fd, char *text)
{
	const struct unit *u = unit;
	const struct strings *list = unit_list(u, K_ListenStream),
			     *links = unit_list(u, K_Symlinks);
	struct listen_address a;
	const char *why;

	(void)fd;
	(void)text;
	/* What is gone already, or cannot be removed, is in nobody's way: a stop does not fail by it. */
	for (uint32_t i = 0; i < list->n; i++) {
		if (listen_parse(list->v[i], &a, &why) < 0)
			continue;
		if (a.kind == LISTEN_MQUEUE)
			mq_unlink(a.text);
		else if (a.path && a.kind != LISTEN_SPECIAL)
			unlink(a.path);
	}
	for (uint32_t i = 0; i < links->n; i++)
		unlink(links->v[i]);
	return 0;
}
