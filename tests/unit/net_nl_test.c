/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/str.h"
#include "netcfg/addr.h"
#include "netcfg/link.h"
#include "netcfg/missing.h"
#include "netcfg/route.h"
#include "netcfg/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

static void expect_bytes(const struct nl_buf *b, const uint8_t *bytes, size_t len)
{
	assert_false(b->overflow);
	assert_int_equal(b->len, len);
	assert_memory_equal(b->data, bytes, len);
}

/* The numbers below are those of a little-endian machine. */
static void test_up_message(void **state)
{
	static const uint8_t bytes[] = {
		32, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* length, RTM_NEWLINK, REQUEST */
		0,  0, 0, 0, 7,	 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, /* index, flags, change */
	};
	NL_BUF(b, 64);

	(void)state;
	link_put_up(&b, 7, true);
	expect_bytes(&b, bytes, sizeof(bytes));
}

static void test_address_message(void **state)
{
	static const uint8_t bytes[] = {
		48, 0,	0, 0, 20,  0,  1,   5,	 0, 0, 0, 0, 0, 0, 0, 0, /* CREATE | REPLACE */
		2,  16, 0, 0, 100, 0,  0,   0,	 /* family, prefix, flags, scope, index */
		8,  0,	2, 0, 10,  90, 1,   2,	 /* IFA_LOCAL */
		8,  0,	1, 0, 10,  90, 1,   2,	 /* IFA_ADDRESS */
		8,  0,	4, 0, 10,  90, 255, 255, /* IFA_BROADCAST */
	};
	NL_BUF(b, 64);

	(void)state;
	addr_put_add(&b, 100, 0x0a5a0102, 16);
	expect_bytes(&b, bytes, sizeof(bytes));
}

static void test_host_address_has_no_broadcast(void **state)
{
	NL_BUF(b, 64);

	(void)state;
	addr_put_add(&b, 100, 0x0a5a0102, 32);
	assert_int_equal(b.len, 40);
}

static void test_default_route_message(void **state)
{
	static const uint8_t bytes[] = {
		44, 0, 0, 0, 24,  0,  1, 5, 0, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWROUTE */
		2,  0, 0, 0, 254, 4,  0, 1, 0, 0, 0, 0, /* main table, static, universe, unicast */
		8,  0, 5, 0, 10,  90, 0, 1,		/* RTA_GATEWAY */
		8,  0, 4, 0, 100, 0,  0, 0,		/* RTA_OIF */
	};
	struct route r = { .gateway = 0x0a5a0001, .index = 100 };
	NL_BUF(b, 64);

	(void)state;
	route_put_set(&b, &r);
	expect_bytes(&b, bytes, sizeof(bytes));
}

static void test_veth_message(void **state)
{
	struct link_veth v = {
		.name = "redis.1",
		.peer_name = "eth0",
		.mac = { 2, 0xbf, 1, 2, 3, 4 },
		.peer_mac = { 2, 0xbe, 1, 2, 3, 4 },
		.master = 3,
		.group = 5,
		.index = 0x100001,
		.peer_index = 100,
		.isolated = true,
	};
	const size_t header = sizeof(struct ifinfomsg);
	const struct nlattr *info, *peer;
	const struct ifinfomsg *ifi;
	const struct nlmsghdr *msg;
	struct nlmsghdr inner;
	size_t len;
	NL_BUF(b, 512);

	(void)state;
	link_put_veth(&b, &v, 1);
	assert_false(b.overflow);
	assert_int_equal(b.n, 2);
	msg = (const void *)b.data;
	assert_int_equal(msg->nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL);
	assert_string_equal(nl_attr_data(nl_attr(msg, header, IFLA_IFNAME), &len), "redis.1");
	assert_int_equal(len, 8);
	assert_int_equal(nl_attr_u32(nl_attr(msg, header, IFLA_MASTER)), 3);
	assert_int_equal(nl_attr_u32(nl_attr(msg, header, IFLA_GROUP)), 5);
	info = nl_attr(msg, header, IFLA_LINKINFO);
	assert_string_equal(nl_attr_data(nl_attr_in(info, IFLA_INFO_KIND), &len), "veth");
	peer = nl_attr_in(nl_attr_in(info, IFLA_INFO_DATA), VETH_INFO_PEER);
	ifi = nl_attr_data(peer, &len);
	assert_non_null(ifi);
	assert_int_equal(ifi->ifi_index, 100);
	/* The peer's attributes follow its header, as they would in a message of its own. */
	assert_true(len > sizeof(*ifi));
	inner.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len);
	assert_true(inner.nlmsg_len < 256);
	{
		_Alignas(8) uint8_t copy[256];
		const struct nlmsghdr *m = (const void *)copy;

		memcpy(copy, &inner, sizeof(inner));
		memcpy(copy + NLMSG_HDRLEN, ifi, len);
		assert_string_equal(nl_attr_data(nl_attr(m, header, IFLA_IFNAME), &len), "eth0");
		assert_int_equal(nl_attr_u32(nl_attr(m, header, IFLA_NET_NS_PID)), 1);
		assert_int_equal(nl_attr_u32(nl_attr(m, header, IFLA_NUM_TX_QUEUES)), 1);
	}
	msg = (const void *)(b.data + b.msg);
	info = nl_attr(msg, header, IFLA_LINKINFO);
	assert_string_equal(nl_attr_data(nl_attr_in(info, IFLA_INFO_SLAVE_KIND), &len), "bridge");
}

