/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_NAMES_H
#define BERTH_NETCFG_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a service's network is called: pure, stable over boots and releases. */

/*
 * The host end's name: the readable start of @unit and @generation in base 36 ("redis.1z"). A
 * dying namespace keeps its old veth for a while (PITFALLS 105): a new one takes a new generation.
 */
void net_host_name(char out[16], const char *unit, uint32_t generation);

/*
 * The ifindex that the host end of @generation asks for: far from what the kernel deals out by
 * counting up, so that the two never meet.
 */
static inline uint32_t net_host_index(uint32_t generation)
{
	return UINT32_C(0x100000) + generation % UINT32_C(0x40000000);
}

/* Unicast, locally administered MACs: the service's end, the host's end, and a bridge's own. */
void net_unit_mac(uint8_t out[6], const char *unit);
void net_host_mac(uint8_t out[6], const char *unit);
void net_bridge_mac(uint8_t out[6], const char *bridge);

/* True for a name that the kernel takes for a link (dev_valid_name(), and no '%' pattern). */
bool net_name_valid(const char *name);

#endif
