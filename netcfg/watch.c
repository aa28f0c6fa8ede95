/* SPDX-License-Identifier: MIT */
#include "netcfg/watch.h"

#include "lib/fd.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#define WATCH_READS  32	       /* datagrams per call */
#define WATCH_BUFFER (1 << 20) /* a thousand services start: two to four events of 1.5 KB each */

int link_watch_open(struct link_watch *w)
{
	static const int size = WATCH_BUFFER;
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	autoclose int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	w->fd = -1;
	if (fd < 0)
		return -errno;
	/* A smaller buffer only means more resyncs. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	w->fd = fd_take(&fd);
	return 0;
}

void link_watch_close(struct link_watch *w)
{
	fd_close(&w->fd);
}

static void dispatch(const struct nlmsghdr *msg, link_watch_fn fn, void *ctx)
{
	struct link_info info;

	if (msg->nlmsg_type != RTM_NEWLINK && msg->nlmsg_type != RTM_DELLINK)
		return;
	/* The bridge family reports its ports a second time. */
	if (link_parse(msg, &info) < 0 ||
	    ((const struct ifinfomsg *)NLMSG_DATA(msg))->ifi_family != AF_UNSPEC)
		return;
	fn(ctx, msg->nlmsg_type == RTM_NEWLINK ? LINK_CHANGED : LINK_GONE, &info);
}

int link_watch_drain(struct link_watch *w, link_watch_fn fn, void *ctx)
{
	_Alignas(8) uint8_t buf[8192];

	for (unsigned int i = 0; i < WATCH_READS; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(w->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);
		size_t left = (size_t)n;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0 && errno != ENOBUFS)
			return -errno;
		if (n < 0 || left > sizeof(buf)) {
			fn(ctx, LINK_RESYNC, NULL);
			continue;
		}
		if (from.nl_pid != 0)
			continue;
		for (const struct nlmsghdr *msg = (void *)buf; NLMSG_OK(msg, left);
		     msg = NLMSG_NEXT(msg, left))
			dispatch(msg, fn, ctx);
	}
	return 0;
}

struct dump {
	link_watch_fn fn;
	void *ctx;
};

static int take_dumped(const struct nlmsghdr *msg, void *ctx)
{
	struct dump *d = ctx;

	dispatch(msg, d->fn, d->ctx);
	return 0;
}

int link_watch_dump(struct nl_sock *s, link_watch_fn fn, void *ctx)
{
	struct ifinfomsg info = { 0 };
	struct dump d = { .fn = fn, .ctx = ctx };
	NL_BUF(b, 64);

	nl_begin(&b, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	return nl_query(s, &b, take_dumped, &d, NULL);
}
