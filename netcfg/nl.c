/* SPDX-License-Identifier: MIT */
#include "netcfg/nl.h"

#include "lib/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define DUMP_TRIES 4
#define RECV_SIZE  8192 /* the least that the kernel sizes its answers to (netlink_dump()) */

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

int nl_open(struct nl_sock *s, int protocol)
{
	static const int on = 1;
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	/* Better messages and shorter answers; kernels before 4.12 have neither, and work. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*s = (struct nl_sock){ .fd = fd_take(&fd), .port = addr.nl_pid, .seq = 1 };
	return 0;
}

void nl_close(struct nl_sock *s)
{
	fd_close(&s->fd);
}

/* Zeroed, aligned room for @len bytes at the end, NULL when there is none. */
static void *grow(struct nl_buf *b, size_t len)
{
	size_t padded = NLMSG_ALIGN(len);
	void *p;

	if (b->overflow || padded < len || padded > b->size - b->len) {
		b->overflow = true;
		return NULL;
	}
	p = b->data + b->len;
	memset(p, 0, padded);
	b->len += padded;
	return p;
}

/* The length of the last message is kept current: any point is a valid end. */
static void settle(struct nl_buf *b)
{
	struct nlmsghdr *msg = (void *)(b->data + b->msg);

	if (b->n)
		msg->nlmsg_len = (uint32_t)(b->len - b->msg);
}

void nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, const void *header, size_t len)
{
	size_t at = b->len;
	struct nlmsghdr *msg = grow(b, sizeof(*msg) + len);

	if (!msg)
		return;
	msg->nlmsg_type = type;
	msg->nlmsg_flags = flags | NLM_F_REQUEST;
	memcpy(msg + 1, header, len);
	b->msg = at;
	b->ack = b->n++;
	settle(b);
}

void nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *a;

	if (len > UINT16_MAX - sizeof(*a)) {
		b->overflow = true;
		return;
	}
	a = grow(b, sizeof(*a) + len);
	if (!a)
		return;
	a->nla_type = type;
	a->nla_len = (uint16_t)(sizeof(*a) + len);
	if (len)
		memcpy(a + 1, data, len);
	settle(b);
}

void nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_u16(struct nl_buf *b, uint16_t type, uint16_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t v)
{
	nl_put(b, type, &v, sizeof(v));
}

void nl_put_str(struct nl_buf *b, uint16_t type, const char *s)
{
	nl_put(b, type, s, strlen(s) + 1);
}

void nl_put_raw(struct nl_buf *b, const void *data, size_t len)
{
	void *p = grow(b, len);

	if (!p)
		return;
	memcpy(p, data, len);
	settle(b);
}

size_t nl_nest(struct nl_buf *b, uint16_t type)
{
	size_t at = b->len;

	nl_put(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nl_end(struct nl_buf *b, size_t nest)
{
	size_t len = b->len - nest;

	if (len > UINT16_MAX)
		b->overflow = true;
	if (!b->overflow)
		((struct nlattr *)(void *)(b->data + nest))->nla_len = (uint16_t)len;
}

/* Numbers the messages, the first *@first; dumps end by themselves, without acknowledgement. */
static int send_all(struct nl_sock *s, struct nl_buf *b, uint32_t *first)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	if (b->overflow || b->n == 0)
		return -EMSGSIZE;
	*first = s->seq;
	for (size_t at = 0; at < b->len;) {
		struct nlmsghdr *msg = (void *)(b->data + at);

		msg->nlmsg_seq = s->seq++;
		if (msg->nlmsg_seq - *first == b->ack &&
		    (msg->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
			msg->nlmsg_flags |= NLM_F_ACK;
		at += NLMSG_ALIGN(msg->nlmsg_len);
	}
	n = sendto(s->fd, b->data, b->len, MSG_DONTWAIT, (struct sockaddr *)&kernel,
		   sizeof(kernel));
	if (n < 0)
		return -errno;
	return (size_t)n == b->len ? 0 : -EPROTO;
}

/* The attributes lie behind the echoed request, of which CAP_ACK leaves only the header. */
static void copy_text(const struct nlmsghdr *msg, struct nl_error *err)
{
	size_t header = sizeof(struct nlmsgerr), len;
	const struct nlmsgerr *e = NLMSG_DATA(msg);
	const char *text;

	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(msg->nlmsg_flags & NLM_F_CAPPED))
		header += e->msg.nlmsg_len - sizeof(e->msg);
	text = nl_attr_data(nl_attr(msg, header, NLMSGERR_ATTR_MSG), &len);
	if (!text)
		return;
	len = strnlen(text, len);
	if (len >= sizeof(err->text))
		len = sizeof(err->text) - 1;
	memcpy(err->text, text, len);
	err->text[len] = '\0';
}

/* Where a conversation stands. */
struct talk {
	uint32_t first, last; /* sequence numbers: first message, the one that acknowledges */
	uint32_t port;
	nl_fn fn;
	void *ctx;
	struct nl_error *err;
	int result;
	bool done;
	bool interrupted;
};

static void take_verdict(struct talk *t, const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = NLMSG_DATA(msg);

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*e))) {
		t->result = -EPROTO;
		t->done = true;
		return;
	}
	if (e->error && t->result == 0) {
		t->result = e->error;
		if (t->err) {
			t->err->index = msg->nlmsg_seq - t->first;
			copy_text(msg, t->err);
		}
	}
	if (msg->nlmsg_seq == t->last)
		t->done = true;
}

