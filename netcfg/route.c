/* SPDX-License-Identifier: MIT */
#include "netcfg/route.h"

#include <endian.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

static void put_route(struct nl_buf *b, uint16_t type, uint16_t flags, const struct route *r)
{
	struct rtmsg header = {
		.rtm_family = AF_INET,
		.rtm_dst_len = (uint8_t)r->prefix,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = r->gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};

	nl_begin(b, type, flags, &header, sizeof(header));
	if (r->prefix)
		nl_put_u32(b, RTA_DST, htobe32(r->dest));
	if (r->gateway)
		nl_put_u32(b, RTA_GATEWAY, htobe32(r->gateway));
	if (r->index)
		nl_put_u32(b, RTA_OIF, r->index);
	if (r->metric)
		nl_put_u32(b, RTA_PRIORITY, r->metric);
}

void route_put_set(struct nl_buf *b, const struct route *r)
{
	put_route(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
}

int route_set(struct nl_sock *s, const struct route *r, struct nl_error *err)
{
	NL_BUF(b, 96);

	route_put_set(&b, r);
	return nl_transact(s, &b, err);
}

int route_remove(struct nl_sock *s, const struct route *r, struct nl_error *err)
{
	NL_BUF(b, 96);

	put_route(&b, RTM_DELROUTE, 0, r);
	return nl_transact(s, &b, err);
}
