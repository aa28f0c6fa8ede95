/* SPDX-License-Identifier: MIT */
#include "init/socket.h"

#include "init/actions.h"
#include "init/control.h"
#include "init/kind.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/rootview.h"
#include "init/socket_accept.h"
#include "init/socket_flush.h"
#include "init/users.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One message per descriptor, all of them unread until the child is through: they fit its buffer. */
#define LISTENERS_MAX 128

static struct node *node_of(const struct socket_unit *s)
{
	return manager_node(s->manager, s->index);
}

static struct service *service_of(const struct socket_unit *s)
{
	return node_of(s)->service;
}

/* --- holding ------------------------------------------------------------------------------ */

static void unwatch(struct socket_unit *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		(void)loop_del(s->manager->loop, &s->listeners[i].source);
}

static void close_channel(struct socket_unit *s)
{
	if (s->channel.fd >= 0)
		close(loop_del(s->manager->loop, &s->channel));
}

static void close_all(struct socket_unit *s)
{
	close_channel(s);
	socket_flush_cancel(s);
	unwatch(s);
	socket_drop_waiting(s);
	while (s->n > 0)
		close(s->listeners[--s->n].fd);
	pool_free(s->listeners, s->room * sizeof(*s->listeners));
	s->listeners = NULL;
	s->room = 0;
	s->running = false;
}

int socket_fd(const struct node *node, uint32_t i)
{
	const struct socket_unit *s = node->own;

	return s && i < s->n ? s->listeners[i].fd : -1;
}

/* --- failing ------------------------------------------------------------------------------ */

static const char *const result_names[] = {
	[SOCKET_RESOURCES] = "resources",
	[SOCKET_TRIGGER_LIMIT] = "trigger-limit-hit",
	[SOCKET_SERVICE_LIMIT] = "service-start-limit-hit",
};

/* PID 1 itself gives the socket up, for a reason that is no event of the service machine. */
static void give_up(struct socket_unit *s, enum socket_result result, const char *text)
{
	struct service *service = service_of(s);

	unwatch(s);
	s->result = (uint8_t)result;
	service_set_reason(service, text);
	service->reason_fresh = true;
	machine_blame(&service->machine, RESULT_RESOURCES);
	service_step(service, E_STOP, NULL);
}

/* --- listening ---------------------------------------------------------------------------- */

static void on_readable(struct source *source, uint32_t revents);

static void cannot_listen(struct socket_unit *s, uint32_t i, int r)
{
	const struct unit *u = node_of(s)->unit;
	const struct strings *addresses = unit_list(u, K_ListenStream);
	struct diag diag = { .text = "" };
	char text[512];

	plan_place(&diag, u, K_ListenStream);
	diag.key[0] = '\0';
	/* A reload may have brought other addresses than those that are held. */
	diag_set(&diag, DIAG_ERROR, -r, "%s cannot be waited for",
		 i < addresses->n ? addresses->v[i] : "a socket");
	diag_format_plain(&diag, text, sizeof(text));
	give_up(s, SOCKET_RESOURCES, text);
}

static void listen_all(struct socket_unit *s)
{
	s->running = false;
	for (uint32_t i = 0; i < s->n; i++) {
		struct listener *l = &s->listeners[i];

		if (l->source.fd >= 0)
			continue;
		l->source = (struct source){ .fd = l->fd, .events = EPOLLIN, .fn = on_readable };
		int r = loop_add(s->manager->loop, &l->source);

		if (r < 0) {
			l->source.fd = -1;
			cannot_listen(s, i, r);
			return;
		}
	}
}

static void be_running(struct socket_unit *s)
{
	unwatch(s);
	s->running = true;
	control_unit_changed(s->manager, node_of(s));
}

/* --- activation --------------------------------------------------------------------------- */

static bool over_limit(struct socket_unit *s)
{
	const struct unit *u = node_of(s)->unit;
	const struct setting *burst = unit_setting(u, K_TriggerLimitBurst);
	usec_t interval = unit_u64(u, K_TriggerLimitIntervalSec), now = clock_now(CLOCK_MONOTONIC);
	uint64_t most = burst ? burst->value.u : unit_bool(u, K_Accept) ? 200 : 20;

	if (interval == 0 || most == 0)
		return false;
	if (s->limit_start == 0 || now >= usec_add(s->limit_start, interval)) {
		s->limit_start = now;
		s->limit_count = 0;
	}
	return ++s->limit_count > most;
}

