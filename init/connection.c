/* SPDX-License-Identifier: MIT */
#include "init/connection.h"
#include "init/control_ops.h"
#include "init/loading.h"
#include "init/manager.h"
#include "lib/fd.h"
#include "lib/layout.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define MAX_REQUEST	  4096
#define RECORDS_PER_ROUND 32 /* of a list: other sources get their turn in between */
#define IDLE_TIMEOUT	  (60 * USEC_PER_SEC)
#define STALL_TIMEOUT	  (10 * USEC_PER_SEC)

struct parked {
	struct request request;
	struct load_waiter waiter;
	struct connection *connection;
	bool ready;
	int result; /* of looking for the unit, with the text for it */
	struct diag diag;
};

/* One record is made and sent at a time; only the pages that it really fills are ever touched. */
static LARGE_STATIC uint8_t record[PROTO_MAX];

/* -- sending -- */

static int send_record(struct connection *c, struct proto_writer *w, int fd)
{
	struct iovec iov = { .iov_base = w->data, .iov_len = proto_end(w) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} cmsg = { 0 };

	if (fd >= 0) {
		msg.msg_control = &cmsg;
		msg.msg_controllen = sizeof(cmsg.space);
		cmsg.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS,
						.cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&cmsg.header), &fd, sizeof(fd));
	}
	if (sendmsg(c->source.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			c->broken = true;
		return -errno;
	}
	c->last_progress = clock_now(CLOCK_MONOTONIC);
	return 0;
}

void connection_error(struct connection *c, uint32_t id, int err, const struct diag *diag)
{
	char text[sizeof(diag->file) + sizeof(diag->text) + 64];
	struct strbuf b = STRBUF_INIT(text);
	struct proto_writer w;

	if (diag->file[0])
		strbuf_printf(&b, "%s:%u: ", diag->file, diag->line);
	strbuf_put(&b, diag->text);
	if (diag->err)
		strbuf_printf(&b, ": %s", diag_errno(diag->err));
	proto_begin(&w, record, sizeof(record), OP_ERROR, id, 0);
	proto_put_u32(&w, TAG_ERRNO, (uint32_t)-err);
	proto_put_text(&w, TAG_TEXT, text);
	/* There was room when the request was read; if there is none now, the client is gone. */
	if (send_record(c, &w, -1) < 0)
		c->broken = true;
}

static bool send_result(struct connection *c, struct wait *wait)
{
	struct proto_writer w;

	proto_begin(&w, record, sizeof(record), OP_OK, wait->id, 0);
	proto_put_u32(&w, TAG_JOB, wait->job);
	proto_put_text(&w, TAG_RESULT, job_result_name(wait->result));
	if (send_record(c, &w, -1) < 0)
		return false;
	wait->job = 0;
	return true;
}

/* Events are not queued: what cannot be sent now is counted, and told before the next one. */
static void send_event(struct connection *c, struct proto_writer *w)
{
	uint8_t lost[PROTO_HEADER + PROTO_FIELD_HEAD + 4];
	struct proto_writer lost_writer;

	if (c->events_lost > 0) {
		proto_begin(&lost_writer, lost, sizeof(lost), OP_EVENT, c->events_id, 0);
		proto_put_u32(&lost_writer, TAG_LOST, c->events_lost);
		if (send_record(c, &lost_writer, -1) == 0)
			c->events_lost = 0;
	}
	if (!w)
		return;
	if (c->events_lost > 0 || send_record(c, w, -1) < 0)
		c->events_lost++;
}

static void send_list(struct connection *c)
{
	struct manager *m = c->manager;
	struct proto_writer w;

	for (int i = 0; i < RECORDS_PER_ROUND && c->list_next < m->n_nodes; i++) {
		const struct node *node = manager_node(m, c->list_next);

		proto_begin(&w, record, sizeof(record), OP_RECORD, c->list_id, 0);
		proto_put_text(&w, TAG_UNIT, node->unit->id);
		status_put_unit(m, node, &c->list_want, &w);
		if (send_record(c, &w, -1) < 0)
			return;
		c->list_next++;
	}
	if (c->list_next < m->n_nodes)
		return;
	proto_begin(&w, record, sizeof(record), OP_OK, c->list_id, 0);
	if (send_record(c, &w, -1) == 0)
		c->listing = false;
}

static bool is_result(const struct wait *w)
{
	return w->job && w->done && !w->held;
}

static bool has_results(const struct connection *c)
{
	for (int i = 0; i < CONNECTION_MAX_WAITS; i++)
		if (is_result(&c->waits[i]))
			return true;
	return false;
}

