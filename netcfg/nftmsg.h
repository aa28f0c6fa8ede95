/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_NFTMSG_H
#define BERTH_NETCFG_NFTMSG_H

#include "netcfg/nl.h"

/*
 * nf_tables messages and expressions, one function per thing that nft(8) has a word for. All
 * numbers on this wire are big-endian. Family is inet throughout. Nothing is sent here.
 */

/* Everything between the two is one transaction: all or nothing (PITFALLS 115). */
void nft_batch_begin(struct nl_buf *b);
void nft_batch_end(struct nl_buf *b);

void nft_add_table(struct nl_buf *b, const char *table);
void nft_delete_table(struct nl_buf *b, const char *table);
/* A chain without hook, to be jumped to. */
void nft_add_chain(struct nl_buf *b, const char *table, const char *chain);
/* @type "nat" or "filter", @hook NF_INET_*, @priority as in nft(8). */
void nft_add_base_chain(struct nl_buf *b, const char *table, const char *chain, const char *type,
			uint32_t hook, int32_t priority);

/* A rule at the end of the chain: begin, expressions, end with the returned token. */
size_t nft_rule(struct nl_buf *b, const char *table, const char *chain);
void nft_rule_end(struct nl_buf *b, size_t rule);

/*
 * Expressions. Loads go to register 1, matches compare register 1 (@op NFT_CMP_EQ or NFT_CMP_NEQ)
 * and leave the rule when they fail.
 */
void nft_meta(struct nl_buf *b, uint32_t key);
void nft_payload(struct nl_buf *b, uint32_t base, uint32_t offset, uint32_t len);
/* Register 1 &= @mask, in the byte order of what was loaded. */
void nft_mask4(struct nl_buf *b, uint32_t mask);
/* NFT_CT_STATE, NFT_CT_STATUS: native numbers. */
void nft_ct(struct nl_buf *b, uint32_t key);
/* The type (RTN_LOCAL, ...) of the destination address as a native number. */
void nft_fib_daddr_type(struct nl_buf *b);
void nft_cmp(struct nl_buf *b, uint32_t op, const void *data, size_t len);
/* Constants for nft_dnat4(): the address in register 1, the port in register 2. */
void nft_immediate(struct nl_buf *b, uint32_t reg, const void *data, size_t len);
void nft_jump(struct nl_buf *b, const char *chain);
/* IPv4 destination NAT to register 1 (address) and 2 (port). */
void nft_dnat4(struct nl_buf *b);
void nft_masquerade(struct nl_buf *b);
/* @verdict NF_ACCEPT or NF_DROP. */
void nft_verdict(struct nl_buf *b, uint32_t verdict);

#endif