bool socket_sees_down(const struct node *other)
{
	enum active_state active = other->service
					   ? service_active_state(service_state(other->service))
					   : (enum active_state)other->active;

	return active == ACTIVE_INACTIVE || active == ACTIVE_FAILED;
}

static struct node *triggered(const struct socket_unit *s)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(s->manager->set, s->index, DEP_TRIGGERS, &n);

	return n > 0 ? manager_node(s->manager, deps[0].unit) : NULL;
}

static void activate(struct socket_unit *s)
{
	struct manager *m = s->manager;
	struct node *service = triggered(s);
	struct diag diag = { .text = "" };
	int r = 0;

	if (service && socket_sees_down(service) &&
	    !(service->job && service->job->kind != JOB_STOP))
		r = jobs_enqueue(m, JOB_START, service->unit->index, JOB_MODE_REPLACE, NULL, &diag);
	if (r < 0)
		give_up(s, SOCKET_RESOURCES, diag.text);
	else
		be_running(s);
}

static void on_readable(struct source *source, uint32_t revents)
{
	struct listener *l = container_of(source, struct listener, source);
	struct socket_unit *s = l->socket;
	struct node *node = node_of(s);
	int r;

	(void)revents;
	/* It is about to be stopped: nothing is started on its behalf any more. */
	if (s->manager->regime == REGIME_DOWN || !triggered(s) ||
	    (node->job && node->job->kind == JOB_STOP)) {
		unwatch(s);
		return;
	}
	if (over_limit(s)) {
		give_up(s, SOCKET_TRIGGER_LIMIT,
			"activated too often (TriggerLimitBurst= within TriggerLimitIntervalSec=)");
		return;
	}
	if (!unit_bool(node->unit, K_Accept)) {
		activate(s);
		return;
	}
	r = socket_accept(s, l->fd);
	if (r < 0)
		give_up(s, SOCKET_RESOURCES, diag_errno(-r));
}

static void listen_again(struct socket_unit *s)
{
	const struct node *other = triggered(s);

	/* While its sockets were emptied it may have been started again, or the socket stopped. */
	if (!s->running || service_state(service_of(s)) != S_EXITED || !other || other->job ||
	    !socket_sees_down(other))
		return;
	listen_all(s);
	control_unit_changed(s->manager, node_of(s));
}

static void triggered_changed(struct manager *m, struct node *node, const struct node *other)
{
	struct socket_unit *s = node->own;

	(void)m;
	if (!s)
		return;
	socket_instance_changed(s, other);
	if (unit_bool(node->unit, K_Accept) || service_state(node->service) != S_EXITED)
		return;
	if (other->active == ACTIVE_FAILED && other->service &&
	    other->service->machine.result == RESULT_START_LIMIT_HIT) {
		give_up(s, SOCKET_SERVICE_LIMIT, "its service was started too often");
		return;
	}
	/* With a job it is on its way somewhere: the job's end tells. */
	if (other->job)
		return;
	if (!socket_sees_down(other)) {
		if (!s->running)
			be_running(s);
	} else if (s->running && !s->flush) {
		if (!unit_bool(node->unit, K_FlushPending) || socket_flush(s, listen_again) < 0)
			listen_again(s);
	}
}

/* --- making ------------------------------------------------------------------------------- */

/* The next descriptor that the child has sent; -EAGAIN: there is none. */
static int receive(int channel)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = recvmsg(channel, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	int fd;

	if (n <= 0)
		return n < 0 ? -errno : -EAGAIN;
	/* No room in our table: the kernel drops it. */
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -EMFILE;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return spawn_lift_fd(fd);
}

static void on_incomplete(struct source *source, uint32_t revents)
{
	struct socket_unit *s = container_of(source, struct socket_unit, channel);

	(void)revents;
	close_channel(s);
	give_up(s, SOCKET_RESOURCES, "too many open files");
}

