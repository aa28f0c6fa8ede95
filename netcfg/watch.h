/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_WATCH_H
#define BERTH_NETCFG_WATCH_H

#include "netcfg/link.h"

/* Links that come, go, and go up or down. A socket of its own, apart from commands (PITFALLS 103).
 */
struct link_watch {
	int fd; /* non-blocking: a source of the loop */
};

enum link_event {
	LINK_CHANGED, /* new or changed; the state is in the info */
	LINK_GONE,
	LINK_RESYNC, /* events were lost: link_watch_dump() tells the present state; no info */
};

typedef void (*link_watch_fn)(void *ctx, enum link_event event, const struct link_info *info);

/* 0 or -errno. */
int link_watch_open(struct link_watch *w);
void link_watch_close(struct link_watch *w);

/* Hands over what has come, a bounded number per call. 0 or -errno. */
int link_watch_drain(struct link_watch *w, link_watch_fn fn, void *ctx);

/* All links as they are, each as LINK_CHANGED, by the command socket @s. 0 or -errno. */
int link_watch_dump(struct nl_sock *s, link_watch_fn fn, void *ctx);

#endif
