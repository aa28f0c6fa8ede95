/* SPDX-License-Identifier: MIT */
#include "netcfg/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

void link_put_up(struct nl_buf *b, uint32_t index, bool up)
{
	struct ifinfomsg info = {
		.ifi_index = (int)index,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};

	nl_begin(b, RTM_NEWLINK, 0, &info, sizeof(info));
}

int link_up(struct nl_sock *s, uint32_t index, bool up, struct nl_error *err)
{
	NL_BUF(b, 64);

	link_put_up(&b, index, up);
	return nl_transact(s, &b, err);
}

/* A string attribute, cut to the room for it. */
static void copy_string(const struct nlattr *a, char *out, size_t size)
{
	size_t len;
	const char *s = nl_attr_data(a, &len);

	out[0] = '\0';
	if (!s)
		return;
	len = strnlen(s, len);
	if (len >= size)
		len = size - 1;
	memcpy(out, s, len);
	out[len] = '\0';
}

int link_parse(const struct nlmsghdr *msg, struct link_info *out)
{
	const struct ifinfomsg *info = NLMSG_DATA(msg);
	const uint8_t *state;
	const void *mac;
	size_t len;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EBADMSG;
	*out = (struct link_info){
		.index = (uint32_t)info->ifi_index,
		.up = info->ifi_flags & IFF_UP,
	};
	copy_string(nl_attr(msg, sizeof(*info), IFLA_IFNAME), out->name, sizeof(out->name));
	copy_string(nl_attr(msg, sizeof(*info), IFLA_IFALIAS), out->alias, sizeof(out->alias));
	copy_string(nl_attr_in(nl_attr(msg, sizeof(*info), IFLA_LINKINFO), IFLA_INFO_KIND),
		    out->kind, sizeof(out->kind));
	/* Not IFF_RUNNING, which a link of yet unknown state has as well. */
	state = nl_attr_data(nl_attr(msg, sizeof(*info), IFLA_OPERSTATE), &len);
	out->running = state && len == 1 && *state == IF_OPER_UP;
	mac = nl_attr_data(nl_attr(msg, sizeof(*info), IFLA_ADDRESS), &len);
	if (mac && len == sizeof(out->mac))
		memcpy(out->mac, mac, len);
	return 0;
}

static int take_link(const struct nlmsghdr *msg, void *ctx)
{
	return msg->nlmsg_type == RTM_NEWLINK ? link_parse(msg, ctx) : 0;
}

int link_by_name(struct nl_sock *s, const char *name, struct link_info *out, struct nl_error *err)
{
	struct ifinfomsg info = { 0 };
	NL_BUF(b, 96);
	int r;

	*out = (struct link_info){ 0 };
	nl_begin(&b, RTM_GETLINK, 0, &info, sizeof(info));
	nl_put_str(&b, IFLA_IFNAME, name);
	r = nl_query(s, &b, take_link, out, err);
	if (r == 0 && out->index == 0)
		return -ENODEV;
	return r;
}

static int count_running(const struct nlmsghdr *msg, void *ctx)
{
	struct link_info info;

	if (msg->nlmsg_type == RTM_NEWLINK && link_parse(msg, &info) == 0 && info.running)
		++*(unsigned int *)ctx;
	return 0;
}

int link_all_running(struct nl_sock *s, const uint32_t *index, unsigned int n)
{
	unsigned int running = 0;
	NL_BUF(b, 256);
	int r;

	for (unsigned int i = 0; i < n; i++) {
		struct ifinfomsg info = { .ifi_index = (int)index[i] };

		nl_begin(&b, RTM_GETLINK, 0, &info, sizeof(info));
		nl_put_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	}
	r = nl_query(s, &b, count_running, &running, NULL);
	return r < 0 ? r : running == n;
}

