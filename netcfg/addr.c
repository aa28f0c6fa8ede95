/* SPDX-License-Identifier: MIT */
#include "netcfg/addr.h"

#include <endian.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

static void put_addr(struct nl_buf *b, uint16_t type, uint16_t flags, uint32_t index, uint32_t addr,
		     unsigned int prefix)
{
	struct ifaddrmsg header = {
		.ifa_family = AF_INET,
		.ifa_prefixlen = (uint8_t)prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = index,
	};
	uint32_t wire = htobe32(addr);

	nl_begin(b, type, flags, &header, sizeof(header));
	nl_put_u32(b, IFA_LOCAL, wire);
	nl_put_u32(b, IFA_ADDRESS, wire);
	/* From /31 on there is no broadcast address (RFC 3021). */
	if (type == RTM_NEWADDR && prefix < 31)
		nl_put_u32(b, IFA_BROADCAST, htobe32(addr | UINT32_MAX >> prefix));
}

void addr_put_add(struct nl_buf *b, uint32_t index, uint32_t addr, unsigned int prefix)
{
	put_addr(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, addr, prefix);
}

int addr_add(struct nl_sock *s, uint32_t index, uint32_t addr, unsigned int prefix,
	     struct nl_error *err)
{
	NL_BUF(b, 64);

	addr_put_add(&b, index, addr, prefix);
	return nl_transact(s, &b, err);
}

int addr_remove(struct nl_sock *s, uint32_t index, uint32_t addr, unsigned int prefix,
		struct nl_error *err)
{
	NL_BUF(b, 64);

	put_addr(&b, RTM_DELADDR, 0, index, addr, prefix);
	return nl_transact(s, &b, err);
}