static void take_message(struct talk *t, const struct nlmsghdr *msg)
{
	/* Ours by both marks: late answers to an earlier request are of no interest (PITFALLS 101).
	 */
	if (msg->nlmsg_pid != t->port || msg->nlmsg_seq - t->first > t->last - t->first)
		return;
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		t->interrupted = true;
	if (msg->nlmsg_type == NLMSG_ERROR) {
		take_verdict(t, msg);
	} else if (msg->nlmsg_type == NLMSG_DONE) {
		t->done = true;
	} else if (msg->nlmsg_type >= NLMSG_MIN_TYPE && t->fn && t->result == 0) {
		t->result = t->fn(msg, t->ctx);
	}
}

/* Never waits: what the kernel has to say is queued before the send returns. */
static int converse(struct nl_sock *s, struct talk *t)
{
	_Alignas(8) uint8_t buf[RECV_SIZE];

	while (!t->done) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);
		size_t left = (size_t)n;

		if (n < 0 && errno == EINTR)
			continue;
		/* A batch that is refused as a whole has a verdict on its first message only. */
		if (n < 0 && errno == EAGAIN)
			return t->result ? t->result : -EPROTO;
		if (n < 0)
			return -errno;
		if (from.nl_pid != 0)
			continue; /* not from the kernel: anybody may send to us */
		if (left > sizeof(buf))
			return -EMSGSIZE;
		for (const struct nlmsghdr *msg = (void *)buf; NLMSG_OK(msg, left);
		     msg = NLMSG_NEXT(msg, left))
			take_message(t, msg);
	}
	return t->result;
}

static int talk_once(struct nl_sock *s, struct nl_buf *b, struct talk *t)
{
	int r;

	if (t->err)
		*t->err = (struct nl_error){ 0 };
	r = send_all(s, b, &t->first);
	if (r < 0)
		return r;
	t->last = t->first + b->ack;
	t->port = s->port;
	return converse(s, t);
}

int nl_transact(struct nl_sock *s, struct nl_buf *b, struct nl_error *err)
{
	struct talk t = { .err = err };

	return talk_once(s, b, &t);
}

int nl_query(struct nl_sock *s, struct nl_buf *b, nl_fn fn, void *ctx, struct nl_error *err)
{
	for (unsigned int i = 0; i < DUMP_TRIES; i++) {
		struct talk t = { .fn = fn, .ctx = ctx, .err = err };
		int r = talk_once(s, b, &t);

		if (r != 0 || !t.interrupted)
			return r;
	}
	return -EAGAIN;
}

static const struct nlattr *find_attr(const uint8_t *data, size_t len, uint16_t type)
{
	while (len >= sizeof(struct nlattr)) {
		const struct nlattr *a = (const void *)data;
		size_t step = NLA_ALIGN(a->nla_len);

		if (a->nla_len < sizeof(*a) || a->nla_len > len)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		if (step >= len)
			return NULL;
		data += step;
		len -= step;
	}
	return NULL;
}

const struct nlattr *nl_attr(const struct nlmsghdr *msg, size_t header, uint16_t type)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(header);

	if (msg->nlmsg_len <= skip)
		return NULL;
	return find_attr((const uint8_t *)msg + skip, msg->nlmsg_len - skip, type);
}

const struct nlattr *nl_attr_in(const struct nlattr *nest, uint16_t type)
{
	size_t len;
	const void *data = nl_attr_data(nest, &len);

	return data ? find_attr(data, len, type) : NULL;
}

const void *nl_attr_data(const struct nlattr *a, size_t *len)
{
	if (!a)
		return NULL;
	*len = a->nla_len - sizeof(*a);
	return a + 1;
}

uint32_t nl_attr_u32(const struct nlattr *a)
{
	size_t len;
	uint32_t v = 0;
	const void *data = nl_attr_data(a, &len);

	if (data && len >= sizeof(v))
		memcpy(&v, data, sizeof(v));
	return v;
}