/* The child has ended well: all that it has sent is there. */
static void take_all(struct socket_unit *s)
{
	int fd = 0;

	if (s->channel.fd < 0)
		return;
	while (s->n < s->room && (fd = receive(s->channel.fd)) >= 0)
		s->listeners[s->n++] = (struct listener){ { .fd = -1 }, s, fd };
	int channel = s->channel.fd;

	s->channel.fd = -1;
	if (s->n == s->room) {
		close(channel);
		return;
	}
	/* In the middle of a step the machine can hear of it no more: its end of file tells it soon. */
	s->channel = (struct source){ .fd = channel, .events = EPOLLIN, .fn = on_incomplete };
	if (loop_add(s->manager->loop, &s->channel) < 0)
		close(channel);
}

static void stepped(struct manager *m, struct node *node)
{
	struct socket_unit *s = node->own;

	(void)m;
	switch (service_state(node->service)) {
	case S_START_POST: take_all(s); break;
	case S_EXITED:
		take_all(s);
		listen_all(s);
		break;
	case S_STOP:
	case S_STOP_SIGTERM:
	case S_STOP_SIGKILL: unwatch(s); break;
	case S_STOP_POST:
	case S_FINAL_SIGTERM:
	case S_FINAL_SIGKILL:
	case S_DEAD:
	case S_FAILED: close_all(s); break;
	case S_CONDITION:
	case S_START_PRE:
	case S_START:
	case S_RUNNING:
	case S_RELOAD:
	case S_RELOAD_SIGNAL:
	case S_RELOAD_NOTIFY:
	case S_STOP_WATCHDOG:
	case S_AUTO_RESTART:
	case S_COUNT: break;
	}
}

static int plan_owner(const struct unit *u, struct socket_make *make, struct diag *diag)
{
	const char *user = unit_str(u, K_SocketUser), *group = unit_str(u, K_SocketGroup);
	static LARGE_STATIC struct user_entry entry;
	int r = user ? user_lookup(user, &entry) : 0;

	make->chown = user || group;
	make->uid = user ? entry.uid : (uid_t)-1;
	make->gid = user ? entry.gid : (gid_t)-1;
	plan_place(diag, u, K_SocketUser);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, r == -ESRCH ? 0 : -r, "user '%s'%s", user,
				r == -ESRCH ? " is unknown" : "");
	r = group ? group_lookup(group, &make->gid) : 0;
	if (r == 0)
		return 0;
	plan_place(diag, u, K_SocketGroup);
	return diag_set(diag, DIAG_ERROR, r == -ESRCH ? 0 : -r, "group '%s'%s", group,
			r == -ESRCH ? " is unknown" : "");
}

static int plan_making(struct socket_unit *s, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = node_of(s)->unit;
	struct socket_make *make = arena_alloc(&plan->arena, sizeof(*make));
	uint32_t n = unit_list(u, K_ListenStream)->n;
	int channel[2], r;

	close_all(s);
	s->result = SOCKET_SUCCESS;
	s->limit_start = 0;
	s->listeners = n > 0 && n <= LISTENERS_MAX ? pool_alloc(n * sizeof(*s->listeners)) : NULL;
	if (!make || !s->listeners)
		return diag_set(diag, DIAG_ERROR, n > LISTENERS_MAX ? E2BIG : ENOMEM,
				"%u addresses", n);
	s->room = n;
	make->unit = u;
	r = plan_owner(u, make, diag);
	if (r < 0)
		return r < 0 ? r : -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, channel) < 0)
		return diag_set(diag, DIAG_ERROR, errno, "socketpair");
	plan->work_fd = channel[1];
	s->channel.fd = spawn_lift_fd(channel[0]);
	if (s->channel.fd < 0)
		return diag_set(diag, DIAG_ERROR, -s->channel.fd, "descriptors");
	plan->spawn.work = socket_make;
	plan->spawn.work_ctx = make;
	return 0;
}

/* --- a socket as a kind of unit (kind.h) ---------------------------------------------------- */

static unsigned int works(const struct unit *u, enum command_slot slot)
{
	if (slot == SLOT_START)
		return 1;
	return slot == SLOT_STOP_POST && unit_bool(u, K_RemoveOnStop) && socket_has_files(u);
}

