/* SPDX-License-Identifier: MIT */
#include "netcfg/nftmsg.h"

#include <endian.h>
#include <sys/socket.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

static void put_be32(struct nl_buf *b, uint16_t type, uint32_t v)
{
	nl_put_u32(b, type, htobe32(v));
}

static void begin(struct nl_buf *b, uint16_t type, uint16_t flags)
{
	struct nfgenmsg header = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	nl_begin(b, NFNL_SUBSYS_NFTABLES << 8 | type, flags, &header, sizeof(header));
}

/* The frame names the subsystem in res_id. */
static void frame(struct nl_buf *b, uint16_t type)
{
	struct nfgenmsg header = {
		.nfgen_family = AF_UNSPEC,
		.version = NFNETLINK_V0,
		.res_id = htobe16(NFNL_SUBSYS_NFTABLES),
	};

	nl_begin(b, type, 0, &header, sizeof(header));
}

void nft_batch_begin(struct nl_buf *b)
{
	frame(b, NFNL_MSG_BATCH_BEGIN);
}

void nft_batch_end(struct nl_buf *b)
{
	unsigned int ack = b->ack;

	/* Kernels before 6.10 never acknowledge the end: the message before it has to. */
	frame(b, NFNL_MSG_BATCH_END);
	b->ack = ack;
}

void nft_add_table(struct nl_buf *b, const char *table)
{
	begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nl_put_str(b, NFTA_TABLE_NAME, table);
}

void nft_delete_table(struct nl_buf *b, const char *table)
{
	begin(b, NFT_MSG_DELTABLE, 0);
	nl_put_str(b, NFTA_TABLE_NAME, table);
}

void nft_add_chain(struct nl_buf *b, const char *table, const char *chain)
{
	begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nl_put_str(b, NFTA_CHAIN_TABLE, table);
	nl_put_str(b, NFTA_CHAIN_NAME, chain);
}

void nft_add_base_chain(struct nl_buf *b, const char *table, const char *chain, const char *type,
			uint32_t hook, int32_t priority)
{
	size_t nest;

	nft_add_chain(b, table, chain);
	nest = nl_nest(b, NFTA_CHAIN_HOOK);
	put_be32(b, NFTA_HOOK_HOOKNUM, hook);
	put_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	nl_end(b, nest);
	nl_put_str(b, NFTA_CHAIN_TYPE, type);
}

size_t nft_rule(struct nl_buf *b, const char *table, const char *chain)
{
	begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nl_put_str(b, NFTA_RULE_TABLE, table);
	nl_put_str(b, NFTA_RULE_CHAIN, chain);
	return nl_nest(b, NFTA_RULE_EXPRESSIONS);
}

void nft_rule_end(struct nl_buf *b, size_t rule)
{
	nl_end(b, rule);
}

/* One element of the expression list: its name and its own attributes. */
struct expr {
	size_t element, data;
};

static struct expr expr_begin(struct nl_buf *b, const char *name)
{
	struct expr e;

	e.element = nl_nest(b, NFTA_LIST_ELEM);
	nl_put_str(b, NFTA_EXPR_NAME, name);
	e.data = nl_nest(b, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct nl_buf *b, struct expr e)
{
	nl_end(b, e.data);
	nl_end(b, e.element);
}

static void put_value(struct nl_buf *b, uint16_t type, const void *data, size_t len)
{
	size_t nest = nl_nest(b, type);

	nl_put(b, NFTA_DATA_VALUE, data, len);
	nl_end(b, nest);
}

void nft_meta(struct nl_buf *b, uint32_t key)
{
	struct expr e = expr_begin(b, "meta");

	put_be32(b, NFTA_META_DREG, NFT_REG_1);
	put_be32(b, NFTA_META_KEY, key);
	expr_end(b, e);
}

void nft_payload(struct nl_buf *b, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expr e = expr_begin(b, "payload");

	put_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_be32(b, NFTA_PAYLOAD_BASE, base);
	put_be32(b, NFTA_PAYLOAD_OFFSET, offset);
	put_be32(b, NFTA_PAYLOAD_LEN, len);
	expr_end(b, e);
}

void nft_mask4(struct nl_buf *b, uint32_t mask)
{
	static const uint32_t zero;
	struct expr e = expr_begin(b, "bitwise");

	put_be32(b, NFTA_BITWISE_SREG, NFT_REG_1);
	put_be32(b, NFTA_BITWISE_DREG, NFT_REG_1);
	put_be32(b, NFTA_BITWISE_LEN, sizeof(mask));
	put_value(b, NFTA_BITWISE_MASK, &mask, sizeof(mask));
	put_value(b, NFTA_BITWISE_XOR, &zero, sizeof(zero));
	expr_end(b, e);
}

void nft_ct(struct nl_buf *b, uint32_t key)
{
	struct expr e = expr_begin(b, "ct");

	put_be32(b, NFTA_CT_DREG, NFT_REG_1);
	put_be32(b, NFTA_CT_KEY, key);
	expr_end(b, e);
}

void nft_fib_daddr_type(struct nl_buf *b)
{
	struct expr e = expr_begin(b, "fib");

	put_be32(b, NFTA_FIB_DREG, NFT_REG_1);
	put_be32(b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	put_be32(b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	expr_end(b, e);
}

void nft_cmp(struct nl_buf *b, uint32_t op, const void *data, size_t len)
{
	struct expr e = expr_begin(b, "cmp");

	put_be32(b, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(b, NFTA_CMP_OP, op);
	put_value(b, NFTA_CMP_DATA, data, len);
	expr_end(b, e);
}

void nft_immediate(struct nl_buf *b, uint32_t reg, const void *data, size_t len)
{
	struct expr e = expr_begin(b, "immediate");

	put_be32(b, NFTA_IMMEDIATE_DREG, reg);
	put_value(b, NFTA_IMMEDIATE_DATA, data, len);
	expr_end(b, e);
}

/* A verdict is a constant for the verdict register. */
static void put_verdict(struct nl_buf *b, uint32_t code, const char *chain)
{
	struct expr e = expr_begin(b, "immediate");
	size_t data, verdict;

	put_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nl_nest(b, NFTA_IMMEDIATE_DATA);
	verdict = nl_nest(b, NFTA_DATA_VERDICT);
	put_be32(b, NFTA_VERDICT_CODE, code);
	if (chain)
		nl_put_str(b, NFTA_VERDICT_CHAIN, chain);
	nl_end(b, verdict);
	nl_end(b, data);
	expr_end(b, e);
}

void nft_jump(struct nl_buf *b, const char *chain)
{
	put_verdict(b, (uint32_t)NFT_JUMP, chain);
}

void nft_verdict(struct nl_buf *b, uint32_t verdict)
{
	put_verdict(b, verdict, NULL);
}

void nft_dnat4(struct nl_buf *b)
{
	struct expr e = expr_begin(b, "nat");

	put_be32(b, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	put_be32(b, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	put_be32(b, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	put_be32(b, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	expr_end(b, e);
}

void nft_masquerade(struct nl_buf *b)
{
	expr_end(b, expr_begin(b, "masq"));
}
