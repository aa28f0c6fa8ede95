/* SPDX-License-Identifier: MIT */
#include "netcfg/apply.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "netcfg/addr.h"
#include "netcfg/link.h"
#include "netcfg/names.h"
#include "netcfg/route.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

/*
 * The service's link gets this index in its namespace, so that address and routes can be sent
 * without asking. High, since tunnel modules put links of their own into every new namespace.
 */
#define PEER_INDEX 100u

#define PORT_WAIT_MS 50 /* for kernels where asking is not enough */

/* "WHAT: KERNEL'S WORDS"; strbuf only, as it also runs in the child. */
static int explain(char text[NET_TEXT], int r, const char *what, const char *item,
		   const struct nl_error *err)
{
	struct strbuf b;

	strbuf_init(&b, text, NET_TEXT);
	strbuf_put(&b, what);
	strbuf_put(&b, item);
	if (err && err->text[0]) {
		strbuf_put(&b, ": ");
		strbuf_put(&b, err->text);
	}
	return r;
}

int net_child_loopback(void)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	/* dev_ioctl() takes any socket: a local one costs least. The name saves asking for an
	 * index. */
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return -errno;
	return 0;
}

int net_host_socket(void)
{
	struct nl_sock s;
	int r = nl_open(&s, NETLINK_ROUTE);

	return r < 0 ? r : s.fd;
}

int net_attach(struct nl_sock *host, const struct net_spec *spec, pid_t pid, char text[NET_TEXT])
{
	struct link_veth v = {
		.master = spec->bridge,
		.group = spec->group,
		.index = spec->host_index,
		.peer_index = PEER_INDEX,
		.isolated = spec->flags & NET_ISOLATED_PORT,
	};
	struct nl_error err;
	NL_BUF(b, 512);
	int r;

	memcpy(v.name, spec->host_name, sizeof(v.name));
	memcpy(v.peer_name, spec->name, sizeof(v.peer_name));
	memcpy(v.mac, spec->host_mac, sizeof(v.mac));
	memcpy(v.peer_mac, spec->mac, sizeof(v.peer_mac));
	link_put_veth(&b, &v, pid);
	r = nl_transact(host, &b, &err);
	if (r < 0)
		return explain(text, r, err.index ? "isolate port " : "create veth pair ",
			       spec->host_name, &err);
	return 0;
}

