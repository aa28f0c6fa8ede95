/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_LISTEN_H
#define BERTH_UNITS_LISTEN_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <sys/un.h>

/*
 * What a socket unit listens on. All Listen...= keys fill one list (their order is the order of the
 * descriptors, and an empty one empties it all); an element of it is KIND ADDRESS, the kind as in
 * the key's name: "Stream [::]:80", "FIFO /run/x".
 */
enum listen_kind {
	LISTEN_STREAM,
	LISTEN_DATAGRAM,
	LISTEN_SEQPACKET,
	LISTEN_FIFO,
	LISTEN_SPECIAL,
	LISTEN_NETLINK,
	LISTEN_MQUEUE,
};

struct listen_address {
	enum listen_kind kind;
	union {
		struct sockaddr any; /* sa_family AF_UNSPEC: no socket */
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_nl nl;
		struct sockaddr_vm vm;
	} addr;
	socklen_t len;
	int protocol;	/* of netlink */
	bool port_only; /* a bare port: all addresses of both families, or of IPv4 alone */
	char interface[IF_NAMESIZE]; /* [fe80::1%eth0]: its scope; "": none */
	const char *text;	     /* the address as written, within the element */
	const char *path;	     /* the same if it is in the file system, NULL: it is not */
};

/* One element. 0 or -EINVAL with *@why (static text). @text must outlive @out. */
int listen_parse(const char *text, struct listen_address *out, const char **why);

#endif
