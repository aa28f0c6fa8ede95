/* SPDX-License-Identifier: MIT */
#include "init/control.h"

#include "ctl/proto.h"
#include "init/checkup.h"
#include "init/connection.h"
#include "init/kind.h"
#include "init/manager.h"
#include "init/users.h"
#include "lib/fd.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define MAX_CONNECTIONS 64
#define ROOT_RESERVED	16 /* of them: readers cannot keep root from stopping the machine */
#define SWEEP_INTERVAL	(5 * USEC_PER_SEC)
#define ACCEPT_PAUSE	USEC_PER_SEC

struct control {
	struct manager *manager;
	struct source listener;
	int spare; /* given up to accept and close when descriptors have run out (PITFALLS 11) */
	struct list connections;
	unsigned int n_connections;
	struct timer sweep;
};

/* -- clients come and go -- */

static void forget_connection(struct connection *c)
{
	list_remove(&c->link);
	c->manager->control->n_connections--;
	free(c);
}

static void refuse(int fd)
{
	struct connection c = { .source.fd = fd };
	struct diag diag = { 0 };

	diag_set(&diag, DIAG_ERROR, 0, "berth is busy: too many connections are open.");
	connection_error(&c, 0, -EBUSY, &diag);
	fd_close(&fd);
}

static unsigned int connections_of(const struct control *control, pid_t pid)
{
	const struct list *pos;
	unsigned int n = 0;

	list_for_each (pos, &control->connections)
		n += list_entry(pos, struct connection, link)->pid == pid;
	return n;
}

/*
 * A crowd that only holds connections must not lock others out: the oldest idle one of whoever holds
 * most makes room. So a client that has connected and not come to its request yet is no victim of
 * somebody else's crowd.
 */
static bool make_room(struct control *control, uid_t uid)
{
	unsigned int limit = uid == 0 ? MAX_CONNECTIONS : MAX_CONNECTIONS - ROOT_RESERVED;
	struct connection *victim = NULL;
	unsigned int most = 0;
	struct list *pos;

	if (control->n_connections < limit)
		return true;
	list_for_each (pos, &control->connections) {
		struct connection *c = list_entry(pos, struct connection, link);

		if (!connection_is_idle(c) || (uid != 0 && c->uid == 0))
			continue;
		unsigned int n = connections_of(control, c->pid);

		if (!victim || n > most ||
		    (n == most && c->last_progress < victim->last_progress)) {
			victim = c;
			most = n;
		}
	}
	if (victim)
		connection_close(victim);
	return victim != NULL;
}

static void add_connection(struct control *control, int fd)
{
	struct manager *m = control->manager;
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);
	struct connection *c;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    !make_room(control, cred.uid)) {
		refuse(fd);
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		fd_close(&fd);
		return;
	}
	*c = (struct connection){ .source.fd = fd,
				  .manager = m,
				  .uid = cred.uid,
				  .pid = cred.pid,
				  .closed = forget_connection };
	if (connection_add(c) < 0) {
		fd_close(&fd);
		free(c);
		return;
	}
	list_append(&control->connections, &c->link);
	if (control->n_connections++ == 0)
		loop_arm(m->loop, &control->sweep, clock_now(CLOCK_MONOTONIC) + SWEEP_INTERVAL);
}

/* Without descriptors the waiting client would keep the listener ready for ever (PITFALLS 11). */
static void drop_waiting_client(struct control *control)
{
	int fd;

	fd_close(&control->spare);
	fd = accept4(control->listener.fd, NULL, NULL, SOCK_CLOEXEC);
	fd_close(&fd);
	control->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	log_warn("control: out of file descriptors, a client was turned away");
}

static void on_listener(struct source *source, uint32_t revents)
{
	struct control *control = container_of(source, struct control, listener);
	struct loop *loop = control->manager->loop;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd >= 0) {
		add_connection(control, fd);
		return;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	if ((errno == EMFILE || errno == ENFILE) && control->spare >= 0) {
		drop_waiting_client(control);
		return;
	}
	log_warn("control: accept: %s; trying again in a second", diag_errno(errno));
	loop_mod(loop, source, 0);
	loop_arm(loop, &control->sweep, clock_now(CLOCK_MONOTONIC) + ACCEPT_PAUSE);
}

static void on_sweep(struct timer *timer, usec_t now)
{
	struct control *control = container_of(timer, struct control, sweep);
	struct loop *loop = control->manager->loop;
	struct list *pos, *tmp;

	list_for_each_safe (pos, tmp, &control->connections) {
		struct connection *c = list_entry(pos, struct connection, link);

		if (connection_is_over(c, now))
			connection_close(c);
	}
	if (control->spare < 0)
		control->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!(control->listener.events & EPOLLIN))
		loop_mod(loop, &control->listener, EPOLLIN);
	if (control->n_connections > 0)
		loop_arm(loop, timer, now + SWEEP_INTERVAL);
}