/* New links of this namespace take the setting over, so it has to come first. */
static int switch_ipv6_off(char text[NET_TEXT])
{
	int r = fd_write_file_at(AT_FDCWD, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1", 1);

	if (r == -ENOENT)
		return 0; /* no IPv6 in this kernel: as wanted */
	return r < 0 ? explain(text, r, "disable_ipv6", "", NULL) : 0;
}

int net_child_low_ports(char text[NET_TEXT])
{
	int r = fd_write_file_at(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", 1);

	return r < 0 ? explain(text, r, "ip_unprivileged_port_start", "", NULL) : 0;
}

/* In the order that the kernel needs: a route wants its link up. */
static void put_service(struct nl_buf *b, const struct net_spec *spec)
{
	struct route to_gateway = { .dest = spec->gateway, .prefix = 32, .index = PEER_INDEX };
	struct route rest = { .gateway = spec->gateway, .index = PEER_INDEX };
	bool routed = spec->flags & NET_ROUTED;

	link_put_up(b, LINK_LOOPBACK, true);
	addr_put_add(b, PEER_INDEX, spec->addr, routed ? 32 : spec->prefix);
	link_put_up(b, PEER_INDEX, true);
	if (!spec->gateway)
		return;
	if (routed)
		route_put_set(b, &to_gateway);
	route_put_set(b, &rest);
}

/* What message number @index of put_service() was about. */
static const char *service_step(unsigned int index)
{
	static const char *const steps[] = {
		"loopback up", "add address", "link up", "set route", "set default route",
	};

	return steps[index < ARRAY_SIZE(steps) ? index : ARRAY_SIZE(steps) - 1];
}

static int configure(const struct net_spec *spec, char text[NET_TEXT])
{
	struct nl_sock s = { .fd = -1 };
	struct nl_error err;
	NL_BUF(b, 320);
	int r = nl_open(&s, NETLINK_ROUTE);

	if (r < 0)
		return explain(text, r, "open netlink socket", "", NULL);
	put_service(&b, spec);
	r = nl_transact(&s, &b, &err);
	nl_close(&s);
	if (r < 0)
		return explain(text, r, service_step(err.index), "", &err);
	return 0;
}

/* The socket was bound by PID 1; its port is read back to match the answers by. */
static int adopt_socket(struct nl_sock *s, int fd, char text[NET_TEXT])
{
	struct sockaddr_nl addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return explain(text, -errno, "host netlink socket", "", NULL);
	*s = (struct nl_sock){ .fd = fd, .port = addr.nl_pid, .seq = 1 };
	return 0;
}

/*
 * The port passes nothing until the kernel has taken note of its carrier, which it does in
 * deferred work, late when many services start at once; the bridge likewise with its first
 * port. A first packet lost there is sent again after a whole second (seen with 40 % of 100).
 */
static int await_port(struct nl_sock *host, const struct net_spec *spec, char text[NET_TEXT])
{
	const uint32_t links[] = { spec->host_index, spec->bridge };

	for (unsigned int i = 0; i < PORT_WAIT_MS; i++) {
		int r = link_all_running(host, links, ARRAY_SIZE(links));

		if (r < 0)
			return explain(text, r, "state of ", spec->host_name, NULL);
		if (r > 0)
			return 0;
		poll(NULL, 0, 1);
	}
	return 0; /* late, and no error: it will come */
}

int net_child_setup(const struct net_spec *spec, int host_fd, char text[NET_TEXT])
{
	struct nl_sock host;
	int r = adopt_socket(&host, host_fd, text);

	if (r == 0 && spec->flags & NET_NO_IPV6)
		r = switch_ipv6_off(text);
	if (r < 0)
		return r;
	/* Our own number, in our own pid namespace: the kernel looks it up in the sender's. */
	r = net_attach(&host, spec, getpid(), text);
	if (r == 0)
		r = configure(spec, text);
	return r < 0 ? r : await_port(&host, spec, text);
}

int net_child_configure(const struct net_spec *spec, int host_fd, char text[NET_TEXT])
{
	struct nl_sock host;
	int r = adopt_socket(&host, host_fd, text);

	if (r == 0 && spec->flags & NET_NO_IPV6)
		r = switch_ipv6_off(text);
	if (r == 0)
		r = configure(spec, text);
	return r < 0 ? r : await_port(&host, spec, text);
}

/* -EEXIST is fine for a bridge that we made in an earlier life (PITFALLS 104). */
static int own_bridge(struct net_host *host, const char *name, struct nl_error *err)
{
	uint8_t mac[6];
	struct link_info info;
	int r;

	net_bridge_mac(mac, name);
	r = link_add_bridge(&host->nl, name, mac, err);
	if (r < 0 && r != -EEXIST)
		return r;
	if (link_by_name(&host->nl, name, &info, NULL) < 0 || !str_eq(info.kind, "bridge") ||
	    !str_eq(info.alias, LINK_ALIAS))
		return -EEXIST;
	host->bridge = info.index;
	return info.up ? 0 : link_up(&host->nl, info.index, true, err);
}

static int write_conf(const char *link, const char *key, const char *value)
{
	char path[96];
	struct strbuf b = STRBUF_INIT(path);

	strbuf_put(&b, "/proc/sys/net/ipv4/conf/");
	strbuf_put(&b, link);
	strbuf_put(&b, "/");
	strbuf_put(&b, key);
	return fd_write_file_at(AT_FDCWD, path, value, strlen(value));
}

/*
 * What comes in by a link is passed on only if that link forwards: the bridge for what services
 * send, the outer links for what answers them. The kernel's global switch would do it for all.
 */
static int forward_on(const char *link)
{
	return write_conf(link, "forwarding", "1");
}

/*
 * Routing from service to service goes out by the link it came in by: without telling the sender
 * of a shorter way that an isolated port does not have. Redirects are sent if either "all" or the
 * link says so. Loose reverse paths: what is published may be asked for from anywhere.
 */
static int forward_bridge(const char *bridge)
{
	int r = forward_on(bridge);

	if (r == 0)
		r = write_conf("all", "send_redirects", "0");
	if (r == 0)
		r = write_conf(bridge, "send_redirects", "0");
	if (r == 0)
		r = write_conf(bridge, "rp_filter", "2");
	return r;
}

int net_host_setup(struct net_host *host, const struct net_host_spec *spec, char text[NET_TEXT])
{
	struct nl_error err = { 0 };
	int r;

	*host = (struct net_host){ .nl = { .fd = -1 } };
	r = nl_open(&host->nl, NETLINK_ROUTE);
	if (r < 0)
		return explain(text, r, "open netlink socket", "", NULL);
	r = link_up(&host->nl, LINK_LOOPBACK, true, &err);
	if (r < 0)
		return explain(text, r, "loopback up", "", &err);
	if (!spec)
		return 0;
	r = own_bridge(host, spec->bridge, &err);
	if (r < 0)
		return explain(text, r, "bridge ", spec->bridge, &err);
	r = addr_add(&host->nl, host->bridge, spec->addr, spec->prefix, &err);
	if (r < 0)
		return explain(text, r, "address of bridge ", spec->bridge, &err);
	r = spec->forward ? forward_bridge(spec->bridge) : 0;
	return r < 0 ? explain(text, r, "forwarding on ", spec->bridge, NULL) : 0;
}

int net_link_static(struct net_host *host, const char *name, uint32_t addr, unsigned int prefix,
		    uint32_t gateway, char text[NET_TEXT])
{
	struct nl_error err;
	struct link_info info;
	NL_BUF(b, 256);
	int r = link_by_name(&host->nl, name, &info, &err);

	if (r < 0)
		return explain(text, r, "link ", name, &err);
	addr_put_add(&b, info.index, addr, prefix);
	link_put_up(&b, info.index, true);
	if (gateway)
		route_put_set(&b, &(struct route){ .gateway = gateway, .index = info.index });
	r = nl_transact(&host->nl, &b, &err);
	return r < 0 ? explain(text, r, "address, up or route of link ", name, &err) : 0;
}

int net_link_forward(const char *name)
{
	return net_name_valid(name) ? forward_on(name) : -EINVAL;
}
