/* SPDX-License-Identifier: MIT */
#include "lib/timezone.h"

#include "lib/calendar.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static uint8_t file[4096];
static size_t len;
static struct timezone_table zone;

static void put(uint64_t v, int n)
{
	while (n-- > 0)
		file[len++] = (uint8_t)(v >> (8 * n));
}

static void header(char version, unsigned int times, unsigned int types)
{
	memcpy(file + len, "TZif", 4);
	len += 4;
	put((uint8_t)version, 1);
	for (int i = 0; i < 15; i++)
		put(0, 1);
	put(0, 4); /* UT flags, standard flags, leap seconds */
	put(0, 4);
	put(0, 4);
	put(times, 4);
	put(types, 4);
	put(4, 4);
}

/* A version 2 file of one type, whose @footer is to say all. */
static int make(int32_t offset, const char *footer)
{
	len = 0;
	for (int block = 0; block < 2; block++) {
		header('2', 0, 1);
		put((uint32_t)offset, 4);
		put(0, 2);
		put(0x41424300, 4);
	}
	put('\n', 1);
	memcpy(file + len, footer, strlen(footer));
	len += strlen(footer);
	put('\n', 1);
	return timezone_parse(file, len, &zone);
}

static int64_t seconds(const char *utc)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(utc, "%Y-%m-%d %H:%M", &tm));
	return timegm(&tm);
}

/* The offset changes at that moment, and not a second before. */
static void expect_change(const char *utc, int32_t from, int32_t to)
{
	int64_t at = seconds(utc);

	assert_int_equal(timezone_offset(&zone, timezone_find(&zone, at - 1)), from);
	assert_int_equal(timezone_offset(&zone, timezone_find(&zone, at)), to);
}

