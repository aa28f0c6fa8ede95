/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_SPEC_H
#define BERTH_NETCFG_SPEC_H

#include <stdint.h>

/* Addresses are IPv4 in host byte order; names are those of links, 15 bytes and a NUL. */

enum net_flag {
	NET_ISOLATED_PORT =
		1 << 0, /* the bridge passes nothing from service to service by itself */
	/*
	 * The address stands alone (/32) and everything goes by way of the gateway, neighbours too:
	 * the host then routes, and its firewall sees, what one service says to another. The
	 * only way to reach a neighbour with NET_ISOLATED_PORT; needs net_host_spec.forward.
	 */
	NET_ROUTED = 1 << 1,
	NET_NO_IPV6 =
		1 << 2, /* switch IPv6 off in the namespace: no ::1 either, but a faster start */
};

/* The network of one service, fully resolved: nothing is looked up in the child. */
struct net_spec {
	char host_name[16]; /* host end of the veth pair; see net_host_name() */
	char name[16];	    /* the service's end, "eth0" */
	uint8_t host_mac[6];
	uint8_t mac[6];
	uint32_t host_index; /* ifindex that the host end is to get, not 0; see net_host_index() */
	uint32_t bridge;     /* ifindex */
	uint32_t group; /* link group of host ends, so that they can be told from others; 0: none */
	uint32_t addr;
	uint32_t gateway; /* 0: no default route */
	uint8_t prefix;
	uint8_t flags; /* enum net_flag */
};

/* The host's side, set up once. */
struct net_host_spec {
	char bridge[16]; /* "berth0" */
	uint32_t addr;	 /* the bridge's own: the services' gateway */
	uint8_t prefix;
	uint8_t forward; /* 1: route between services and outwards (ip_forward of this bridge) */
};

#endif
