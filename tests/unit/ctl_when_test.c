/* SPDX-License-Identifier: MIT */
#include "ctl/enter.h"
#include "ctl/term.h"
#include "ctl/when.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* Sat 2026-11-21 22:40:05 UTC */
#define NOW ((usec_t)1795300805 * USEC_PER_SEC)
#define DAY ((usec_t)86400 * USEC_PER_SEC)

static usec_t when(const char *s)
{
	usec_t out = 1;

	assert_int_equal(parse_when(s, NOW, &out), 0);
	return out;
}

static void test_moments(void **state)
{
	usec_t midnight = NOW / DAY * DAY, out;

	(void)state;
	setenv("TZ", "UTC0", 1);
	assert_true(when("2026-11-21 22:40:05") == NOW);
	assert_true(when("2026-11-21T22:40:05") == NOW);
	assert_true(when("2026-11-21 22:40") == NOW - 5 * USEC_PER_SEC);
	assert_true(when("2026-11-21") == midnight);
	assert_true(when("22:40:05") == NOW);
	assert_true(when("22:40") == NOW - 5 * USEC_PER_SEC);
	assert_true(when("now") == NOW);
	assert_true(when("today") == midnight);
	assert_true(when("yesterday") == midnight - DAY);
	assert_true(when("-5min") == NOW - 300 * USEC_PER_SEC);
	assert_true(when("+1h") == NOW + 3600 * USEC_PER_SEC);
	assert_true(when("2h 5min ago") == NOW - 7500 * USEC_PER_SEC);
	assert_true(when("@12") == 12 * USEC_PER_SEC);
	assert_true(when("-9999999h") == 0);
	assert_int_equal(parse_when("", NOW, &out), -EINVAL);
	assert_int_equal(parse_when("soon", NOW, &out), -EINVAL);
	assert_int_equal(parse_when("2026-11-21 x", NOW, &out), -EINVAL);
	assert_int_equal(parse_when("5min", NOW, &out), -EINVAL);
	assert_int_equal(parse_when("@x", NOW, &out), -EINVAL);
}

static void expect_age(usec_t span, const char *expected)
{
	char text[64];

	format_age(span, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_ages(void **state)
{
	(void)state;
	expect_age(0, "0ms");
	expect_age(999 * USEC_PER_MSEC, "999ms");
	expect_age(5 * USEC_PER_SEC, "5s");
	expect_age(200 * USEC_PER_SEC, "3min 20s");
	expect_age(180 * USEC_PER_SEC, "3min");
	expect_age(7525 * USEC_PER_SEC, "2h 5min");
	expect_age(3 * DAY + 59 * USEC_PER_SEC, "3 days");
}

static void test_process_status(void **state)
{
	static const char text[] = "Name:\tredis\nUid:\t33\t34\t33\t33\nGid:\t7\t8\t7\t7\n"
				   "Groups:\t4 24 \nNSpid:\t9\t1\nCapBnd:\t00000000a80425fb\n"
				   "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";
	struct enter_facts facts = { 0 };

	(void)state;
	assert_int_equal(enter_parse_status(text, &facts), 0);
	assert_int_equal(facts.uid, 34);
	assert_int_equal(facts.gid, 8);
	assert_int_equal(facts.n_groups, 2);
	assert_int_equal(facts.groups[0], 4);
	assert_int_equal(facts.groups[1], 24);
	assert_true(facts.bounding == 0xa80425fb);
	assert_true(facts.no_new_privs);
	assert_int_equal(facts.seccomp, 2);
	assert_int_equal(enter_parse_status("Uid:\t0\t0\n", &facts), -EINVAL);
}

static void test_no_supplementary_groups(void **state)
{
	static const char text[] = "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\nNStgid:\t5\n"
				   "CapBnd:\t0\nNoNewPrivs:\t0\n";
	struct enter_facts facts = { 0 };

	(void)state;
	assert_int_equal(enter_parse_status(text, &facts), 0);
	assert_int_equal(facts.n_groups, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_process_status),
		cmocka_unit_test(test_no_supplementary_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
