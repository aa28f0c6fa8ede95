/* SPDX-License-Identifier: MIT */
#ifndef BERTH_NETCFG_LINK_H
#define BERTH_NETCFG_LINK_H

#include "netcfg/nl.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LINK_NAME_SIZE 16 /* IFNAMSIZ: 15 bytes and a NUL */
#define LINK_LOOPBACK  1u /* the first link of every namespace (LOOPBACK_IFINDEX in the kernel) */
#define LINK_ALIAS     "berth" /* the tag on links of ours; nothing without it is touched */

/*
 * One job per function. link_put_*() append the message to a buffer, for one send of several;
 * the others do it at once: 0 or -errno, @err (may be NULL) for the kernel's words.
 */

void link_put_up(struct nl_buf *b, uint32_t index, bool up);
int link_up(struct nl_sock *s, uint32_t index, bool up, struct nl_error *err);

struct link_info {
	uint32_t index;
	bool up;      /* IFF_UP */
	bool running; /* operational: up, with a carrier that the kernel has taken note of */
	char name[LINK_NAME_SIZE];
	char kind[16];	/* "bridge", "veth", "" */
	char alias[32]; /* cut if longer */
	uint8_t mac[6];
};

/* -ENODEV if there is none. */
int link_by_name(struct nl_sock *s, const char *name, struct link_info *out, struct nl_error *err);

/*
 * 1 when all @n links are ->running, 0 when not yet, -errno.
 * A carrier takes effect by deferred work; asking makes newer kernels do it at once (6.8, and
 * stable ones: "synchronize link-watch when carrier is queried").
 */
int link_all_running(struct nl_sock *s, const uint32_t *index, unsigned int n);

/* Reads a RTM_NEWLINK or RTM_DELLINK message. 0 or -EBADMSG. */
int link_parse(const struct nlmsghdr *msg, struct link_info *out);

/*
 * A bridge without spanning tree, forwarding from the first moment, with the fixed MAC @mac and our
 * tag; up. -EEXIST: the name is taken (PITFALLS 104, 108, 109).
 */
int link_add_bridge(struct nl_sock *s, const char *name, const uint8_t mac[6],
		    struct nl_error *err);

/* One service's pair of links. */
struct link_veth {
	char name[LINK_NAME_SIZE];	/* end in the namespace of the socket */
	char peer_name[LINK_NAME_SIZE]; /* end in the service's */
	uint8_t mac[6];
	uint8_t peer_mac[6];
	uint32_t master; /* ifindex of the bridge, 0: none */
	uint32_t group;	 /* IFLA_GROUP of the near end */
	/*
	 * The ifindexes that the ends get, so that nobody must ask for them. Both or none (0): the
	 * kernel honours the far one only if the near one is given (veth_newlink()).
	 */
	uint32_t index;
	uint32_t peer_index;
	bool isolated; /* the bridge passes nothing between isolated ports */
};

/*
 * Creates the pair in one go: the near end on its bridge and up, the far end straight in the
 * network namespace of process @peer_pid (as seen in the caller's pid namespace), still down.
 */
void link_put_veth(struct nl_buf *b, const struct link_veth *v, pid_t peer_pid);
/* The same, the far end's namespace given by a descriptor of its ns file. */
void link_put_veth_fd(struct nl_buf *b, const struct link_veth *v, int peer_netns);

#endif
