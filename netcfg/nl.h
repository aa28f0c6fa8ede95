/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_NL_H
#define BERTH_NETCFG_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

/*
 * Netlink in layers: messages are built into a caller's buffer (nl_begin, nl_put*, nl_nest), any
 * number of them go out in one send, nl_transact() collects the verdict; one short function per
 * job stands on top of that (link.h, addr.h, route.h, nft.h).
 *
 * Nothing here allocates, logs or waits: the kernel works on a request within the send call, so
 * the answers are there when it returns. All of it is safe in the child after clone3.
 */
struct nl_sock {
	int fd;
	uint32_t port;
	uint32_t seq;
};

/* What the kernel had to say about the message that failed. */
struct nl_error {
	unsigned int index; /* which message of the buffer, from 0 */
	char text[100];	    /* extended acknowledgement, "" if there was none */
};

/* Messages being built. An overflow is remembered and refused at the send, so builders need no
 * checks. */
struct nl_buf {
	uint8_t *data; /* 4-byte aligned */
	size_t size;
	size_t len;
	size_t msg;	/* where the last message starts */
	unsigned int n; /* messages */
	unsigned int
		ack; /* which of them is to acknowledge: the last begun, unless set otherwise */
	bool overflow;
};

/* A buffer on the stack: `NL_BUF(b, 512);` declares it. */
#define NL_BUF(name, bytes)                                                                        \
	_Alignas(8) uint8_t name##_data[bytes];                                                    \
	struct nl_buf name = { .data = name##_data, .size = (bytes) }

/* @protocol NETLINK_ROUTE or NETLINK_NETFILTER; the namespace is that of the caller. 0 or -errno.
 */
int nl_open(struct nl_sock *s, int protocol);
void nl_close(struct nl_sock *s);

/* Starts a message; NLM_F_REQUEST is added. @header is the family's (ifinfomsg, ...). */
void nl_begin(struct nl_buf *b, uint16_t type, uint16_t flags, const void *header, size_t len);

/* Attributes of the message begun last. */
void nl_put(struct nl_buf *b, uint16_t type, const void *data, size_t len);
void nl_put_u8(struct nl_buf *b, uint16_t type, uint8_t v);
void nl_put_u16(struct nl_buf *b, uint16_t type, uint16_t v);
void nl_put_u32(struct nl_buf *b, uint16_t type, uint32_t v);
/* With its NUL. */
void nl_put_str(struct nl_buf *b, uint16_t type, const char *s);
/* Bytes without an attribute header (a nested family header), padded. */
void nl_put_raw(struct nl_buf *b, const void *data, size_t len);

/* nl_nest() returns the token for nl_end(). */
size_t nl_nest(struct nl_buf *b, uint16_t type);
void nl_end(struct nl_buf *b, size_t nest);

/*
 * Sends all messages of @b in one call and takes the kernel's verdict: 0, or -errno of the first
 * that failed, with @err (may be NULL) filled. The kernel goes on with the messages after a failed
 * one. Only message ->ack is asked to acknowledge; a failure is always reported
 * (netlink_rcv_skb()). -EMSGSIZE: @b overflowed, nothing was sent. -EPROTO: no verdict came.
 */
int nl_transact(struct nl_sock *s, struct nl_buf *b, struct nl_error *err);

/* One message of an answer. Not 0 ends the call with that value. */
typedef int (*nl_fn)(const struct nlmsghdr *msg, void *ctx);

/*
 * Like nl_transact() for one request with an answer (NLM_F_DUMP or a single object). A dump that
 * was interrupted by a change is repeated a few times (PITFALLS 102): @fn may see objects twice;
 * then -EAGAIN. With NLM_F_DUMP the message must not ask for an acknowledgement.
 */
int nl_query(struct nl_sock *s, struct nl_buf *b, nl_fn fn, void *ctx, struct nl_error *err);

/* The attribute @type after a family header of @header bytes in @msg, NULL if not there. */
const struct nlattr *nl_attr(const struct nlmsghdr *msg, size_t header, uint16_t type);
/* The same inside the nested attribute @nest. */
const struct nlattr *nl_attr_in(const struct nlattr *nest, uint16_t type);
/* Payload, length in *@len; a string is only to be trusted within it. */
const void *nl_attr_data(const struct nlattr *a, size_t *len);
/* 0 if it is absent or too short. */
uint32_t nl_attr_u32(const struct nlattr *a);

#endif
