/* SPDX-License-Identifier: MIT */
#include "ctl/client.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/parse.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static void complain(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, diag_errno(err));
}

struct client *client_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		complain("berthctl", ENOMEM);
		return NULL;
	}
	c->fd = -1;
	path = path ? path : PROTO_SOCKET;
	if (!str_copy(address.sun_path, sizeof(address.sun_path), path))
		errno = ENAMETOOLONG;
	else
		c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "Failed to connect to berth at %s: %s\n", path, diag_errno(errno));
		client_close(c);
		return NULL;
	}
	return c;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	fd_close(&c->fd);
	free(c);
}

struct proto_writer client_begin(struct client *c, enum proto_op op, uint32_t flags)
{
	struct proto_writer w;

	proto_begin(&w, c->out, sizeof(c->out), (uint16_t)op, ++c->last_id, flags);
	return w;
}

uint32_t client_send(struct client *c, struct proto_writer *w)
{
	if (w->cut) {
		complain("Request to berth", E2BIG);
		return 0;
	}
	while (send(c->fd, w->data, proto_end(w), MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		complain("Request to berth", errno);
		return 0;
	}
	return c->last_id;
}

static int passed_fd(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

int client_receive(struct client *c, struct reply *reply, int timeout_ms)
{
	struct iovec iov = { .iov_base = c->in, .iov_len = sizeof(c->in) };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} cmsg;
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &cmsg,
			      .msg_controllen = sizeof(cmsg.space) };
	struct pollfd ready = { .fd = c->fd, .events = POLLIN };
	ssize_t n;
	int r;

	*reply = (struct reply){ .fd = -1 };
	do
		r = poll(&ready, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	do
		n = recvmsg(c->fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		reply->fd = passed_fd(&msg);
		r = proto_open(&reply->fields, &reply->header, c->in, (size_t)n);
	} else {
		r = n < 0 ? -errno : -ECONNRESET;
	}
	if (r < 0)
		complain("Answer of berth", -r);
	return r;
}

bool reply_text(const struct reply *reply, enum proto_tag tag, char *buf, size_t size)
{
	struct proto_reader fields = reply->fields;
	struct proto_field f;

	while (proto_next(&fields, &f))
		if (f.tag == tag)
			return proto_get_text(&f, buf, size) == 0;
	return false;
}

uint64_t reply_number(const struct reply *reply, enum proto_tag tag, uint64_t otherwise)
{
	struct proto_reader fields = reply->fields;
	struct proto_field f;
	uint32_t small;
	uint64_t big;

	while (proto_next(&fields, &f)) {
		if (f.tag != tag)
			continue;
		if (proto_get_u32(&f, &small) == 0)
			return small;
		return proto_get_u64(&f, &big) == 0 ? big : otherwise;
	}
	return otherwise;
}

void reply_failure(const struct reply *reply, struct failure *failure)
{
	failure->err = (int)reply_number(reply, TAG_ERRNO, EIO);
	if (!reply_text(reply, TAG_TEXT, failure->text, sizeof(failure->text)))
		str_copy(failure->text, sizeof(failure->text), diag_errno(failure->err));
}

int client_call(struct client *c, struct proto_writer *w, struct reply *reply,
		struct failure *failure)
{
	uint32_t id = client_send(c, w);
	int r = id ? 0 : -EIO;

	while (r == 0) {
		r = client_receive(c, reply, -1);
		/* id 0: turned away before the request was read */
		if (r < 0 || (reply->header.id != id && reply->header.id != 0))
			continue;
		if (reply->header.op == OP_OK)
			return 0;
		if (reply->header.op == OP_ERROR) {
			reply_failure(reply, failure);
			return -failure->err;
		}
	}
	failure->err = -r;
	str_copy(failure->text, sizeof(failure->text), diag_errno(-r));
	return r;
}

static void *must(void *p)
{
	if (!p) {
		complain("berthctl", ENOMEM);
		exit(1);
	}
	return p;
}

/* One block for all texts: a property is a name, "=", a value; the "=" becomes the name's end. */
void props_take(struct props *p, const struct reply *reply)
{
	struct proto_reader fields = reply->fields;
	struct proto_field f;
	size_t room = 0, n = 0;
	char *at;

	while (proto_next(&fields, &f)) {
		room += (size_t)f.len + 1;
		n++;
	}
	p->v = must(calloc(n + 1, sizeof(*p->v)));
	p->text = at = must(malloc(room + 1));
	p->n = 0;
	fields = reply->fields;
	while (proto_next(&fields, &f)) {
		char *value;

		if (f.tag != TAG_PROPERTY || proto_get_text(&f, at, (size_t)f.len + 1) < 0)
			continue;
		value = strchr(at, '=');
		if (!value)
			continue;
		*value++ = '\0';
		p->v[p->n++] = (struct property){ at, value };
		at += (size_t)f.len + 1;
	}
}

void props_free(struct props *p)
{
	free(p->v);
	free(p->text);
	*p = (struct props){ 0 };
}

const char *props_get(const struct props *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->v[i].name, name))
			return p->v[i].value;
	return "";
}

uint64_t props_number(const struct props *p, const char *name, uint64_t otherwise)
{
	uint64_t v;

	return parse_u64(props_get(p, name), 0, UINT64_MAX, &v) < 0 ? otherwise : v;
}

int client_show(struct client *c, const char *unit, const char *const *wants, struct props *p,
		struct failure *failure)
{
	struct proto_writer w = client_begin(c, OP_SHOW, 0);
	struct reply reply;
	int r;

	proto_put_text(&w, TAG_UNIT, unit);
	for (; wants && *wants; wants++)
		proto_put_text(&w, TAG_WANT, *wants);
	r = client_call(c, &w, &reply, failure);
	if (r == 0)
		props_take(p, &reply);
	return r;
}

int client_subscribe(struct client *c)
{
	struct proto_writer w = client_begin(c, OP_SUBSCRIBE, 0);
	struct failure failure = { 0 };
	struct reply reply;

	if (client_call(c, &w, &reply, &failure) == 0)
		return 0;
	fprintf(stderr, "Failed to subscribe: %s\n", failure.text);
	return 1;
}
