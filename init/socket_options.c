/* SPDX-License-Identifier: MIT */
#include "init/socket.h"

#include "lib/clock.h"
#include "lib/str.h"
#include "units/unit.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Musl's netinet/in.h and the kernel's linux/in6.h cannot both be included. */
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

enum {
	IN4 = 1 << 0,
	IN6 = 1 << 1,
	UNIX = 1 << 2,
	NETLINK = 1 << 3,
	VSOCK = 1 << 4,
	IP = IN4 | IN6,
	ALL = IP | UNIX | NETLINK | VSOCK,
	STREAM = 1 << 0, /* and sequential packets */
	DATAGRAM = 1 << 1,
	ANY = STREAM | DATAGRAM,
};

enum option_value {
	NUMBER,
	SECONDS, /* rounded up */
	TEXT,
	STAMPS,
};

/*
 * systemd.socket(5), in the order of setting: all before bind(2), for some decide about that. An
 * option does not concern what has no such thing: a unit that listens on TCP and on a path may
 * say NoDelay=.
 */
static const struct {
	uint16_t key;
	uint8_t families, types;
	uint8_t value;
	int16_t level, option;
} options[] = {
	{ K_BindToDevice, IP, ANY, TEXT, SOL_SOCKET, SO_BINDTODEVICE },
	{ K_ReusePort, IP, ANY, NUMBER, SOL_SOCKET, SO_REUSEPORT },
	{ K_FreeBind, IN4, ANY, NUMBER, IPPROTO_IP, IP_FREEBIND },
	{ K_FreeBind, IN6, ANY, NUMBER, IPPROTO_IPV6, IPV6_FREEBIND },
	{ K_Transparent, IN4, ANY, NUMBER, IPPROTO_IP, IP_TRANSPARENT },
	{ K_Transparent, IN6, ANY, NUMBER, IPPROTO_IPV6, IPV6_TRANSPARENT },
	{ K_KeepAlive, IP, STREAM, NUMBER, SOL_SOCKET, SO_KEEPALIVE },
	{ K_KeepAliveTimeSec, IP, STREAM, SECONDS, IPPROTO_TCP, TCP_KEEPIDLE },
	{ K_KeepAliveIntervalSec, IP, STREAM, SECONDS, IPPROTO_TCP, TCP_KEEPINTVL },
	{ K_KeepAliveProbes, IP, STREAM, NUMBER, IPPROTO_TCP, TCP_KEEPCNT },
	{ K_DeferAcceptSec, IP, STREAM, SECONDS, IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ K_NoDelay, IP, STREAM, NUMBER, IPPROTO_TCP, TCP_NODELAY },
	{ K_TCPCongestion, IP, STREAM, TEXT, IPPROTO_TCP, TCP_CONGESTION },
	{ K_Broadcast, IP, DATAGRAM, NUMBER, SOL_SOCKET, SO_BROADCAST },
	{ K_PassCredentials, UNIX | NETLINK, ANY, NUMBER, SOL_SOCKET, SO_PASSCRED },
	{ K_PassSecurity, UNIX | NETLINK, ANY, NUMBER, SOL_SOCKET, SO_PASSSEC },
	{ K_PassPacketInfo, IN4, DATAGRAM, NUMBER, IPPROTO_IP, IP_PKTINFO },
	{ K_PassPacketInfo, IN6, DATAGRAM, NUMBER, IPPROTO_IPV6, IPV6_RECVPKTINFO },
	{ K_PassPacketInfo, NETLINK, ANY, NUMBER, SOL_NETLINK, NETLINK_PKTINFO },
	{ K_Timestamping, ALL, ANY, STAMPS, SOL_SOCKET, 0 },
	{ K_ReceiveBuffer, ALL, ANY, NUMBER, SOL_SOCKET, SO_RCVBUFFORCE },
	{ K_SendBuffer, ALL, ANY, NUMBER, SOL_SOCKET, SO_SNDBUFFORCE },
	{ K_Mark, ALL, ANY, NUMBER, SOL_SOCKET, SO_MARK },
	{ K_IPTOS, IP, ANY, NUMBER, IPPROTO_IP, IP_TOS },
	{ K_IPTOS, IN6, ANY, NUMBER, IPPROTO_IPV6, IPV6_TCLASS },
	/* IP_TOS sets a priority, too. */
	{ K_SocketPriority, ALL, ANY, NUMBER, SOL_SOCKET, SO_PRIORITY },
	{ K_IPTTL, IP, ANY, NUMBER, IPPROTO_IP, IP_TTL },
	{ K_IPTTL, IN6, ANY, NUMBER, IPPROTO_IPV6, IPV6_UNICAST_HOPS },
};

static unsigned int family_bit(int family)
{
	switch (family) {
	case AF_INET: return IN4;
	case AF_INET6: return IN6;
	case AF_UNIX: return UNIX;
	case AF_NETLINK: return NETLINK;
	default: return VSOCK;
	}
}

static int set_option(const struct unit *u, int fd, size_t i)
{
	enum key key = (enum key)options[i].key;
	const char *text;
	int option = options[i].option, number;
	uint64_t v;

	if (options[i].value == TEXT) {
		text = unit_str(u, key);
		if (!text)
			return 0;
		return setsockopt(fd, options[i].level, option, text, (socklen_t)strlen(text) + 1) <
				       0
			       ? -errno
			       : 0;
	}
	v = unit_u64(u, key);
	if (options[i].value == SECONDS)
		v = v / USEC_PER_SEC + (v % USEC_PER_SEC != 0);
	number = v < INT_MAX ? (int)v : INT_MAX;
	if (options[i].value == STAMPS) {
		if (number == TIMESTAMPING_OFF)
			return 0;
		option = number == TIMESTAMPING_NS ? SO_TIMESTAMPNS : SO_TIMESTAMP;
		number = 1;
	}
	return setsockopt(fd, options[i].level, option, &number, sizeof(number)) < 0 ? -errno : 0;
}

int socket_set_options(const struct unit *u, int fd, int family, int type, const char **key)
{
	unsigned int bit = family_bit(family),
		     kind = type == SOCK_STREAM || type == SOCK_SEQPACKET ? STREAM : DATAGRAM;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(options) && r == 0; i++) {
		if (!(options[i].families & bit) || !(options[i].types & kind) ||
		    !unit_setting(u, (enum key)options[i].key))
			continue;
		*key = key_info((enum key)options[i].key)->name;
		r = set_option(u, fd, i);
	}
	return r;
}
