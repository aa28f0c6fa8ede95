/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_ADDR_H
#define BERTH_NETCFG_ADDR_H

#include "netcfg/nl.h"

/* IPv4 addresses are in host byte order everywhere in netcfg/. */

/* Appends "add @addr/@prefix to link @index"; an address that is there already is fine. */
void addr_put_add(struct nl_buf *b, uint32_t index, uint32_t addr, unsigned int prefix);
int addr_add(struct nl_sock *s, uint32_t index, uint32_t addr, unsigned int prefix,
	     struct nl_error *err);
/* -EADDRNOTAVAIL if it is not there. */
int addr_remove(struct nl_sock *s, uint32_t index, uint32_t addr, unsigned int prefix,
		struct nl_error *err);

#endif
