/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_ROUTE_H
#define BERTH_NETCFG_ROUTE_H

#include "netcfg/nl.h"

/* One IPv4 route of the main table, host byte order. */
struct route {
	uint32_t dest;
	unsigned int prefix; /* 0: the default route */
	uint32_t gateway;    /* 0: directly on the link */
	uint32_t index;	     /* the link, 0: as the gateway says */
	uint32_t metric;     /* 0: the kernel's default */
};

/* Appends "set this route"; one that is there already is replaced. The link must be up. */
void route_put_set(struct nl_buf *b, const struct route *r);
int route_set(struct nl_sock *s, const struct route *r, struct nl_error *err);
/* -ESRCH if it is not there. */
int route_remove(struct nl_sock *s, const struct route *r, struct nl_error *err);

#endif
