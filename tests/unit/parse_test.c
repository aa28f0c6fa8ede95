/* SPDX-License-Identifier: MIT */
#include "lib/parse.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void test_bool(void **state)
{
	static const char *const yes[] = { "1", "yes", "Y", "True", "t", "ON" };
	static const char *const no[] = { "0", "no", "N", "FALSE", "f", "Off" };
	bool b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		b = false;
		assert_int_equal(parse_bool(yes[i], &b), 0);
		assert_true(b);
		assert_int_equal(parse_bool(no[i], &b), 0);
		assert_false(b);
	}
	assert_int_equal(parse_bool("", &b), -EINVAL);
	assert_int_equal(parse_bool("2", &b), -EINVAL);
	assert_int_equal(parse_bool("yes ", &b), -EINVAL);
}

static void test_integers(void **state)
{
	uint64_t u = 77;
	int64_t i = 77;

	(void)state;
	assert_int_equal(parse_u64("18446744073709551615", 0, UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", 0, UINT64_MAX, &u), -ERANGE);
	assert_int_equal(parse_u64("0x1F", 0, 100, &u), 0);
	assert_int_equal(u, 31);
	assert_int_equal(parse_u64("010", 0, 100, &u), 0);
	assert_int_equal(u, 8);
	assert_int_equal(parse_u64("101", 1, 100, &u), -ERANGE);
	assert_int_equal(parse_u64("0", 1, 100, &u), -ERANGE);
	assert_int_equal(parse_u64("", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("-1", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("1 ", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("0x", 0, 100, &u), -EINVAL);
	assert_int_equal(parse_u64("08", 0, 100, &u), -EINVAL);
	assert_int_equal(u, 8);
	assert_int_equal(parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &i), -ERANGE);
	assert_int_equal(parse_i64("+5", -20, 19, &i), 0);
	assert_int_equal(i, 5);
	assert_int_equal(parse_i64("-21", -20, 19, &i), -ERANGE);
	assert_int_equal(parse_i64("--1", -20, 19, &i), -EINVAL);
}

static void test_size(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_int_equal(parse_size("64M", &n), 0);
	assert_int_equal(n, 64 << 20);
	assert_int_equal(parse_size("1.5G", &n), 0);
	assert_int_equal(n, 3 << 29);
	assert_int_equal(parse_size("1G 500M", &n), 0);
	assert_int_equal(n, (1 << 30) + (500 << 20));
	assert_int_equal(parse_size("1G500", &n), 0);
	assert_int_equal(n, (1 << 30) + 500);
	assert_int_equal(parse_size(" 12 ", &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(parse_size("3B", &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(parse_size("infinity", &n), 0);
	assert_true(n == SIZE_INFINITY);
	assert_int_equal(parse_size("15E", &n), 0);
	assert_int_equal(parse_size("16E", &n), -ERANGE);
	assert_int_equal(parse_size("18446744073709551615", &n), -ERANGE);
	assert_int_equal(parse_size("", &n), -EINVAL);
	assert_int_equal(parse_size("-1", &n), -EINVAL);
	assert_int_equal(parse_size("1Ki", &n), -EINVAL);
	assert_int_equal(parse_size("1k", &n), -EINVAL);
	assert_int_equal(parse_size("500M 1G", &n), -EINVAL);
	assert_int_equal(parse_size("1.G", &n), -EINVAL);
	assert_int_equal(parse_size("1G 1G", &n), -EINVAL);
	assert_int_equal(parse_size("10%", &n), -EINVAL);
}

static void test_percent(void **state)
{
	uint32_t n = 0;

	(void)state;
	assert_int_equal(parse_percent("12.5%", &n), 0);
	assert_int_equal(n, 1250);
	assert_int_equal(parse_percent("400%", &n), 0);
	assert_int_equal(n, 40000);
	assert_int_equal(parse_percent("0.01%", &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(parse_percent("0.001%", &n), -EINVAL);
	assert_int_equal(parse_percent("12", &n), -EINVAL);
	assert_int_equal(parse_percent("%", &n), -EINVAL);
	assert_int_equal(parse_percent("-1%", &n), -EINVAL);
	assert_int_equal(parse_percent("12%%", &n), -EINVAL);
	assert_int_equal(parse_percent("99999999999%", &n), -ERANGE);
}

static void check_span(const char *s, usec_t expected)
{
	usec_t t = 0;

	if (parse_span(s, USEC_PER_SEC, &t) != 0 || t != expected)
		fail_msg("\"%s\" gives %llu", s, (unsigned long long)t);
}

static void test_span(void **state)
{
	static const char *const bad[] = { "",	    " ",     "s",	  "5 x",	 "3.s",
					   "3.+1s", "3. 1s", "infinityy", "infinity 1s", "0x5s",
					   ".",	    "5mins", "--5",	  "1.5.5",	 ".5.5h",
					   "5+5",   "++5",   "+.5s",	  "5s.5.5" };
	usec_t t = 0;

	(void)state;
	check_span("5", 5 * USEC_PER_SEC);
	check_span("0", 0);
	check_span("5s", 5 * USEC_PER_SEC);
	check_span("5min 20s", 5 * MINUTE + 20 * USEC_PER_SEC);
	check_span("5min20s", 5 * MINUTE + 20 * USEC_PER_SEC);
	check_span("55s500ms", 55 * USEC_PER_SEC + 500 * USEC_PER_MSEC);
	check_span("300ms20s 5day", 300 * USEC_PER_MSEC + 20 * USEC_PER_SEC + 5 * DAY);
	check_span("5 20s", 25 * USEC_PER_SEC);
	check_span(" 5 min ", 5 * MINUTE);
	check_span("1.5h", 90 * MINUTE);
	check_span("1.5 .5", 2 * USEC_PER_SEC);
	check_span("1.5s.5", 2 * USEC_PER_SEC);
	check_span("+5s+5 +1", 11 * USEC_PER_SEC);
	check_span(" .22s ", 220 * USEC_PER_MSEC);
	check_span("2m", 2 * MINUTE);
	check_span("1M", 2629800 * USEC_PER_SEC);
	check_span("1month", 2629800 * USEC_PER_SEC);
	check_span("1y", 31557600 * USEC_PER_SEC);
	check_span("2weeks 1d 1hr", 15 * DAY + HOUR);
	check_span("900ms", 900 * USEC_PER_MSEC);
	check_span("7us", 7);
	check_span("7\xc2\xb5s", 7);
	check_span("7\xce\xbcs 1usec", 8);
	check_span("infinity", USEC_INFINITY);
	check_span(" infinity ", USEC_INFINITY);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse_span(bad[i], USEC_PER_SEC, &t) != -EINVAL)
			fail_msg("\"%s\" is taken", bad[i]);
	}
	assert_int_equal(parse_span("-5s", USEC_PER_SEC, &t), -ERANGE);
	assert_int_equal(parse_span("1s-2", USEC_PER_SEC, &t), -ERANGE);
	assert_int_equal(parse_span("999999999y", USEC_PER_SEC, &t), -ERANGE);
	assert_int_equal(parse_span("99999999999999999999", 1, &t), -ERANGE);
	assert_int_equal(parse_span("3", USEC_PER_MSEC, &t), 0);
	assert_int_equal(t, 3000);
}

static void test_mode(void **state)
{
	mode_t m = 0;

	(void)state;
	assert_int_equal(parse_mode("777", &m), 0);
	assert_int_equal(m, 0777);
	assert_int_equal(parse_mode("02755", &m), 0);
	assert_int_equal(m, 02755);
	assert_int_equal(parse_mode("0", &m), 0);
	assert_int_equal(m, 0);
	assert_int_equal(parse_mode("10000", &m), -ERANGE);
	assert_int_equal(parse_mode("8", &m), -EINVAL);
	assert_int_equal(parse_mode("", &m), -EINVAL);
	assert_int_equal(parse_mode("-7", &m), -EINVAL);
}

static void test_signal(void **state)
{
	int s = 0;

	(void)state;
	assert_int_equal(parse_signal("SIGTERM", &s), 0);
	assert_int_equal(s, SIGTERM);
	assert_int_equal(parse_signal("USR1", &s), 0);
	assert_int_equal(s, SIGUSR1);
	assert_int_equal(parse_signal("15", &s), 0);
	assert_int_equal(s, 15);
	assert_int_equal(parse_signal("RTMIN+3", &s), 0);
	assert_int_equal(s, 37); /* as glibc's programs have it, whatever libc this is */
	assert_int_equal(parse_signal("SIGRTMIN", &s), 0);
	assert_int_equal(s, 34);
	assert_int_equal(parse_signal("SIGRTMAX-1", &s), 0);
	assert_int_equal(s, 63);
	assert_int_equal(parse_signal("0", &s), -ERANGE);
	assert_int_equal(parse_signal("65", &s), -ERANGE);
	assert_int_equal(parse_signal("RTMIN+31", &s), -ERANGE);
	assert_int_equal(parse_signal("RTMIN+", &s), -EINVAL);
	assert_int_equal(parse_signal("RTMAX+1", &s), -EINVAL);
	assert_int_equal(parse_signal("15x", &s), -EINVAL);
	assert_int_equal(parse_signal("term", &s), -EINVAL);
	assert_int_equal(parse_signal("", &s), -EINVAL);
	for (int i = 1; i < 32; i++) {
		assert_non_null(signal_name(i));
		assert_int_equal(parse_signal(signal_name(i), &s), 0);
		assert_int_equal(s, i);
	}
	assert_string_equal(signal_name(SIGABRT), "ABRT");
	assert_null(signal_name(0));
	assert_null(signal_name(40));
}

static void check_format(usec_t t, const char *expected)
{
	char buf[128];
	usec_t back = 0;

	assert_int_equal(format_span(t, buf, sizeof(buf)), strlen(expected));
	assert_string_equal(buf, expected);
	assert_int_equal(parse_span(buf, USEC_PER_SEC, &back), 0);
	assert_true(back == t);
}

static void test_format_span(void **state)
{
	char buf[4];

	(void)state;
	check_format(0, "0");
	check_format(1, "1us");
	check_format(1500, "1.5ms");
	check_format(100 * USEC_PER_MSEC, "100ms");
	check_format(1500 * USEC_PER_MSEC, "1.5s");
	check_format(1000001, "1.000001s");
	check_format(90 * USEC_PER_SEC, "1min 30s");
	check_format(5 * MINUTE + 20 * USEC_PER_SEC, "5min 20s");
	check_format(DAY + 1, "1d 1us");
	check_format(USEC_INFINITY, "infinity");
	assert_int_equal(format_span(5 * MINUTE, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "5mi");
	for (usec_t t = 3; t < UINT64_MAX / 7; t = t * 7 + 5) {
		char text[128];
		usec_t back = 0;

		format_span(t, text, sizeof(text));
		assert_int_equal(parse_span(text, USEC_PER_SEC, &back), 0);
		assert_true(back == t);
	}
}

static void test_format_size(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0B" },
		{ 1023, "1023B" },
		{ 1024, "1.0K" },
		{ 1536, "1.5K" },
		{ (1 << 20) - 1, "1023.9K" },
		{ 64 << 20, "64.0M" },
		{ UINT64_MAX - 1, "15.9E" },
		{ SIZE_INFINITY, "infinity" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		format_size(rows[i].bytes, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].text);
	}
}

static void test_ipv4(void **state)
{
	static const char *const bad[] = { "",		"10.0.0",    "10.0.0.1.2", "10.0.0.01",
					   "10.0.0.1 ", "10..0.1",   "a.b.c.d",	   "10.0.0.-1",
					   "10.0.0.1/", "10.0.0.1/x" };
	unsigned int prefix = 0;
	uint32_t a = 0;
	char buf[16];

	(void)state;
	assert_int_equal(parse_ipv4("10.90.0.1", &a), 0);
	assert_int_equal(a, 0x0a5a0001);
	assert_int_equal(parse_ipv4_prefix("255.255.255.255", &a, &prefix), 0);
	assert_int_equal(prefix, 32);
	assert_int_equal(format_ipv4(a, buf, sizeof(buf)), 15);
	assert_string_equal(buf, "255.255.255.255");
	assert_int_equal(parse_ipv4_prefix("10.90.0.1/16", &a, &prefix), 0);
	assert_int_equal(prefix, 16);
	assert_int_equal(parse_ipv4_prefix("0.0.0.0/0", &a, &prefix), 0);
	assert_int_equal(prefix, 0);
	assert_int_equal(parse_ipv4("10.0.0.256", &a), -ERANGE);
	assert_int_equal(parse_ipv4_prefix("10.0.0.1/33", &a, &prefix), -ERANGE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_ipv4(bad[i], &a), -EINVAL);
		assert_int_equal(parse_ipv4_prefix(bad[i], &a, &prefix), -EINVAL);
	}
	assert_int_equal(parse_ipv4("10.0.0.1/8", &a), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bool),	    cmocka_unit_test(test_integers),
		cmocka_unit_test(test_size),	    cmocka_unit_test(test_percent),
		cmocka_unit_test(test_span),	    cmocka_unit_test(test_mode),
		cmocka_unit_test(test_signal),	    cmocka_unit_test(test_format_span),
		cmocka_unit_test(test_format_size), cmocka_unit_test(test_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
