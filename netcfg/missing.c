/* SPDX-License-Identifier: MIT */
#include "netcfg/missing.h"

#include <errno.h>
#include <stddef.h>

const char *net_missing_hint(int err, enum net_feature feature)
{
	static const char *const hints[] = {
		[NET_FEATURE_BRIDGE] = "kernel without CONFIG_BRIDGE (modules llc, stp, bridge)",
		[NET_FEATURE_VETH] = "kernel without CONFIG_VETH (module veth)",
		[NET_FEATURE_NFT] = "kernel without CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET "
				    "(modules nfnetlink, nf_tables)",
		[NET_FEATURE_NAT] =
			"kernel without CONFIG_NFT_NAT, CONFIG_NFT_MASQ, CONFIG_NFT_CT or "
			"CONFIG_NFT_FIB_INET (modules nft_chain_nat, nft_nat, "
			"nft_masq, nft_ct, nft_fib, nft_fib_ipv4, nft_fib_ipv6, "
			"nft_fib_inet)",
	};

	/*
	 * rtnetlink answers an unknown kind with EOPNOTSUPP, nf_tables an unknown expression or
	 * chain type with ENOENT, an absent subsystem with EINVAL; an absent protocol or family
	 * is EPROTONOSUPPORT or EAFNOSUPPORT.
	 */
	switch (-err) {
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT: return hints[feature];
	case ENOENT:
	case EINVAL:
		return feature == NET_FEATURE_NFT || feature == NET_FEATURE_NAT ? hints[feature]
										: NULL;
	default: return NULL;
	}
}
