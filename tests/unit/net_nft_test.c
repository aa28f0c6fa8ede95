/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "netcfg/nft.h"
#include "netcfg/nftmsg.h"

#include <errno.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#define SUBSYS (NFNL_SUBSYS_NFTABLES << 8)

static const struct nft_publish ports[] = {
	{ .addr = 0x0a5a0105, .host_port = 8080, .port = 80, .proto = 6 },
	{ .host_addr = 0xc0000201, .addr = 0x0a5a0106, .host_port = 53, .port = 5353, .proto = 17 },
};

static const struct nft_spec spec = {
	.bridge = "berth0",
	.subnet = 0x0a5a0001,
	.prefix = 16,
	.guard = true,
	.publish = ports,
	.n_publish = 2,
};

static struct nl_buf built(const struct nft_spec *s)
{
	struct nl_buf b = { .data = malloc(nft_size(s)), .size = nft_size(s) };

	nft_build(&b, s);
	assert_false(b.overflow);
	return b;
}

static const struct nlmsghdr *message(const struct nl_buf *b, unsigned int n)
{
	size_t at = 0;

	for (; n; n--)
		at += NLMSG_ALIGN(
			((const struct nlmsghdr *)(const void *)(b->data + at))->nlmsg_len);
	assert_true(at < b->len);
	return (const void *)(b->data + at);
}

static void test_frame(void **state)
{
	struct nl_buf b = built(&spec);
	const struct nlmsghdr *first = message(&b, 0), *last = message(&b, b.n - 1);
	const struct nfgenmsg *gen = NLMSG_DATA(first);

	(void)state;
	assert_int_equal(first->nlmsg_type, NFNL_MSG_BATCH_BEGIN);
	assert_int_equal(gen->nfgen_family, AF_UNSPEC);
	assert_int_equal(be16toh(gen->res_id), NFNL_SUBSYS_NFTABLES);
	assert_int_equal(last->nlmsg_type, NFNL_MSG_BATCH_END);
	/* The end is not acknowledged by older kernels: the last rule is. */
	assert_int_equal(b.ack, b.n - 2);
	free(b.data);
}

static void test_table_is_replaced(void **state)
{
	static const uint16_t types[] = { NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE, NFT_MSG_NEWTABLE };
	struct nl_buf b = built(&spec);
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct nlmsghdr *msg = message(&b, i + 1);

		assert_int_equal(msg->nlmsg_type, SUBSYS | types[i]);
		assert_string_equal(nl_attr_data(nl_attr(msg, sizeof(struct nfgenmsg), 1), &len),
				    "berth");
		/* Never exclusive: the second time the table is there. */
		assert_int_equal(msg->nlmsg_flags & NLM_F_EXCL, 0);
	}
	free(b.data);
}

/* Walks nested attributes: each must fill its parent exactly. Returns how many there are. */
static unsigned int check_nest(const uint8_t *data, size_t len)
{
	unsigned int n = 0;

	while (len) {
		const struct nlattr *a = (const void *)data;
		size_t step;

		assert_true(len >= sizeof(*a));
		assert_true(a->nla_len >= sizeof(*a) && a->nla_len <= len);
		if (a->nla_type & NLA_F_NESTED)
			n += check_nest(data + sizeof(*a), a->nla_len - sizeof(*a));
		step = NLA_ALIGN(a->nla_len);
		assert_true(step <= len);
		data += step;
		len -= step;
		n++;
	}
	return n;
}

static void test_every_length_fits(void **state)
{
	struct nl_buf b = built(&spec);
	unsigned int rules = 0;

	(void)state;
	for (unsigned int i = 1; i < b.n - 1; i++) {
		const struct nlmsghdr *msg = message(&b, i);
		const size_t skip = NLMSG_HDRLEN + sizeof(struct nfgenmsg);

		assert_true(check_nest((const uint8_t *)msg + skip, msg->nlmsg_len - skip) > 0);
		if (msg->nlmsg_type == (SUBSYS | NFT_MSG_NEWRULE))
			rules++;
	}
	/* two ports, two entries, masquerade, three for what comes in, the guard */
	assert_int_equal(rules, 9);
	free(b.data);
}

static void test_cmp_bytes(void **state)
{
	static const uint8_t bytes[] = {
		44, 0, 1, 128,				       /* list element, nested */
		8,  0, 1, 0,   'c', 'm', 'p', 0,	       /* name */
		32, 0, 2, 128,				       /* data, nested */
		8,  0, 1, 0,   0,   0,	 0,   1,	       /* source register 1 */
		8,  0, 2, 0,   0,   0,	 0,   1,	       /* NFT_CMP_NEQ */
		12, 0, 3, 128, 5,   0,	 1,   0, 127, 0, 0, 0, /* one byte, padded */
	};
	uint8_t v = 127;
	NL_BUF(b, 128);

	(void)state;
	nft_cmp(&b, NFT_CMP_NEQ, &v, sizeof(v));
	assert_int_equal(b.len, sizeof(bytes));
	assert_memory_equal(b.data, bytes, sizeof(bytes));
}

/* The constants of a port's rule, in network order, in their place. */
static void test_publish_rule(void **state)
{
	static const uint8_t addr[] = { 8, 0, 1, 0, 10, 90, 1, 5 };
	static const uint8_t host_port[] = { 6, 0, 1, 0, 0x1f, 0x90 };
	static const uint8_t port[] = { 6, 0, 1, 0, 0, 80 };
	struct nl_buf b = built(&spec);
	const struct nlmsghdr *msg = NULL;

	(void)state;
	for (unsigned int i = 0; i < b.n && !msg; i++)
		if (message(&b, i)->nlmsg_type == (SUBSYS | NFT_MSG_NEWRULE))
			msg = message(&b, i);
	assert_non_null(msg);
	assert_non_null(memmem(msg, msg->nlmsg_len, addr, sizeof(addr)));
	assert_non_null(memmem(msg, msg->nlmsg_len, host_port, sizeof(host_port)));
	assert_non_null(memmem(msg, msg->nlmsg_len, port, sizeof(port)));
	assert_non_null(memmem(msg, msg->nlmsg_len, "nat", 4));
	free(b.data);
}

static void test_size_suffices(void **state)
{
	struct nft_publish many[300];
	struct nft_spec s = spec;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		many[i] = ports[1]; /* the longer kind */
	s.publish = many;
	s.bridge = "fifteen-bytes-0";
	for (s.n_publish = 0; s.n_publish <= 300; s.n_publish += 50) {
		struct nl_buf b = built(&s);

		free(b.data);
	}
}

static void test_overflow_is_refused(void **state)
{
	struct nl_buf whole = built(&spec);
	struct nl_sock s = { .fd = -1 };

	(void)state;
	for (size_t size = 0; size < whole.len; size += 4) {
		void *buf = malloc(size + 1);

		assert_int_equal(nft_replace(&s, &spec, buf, size, NULL), -EMSGSIZE);
		free(buf);
	}
	free(whole.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_table_is_replaced),
		cmocka_unit_test(test_every_length_fits),
		cmocka_unit_test(test_cmp_bytes),
		cmocka_unit_test(test_publish_rule),
		cmocka_unit_test(test_size_suffices),
		cmocka_unit_test(test_overflow_is_refused),
	};

	return cmocka_run_group_tests_name("net_nft", tests, NULL, NULL);
}