/* Transitions that are known from tables of these zones. */
static void test_rules(void **state)
{
	(void)state;
	assert_int_equal(make(3600, "CET-1CEST,M3.5.0,M10.5.0/3"), 0); /* Europe/Berlin */
	expect_change("2024-03-31 01:00", 3600, 7200);
	expect_change("2024-10-27 01:00", 7200, 3600);
	expect_change("2037-10-25 01:00", 7200, 3600);
	expect_change("2100-03-28 01:00", 3600, 7200);
	assert_int_equal(make(-18000, "EST5EDT,M3.2.0,M11.1.0"), 0); /* America/New_York */
	expect_change("2026-03-08 07:00", -18000, -14400);
	expect_change("2026-11-01 06:00", -14400, -18000);
	assert_int_equal(make(36000, "AEST-10AEDT,M10.1.0,M4.1.0/3"), 0); /* Australia/Sydney */
	expect_change("2025-04-05 16:00", 39600, 36000);
	expect_change("2025-10-04 16:00", 36000, 39600);
	assert_int_equal(make(37800, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"), 0); /* Lord_Howe */
	expect_change("2025-04-05 15:00", 39600, 37800);
	expect_change("2025-10-04 15:30", 37800, 39600);
	assert_int_equal(make(-7200, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), 0); /* America/Nuuk */
	expect_change("2025-03-30 01:00", -7200, -3600);
	expect_change("2025-10-26 01:00", -3600, -7200);
	assert_int_equal(make(0, "AAA0BBB,J60/0,J300/0"), 0); /* March 1st, leap year or not */
	expect_change("2024-03-01 00:00", 0, 3600);
	expect_change("2025-03-01 00:00", 0, 3600);
	assert_int_equal(make(0, "AAA0BBB,59/0,299/0"), 0);
	expect_change("2024-02-29 00:00", 0, 3600);
	expect_change("2025-03-01 00:00", 0, 3600);
	assert_int_equal(make(10800, "<+03>-3"), 0);
	assert_int_equal(zone.n, 0);
	assert_int_equal(zone.before, 10800);
}

/* Written transitions, 64 bits of them; what was before 1970 is a base only. */
static void test_transitions(void **state)
{
	(void)state;
	len = 0;
	header('3', 0, 1);
	put(0, 6);
	put(0x41424300, 4);
	header('3', 3, 3);
	put((uint64_t)-1000000, 8);
	put(1000000, 8);
	put(5000000000, 8);
	put(0x020100, 3);
	put(0, 6);
	put(3600, 4);
	put(0, 2);
	put((uint32_t)-7200, 4);
	put(0, 2);
	put(0x41424300, 4);
	put(0x0a0a, 2);
	assert_int_equal(timezone_parse(file, len, &zone), 0);
	assert_int_equal(zone.before, -7200);
	assert_int_equal(zone.n, 2);
	assert_int_equal(zone.v[1].at, 5000000000);
	assert_int_equal(timezone_offset(&zone, timezone_find(&zone, 1000000)), 3600);
	assert_int_equal(timezone_offset(&zone, timezone_find(&zone, 5000000000)), 0);
	/* Each file that is cut short, and none of them is read beyond its end (asan). */
	for (size_t n = 0; n < len - 2; n++)
		assert_int_equal(timezone_parse(file, n, &zone), -EBADMSG);
}

/* A last transition in the year 2e9 took the rule's years through an int: for half a minute. */
static void test_far_transition(void **state)
{
	static const char footer[] = "CET-1CEST,M3.5.0,M10.5.0/3";

	(void)state;
	len = 0;
	header('2', 0, 1);
	put(0, 6);
	put(0x41424300, 4);
	header('2', 1, 2);
	put((uint64_t)1 << 56, 8);
	put(1, 1);
	put(0, 6);
	put(3600, 4);
	put(0, 2);
	put(0x41424300, 4);
	put('\n', 1);
	memcpy(file + len, footer, strlen(footer));
	len += strlen(footer);
	put('\n', 1);
	alarm(5);
	assert_int_equal(timezone_parse(file, len, &zone), 0);
	alarm(0);
	assert_int_equal(zone.n, 1);
	assert_int_equal(zone.v[0].at, (int64_t)1 << 56);
}

static void test_bad(void **state)
{
	static const char *const footers[] = {
		"CET", "-1", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "<CET-1", "CET-200"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(footers); i++) {
		assert_int_equal(make(3600, footers[i]), 0);
		assert_int_equal(zone.n, 0);
		assert_int_equal(zone.before, 3600);
	}
	assert_int_equal(make(90000, "CET-1"), -EBADMSG);
	assert_int_equal(zone.before, 0);
	assert_int_equal(timezone_parse("no zone", 7, &zone), -EBADMSG);
	assert_true(timezone_name_valid("America/Port-au-Prince", 22));
	assert_true(timezone_name_valid("Etc/GMT+5", 9));
	assert_false(timezone_name_valid("../passwd", 9));
	assert_false(timezone_name_valid("/etc", 4));
	assert_false(timezone_name_valid("a//b", 4));
	assert_false(timezone_name_valid("a/", 2));
}

static void expect_next(const char *text, const char *after, const char *utc)
{
	struct arena arena = { 0 };
	struct calendar c;
	usec_t next;

	assert_int_equal(calendar_parse(text, &arena, &c, NULL), 0);
	assert_int_equal(calendar_next_in(&c, &zone, (usec_t)seconds(after) * USEC_PER_SEC, &next),
			 0);
	assert_int_equal(next / USEC_PER_SEC, seconds(utc));
	arena_free(&arena);
}

static void test_calendar(void **state)
{
	struct arena arena = { 0 };
	struct calendar c;
	usec_t next;

	(void)state;
	assert_int_equal(make(3600, "CET-1CEST,M3.5.0,M10.5.0/3"), 0);
	expect_next("daily", "2024-01-01 00:00", "2024-01-01 23:00");
	expect_next("daily", "2024-07-01 00:00", "2024-07-01 22:00");
	/* 02:30 of March 31st does not exist. */
	expect_next("02:30", "2024-03-30 12:00", "2024-04-01 00:30");
	expect_next("*:30", "2024-03-31 00:30", "2024-03-31 01:30");
	/* That of October 27th is there twice, and counts once. */
	expect_next("02:30", "2024-10-26 12:00", "2024-10-27 00:30");
	expect_next("02:30", "2024-10-27 00:30", "2024-10-28 01:30");
	expect_next("03:00", "2024-10-27 00:30", "2024-10-27 02:00");
	/* What is for any hour is for each of both. */
	expect_next("*:30", "2024-10-27 00:30", "2024-10-27 01:30");
	expect_next("*:0/20", "2024-10-27 00:40", "2024-10-27 01:00");
	expect_next("2150-07-01", "2024-10-27 00:40", "2150-06-30 22:00");
	assert_int_equal(make(-18000, "EST5EDT,M3.2.0,M11.1.0"), 0);
	expect_next("1970-01-01 05:00", "1970-01-01 00:00", "1970-01-01 10:00");
	assert_int_equal(calendar_parse("*-02-30", &arena, &c, NULL), 0);
	assert_int_equal(calendar_next_in(&c, &zone, 0, &next), -ENOENT);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	       cmocka_unit_test(test_transitions),
		cmocka_unit_test(test_far_transition), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