static void test_no_isolation_no_second_message(void **state)
{
	struct link_veth v = { .name = "a", .peer_name = "b", .master = 3 };
	NL_BUF(b, 512);

	(void)state;
	link_put_veth_fd(&b, &v, 9);
	assert_int_equal(b.n, 1);
}

/* Every size up to the needed one: the sanitizer watches the end of the buffer. */
static void test_overflow(void **state)
{
	struct link_veth v = {
		.name = "redis.1", .peer_name = "eth0", .master = 3, .isolated = true
	};
	struct nl_sock s = { .fd = -1 };
	NL_BUF(whole, 512);

	(void)state;
	link_put_veth(&whole, &v, 1);
	for (size_t size = 0; size <= whole.len; size++) {
		struct nl_buf b = { .data = malloc(size + 1), .size = size };

		link_put_veth(&b, &v, 1);
		assert_int_equal(b.overflow, size < whole.len);
		assert_true(b.len <= size);
		if (b.overflow)
			assert_int_equal(nl_transact(&s, &b, NULL), -EMSGSIZE);
		free(b.data);
	}
}

static void test_attribute_too_long(void **state)
{
	static uint8_t data[70000];
	struct nl_buf b = { .data = malloc(200000), .size = 200000 };
	struct ifinfomsg info = { 0 };
	size_t nest;

	(void)state;
	nl_begin(&b, RTM_NEWLINK, 0, &info, sizeof(info));
	nl_put(&b, 1, data, sizeof(data));
	assert_true(b.overflow);
	b.overflow = false;
	nest = nl_nest(&b, 1);
	nl_put(&b, 1, data, 40000);
	nl_put(&b, 1, data, 40000);
	nl_end(&b, nest);
	assert_true(b.overflow);
	free(b.data);
}

static void test_hostile_attributes(void **state)
{
	_Alignas(8) uint8_t data[64] = { 0 };
	struct nlmsghdr *msg = (void *)data;
	struct nlattr *a = (void *)(data + NLMSG_HDRLEN);
	size_t len;

	(void)state;
	msg->nlmsg_len = NLMSG_HDRLEN + 8;
	a->nla_type = 1;
	a->nla_len = 200; /* beyond the message */
	assert_null(nl_attr(msg, 0, 1));
	a->nla_len = 3; /* shorter than itself */
	assert_null(nl_attr(msg, 0, 1));
	a->nla_len = 0;
	assert_null(nl_attr(msg, 0, 1));
	a->nla_len = 5;
	assert_non_null(nl_attr_data(nl_attr(msg, 0, 1), &len));
	assert_int_equal(len, 1);
	assert_int_equal(nl_attr_u32(nl_attr(msg, 0, 1)), 0);
	assert_null(nl_attr(msg, 0, 2));
	assert_null(nl_attr(msg, 100, 1));
	assert_null(nl_attr_in(NULL, 1));
}

static void test_link_parse_is_bounded(void **state)
{
	struct ifinfomsg header = { .ifi_index = 4 };
	struct link_info info;
	NL_BUF(b, 256);

	(void)state;
	nl_begin(&b, RTM_NEWLINK, 0, &header, sizeof(header));
	nl_put_str(&b, IFLA_IFNAME, "a-name-that-is-far-too-long");
	nl_put(&b, IFLA_IFALIAS, "no end", 6);
	assert_int_equal(link_parse((const void *)b.data, &info), 0);
	assert_int_equal(info.index, 4);
	assert_string_equal(info.name, "a-name-that-is-");
	assert_string_equal(info.alias, "no end");
	assert_string_equal(info.kind, "");
	((struct nlmsghdr *)(void *)b.data)->nlmsg_len = NLMSG_HDRLEN + 4;
	assert_int_equal(link_parse((const void *)b.data, &info), -EBADMSG);
}

