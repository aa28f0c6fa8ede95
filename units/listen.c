/* SPDX-License-Identifier: MIT */
#include "units/listen.h"

#include "lib/parse.h"
#include "lib/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>

static const struct {
	const char *name;
	enum listen_kind kind;
} kinds[] = {
	{ "Stream", LISTEN_STREAM },
	{ "Datagram", LISTEN_DATAGRAM },
	{ "SequentialPacket", LISTEN_SEQPACKET },
	{ "FIFO", LISTEN_FIFO },
	{ "Special", LISTEN_SPECIAL },
	{ "Netlink", LISTEN_NETLINK },
	{ "MessageQueue", LISTEN_MQUEUE },
};

static int wrong(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

static int parse_port(const char *text, in_port_t *out)
{
	uint64_t port;
	int r = parse_u64(text, 1, UINT16_MAX, &port);

	if (r == 0)
		*out = htons((uint16_t)port);
	return r;
}

static int parse_unix(const char *text, struct listen_address *out, const char **why)
{
	struct sockaddr_un *un = &out->addr.un;
	size_t n = strlen(text);

	/* A path ends with a NUL; an abstract name begins with one and ends with its length. */
	if (n >= sizeof(un->sun_path))
		return wrong(why, "path too long for a socket (107 bytes)");
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, text, n + 1);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (text[0] == '/'));
	if (text[0] == '@')
		un->sun_path[0] = '\0';
	else
		out->path = text;
	return n > 1 ? 0 : wrong(why, "no name");
}

/* [ADDRESS%INTERFACE]:PORT */
static int parse_ipv6(const char *text, struct listen_address *out, const char **why)
{
	struct sockaddr_in6 *in6 = &out->addr.in6;
	char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], *scope;
	const char *end = strchr(text, ']');
	size_t n = end ? (size_t)(end - text) - 1 : sizeof(address);

	if (n >= sizeof(address) || end[1] != ':')
		return wrong(why, "not of the form [ADDRESS]:PORT");
	memcpy(address, text + 1, n);
	address[n] = '\0';
	scope = strchr(address, '%');
	if (scope) {
		*scope++ = '\0';
		if (*scope == '\0' || !str_copy(out->interface, sizeof(out->interface), scope))
			return wrong(why, "no name of an interface after %");
	}
	in6->sin6_family = AF_INET6;
	out->len = sizeof(*in6);
	if (inet_pton(AF_INET6, address, &in6->sin6_addr) != 1)
		return wrong(why, "not an IPv6 address");
	return parse_port(end + 2, &in6->sin6_port) == 0 ? 0 : wrong(why, "not a port");
}

static int parse_ipv4_port(const char *text, struct listen_address *out, const char **why)
{
	struct sockaddr_in *in = &out->addr.in;
	char address[INET_ADDRSTRLEN];
	const char *colon = strrchr(text, ':');
	uint32_t host = 0;

	size_t n = colon ? (size_t)(colon - text) : sizeof(address);

	if (n < sizeof(address)) {
		memcpy(address, text, n);
		address[n] = '\0';
	}
	if (n >= sizeof(address) || parse_ipv4(address, &host) < 0)
		return wrong(why, "neither a path, an @name, a port nor ADDRESS:PORT");
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(host);
	out->len = sizeof(*in);
	return parse_port(colon + 1, &in->sin_port) == 0 ? 0 : wrong(why, "not a port");
}

static int parse_bare_port(const char *text, struct listen_address *out, const char **why)
{
	struct sockaddr_in6 *in6 = &out->addr.in6;

	in6->sin6_family = AF_INET6;
	out->len = sizeof(*in6);
	out->port_only = true;
	return parse_port(text, &in6->sin6_port) == 0 ? 0 : wrong(why, "not a port");
}

/* vsock:CID:PORT; without CID from any peer of ours. */
static int parse_vsock(const char *text, struct listen_address *out, const char **why)
{
	struct sockaddr_vm *vm = &out->addr.vm;
	const char *colon = strchr(text, ':');
	char cid_text[16];
	uint64_t cid = VMADDR_CID_ANY, port;
	size_t n = colon ? (size_t)(colon - text) : sizeof(cid_text);

	if (n >= sizeof(cid_text))
		return wrong(why, "not of the form vsock:CID:PORT");
	memcpy(cid_text, text, n);
	cid_text[n] = '\0';
	if ((n > 0 && parse_u64(cid_text, 0, UINT32_MAX, &cid) < 0) ||
	    parse_u64(colon + 1, 0, UINT32_MAX, &port) < 0)
		return wrong(why, "not of the form vsock:CID:PORT");
	vm->svm_family = AF_VSOCK;
	vm->svm_cid = (unsigned int)cid;
	vm->svm_port = (unsigned int)port;
	out->len = sizeof(*vm);
	return 0;
}

