/* SPDX-License-Identifier: MIT */
#include "init/notify.h"

#include "init/fdstore.h"
#include "init/forking.h"
#include "init/manager.h"
#include "init/members.h"
#include "init/notify_message.h"
#include "init/plan.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/str.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
#define STATUS_MAX  256
#define FDS_MAX	    253 /* what one message can carry, unix(7) SCM_MAX_FD */
/* Datagrams taken per round: a service that floods its socket delays only itself (PITFALLS 175). */
#define BATCH 16

/* What came along with a datagram. */
struct received {
	struct ucred from;
	unsigned int n_fds;
	int fds[FDS_MAX];
};

static enum notify_access access_of(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	enum notify_access access = (enum notify_access)unit_u64(u, K_NotifyAccess);

	return access == NOTIFY_NONE && unit_wants_notify(u) ? NOTIFY_MAIN : access;
}

static bool is_isolated(const struct service *s)
{
	return plan_isolation(s) != ISOLATION_NONE;
}

/*
 * Who may speak (NotifyAccess=). The pid is the kernel's translation into our namespace; 0: from a
 * namespace that we cannot look into, which no service of ours is in. A root process of the machine
 * could forge it, and would not need to.
 */
static bool may_send(struct service *s, const struct ucred *from)
{
	pid_t pid = from->pid;

	switch (access_of(s)) {
	case NOTIFY_NONE: return false;
	case NOTIFY_MAIN: return pid != 0 && pid == service_main_pid(s);
	case NOTIFY_EXEC:
		return pid != 0 && (pid == service_main_pid(s) || pid == service_control(s)->pid ||
				    pid == service_control(s)->inner_pid);
	case NOTIFY_ALL:
		if (members_has(s, pid))
			return true;
		/*
		 * Gone already, as a tool that a script calls may be: the socket names the unit
		 * (PITFALLS 131), but anybody can reach the one of a service on the host's root.
		 */
		return kill(pid, 0) < 0 && errno == ESRCH && (is_isolated(s) || from->uid == 0);
	}
	return false;
}

static void set_status_text(struct service *s, const struct notify_message *msg)
{
	struct service_extra *extra = service_extra(s);
	size_t n = msg->status_len;
	char *text = NULL;

	if (n > STATUS_MAX)
		for (n = STATUS_MAX; n > 0 && (msg->status[n] & 0xc0) == 0x80;)
			n--; /* not within a character */
	if (!extra || !str_utf8_valid(msg->status, n))
		return;
	if (n > 0) {
		text = strndup(msg->status, n);
		if (!text)
			return;
	}
	free(extra->status_text);
	extra->status_text = text;
}

static usec_t clock_offset(const struct service *s, const struct notify_message *msg)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return msg->monotonic_usec == 0 ? 0 : unit_u64(u, K_TimeNamespaceMonotonicOffset);
}

/* Of what main says about itself the last word counts most; STOPPING=1 counts more than the others. */
static void take_state(struct service *s, const struct notify_message *msg)
{
	bool by_notify = s->config->type == TYPE_NOTIFY || s->config->type == TYPE_NOTIFY_RELOAD;

	if (msg->flags & NOTIFY_STOPPING) {
		service_step(s, E_STOPPING, NULL);
		return;
	}
	/* A number of the clock that it has. */
	if (msg->flags & NOTIFY_RELOADING)
		service_step(s, E_RELOADING,
			     &(struct event_info){ .since = msg->monotonic_usec -
							    clock_offset(s, msg) });
	/* Other types have their own way of being started. */
	if ((msg->flags & NOTIFY_READY) && (by_notify || service_state(s) != S_START))
		service_step(s, E_READY, NULL);
}

static void take_descriptors(struct service *s, const struct notify_message *msg,
			     struct received *got)
{
	const char *name = msg->flags & NOTIFY_FDNAME ? msg->fd_name : "";

	if (msg->flags & NOTIFY_FDSTOREREMOVE)
		fdstore_remove(s, name, msg->fd_name_len);
	else if (msg->flags & NOTIFY_FDSTORE)
		fdstore_take(s, got->fds, got->n_fds, name, msg->fd_name_len,
			     !(msg->flags & NOTIFY_FDPOLL_OFF));
}