static struct wait *free_wait(struct connection *c)
{
	for (int i = 0; i < CONNECTION_MAX_WAITS; i++)
		if (!c->waits[i].job)
			return &c->waits[i];
	return NULL;
}

static bool has_waits(const struct connection *c)
{
	for (int i = 0; i < CONNECTION_MAX_WAITS; i++)
		if (c->waits[i].job)
			return true;
	return false;
}

/* Waits for what the connection can make use of, and for nothing that would only spin. */
static void update_events(struct connection *c)
{
	uint32_t events = 0;

	if (c->blocked || c->listing || c->events_lost > 0 || has_results(c) ||
	    (c->parked && c->parked->ready))
		events |= EPOLLOUT;
	if (!c->blocked && !c->listing && !c->parked && free_wait(c))
		events |= EPOLLIN;
	if (events != c->source.events && loop_mod(c->manager->loop, &c->source, events) < 0)
		c->broken = true;
}

/* -- receiving -- */

/* Its own source goes on with it (flush()): this may be anybody's call. */
static void on_loaded(struct load_waiter *w, int result, const struct diag *diag)
{
	struct parked *p = container_of(w, struct parked, waiter);

	p->ready = true;
	p->result = result;
	p->diag = *diag;
	p->request.looked = true;
	update_events(p->connection);
}

static void refuse_to_wait(struct connection *c, const struct request *r, int err)
{
	struct diag diag = { 0 };

	diag_set(&diag, DIAG_ERROR, -err, "waiting for unit files");
	connection_error(c, r->header.id, err, &diag);
}

static void park(struct connection *c, const struct request *r, enum load_what what)
{
	int fd = what == LOAD_DIFF ? memfd_create("berth-diff", MFD_CLOEXEC) : -1;
	struct parked *p = what == LOAD_DIFF && fd < 0 ? NULL : calloc(1, sizeof(*p));

	if (!p) {
		fd_close(&fd);
		refuse_to_wait(c, r, -ENOMEM);
		return;
	}
	p->request = *r;
	p->connection = c;
	p->waiter = (struct load_waiter){
		.what = what, .name = p->request.unit, .fd = fd, .loaded = on_loaded
	};
	c->parked = p;
	loading_want(&p->waiter);
}

static void free_parked(struct parked *p)
{
	fd_close(&p->waiter.fd);
	free(p);
}

static void unpark(struct connection *c)
{
	if (!c->parked)
		return;
	loading_cancel(&c->parked->waiter);
	free_parked(c->parked);
	c->parked = NULL;
}

/* @wait: a free slot, in case the answer has to wait for a job. */
static void answer_request(struct connection *c, const struct request *r, struct wait *wait)
{
	struct manager *m = c->manager;
	struct answer answer = { .fd = -1 };
	struct diag diag = { 0 };
	int err;

	proto_begin(&answer.w, record, sizeof(record), OP_OK, r->header.id, 0);
	err = request_run(m, r, &answer, &diag);
	if (err < 0) {
		connection_error(c, r->header.id, err, &diag);
		return;
	}
	switch (answer.kind) {
	case ANSWER_JOB:
		*wait = (struct wait){ .job = answer.job,
				       .id = r->header.id,
				       .done = answer.held != 0,
				       .result = JOB_DONE,
				       .held = answer.held };
		return;
	case ANSWER_LIST:
		c->listing = true;
		c->list_id = r->header.id;
		c->list_next = 0;
		c->list_want = r->want;
		send_list(c);
		return;
	case ANSWER_LOAD: park(c, r, LOAD_UNIT); return;
	case ANSWER_RELOAD: park(c, r, LOAD_RELOAD); return;
	case ANSWER_DIFF: park(c, r, LOAD_DIFF); return;
	case ANSWER_EVENTS:
		c->subscribed = true;
		c->events_id = r->header.id;
		break;
	case ANSWER_OK: break;
	}
	if (send_record(c, &answer.w, answer.fd) < 0)
		c->broken = true;
	fd_close(&answer.fd);
}

/* The request for which unit files have been read. */
static void answer_parked(struct connection *c, struct wait *wait)
{
	struct parked *p = c->parked;
	struct proto_writer w;

	c->parked = NULL;
	if (p->result < 0) {
		connection_error(c, p->request.header.id, p->result, &p->diag);
	} else if (p->waiter.what == LOAD_UNIT) {
		answer_request(c, &p->request, wait);
	} else {
		proto_begin(&w, record, sizeof(record), OP_OK, p->request.header.id, 0);
		if (send_record(c, &w, p->waiter.fd) < 0)
			c->broken = true;
	}
	free_parked(p);
}