static int plan_work(struct manager *m, struct node *node, enum command_slot slot,
		     struct service_plan *plan, struct diag *diag)
{
	(void)m;
	if (slot == SLOT_START)
		return plan_making(node->own, plan, diag);
	plan->spawn.work = socket_remove;
	plan->spawn.work_ctx = node->unit;
	return 0;
}

static int make(struct manager *m, struct node *node)
{
	struct socket_unit *s = node->own;

	if (!s) {
		s = node->own = pool_alloc(sizeof(*s));
		if (!s)
			return -ENOMEM;
		s->manager = m;
		s->index = node->unit->index;
		s->channel.fd = -1;
		list_init(&s->connections);
	}
	if (!node->service)
		node->service = service_new(m, node);
	return node->service ? 0 : -ENOMEM;
}

/* The service would not get the sockets any more, and who connects would wait for ever. */
static int check_service(const struct socket_unit *s, struct diag *diag)
{
	const struct node *other = triggered(s);

	if (!other || (other->service && service_state(other->service) == S_AUTO_RESTART))
		return 0;
	if (other->unit->load_state != LOAD_LOADED)
		return diag_set(diag, DIAG_ERROR, ENOENT, "its service %s is not loaded",
				other->unit->id);
	if (unit_bool(node_of(s)->unit, K_Accept))
		return 0;
	if (!socket_sees_down(other))
		return diag_set(diag, DIAG_ERROR, EBUSY, "its service %s is %s already",
				other->unit->id, active_state_name(other->active));
	return 0;
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	int r;

	(void)m;
	if (!node->own || !node->service)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "%s", node->unit->id);
	if (rootview_prepare(node->service) > 0)
		return UNIT_WAITS;
	r = service_state(node->service) == S_EXITED ? 0 : check_service(node->own, diag);
	if (r == 0)
		service_step(node->service, E_START, NULL);
	else
		service_set_reason(node->service, diag->text);
	return r;
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	(void)diag;
	if (!node->service)
		return 1;
	service_step(node->service, E_STOP, NULL);
	return 0;
}

/* systemd's words for what the service machine calls by a service's. */
static const char *sub_state(const struct node *node)
{
	const struct socket_unit *s = node->own;
	enum service_state state = node->service ? service_state(node->service) : S_DEAD;

	switch (state) {
	case S_START: return "start-chown";
	case S_EXITED: return s && s->running ? "running" : "listening";
	case S_STOP: return "stop-pre";
	case S_STOP_SIGTERM: return "stop-pre-sigterm";
	case S_STOP_SIGKILL: return "stop-pre-sigkill";
	case S_DEAD:
	case S_CONDITION:
	case S_START_PRE:
	case S_START_POST:
	case S_RUNNING:
	case S_RELOAD:
	case S_RELOAD_SIGNAL:
	case S_RELOAD_NOTIFY:
	case S_STOP_WATCHDOG:
	case S_STOP_POST:
	case S_FINAL_SIGTERM:
	case S_FINAL_SIGKILL:
	case S_FAILED:
	case S_AUTO_RESTART:
	case S_COUNT: break;
	}
	return service_state_name(state);
}

static const char *result(const struct node *node)
{
	const struct socket_unit *s = node->own;
	const struct service *service = node->service;
	enum service_result r = service ? service->machine.result : RESULT_SUCCESS;

	if (s && s->result != SOCKET_SUCCESS && r != RESULT_SUCCESS)
		return result_names[s->result];
	/* The work has failed, not a command of the unit's. */
	if (r == RESULT_EXIT_CODE && service->failed_slot == SLOT_START)
		return result_names[SOCKET_RESOURCES];
	return service_result_name(r);
}

/* The sockets that are held stay; other addresses and options count from the next start on. */
static void replaced(struct manager *m, struct node *node)
{
	(void)m;
	if (node->service)
		service_reconfigure(node->service, node);
}

const struct unit_kind socket_kind = {
	.make = make,
	.replaced = replaced,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = result,
	.triggered_changed = triggered_changed,
	.works = works,
	.plan = plan_work,
	.stepped = stepped,
	.up = "listening",
};
