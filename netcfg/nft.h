/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_NFT_H
#define BERTH_NETCFG_NFT_H

#include "netcfg/nl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_TABLE "berth" /* table inet berth: ours alone, always replaced as a whole */

/* One PublishPort=: connections to the host's address and port go to the service's. */
struct nft_publish {
	uint32_t host_addr; /* host byte order; 0: every address of this machine */
	uint32_t addr;	    /* the service */
	uint16_t host_port;
	uint16_t port;
	uint8_t proto; /* IPPROTO_TCP, IPPROTO_UDP */
};

/*
 * The whole rule set. The chains: "prerouting" and "output" send what is addressed to this
 * machine through "publish"; "postrouting" masquerades what leaves the services' subnet by any
 * other link than the bridge; "forward" keeps the outside from services but for published ports
 * and answers. 127/8 is not published: it would need route_localnet, which opens
 * the host's own loopback services to the bridge (PITFALLS 114).
 */
struct nft_spec {
	const char *bridge;
	uint32_t subnet; /* any address in it, host byte order */
	unsigned int prefix;
	/*
	 * Nothing is forwarded that neither comes from nor goes to the bridge: where forwarding is
	 * on for the services' sake only, the machine must not become a router between its links.
	 */
	bool guard;
	const struct nft_publish *publish;
	unsigned int n_publish;
};

/* Bytes that suffice for the batch. */
static inline size_t nft_size(const struct nft_spec *spec)
{
	return 4096 + (size_t)spec->n_publish * 640;
}

/* Builds the batch that puts @spec in the place of whatever our table held; pure. */
void nft_build(struct nl_buf *b, const struct nft_spec *spec);

/*
 * Builds and commits it, atomically, through @nf (NETLINK_NETFILTER); @buf of @size bytes, 4-byte
 * aligned, is scratch memory. Repeated a few times if the rule set was changed under way. 0 or
 * -errno (net_missing_hint() explains absent modules); the former table is then still in force.
 */
int nft_replace(struct nl_sock *nf, const struct nft_spec *spec, void *buf, size_t size,
		struct nl_error *err);

#endif
