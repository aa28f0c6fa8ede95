/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/str.h"
#include "netcfg/names.h"
#include "netcfg/pool.h"

#include <errno.h>
#include <stdio.h>

static void expect_name(const char *unit, uint32_t generation, const char *name)
{
	char out[16];

	net_host_name(out, unit, generation);
	assert_string_equal(out, name);
	assert_true(net_name_valid(out));
}

static void test_host_names(void **state)
{
	(void)state;
	expect_name("redis.service", 0, "redis.0");
	expect_name("redis.service", 35, "redis.z");
	expect_name("redis.service", 36, "redis.10");
	expect_name("redis", 1, "redis.1");
	expect_name("a-very-long-unit-name.service", 7, "a-very-long-u.7");
	expect_name("a-very-long-unit-name.service", UINT32_MAX, "a-very-.1z141z3");
	expect_name("web@one:two.service", 2, "web_one_two.2");
	expect_name("dev-disk\\x2d1.mount", 3, "dev-disk_x2d1.3");
	expect_name(".service", 3, ".3");
	expect_name("na\xc3\xafve.service", 0, "na__ve.0");
}

static void test_valid_names(void **state)
{
	(void)state;
	assert_true(net_name_valid("eth0"));
	assert_true(net_name_valid("123456789012345"));
	assert_false(net_name_valid("1234567890123456"));
	assert_false(net_name_valid(""));
	assert_false(net_name_valid("."));
	assert_false(net_name_valid(".."));
	assert_false(net_name_valid("a b"));
	assert_false(net_name_valid("a/b"));
	assert_false(net_name_valid("a:1"));
	assert_false(net_name_valid("veth%d"));
	assert_false(net_name_valid("a\x7f"));
}

static void test_macs(void **state)
{
	uint8_t unit[6], host[6], again[6], other[6], bridge[6];

	(void)state;
	net_unit_mac(unit, "redis.service");
	net_unit_mac(again, "redis.service");
	net_unit_mac(other, "api.service");
	net_host_mac(host, "redis.service");
	net_bridge_mac(bridge, "berth0");
	assert_memory_equal(unit, again, 6);
	assert_memory_not_equal(unit, other, 6);
	assert_memory_not_equal(unit, host, 6);
	/* Locally administered, not multicast. */
	assert_int_equal(unit[0] & 3, 2);
	assert_int_equal(host[0] & 3, 2);
	assert_int_equal(bridge[0] & 3, 2);
}

static void test_indexes(void **state)
{
	(void)state;
	assert_int_not_equal(net_host_index(0), net_host_index(1));
	assert_true(net_host_index(UINT32_MAX) < INT32_MAX);
	assert_true(net_host_index(0) > 100000);
}

#define OWN 0x0a5a0001u /* 10.90.0.1 */

static void test_thousand_names(void **state)
{
	struct net_pool p;
	uint32_t drawn[1000];
	char name[32];

	(void)state;
	assert_int_equal(net_pool_init(&p, OWN, 16), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "unit%u.service", i);
		assert_int_equal(net_pool_draw(&p, name, &drawn[i]), 0);
		assert_true(drawn[i] > 0x0a5a0000 && drawn[i] < 0x0a5affff);
		assert_int_not_equal(drawn[i], OWN);
		for (unsigned int j = 0; j < i; j++)
			assert_int_not_equal(drawn[i], drawn[j]);
	}
	assert_int_equal(p.n, 1001);
	for (unsigned int i = 1; i < p.n; i++)
		assert_true(p.taken[i - 1] < p.taken[i]);
	for (unsigned int i = 0; i < 1000; i++)
		net_pool_release(&p, drawn[i]);
	assert_int_equal(p.n, 1);
	net_pool_free(&p);
}

static void test_same_name_same_address(void **state)
{
	struct net_pool p;
	uint32_t first, second, other;

	(void)state;
	assert_int_equal(net_pool_init(&p, OWN, 16), 0);
	assert_int_equal(net_pool_draw(&p, "redis.service", &first), 0);
	/* Stable over releases of berth, too: people write it down. */
	assert_int_equal(first, 0x0a5a0001 + str_hash("redis.service") % 65534);
	assert_int_equal(net_pool_draw(&p, "api.service", &other), 0);
	net_pool_release(&p, first);
	assert_int_equal(net_pool_draw(&p, "redis.service", &second), 0);
	assert_int_equal(first, second);
	net_pool_free(&p);
}

static void test_fixed_addresses(void **state)
{
	struct net_pool p;
	uint32_t want, got;

	(void)state;
	assert_int_equal(net_pool_init(&p, OWN, 16), 0);
	assert_int_equal(net_pool_draw(&p, "redis.service", &want), 0);
	net_pool_release(&p, want);
	assert_int_equal(net_pool_reserve(&p, want), 0);
	assert_int_equal(net_pool_reserve(&p, want), -EEXIST);
	assert_int_equal(net_pool_reserve(&p, OWN), -EEXIST);
	assert_int_equal(net_pool_reserve(&p, 0x0a5a0000), -ERANGE);
	assert_int_equal(net_pool_reserve(&p, 0x0a5affff), -ERANGE);
	assert_int_equal(net_pool_reserve(&p, 0x0a5b0001), -ERANGE);
	assert_int_equal(net_pool_draw(&p, "redis.service", &got), 0);
	assert_int_equal(got, want + 1);
	net_pool_release(&p, 0x0a5a7777);
	net_pool_free(&p);
}

static void test_exhaustion(void **state)
{
	struct net_pool p;
	uint32_t addr;
	char name[16];

	(void)state;
	assert_int_equal(net_pool_init(&p, 0xc0000206, 29), 0); /* 192.0.2.6 of .1 to .6 */
	for (unsigned int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_int_equal(net_pool_draw(&p, name, &addr), 0);
		assert_true(addr >= 0xc0000201 && addr <= 0xc0000205);
	}
	assert_int_equal(net_pool_draw(&p, "one too many", &addr), -ENOSPC);
	net_pool_release(&p, 0xc0000203);
	assert_int_equal(net_pool_draw(&p, "one too many", &addr), 0);
	assert_int_equal(addr, 0xc0000203);
	net_pool_free(&p);
}

static void test_prefix_bounds(void **state)
{
	struct net_pool p;

	(void)state;
	assert_int_equal(net_pool_init(&p, OWN, 31), -EINVAL);
	assert_int_equal(net_pool_init(&p, OWN, 7), -EINVAL);
	assert_int_equal(net_pool_init(&p, OWN, 30), 0);
	net_pool_free(&p);
	assert_int_equal(net_pool_init(&p, OWN, 8), 0);
	assert_true(p.base == 0x0a000000 && p.last == 0x0affffff);
	net_pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_names),
		cmocka_unit_test(test_valid_names),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_indexes),
		cmocka_unit_test(test_thousand_names),
		cmocka_unit_test(test_same_name_same_address),
		cmocka_unit_test(test_fixed_addresses),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_prefix_bounds),
	};

	return cmocka_run_group_tests_name("net_names", tests, NULL, NULL);
}
