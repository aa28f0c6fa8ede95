/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int make_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		close(fd);
	return outcome(fd);
}

int attack_raw_socket(void)
{
	return make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

int attack_packet_socket(void)
{
	return make_socket(AF_PACKET, SOCK_RAW, htons(3 /* ETH_P_ALL */));
}

/* The first of the families that nobody filters by name. */
int attack_exotic_socket(void)
{
	static const struct {
		int family, type;
	} sockets[] = {
		{ AF_XDP, SOCK_RAW },	     { AF_VSOCK, SOCK_STREAM }, { AF_ALG, SOCK_SEQPACKET },
		{ AF_BLUETOOTH, SOCK_RAW },  { AF_CAN, SOCK_RAW },	{ AF_KEY, SOCK_RAW },
		{ AF_TIPC, SOCK_SEQPACKET },
	};
	int refused = -EAFNOSUPPORT;

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		int r = make_socket(sockets[i].family, sockets[i].type, 0);

		if (r == 0)
			return 0;
		/* not in this kernel, or not of this type there: that is no wall of ours */
		if (r != -EAFNOSUPPORT && r != -EPROTONOSUPPORT && r != -ESOCKTNOSUPPORT)
			refused = r;
	}
	return refused;
}

/* Sends one request to the kernel and returns what its acknowledgement says. */
static int netlink_request(int protocol, struct nlmsghdr *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	ssize_t n = -1;
	int err;

	if (fd < 0)
		return -errno;
	if (send(fd, request, request->nlmsg_len, 0) >= 0)
		n = recv(fd, &answer, sizeof(answer), 0);
	err = errno;
	close(fd);
	if (n < 0)
		return -err;
	return answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : 0;
}

int attack_add_link(void)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
		struct rtattr attr;
		char name[8];
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_SETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.info = { .ifi_family = AF_UNSPEC },
		.attr = { .rta_len = sizeof(struct rtattr) + 3, .rta_type = IFLA_IFNAME },
		.name = "lo",
	};

	/* to what it is: lo stays as it is */
	return netlink_request(NETLINK_ROUTE, &request.head);
}

int attack_netfilter(void)
{
	struct {
		struct nlmsghdr head;
		uint8_t family, version;
		uint16_t resource;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = 10 << 8 | 1 /* NFT_MSG_GETTABLE */,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.family = 1,
	};
	int r = netlink_request(NETLINK_NETFILTER, &request.head);

	return r == -EINVAL ? 0 : r; /* no nftables in the kernel: it was let through to there */
}

int attack_host_loopback(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(VICTIM_PORT),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = outcome(connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	close(fd);
	return r;
}

static int reach(const char *path, size_t len, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	memcpy(addr.sun_path, path, len);
	r = outcome(connect(fd, (struct sockaddr *)&addr,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)));
	close(fd);
	return r;
}

int attack_abstract_socket(void)
{
	return reach("\0" VICTIM_NAME, sizeof(VICTIM_NAME), SOCK_STREAM);
}

int attack_neighbour_socket(void)
{
	return reach(VICTIM_SOCK, sizeof(VICTIM_SOCK), SOCK_STREAM);
}

int attack_control_socket(void)
{
	static const char path[] = "/run/berth/control";

	return reach(path, sizeof(path), SOCK_SEQPACKET);
}
