/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_MISSING_H
#define BERTH_NETCFG_MISSING_H

enum net_feature {
	NET_FEATURE_BRIDGE,
	NET_FEATURE_VETH,
	NET_FEATURE_NFT, /* nf_tables itself */
	NET_FEATURE_NAT, /* nat chains, dnat, masquerade, fib */
};

/*
 * The kernel options and modules that @feature needs, if @err (-errno) is one that their absence
 * causes (PITFALLS 120); NULL for any other error.
 */
const char *net_missing_hint(int err, enum net_feature feature);

#endif
