/* SPDX-License-Identifier: MIT */
#include "netcfg/nft.h"

#include "netcfg/nftmsg.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#define REPLACE_TRIES 4

/* Standard priorities of nft(8): "dstnat", "srcnat", "filter". */
#define PRIORITY_DSTNAT (-100)
#define PRIORITY_SRCNAT 100
#define PRIORITY_FILTER 0

#define IPV4_SADDR 12 /* offsets in the header, RFC 791 */
#define IPV4_DADDR 16
#define L4_DPORT   2

/* An inet chain sees IPv6 as well. */
static void match_ipv4(struct nl_buf *b)
{
	uint8_t proto = NFPROTO_IPV4;

	nft_meta(b, NFT_META_NFPROTO);
	nft_cmp(b, NFT_CMP_EQ, &proto, sizeof(proto));
}

/* A name compares in all 16 bytes. */
static void match_link(struct nl_buf *b, uint32_t key, uint32_t op, const char *name)
{
	char padded[16] = "";

	strncpy(padded, name, sizeof(padded) - 1);
	nft_meta(b, key);
	nft_cmp(b, op, padded, sizeof(padded));
}

/* Any of the bits in @mask is set. */
static void match_ct(struct nl_buf *b, uint32_t key, uint32_t mask)
{
	static const uint32_t zero;

	nft_ct(b, key);
	nft_mask4(b, mask);
	nft_cmp(b, NFT_CMP_NEQ, &zero, sizeof(zero));
}

static void match_local_destination(struct nl_buf *b)
{
	uint32_t type = RTN_LOCAL;

	nft_fib_daddr_type(b);
	nft_cmp(b, NFT_CMP_EQ, &type, sizeof(type));
}

static void match_not_loopback(struct nl_buf *b)
{
	uint8_t first = 127;

	nft_payload(b, NFT_PAYLOAD_NETWORK_HEADER, IPV4_DADDR, sizeof(first));
	nft_cmp(b, NFT_CMP_NEQ, &first, sizeof(first));
}

/*
 * Only what is meant for this machine: without the address type, a service's own connection to
 * port 80 of anybody outside would be turned to whoever publishes port 80 here.
 */
static void put_entry(struct nl_buf *b, const char *chain)
{
	size_t rule = nft_rule(b, NFT_TABLE, chain);

	match_ipv4(b);
	match_not_loopback(b);
	match_local_destination(b);
	nft_jump(b, "publish");
	nft_rule_end(b, rule);
}

static void put_publish(struct nl_buf *b, const struct nft_publish *p)
{
	size_t rule = nft_rule(b, NFT_TABLE, "publish");
	uint32_t host_addr = htobe32(p->host_addr), addr = htobe32(p->addr);
	uint16_t host_port = htobe16(p->host_port), port = htobe16(p->port);

	nft_meta(b, NFT_META_L4PROTO);
	nft_cmp(b, NFT_CMP_EQ, &p->proto, sizeof(p->proto));
	nft_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, L4_DPORT, sizeof(host_port));
	nft_cmp(b, NFT_CMP_EQ, &host_port, sizeof(host_port));
	if (p->host_addr) {
		match_ipv4(b);
		nft_payload(b, NFT_PAYLOAD_NETWORK_HEADER, IPV4_DADDR, sizeof(host_addr));
		nft_cmp(b, NFT_CMP_EQ, &host_addr, sizeof(host_addr));
	}
	nft_immediate(b, NFT_REG_1, &addr, sizeof(addr));
	nft_immediate(b, NFT_REG_2, &port, sizeof(port));
	nft_dnat4(b);
	nft_rule_end(b, rule);
}

static void put_masquerade(struct nl_buf *b, const struct nft_spec *spec)
{
	size_t rule = nft_rule(b, NFT_TABLE, "postrouting");
	uint32_t mask = spec->prefix ? UINT32_MAX << (32 - spec->prefix) : 0;
	uint32_t net = htobe32(spec->subnet & mask);

	match_ipv4(b);
	nft_payload(b, NFT_PAYLOAD_NETWORK_HEADER, IPV4_SADDR, sizeof(net));
	nft_mask4(b, htobe32(mask));
	nft_cmp(b, NFT_CMP_EQ, &net, sizeof(net));
	match_link(b, NFT_META_OIFNAME, NFT_CMP_NEQ, spec->bridge);
	nft_masquerade(b);
	nft_rule_end(b, rule);
}

