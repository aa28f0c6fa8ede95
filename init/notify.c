/* SPDX-License-Identifier: MIT */
#include "init/notify.h"

#include "init/forking.h"
#include "init/manager.h"
#include "init/users.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
/* Datagrams taken per round: a service that floods its socket delays only itself (PITFALLS 175). */
#define BATCH 16

static bool line_value(const char *line, size_t len, const char *name, const char **value,
		       size_t *n)
{
	size_t k = strlen(name);

	if (len < k || strncmp(line, name, k) != 0)
		return false;
	*value = line + k;
	*n = len - k;
	return true;
}

static bool number(const char *value, size_t n, uint64_t max, uint64_t *out)
{
	char text[24];

	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, value, n);
	text[n] = '\0';
	return parse_u64(text, 1, max, out) == 0;
}

static void parse_line(const char *line, size_t len, struct notify_message *out)
{
	const char *v;
	uint64_t u;
	size_t n;

	if (line_value(line, len, "READY=", &v, &n) && n == 1 && *v == '1') {
		out->flags |= NOTIFY_READY;
	} else if (line_value(line, len, "STOPPING=", &v, &n) && n == 1 && *v == '1') {
		out->flags |= NOTIFY_STOPPING;
	} else if (line_value(line, len, "RELOADING=", &v, &n) && n == 1 && *v == '1') {
		out->flags |= NOTIFY_RELOADING;
	} else if (line_value(line, len, "BARRIER=", &v, &n) && n == 1 && *v == '1') {
		out->flags |= NOTIFY_BARRIER;
	} else if (line_value(line, len, "STATUS=", &v, &n)) {
		out->flags |= NOTIFY_STATUS;
		out->status = v;
		out->status_len = n;
	} else if (line_value(line, len, "MAINPID=", &v, &n) && number(v, n, INT32_MAX, &u)) {
		out->flags |= NOTIFY_MAINPID;
		out->main_pid = (pid_t)u;
	} else if (line_value(line, len, "EXTEND_TIMEOUT_USEC=", &v, &n) &&
		   number(v, n, UINT64_MAX - 1, &u)) {
		out->flags |= NOTIFY_EXTEND_TIMEOUT;
		out->extend_usec = u;
	}
}

void notify_parse(const char *text, size_t len, struct notify_message *out)
{
	memset(out, 0, sizeof(*out));
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		parse_line(text, n, out);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
}

/*
 * Who may speak (NotifyAccess=). The pid is the kernel's translation into our namespace; it is 0
 * for a process that is gone, which counts as a stranger unless everybody of the unit may.
 */
static bool may_send(struct service *s, pid_t pid)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	enum notify_access access = unit_setting(u, K_NotifyAccess)
					    ? (enum notify_access)unit_u64(u, K_NotifyAccess)
					    : NOTIFY_MAIN;

	switch (access) {
	case NOTIFY_NONE: return false;
	case NOTIFY_MAIN: return pid != 0 && pid == service_main_pid(s);
	case NOTIFY_EXEC:
		return pid != 0 && (pid == service_main_pid(s) || pid == s->control.pid ||
				    pid == s->control.inner_pid);
	case NOTIFY_ALL:
		/* Only processes of the unit reach the socket: a mode, a directory and a namespace see to it. */
		return true;
	}
	return false;
}

static void set_status_text(struct service *s, const struct notify_message *msg)
{
	size_t n = msg->status_len > 256 ? 256 : msg->status_len;
	char *text = strndup(msg->status, n);

	if (!text || !str_utf8_valid(text, strlen(text))) {
		free(text);
		return;
	}
	free(s->status_text);
	s->status_text = text;
}

static void take(struct service *s, const struct notify_message *msg)
{
	if (msg->flags & NOTIFY_STATUS)
		set_status_text(s, msg);
	if (msg->flags & NOTIFY_EXTEND_TIMEOUT)
		service_extend_deadline(s, msg->extend_usec);
	if (msg->flags & NOTIFY_MAINPID)
		forking_main_told(s, msg->main_pid);
	if ((msg->flags & NOTIFY_READY) && s->config.type == TYPE_NOTIFY)
		service_step(s, E_READY, NULL);
}

/* One datagram: -errno when there is none. Descriptors that came along are closed (BARRIER waits for that). */
static int receive(struct service *s)
{
	static char text[MESSAGE_MAX];
	struct iovec iov = { text, sizeof(text) };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct notify_message parsed;
	pid_t pid = 0;
	ssize_t n = recvmsg(s->notify.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS)
			pid = ((struct ucred *)(void *)CMSG_DATA(c))->pid;
		if (c->cmsg_type == SCM_RIGHTS) {
			size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

			for (size_t i = 0; i < count; i++)
				close(((int *)(void *)CMSG_DATA(c))[i]);
		}
	}
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || !may_send(s, pid))
		return 0;
	notify_parse(text, (size_t)n, &parsed);
	take(s, &parsed);
	return 0;
}

/*
 * A program may speak before its stub has told which process it is: that message waits, or the
 * one READY=1 there is would be taken for a stranger's.
 */
static bool speaker_unknown(const struct service *s)
{
	const struct process *const all[] = { &s->main, &s->control };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->pid != 0 && all[i]->stub && !all[i]->view_ready)
			return true;
	}
	return false;
}

void notify_resume(struct service *s)
{
	if (s->notify.fd >= 0 && s->notify.events == 0 && !speaker_unknown(s))
		loop_mod(s->manager->loop, &s->notify, EPOLLIN);
}

void notify_drain(struct service *s)
{
	for (int i = 0; i < BATCH && s->notify.fd >= 0; i++) {
		if (receive(s) < 0)
			return;
	}
}

static void on_datagram(struct source *source, uint32_t revents)
{
	struct service *s = container_of(source, struct service, notify);

	(void)revents;
	if (speaker_unknown(s))
		loop_mod(s->manager->loop, source, 0);
	else
		notify_drain(s);
}

static bool wanted(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return s->config.type == TYPE_NOTIFY ||
	       (unit_setting(u, K_NotifyAccess) && unit_u64(u, K_NotifyAccess) != NOTIFY_NONE);
}

static int make_socket(const char *id, struct sockaddr_un *addr)
{
	struct strbuf b = STRBUF_INIT(addr->sun_path);
	const int on = 1;

	strbuf_printf(&b, NOTIFY_DIR "/%s", id);
	if (b.cut)
		return -ENAMETOOLONG;
	if (mkdir(NOTIFY_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	unlink(addr->sun_path);
	if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    chmod(addr->sun_path, 0777) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

int notify_open(struct service *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (!wanted(s) || s->notify.fd >= 0)
		return 0;
	int fd = make_socket(manager_node(s->manager, s->index)->unit->id, &addr);

	if (fd < 0)
		return fd;
	fd = spawn_lift_fd(fd);
	if (fd < 0)
		return fd;
	s->notify = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_datagram };
	int r = loop_add(s->manager->loop, &s->notify);

	if (r < 0) {
		close(fd);
		s->notify.fd = -1;
	}
	return r;
}

void notify_close(struct service *s)
{
	if (s->notify.fd < 0)
		return;
	close(loop_del(s->manager->loop, &s->notify));
	free(s->status_text);
	s->status_text = NULL;
}
