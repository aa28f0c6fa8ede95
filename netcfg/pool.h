/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_POOL_H
#define BERTH_NETCFG_POOL_H

#include <stdint.h>

/*
 * The addresses of one bridge's subnet. Only what is taken is stored, sorted, four bytes each.
 * IPv4 in host byte order. Fixed addresses are reserved first, then the others drawn: a name gets
 * the same address at each boot unless a neighbour's hash is in the way.
 */
struct net_pool {
	uint32_t base; /* network address */
	uint32_t last; /* broadcast address */
	uint32_t n;
	uint32_t room;
	uint32_t *taken;
};

/* @own is the bridge's own address, never given away. 0, -EINVAL (@prefix not in 8..30), -ENOMEM.
 */
int net_pool_init(struct net_pool *p, uint32_t own, unsigned int prefix);
void net_pool_free(struct net_pool *p);

/* A fixed address: 0, -EEXIST (taken), -ERANGE (not a host of this subnet), -ENOMEM. */
int net_pool_reserve(struct net_pool *p, uint32_t addr);

/* The address for @name. 0, -ENOSPC, -ENOMEM. */
int net_pool_draw(struct net_pool *p, const char *name, uint32_t *addr);

/* Gives it back; one that was not taken is no error. */
void net_pool_release(struct net_pool *p, uint32_t addr);

#endif
