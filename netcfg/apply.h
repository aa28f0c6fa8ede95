/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_APPLY_H
#define BERTH_NETCFG_APPLY_H

#include "netcfg/nl.h"
#include "netcfg/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Specs into netlink calls. Texts (@text) tell what was being done and what the kernel said. */

#define NET_TEXT 160

/* --- in the child after clone3: no malloc, nothing but raw calls, three sends in all --- */

/*
 * The service's network, from within its fresh network namespace: pair of links, addresses,
 * default route, ready for the first packet. @host_fd is a netlink socket of the HOST's namespace (net_host_socket()), this
 * child's alone; not closed. Needs CAP_NET_ADMIN over both namespaces: with a user namespace the
 * parent calls net_attach(), and the child net_child_configure(). 0 or -errno.
 */
int net_child_setup(const struct net_spec *spec, int host_fd, char text[NET_TEXT]);

/* The same without net_attach(), which has been done. @host_fd is only asked, without privilege. */
int net_child_configure(const struct net_spec *spec, int host_fd, char text[NET_TEXT]);

/*
 * Every port may be bound without CAP_NET_BIND_SERVICE in this namespace: there is nobody else in it
 * whom a low port could be taken from (ip-sysctl.rst). 0 or -errno with @text.
 */
int net_child_low_ports(char text[NET_TEXT]);

/* Only the loopback link: all that PrivateNetwork= needs. 0 or -errno. */
int net_child_loopback(void);

/* --- in PID 1 --- */

/* A netlink socket of this namespace for one child to inherit, close-on-exec. Descriptor or -errno.
 */
int net_host_socket(void);

/*
 * The pair of links alone: host end on the bridge, other end into the namespace of @pid. In the
 * caller's pid namespace; also called by net_child_setup(). 0 or -errno.
 */
int net_attach(struct nl_sock *host, const struct net_spec *spec, pid_t pid, char text[NET_TEXT]);

struct net_host {
	struct nl_sock nl; /* NETLINK_ROUTE, for commands only (PITFALLS 103) */
	uint32_t bridge;   /* ifindex, 0: none */
};

/*
 * At boot: loopback up, and the bridge with its address unless @spec is NULL. Repeatable: a
 * bridge of ours is used again, a foreign one of that name is -EEXIST. @host keeps the socket
 * also when the bridge fails. Calls into the kernel only, which answers at once. 0 or -errno.
 */
int net_host_setup(struct net_host *host, const struct net_host_spec *spec, char text[NET_TEXT]);

/*
 * A static link (`.network` with Address=, Gateway=): up, address, default route if @gateway is
 * not 0; forwards if the host does. Repeatable. 0 or -errno; -ENODEV: no such link (yet).
 */
int net_link_static(struct net_host *host, const char *name, uint32_t addr, unsigned int prefix,
		    uint32_t gateway, char text[NET_TEXT]);

/*
 * Lets packets that come in by the link be passed on: answers to services, and what is for published
 * ports. Only behind an nftables table with its guard (nft.h), else the machine is a router.
 */
int net_link_forward(const char *name);

#endif