/* Traffic from outside to a service: @key and @mask of conntrack, or all of it (0), gets @verdict.
 */
static void put_inbound(struct nl_buf *b, const struct nft_spec *spec, uint32_t key, uint32_t mask,
			uint32_t verdict)
{
	size_t rule = nft_rule(b, NFT_TABLE, "forward");

	match_link(b, NFT_META_IIFNAME, NFT_CMP_NEQ, spec->bridge);
	match_link(b, NFT_META_OIFNAME, NFT_CMP_EQ, spec->bridge);
	if (mask)
		match_ct(b, key, mask);
	nft_verdict(b, verdict);
	nft_rule_end(b, rule);
}

static void put_guard(struct nl_buf *b, const struct nft_spec *spec)
{
	size_t rule = nft_rule(b, NFT_TABLE, "forward");

	match_link(b, NFT_META_IIFNAME, NFT_CMP_NEQ, spec->bridge);
	match_link(b, NFT_META_OIFNAME, NFT_CMP_NEQ, spec->bridge);
	nft_verdict(b, NF_DROP);
	nft_rule_end(b, rule);
}

static void put_forward(struct nl_buf *b, const struct nft_spec *spec)
{
	uint32_t known = NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED);

	nft_add_base_chain(b, NFT_TABLE, "forward", "filter", NF_INET_FORWARD, PRIORITY_FILTER);
	put_inbound(b, spec, NFT_CT_STATE, known, NF_ACCEPT);
	put_inbound(b, spec, NFT_CT_STATUS, IPS_DST_NAT, NF_ACCEPT);
	put_inbound(b, spec, 0, 0, NF_DROP);
	if (spec->guard)
		put_guard(b, spec);
}

void nft_build(struct nl_buf *b, const struct nft_spec *spec)
{
	nft_batch_begin(b);
	/* Added first, so that there is one to delete; deleted, so that the new one is empty. */
	nft_add_table(b, NFT_TABLE);
	nft_delete_table(b, NFT_TABLE);
	nft_add_table(b, NFT_TABLE);
	nft_add_chain(b, NFT_TABLE, "publish");
	nft_add_base_chain(b, NFT_TABLE, "prerouting", "nat", NF_INET_PRE_ROUTING, PRIORITY_DSTNAT);
	nft_add_base_chain(b, NFT_TABLE, "output", "nat", NF_INET_LOCAL_OUT, PRIORITY_DSTNAT);
	nft_add_base_chain(b, NFT_TABLE, "postrouting", "nat", NF_INET_POST_ROUTING,
			   PRIORITY_SRCNAT);
	for (unsigned int i = 0; i < spec->n_publish; i++)
		put_publish(b, &spec->publish[i]);
	put_entry(b, "prerouting");
	put_entry(b, "output");
	put_masquerade(b, spec);
	put_forward(b, spec);
	nft_batch_end(b);
}

/* A batch is one datagram: the send buffer has to take it whole, with the kernel's overhead. */
static int make_send_room(const struct nl_sock *nf, size_t len)
{
	int size = (int)(len * 2);

	if (len < 64 * 1024)
		return 0;
	return setsockopt(nf->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0 ? -errno : 0;
}

int nft_replace(struct nl_sock *nf, const struct nft_spec *spec, void *buf, size_t size,
		struct nl_error *err)
{
	struct nl_buf b = { .data = buf, .size = size };
	int r;

	nft_build(&b, spec);
	r = make_send_room(nf, b.len);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < REPLACE_TRIES; i++) {
		r = nl_transact(nf, &b, err);
		/* Somebody else's change came between, or a module was loaded meanwhile. */
		if (r != -EBUSY && r != -ERESTART && r != -EAGAIN)
			break;
	}
	return r;
}