/* From here on the kernel answers; asking needs no privilege. */
static void test_ask_the_kernel(void **state)
{
	struct nl_sock s;
	struct link_info info;
	struct nl_error err;

	(void)state;
	assert_int_equal(nl_open(&s, NETLINK_ROUTE), 0);
	assert_int_equal(link_by_name(&s, "lo", &info, &err), 0);
	assert_int_equal(info.index, LINK_LOOPBACK);
	assert_string_equal(info.name, "lo");
	assert_int_equal(link_by_name(&s, "nosuchlink", &info, &err), -ENODEV);
	/* The socket is in step after an error. */
	assert_int_equal(link_by_name(&s, "lo", &info, &err), 0);
	nl_close(&s);
	assert_int_equal(s.fd, -1);
}

static void put_get(struct nl_buf *b, int index)
{
	struct ifinfomsg info = { .ifi_index = index };

	nl_begin(b, RTM_GETLINK, 0, &info, sizeof(info));
}

static int count(const struct nlmsghdr *msg, void *ctx)
{
	(void)msg;
	++*(int *)ctx;
	return 0;
}

static void test_several_messages_one_verdict(void **state)
{
	struct nl_sock s;
	struct nl_error err = { .index = 99 };
	int n = 0;
	NL_BUF(b, 256);

	(void)state;
	assert_int_equal(nl_open(&s, NETLINK_ROUTE), 0);
	put_get(&b, 1);
	put_get(&b, 0x7ffffff0);
	put_get(&b, 1);
	assert_int_equal(nl_query(&s, &b, count, &n, &err), -ENODEV);
	assert_int_equal(err.index, 1);
	b.len = b.n = 0;
	n = 0;
	put_get(&b, 1);
	put_get(&b, 1);
	assert_int_equal(nl_query(&s, &b, count, &n, &err), 0);
	assert_int_equal(n, 2);
	nl_close(&s);
}

static void note_lo(void *ctx, enum link_event event, const struct link_info *info)
{
	assert_int_equal(event, LINK_CHANGED);
	if (str_eq(info->name, "lo"))
		++*(int *)ctx;
}

static void test_dump_and_watch(void **state)
{
	struct nl_sock s;
	struct link_watch w;
	int n = 0;

	(void)state;
	assert_int_equal(nl_open(&s, NETLINK_ROUTE), 0);
	assert_int_equal(link_watch_dump(&s, note_lo, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(link_watch_open(&w), 0);
	assert_int_equal(link_watch_drain(&w, note_lo, &n), 0);
	link_watch_close(&w);
	nl_close(&s);
}

/* A datagram of another process must not pass for the kernel's. */
static void test_foreign_sender(void **state)
{
	struct nl_sock s, other;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct link_info info;
	struct {
		struct nlmsghdr msg;
		struct nlmsgerr err;
	} forged = { .msg = { .nlmsg_len = sizeof(forged), .nlmsg_type = NLMSG_ERROR } };

	(void)state;
	assert_int_equal(nl_open(&s, NETLINK_ROUTE), 0);
	assert_int_equal(nl_open(&other, NETLINK_ROUTE), 0);
	forged.msg.nlmsg_seq = s.seq;
	forged.msg.nlmsg_pid = s.port;
	forged.err.error = -EPERM;
	to.nl_pid = s.port;
	if (sendto(other.fd, &forged, sizeof(forged), 0, (void *)&to, sizeof(to)) < 0)
		assert_int_equal(errno, EPERM); /* not allowed here at all: as good */
	assert_int_equal(link_by_name(&s, "lo", &info, NULL), 0);
	assert_int_equal(info.index, 1);
	nl_close(&other);
	nl_close(&s);
}

static void test_missing_hints(void **state)
{
	(void)state;
	assert_non_null(strstr(net_missing_hint(-EOPNOTSUPP, NET_FEATURE_VETH), "CONFIG_VETH"));
	assert_non_null(strstr(net_missing_hint(-ENOENT, NET_FEATURE_NAT), "nft_fib"));
	assert_null(net_missing_hint(-ENOENT, NET_FEATURE_VETH));
	assert_null(net_missing_hint(-EPERM, NET_FEATURE_NFT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_message),
		cmocka_unit_test(test_address_message),
		cmocka_unit_test(test_host_address_has_no_broadcast),
		cmocka_unit_test(test_default_route_message),
		cmocka_unit_test(test_veth_message),
		cmocka_unit_test(test_no_isolation_no_second_message),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_attribute_too_long),
		cmocka_unit_test(test_hostile_attributes),
		cmocka_unit_test(test_link_parse_is_bounded),
		cmocka_unit_test(test_ask_the_kernel),
		cmocka_unit_test(test_several_messages_one_verdict),
		cmocka_unit_test(test_dump_and_watch),
		cmocka_unit_test(test_foreign_sender),
		cmocka_unit_test(test_missing_hints),
	};

	return cmocka_run_group_tests_name("net_nl", tests, NULL, NULL);
}