/* Multicast snooping is off: its timers per port cost more than flooding a host-only bridge. */
static void put_bridge(struct nl_buf *b, const char *name, const uint8_t mac[6])
{
	struct ifinfomsg info = { 0 };
	size_t link_nest, data;

	nl_begin(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	nl_put_str(b, IFLA_IFNAME, name);
	nl_put(b, IFLA_ADDRESS, mac, 6);
	link_nest = nl_nest(b, IFLA_LINKINFO);
	nl_put_str(b, IFLA_INFO_KIND, "bridge");
	data = nl_nest(b, IFLA_INFO_DATA);
	nl_put_u32(b, IFLA_BR_STP_STATE, 0);
	nl_put_u32(b, IFLA_BR_FORWARD_DELAY, 0);
	nl_end(b, data);
	nl_end(b, link_nest);
}

/* The alias is taken only by a change, not by the creation (rtnl_create_link() in 6.1). */
static void put_tag_and_up(struct nl_buf *b, const char *name)
{
	struct ifinfomsg info = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	nl_begin(b, RTM_NEWLINK, 0, &info, sizeof(info));
	nl_put_str(b, IFLA_IFNAME, name);
	nl_put_str(b, IFLA_IFALIAS, LINK_ALIAS);
}

int link_add_bridge(struct nl_sock *s, const char *name, const uint8_t mac[6], struct nl_error *err)
{
	NL_BUF(b, 128);
	int r;

	/* Two sends: the tag must not be put on a foreign link when the creation fails. */
	put_bridge(&b, name, mac);
	r = nl_transact(s, &b, err);
	if (r < 0)
		return r;
	b.len = 0;
	b.n = 0;
	put_tag_and_up(&b, name);
	return nl_transact(s, &b, err);
}

/* VETH_INFO_PEER holds the far end's own ifinfomsg and attributes (PITFALLS 106). */
static void put_peer(struct nl_buf *b, const struct link_veth *v, uint16_t ns_type, uint32_t ns)
{
	struct ifinfomsg info = { .ifi_index = (int)v->peer_index };
	size_t peer = nl_nest(b, VETH_INFO_PEER);

	nl_put_raw(b, &info, sizeof(info));
	nl_put_str(b, IFLA_IFNAME, v->peer_name);
	nl_put(b, IFLA_ADDRESS, v->peer_mac, sizeof(v->peer_mac));
	/* Else one queue per possible CPU, and its memory, for each service. */
	nl_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
	nl_put_u32(b, ns_type, ns);
	nl_end(b, peer);
}

/* Port settings are a change of an existing port: the creation ignores them (6.1). */
static void put_isolated(struct nl_buf *b, const struct link_veth *v)
{
	struct ifinfomsg info = { .ifi_index = (int)v->index };
	size_t link_nest, data;

	nl_begin(b, RTM_NEWLINK, 0, &info, sizeof(info));
	if (!v->index)
		nl_put_str(b, IFLA_IFNAME, v->name);
	link_nest = nl_nest(b, IFLA_LINKINFO);
	nl_put_str(b, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nl_nest(b, IFLA_INFO_SLAVE_DATA);
	nl_put_u8(b, IFLA_BRPORT_ISOLATED, 1);
	nl_end(b, data);
	nl_end(b, link_nest);
}

static void put_veth(struct nl_buf *b, const struct link_veth *v, uint16_t ns_type, uint32_t ns)
{
	struct ifinfomsg info = {
		.ifi_index = (int)v->index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	size_t link_nest, data;

	nl_begin(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	nl_put_str(b, IFLA_IFNAME, v->name);
	nl_put(b, IFLA_ADDRESS, v->mac, sizeof(v->mac));
	nl_put_u32(b, IFLA_NUM_TX_QUEUES, 1);
	nl_put_u32(b, IFLA_NUM_RX_QUEUES, 1);
	if (v->master)
		nl_put_u32(b, IFLA_MASTER, v->master);
	if (v->group)
		nl_put_u32(b, IFLA_GROUP, v->group);
	link_nest = nl_nest(b, IFLA_LINKINFO);
	nl_put_str(b, IFLA_INFO_KIND, "veth");
	data = nl_nest(b, IFLA_INFO_DATA);
	put_peer(b, v, ns_type, ns);
	nl_end(b, data);
	nl_end(b, link_nest);
	/* Nothing can pass between the two: the far end is still down. */
	if (v->master && v->isolated)
		put_isolated(b, v);
}

void link_put_veth(struct nl_buf *b, const struct link_veth *v, pid_t peer_pid)
{
	put_veth(b, v, IFLA_NET_NS_PID, (uint32_t)peer_pid);
}

void link_put_veth_fd(struct nl_buf *b, const struct link_veth *v, int peer_netns)
{
	put_veth(b, v, IFLA_NET_NS_FD, (uint32_t)peer_netns);
}