/* -- what the manager tells -- */

static bool has_subscribers(const struct manager *m)
{
	const struct list *pos;

	if (!m->control)
		return false;
	list_for_each (pos, &m->control->connections)
		if (list_entry(pos, struct connection, link)->subscribed)
			return true;
	return false;
}

static void publish(struct manager *m, struct proto_writer *w)
{
	struct list *pos;

	list_for_each (pos, &m->control->connections)
		connection_event(list_entry(pos, struct connection, link), w);
}

void control_unit_changed(struct manager *m, const struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);
	uint8_t event[1024];
	struct proto_writer w;

	if (!has_subscribers(m))
		return;
	proto_begin(&w, event, sizeof(event), OP_EVENT, 0, 0);
	proto_put_text(&w, TAG_UNIT, node->unit->id);
	proto_put_u64(&w, TAG_TIME, clock_now(CLOCK_REALTIME));
	proto_put_text(&w, TAG_ACTIVE, active_state_name(node->active));
	proto_put_text(&w, TAG_SUB, status_sub_state(node));
	if (kind->result)
		proto_put_text(&w, TAG_RESULT, kind->result(node));
	if (node->service && *checkup_state(node->service))
		proto_put_text(&w, TAG_HEALTH, checkup_state(node->service));
	publish(m, &w);
}

static void publish_job(struct manager *m, const struct job *job, enum job_result result)
{
	uint8_t event[1024];
	struct proto_writer w;

	proto_begin(&w, event, sizeof(event), OP_EVENT, 0, 0);
	proto_put_text(&w, TAG_UNIT, manager_node(m, job->unit)->unit->id);
	proto_put_u64(&w, TAG_TIME, clock_now(CLOCK_REALTIME));
	proto_put_u32(&w, TAG_JOB, job->id);
	proto_put_text(&w, TAG_JOB_KIND, job_kind_name(job->kind));
	proto_put_text(&w, TAG_RESULT, job_result_name(result));
	publish(m, &w);
}

uint32_t control_holds(const struct node *node)
{
	return node->service && service_awaits_number(node->service) ? node->unit->index + 1 : 0;
}

void control_unit_named(struct manager *m, uint32_t index)
{
	struct list *pos;

	if (!m->control)
		return;
	list_for_each (pos, &m->control->connections)
		connection_unit_named(list_entry(pos, struct connection, link), index + 1);
}

void control_job_done(struct manager *m, const struct job *job, enum job_result result)
{
	uint32_t held = job->kind == JOB_RELOAD ? 0 : control_holds(manager_node(m, job->unit));
	struct list *pos;

	if (!m->control)
		return;
	if (has_subscribers(m))
		publish_job(m, job, result);
	list_for_each (pos, &m->control->connections)
		connection_job_done(list_entry(pos, struct connection, link), job->id,
				    (uint8_t)result, held);
}

/* -- opening -- */

/* The socket's mode is the access rule, so it must hold from the first moment: bind under a umask. */
static int open_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PROTO_SOCKET };
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	gid_t gid;
	mode_t mask;
	int r;

	if (fd < 0)
		return -errno;
	if (mkdir("/run/berth", 0755) < 0 && errno != EEXIST)
		return -errno;
	if (unlink(PROTO_SOCKET) < 0 && errno != ENOENT)
		return -errno;
	mask = umask(0177);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r < 0)
		return -errno;
	/* An image without the group lets only root in. */
	if (group_lookup("berth", &gid) == 0 &&
	    (chown(PROTO_SOCKET, 0, gid) < 0 || chmod(PROTO_SOCKET, 0660) < 0))
		return -errno;
	return listen(fd, MAX_CONNECTIONS) < 0 ? -errno : fd_take(&fd);
}

int control_open(struct manager *m)
{
	struct control *control = calloc(1, sizeof(*control));
	int fd = control ? open_socket() : -ENOMEM;
	int err;

	if (fd < 0) {
		free(control);
		return fd;
	}
	control->manager = m;
	control->listener = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_listener };
	control->sweep = (struct timer)TIMER_INIT(on_sweep);
	list_init(&control->connections);
	err = loop_add(m->loop, &control->listener);
	if (err < 0) {
		fd_close(&fd);
		free(control);
		return err;
	}
	control->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	m->control = control;
	return 0;
}

void control_close(struct manager *m)
{
	struct control *control = m->control;
	struct list *pos, *tmp;
	int fd;

	if (!control)
		return;
	list_for_each_safe (pos, tmp, &control->connections)
		connection_close(list_entry(pos, struct connection, link));
	m->control = NULL;
	loop_arm(m->loop, &control->sweep, USEC_INFINITY);
	fd = loop_del(m->loop, &control->listener);
	fd_close(&fd);
	fd_close(&control->spare);
	unlink(PROTO_SOCKET);
	free(control);
}
