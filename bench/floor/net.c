/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#define SUBNET 0x0a580000u /* 10.88.0.0/16 */
#define PREFIX 16
/* Indices of the links' ends, chosen so that nobody must ask for them. */
#define NEAR_INDEX 100
#define PEER_INDEX 2

/* Messages of one sendmsg(); the last asks for the one acknowledgement that is waited for. */
struct batch {
	uint32_t len, last;
	_Alignas(4) char buf[2048];
};

static struct nlmsghdr *message(struct batch *b, uint16_t type, uint16_t flags, const void *head,
				uint32_t size)
{
	struct nlmsghdr *h = (void *)(b->buf + b->len);

	b->last = b->len;
	memset(h, 0, sizeof(*h));
	h->nlmsg_len = NLMSG_LENGTH(size);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	memcpy(NLMSG_DATA(h), head, size);
	b->len += NLMSG_ALIGN(h->nlmsg_len);
	return h;
}

static struct rtattr *attr(struct batch *b, uint16_t type, const void *data, uint32_t size)
{
	struct rtattr *a = (void *)(b->buf + b->len);
	struct nlmsghdr *h = (void *)(b->buf + b->last);

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(size);
	if (size > 0)
		memcpy(RTA_DATA(a), data, size);
	b->len += RTA_ALIGN(a->rta_len);
	h->nlmsg_len = b->len - b->last;
	return a;
}

static void close_nest(struct batch *b, struct rtattr *nest)
{
	nest->rta_len = (uint16_t)(b->buf + b->len - (char *)nest);
}

/* Each message is acknowledged: an error in any of them must not go unseen. */
static void transact(int fd, struct batch *b, int messages, const char *what)
{
	char reply[1024];

	must(what, send(fd, b->buf, b->len, 0));
	while (messages > 0) {
		ssize_t n = recv(fd, reply, sizeof(reply), 0);
		struct nlmsghdr *h = (void *)reply;

		must(what, n);
		for (; NLMSG_OK(h, (uint32_t)n); h = NLMSG_NEXT(h, n)) {
			struct nlmsgerr *e = NLMSG_DATA(h);

			errno = -e->error;
			if (h->nlmsg_type != NLMSG_ERROR || e->error != 0)
				die(what);
			messages--;
		}
	}
}

int net_host_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	must("netlink", fd);
	return fd;
}

static void put_up(struct batch *b, int index)
{
	struct ifinfomsg i = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	message(b, RTM_NEWLINK, 0, &i, sizeof(i));
}

static void put_address(struct batch *b, uint32_t index, uint32_t address)
{
	struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = PREFIX, .ifa_index = index };
	uint32_t be = htonl(address);

	message(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	attr(b, IFA_LOCAL, &be, sizeof(be));
	attr(b, IFA_ADDRESS, &be, sizeof(be));
}

/* Instead of a capability: in the network of its own nobody's ports are taken. */
static void low_ports(void)
{
	write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

void net_loopback(void)
{
	struct batch b = { 0 };
	int fd = net_host_socket();

	low_ports();
	put_up(&b, 1);
	transact(fd, &b, 1, "lo up");
	close(fd);
}

static uint32_t bridge;

void net_prepare(bool with_bridge)
{
	struct batch b = { 0 };
	struct ifinfomsg i = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	int fd = net_host_socket();

	put_up(&b, 1);
	if (with_bridge) {
		message(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
		attr(&b, IFLA_IFNAME, "berth0", 7);

		struct rtattr *info = attr(&b, IFLA_LINKINFO, NULL, 0);

		attr(&b, IFLA_INFO_KIND, "bridge", 6);
		close_nest(&b, info);
	}
	transact(fd, &b, with_bridge ? 2 : 1, "host links");
	if (with_bridge) {
		bridge = if_nametoindex("berth0");
		b.len = 0;
		put_address(&b, bridge, SUBNET + 1);
		transact(fd, &b, 1, "bridge address");
	}
	close(fd);
}

static void put_veth(struct batch *b, unsigned int number)
{
	struct ifinfomsg i = { .ifi_index = NEAR_INDEX + (int)number,
			       .ifi_flags = IFF_UP,
			       .ifi_change = IFF_UP };
	char name[IFNAMSIZ];
	uint32_t self = 1; /* process 1 of its own PID namespace, which is whose view counts */

	message(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	attr(b, IFLA_IFNAME, name, (uint32_t)snprintf(name, sizeof(name), "v%u", number) + 1);
	attr(b, IFLA_MASTER, &bridge, sizeof(bridge));

	struct rtattr *info = attr(b, IFLA_LINKINFO, NULL, 0);

	attr(b, IFLA_INFO_KIND, "veth", 4);

	struct rtattr *data = attr(b, IFLA_INFO_DATA, NULL, 0);
	struct rtattr *peer = attr(b, VETH_INFO_PEER, NULL, 0);
	/* The far end is born in its namespace with its name and index; up is refused (ENOTCONN). */
	struct ifinfomsg *far = (void *)(b->buf + b->len);

	*far = (struct ifinfomsg){ .ifi_index = PEER_INDEX };
	b->len += sizeof(*far);
	attr(b, IFLA_IFNAME, "eth0", 5);
	attr(b, IFLA_NET_NS_PID, &self, sizeof(self));
	close_nest(b, peer);
	close_nest(b, data);
	close_nest(b, info);
}

/* Isolated ports cannot talk to each other (DESIGN 6); 6.1 takes this only for a link that exists. */
static void put_isolated(struct batch *b, unsigned int number)
{
	struct ifinfomsg i = { .ifi_family = AF_BRIDGE, .ifi_index = NEAR_INDEX + (int)number };
	uint8_t on = 1;

	message(b, RTM_SETLINK, 0, &i, sizeof(i));

	struct rtattr *port = attr(b, IFLA_PROTINFO | NLA_F_NESTED, NULL, 0);

	attr(b, IFLA_BRPORT_ISOLATED, &on, sizeof(on));
	close_nest(b, port);
}

/*
 * In the child: the pair through the socket of the host's namespace, the rest in one batch through
 * one of its own.
 */
void net_service(int host_socket, unsigned int number)
{
	struct batch b = { 0 };
	struct rtmsg r = { .rtm_family = AF_INET,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = RT_SCOPE_UNIVERSE,
			   .rtm_type = RTN_UNICAST };
	uint32_t gateway = htonl(SUBNET + 1);

	low_ports();
	put_veth(&b, number);
	put_isolated(&b, number);
	transact(host_socket, &b, 2, "veth");
	b.len = 0;
	put_up(&b, 1);
	put_up(&b, PEER_INDEX);
	put_address(&b, PEER_INDEX, SUBNET + 1 + number);
	message(&b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r, sizeof(r));
	attr(&b, RTA_GATEWAY, &gateway, sizeof(gateway));

	int fd = net_host_socket();

	transact(fd, &b, 4, "lo, eth0, address, route");
	close(fd);
}