static void take(struct service *s, const struct notify_message *msg, struct received *got)
{
	take_descriptors(s, msg, got);
	if (msg->flags & NOTIFY_STATUS)
		set_status_text(s, msg);
	if ((msg->flags & NOTIFY_ERRNO) && service_extra(s))
		s->extra->status_errno = msg->error;
	if (msg->flags & NOTIFY_EXTEND_TIMEOUT)
		service_extend_deadline(s, msg->extend_usec);
	if (msg->flags & NOTIFY_MAINPID)
		forking_main_told(s, msg->main_pid);
	take_state(s, msg);
	if (msg->flags & NOTIFY_WATCHDOG)
		service_pet(s);
	if (msg->flags & NOTIFY_WATCHDOG_USEC)
		service_watchdog(s, msg->watchdog_usec);
	if (msg->flags & NOTIFY_TRIGGER)
		service_step(s, E_WATCHDOG, &(struct event_info){ .asked = true });
}

static void take_ancillary(struct msghdr *msg, struct received *got)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t size = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&got->from, CMSG_DATA(c), sizeof(got->from));
		} else if (c->cmsg_type == SCM_RIGHTS) {
			got->n_fds = (unsigned int)(size / sizeof(int));
			memcpy(got->fds, CMSG_DATA(c), size);
		}
	}
}

/*
 * One datagram: -errno when there is none. Descriptors that nobody asked to keep are closed, after
 * all else was done: that is what BARRIER=1 waits for.
 */
static int receive(struct service *s)
{
	static LARGE_STATIC char text[MESSAGE_MAX];
	static LARGE_STATIC struct received got;
	static union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct notify_message parsed;
	ssize_t n = recvmsg(s->extra->notify.fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	got.n_fds = 0;
	got.from = (struct ucred){ .uid = (uid_t)-1 };
	take_ancillary(&msg, &got);
	if (!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && may_send(s, &got.from)) {
		notify_parse(text, (size_t)n, &parsed);
		take(s, &parsed, &got);
	}
	for (unsigned int i = 0; i < got.n_fds; i++) {
		if (got.fds[i] >= 0)
			close(got.fds[i]);
	}
	return 0;
}

/*
 * A program may speak before its stub has told which process it is: that message waits, or the
 * one READY=1 there is would be taken for a stranger's.
 */
static bool speaker_unknown(const struct service *s)
{
	const struct process *const all[] = { &s->main, service_control(s) };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->pid != 0 && all[i]->stub && !all[i]->exec_ok && !all[i]->failed_setup)
			return true;
	}
	return false;
}

void notify_resume(struct service *s)
{
	const struct source *notify = &service_has(s)->notify;

	if (notify->fd >= 0 && notify->events == 0 && !speaker_unknown(s))
		loop_mod(s->manager->loop, &s->extra->notify, EPOLLIN);
}

void notify_drain(struct service *s)
{
	for (int i = 0; i < BATCH && service_has(s)->notify.fd >= 0; i++) {
		if (receive(s) < 0)
			return;
	}
}

static void on_datagram(struct source *source, uint32_t revents)
{
	struct service *s = container_of(source, struct service_extra, notify)->service;

	(void)revents;
	if (speaker_unknown(s))
		loop_mod(s->manager->loop, source, 0);
	else
		notify_drain(s);
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

	if (access_of(s) == NOTIFY_NONE || service_has(s)->notify.fd >= 0)
		return 0;
	if (!service_extra(s))
		return -ENOMEM;
	int fd = make_socket(manager_node(s->manager, s->index)->unit->id, &addr);

	if (fd < 0)
		return fd;
	fd = spawn_lift_fd(fd);
	if (fd < 0)
		return fd;
	s->extra->notify = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_datagram };
	int r = loop_add(s->manager->loop, &s->extra->notify);

	if (r < 0) {
		close(fd);
		s->extra->notify.fd = -1;
	}
	return r;
}

void notify_close(struct service *s)
{
	if (service_has(s)->notify.fd < 0)
		return;
	close(loop_del(s->manager->loop, &s->extra->notify));
	free(s->extra->status_text);
	s->extra->status_text = NULL;
	s->extra->status_errno = 0;
}