/* Goes on with whatever could not be sent before. */
static void flush(struct connection *c)
{
	struct wait *wait;

	c->blocked = false;
	for (int i = 0; i < CONNECTION_MAX_WAITS; i++)
		if (is_result(&c->waits[i]) && !send_result(c, &c->waits[i]))
			return;
	if (c->events_lost > 0)
		send_event(c, NULL);
	if (c->listing)
		send_list(c);
	wait = free_wait(c);
	if (c->parked && c->parked->ready && wait)
		answer_parked(c, wait);
}

static void read_request(struct connection *c, struct wait *wait)
{
	struct pollfd room = { .fd = c->source.fd, .events = POLLOUT };
	uint8_t packet[MAX_REQUEST];
	struct proto_reader fields;
	struct request r = { .uid = c->uid };
	struct diag diag = { 0 };
	ssize_t n;
	int err;

	/* A request is not even read while the client has not taken its former answers. */
	if (poll(&room, 1, 0) == 0) {
		c->blocked = true;
		return;
	}
	n = recv(c->source.fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->broken = true;
		return;
	}
	c->last_progress = clock_now(CLOCK_MONOTONIC);
	err = n > (ssize_t)sizeof(packet) ? -EPROTO
					  : proto_open(&fields, &r.header, packet, (size_t)n);
	if (err < 0)
		diag_set(&diag, DIAG_ERROR, -err, "control request");
	else
		err = request_decode(&r, &fields, &diag);
	if (err < 0)
		connection_error(c, r.header.id, err, &diag);
	else
		answer_request(c, &r, wait);
}

/* -- from and for control.c -- */

void connection_close(struct connection *c)
{
	int fd = loop_del(c->manager->loop, &c->source);

	unpark(c);
	fd_close(&fd);
	c->closed(c);
}

static void on_connection(struct source *source, uint32_t revents)
{
	struct connection *c = container_of(source, struct connection, source);
	struct wait *wait;

	if ((revents & EPOLLERR) || ((revents & EPOLLHUP) && !(revents & EPOLLIN)))
		c->broken = true;
	if (!c->broken && (revents & EPOLLOUT))
		flush(c);
	wait = free_wait(c);
	if (!c->broken && (revents & EPOLLIN) && !c->listing && !c->parked && wait)
		read_request(c, wait);
	if (!c->broken)
		update_events(c);
	if (c->broken)
		connection_close(c);
}

int connection_add(struct connection *c)
{
	c->source.events = EPOLLIN;
	c->source.fn = on_connection;
	c->last_progress = clock_now(CLOCK_MONOTONIC);
	return loop_add(c->manager->loop, &c->source);
}

void connection_event(struct connection *c, struct proto_writer *w)
{
	uint32_t lost = c->events_lost;

	if (!c->subscribed || c->broken)
		return;
	proto_set_id(w, c->events_id);
	send_event(c, w);
	if (c->events_lost > lost)
		update_events(c);
}

void connection_job_done(struct connection *c, uint32_t job, uint8_t result, uint32_t held)
{
	bool mine = false;

	for (int i = 0; i < CONNECTION_MAX_WAITS; i++) {
		if (c->waits[i].job != job || c->waits[i].done)
			continue;
		c->waits[i].done = true;
		c->waits[i].result = result;
		c->waits[i].held = held;
		mine = true;
	}
	/* Sent from the connection's own source: here an answer may be under way in `record`. */
	if (mine && !c->broken)
		update_events(c);
}

void connection_unit_named(struct connection *c, uint32_t held)
{
	bool mine = false;

	for (int i = 0; i < CONNECTION_MAX_WAITS; i++) {
		if (c->waits[i].held != held)
			continue;
		c->waits[i].held = 0;
		mine = true;
	}
	if (mine && !c->broken)
		update_events(c);
}

bool connection_is_idle(const struct connection *c)
{
	return !c->blocked && !c->listing && !c->subscribed && !c->parked && !has_waits(c);
}

bool connection_is_over(const struct connection *c, usec_t now)
{
	usec_t silence = now > c->last_progress ? now - c->last_progress : 0;

	if (c->broken)
		return true;
	if (c->blocked || c->listing || has_results(c))
		return silence > STALL_TIMEOUT;
	return connection_is_idle(c) && silence > IDLE_TIMEOUT;
}