static int parse_socket(const char *text, struct listen_address *out, const char **why)
{
	if (text[0] == '/' || text[0] == '@')
		return parse_unix(text, out, why);
	if (out->kind == LISTEN_SEQPACKET && !str_starts(text, "vsock:"))
		return wrong(why, "sequential packets need a path, an @name or vsock:");
	if (str_starts(text, "vsock:"))
		return parse_vsock(text + 6, out, why);
	if (text[0] == '[')
		return parse_ipv6(text, out, why);
	if (text[strspn(text, "0123456789")] == '\0')
		return parse_bare_port(text, out, why);
	return parse_ipv4_port(text, out, why);
}

/* FAMILY [GROUP], families as systemd names them. */
static int parse_netlink(const char *text, struct listen_address *out, const char **why)
{
	static const struct {
		const char *name;
		int protocol;
	} families[] = {
		{ "route", NETLINK_ROUTE },
		{ "firewall", NETLINK_FIREWALL },
		{ "inet-diag", NETLINK_INET_DIAG },
		{ "nflog", NETLINK_NFLOG },
		{ "xfrm", NETLINK_XFRM },
		{ "selinux", NETLINK_SELINUX },
		{ "iscsi", NETLINK_ISCSI },
		{ "audit", NETLINK_AUDIT },
		{ "fib-lookup", NETLINK_FIB_LOOKUP },
		{ "connector", NETLINK_CONNECTOR },
		{ "netfilter", NETLINK_NETFILTER },
		{ "ip6-fw", NETLINK_IP6_FW },
		{ "dnrtmsg", NETLINK_DNRTMSG },
		{ "kobject-uevent", NETLINK_KOBJECT_UEVENT },
		{ "generic", NETLINK_GENERIC },
		{ "scsitransport", NETLINK_SCSITRANSPORT },
		{ "ecryptfs", NETLINK_ECRYPTFS },
		{ "rdma", NETLINK_RDMA },
	};
	size_t n = strcspn(text, " \t");
	const char *group = text + n + strspn(text + n, " \t");
	uint64_t groups = 0, number;

	out->protocol = -1;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (strlen(families[i].name) == n && strncmp(families[i].name, text, n) == 0)
			out->protocol = families[i].protocol;
	}
	if (out->protocol < 0 && n == strlen(text) && parse_u64(text, 0, 31, &number) == 0)
		out->protocol = (int)number;
	if (out->protocol < 0)
		return wrong(why, "not a netlink family");
	if (*group && parse_u64(group, 0, UINT32_MAX, &groups) < 0)
		return wrong(why, "not a netlink group");
	out->addr.nl.nl_family = AF_NETLINK;
	out->addr.nl.nl_groups = (uint32_t)groups;
	out->len = sizeof(out->addr.nl);
	return 0;
}

static int parse_file(const char *text, struct listen_address *out, const char **why)
{
	if (text[0] != '/')
		return wrong(why, "not an absolute path");
	if (out->kind == LISTEN_MQUEUE && (text[1] == '\0' || strchr(text + 1, '/')))
		return wrong(why, "not of the form /NAME");
	/* A queue's name looks like a path and is none. */
	if (out->kind != LISTEN_MQUEUE)
		out->path = text;
	return 0;
}

int listen_parse(const char *text, struct listen_address *out, const char **why)
{
	const char *blank = strchr(text, ' ');
	size_t n = blank ? (size_t)(blank - text) : 0, i = 0;

	*out = (struct listen_address){ .text = blank ? blank + 1 : text };
	while (i < ARRAY_SIZE(kinds) &&
	       (strlen(kinds[i].name) != n || strncmp(kinds[i].name, text, n) != 0))
		i++;
	if (i == ARRAY_SIZE(kinds))
		return wrong(why, "unknown kind of socket");
	out->kind = kinds[i].kind;
	switch (out->kind) {
	case LISTEN_STREAM:
	case LISTEN_DATAGRAM:
	case LISTEN_SEQPACKET: return parse_socket(out->text, out, why);
	case LISTEN_NETLINK: return parse_netlink(out->text, out, why);
	case LISTEN_FIFO:
	case LISTEN_SPECIAL:
	case LISTEN_MQUEUE: break;
	}
	return parse_file(out->text, out, why);
}
