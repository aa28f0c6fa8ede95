/* SPDX-License-Identifier: MIT */
#include "lib/calendar.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

/* Values here were compared with those of systemd-analyze calendar (systemd 252). */

static void assert_normal(const char *text, const char *normal)
{
	struct arena arena = { 0 };
	struct calendar c;
	const char *why = "nothing";
	char buf[256];

	if (calendar_parse(text, &arena, &c, &why) < 0)
		fail_msg("\"%s\" is refused: %s", text, why);
	assert_int_equal(calendar_format(&c, buf, sizeof(buf)), strlen(normal));
	assert_string_equal(buf, normal);
	assert_int_equal(calendar_parse(buf, &arena, &c, NULL), 0);
	calendar_format(&c, buf, sizeof(buf));
	assert_string_equal(buf, normal);
	arena_free(&arena);
}

static void test_normal_forms_of_the_manual(void **state)
{
	static const char *const forms[][2] = {
		{ "Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00" },
		{ "Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00" },
		{ "Wed *-1", "Wed *-*-01 00:00:00" },
		{ "Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00" },
		{ "Wed, 17:48", "Wed *-*-* 17:48:00" },
		{ "Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03" },
		{ "*-*-7 0:0:0", "*-*-07 00:00:00" },
		{ "10-15", "*-10-15 00:00:00" },
		{ "monday *-12-* 17:00", "Mon *-12-* 17:00:00" },
		{ "Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45" },
		{ "12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00" },
		{ "12..14:10,20,30", "*-*-* 12..14:10,20,30:00" },
		{ "mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45" },
		{ "03-05 08:05:40", "*-03-05 08:05:40" },
		{ "08:05:40", "*-*-* 08:05:40" },
		{ "05:40", "*-*-* 05:40:00" },
		{ "Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40" },
		{ "Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40" },
		{ "2003-03-05 05:40", "2003-03-05 05:40:00" },
		{ "05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001" },
		{ "2003-02..04-05", "2003-02..04-05 00:00:00" },
		{ "2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC" },
		{ "2003-03-05", "2003-03-05 00:00:00" },
		{ "03-05", "*-03-05 00:00:00" },
		{ "hourly", "*-*-* *:00:00" },
		{ "daily", "*-*-* 00:00:00" },
		{ "daily UTC", "*-*-* 00:00:00 UTC" },
		{ "monthly", "*-*-01 00:00:00" },
		{ "weekly", "Mon *-*-* 00:00:00" },
		{ "yearly", "*-01-01 00:00:00" },
		{ "annually", "*-01-01 00:00:00" },
		{ "*:2/3", "*-*-* *:02/3:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		assert_normal(forms[i][0], forms[i][1]);
}

static void test_more_normal_forms(void **state)
{
	static const char *const forms[][2] = {
		{ "minutely", "*-*-* *:*:00" },
		{ "quarterly", "*-01,04,07,10-01 00:00:00" },
		{ "semi-annually", "*-01,07-01 00:00:00" },
		{ "BiAnnually", "*-01,07-01 00:00:00" },
		{ "weekly utc", "Mon *-*-* 00:00:00 UTC" },
		{ "Wed 17:48 Europe/Berlin", "Wed *-*-* 17:48:00 Europe/Berlin" },
		{ "daily CET", "*-*-* 00:00:00 CET" },
		{ "Mon-Fri", "Mon..Fri *-*-* 00:00:00" },
		{ "Mon..Sun", "*-*-* 00:00:00" },
		{ "Mon..Wed,Wed..Fri,Sun", "Mon..Fri,Sun *-*-* 00:00:00" },
		{ "Sun,Tue,Monday", "Mon,Tue,Sun *-*-* 00:00:00" },
		{ "*-*-*", "*-*-* 00:00:00" },
		{ "*-*~05,3 ", "*-*~03,05 00:00:00" },
		{ "*-*~* 00:00:00", "*-*-* 00:00:00" },
		{ "Mon..Fri *-*~1", "Mon..Fri *-*~01 00:00:00" },
		{ "*-2~28", "*-02~28 00:00:00" },
		{ "05~1", "*-05~01 00:00:00" },
		{ "*:*:*", "*-*-* *:*:*" },
		{ "0:0:0/1", "*-*-* 00:00:*" },
		{ "5:0:0..59", "*-*-* 05:00:00..59" },
		{ "*:00/10", "*-*-* *:00/10:00" },
		{ "07..23:30", "*-*-* 07..23:30:00" },
		{ "1..8/2:0", "*-*-* 01..07/2:00:00" },
		{ "1..5/1:0", "*-*-* 01..05:00:00" },
		{ "1..2/5:0", "*-*-* 01:00:00" },
		{ "0..24/7:0", "*-*-* 00..21/7:00:00" },
		{ "5..5,5:0", "*-*-* 05:00:00" },
		{ "3/1,3:0", "*-*-* 03,03/1:00:00" },
		{ "98..05-1-1", "1998..2005-01-01 00:00:00" },
		{ "69,70-1-1", "1970,2069-01-01 00:00:00" },
		{ "0:0:0.5..3", "*-*-* 00:00:00.500000..02.500000" },
		{ "00:00:1.0..3.8", "*-*-* 00:00:01..03" },
		{ "1:2:3.9999996", "*-*-* 01:02:04" },
		{ "0:0:0..1/0.5", "*-*-* 00:00:00..01/0.500000" },
		{ "2015-10-25 01:00:00 uTc", "2015-10-25 01:00:00 UTC" },
		{ "@1395716396", "2014-03-25 02:59:56 UTC" },
		{ "@7258118399 UTC", "2199-12-31 23:59:59 UTC" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		assert_normal(forms[i][0], forms[i][1]);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{ "", EINVAL },
		{ "    ", EINVAL },
		{ "test", EINVAL },
		{ "UTC", EINVAL },
		{ "daily ../passwd", EINVAL },
		{ "daily Europe//Berlin", EINVAL },
		{ "@1 Europe/Berlin", EINVAL },
		{ "7", EINVAL },
		{ "6 ", EINVAL },
		{ "121212:1:2", ERANGE },
		{ "18446744073709551617:0", ERANGE },
		{ "2000-03-05.23 00:00:00", EINVAL },
		{ "2000-03-05 00:00.1:00", EINVAL },
		{ "00:00:00/0.00000001", ERANGE },
		{ "00:00:00.0..00.9", EINVAL },
		{ "2:0:0..0", EINVAL },
		{ "2016~11-22", EINVAL },
		{ "*-*~5/5", ERANGE },
		{ "*-*~29", ERANGE },
		{ "~1", EINVAL },
		{ "-1-1", EINVAL },
		{ "*-1-1-1", EINVAL },
		{ "1-1:00", EINVAL },
		{ "24:00", ERANGE },
		{ "0:60", ERANGE },
		{ "1:2:60", ERANGE },
		{ "1:2:59.9999996", ERANGE },
		{ "1:2:3.", EINVAL },
		{ "1:2:.5", EINVAL },
		{ "*-13-1", ERANGE },
		{ "*-0-1", ERANGE },
		{ "*-1-32", ERANGE },
		{ "1969-1-1", ERANGE },
		{ "2200-1-1", ERANGE },
		{ "5/0:0", ERANGE },
		{ "0/24:0", ERANGE },
		{ "*:*:0/60", ERANGE },
		{ "2..1:0", EINVAL },
		{ "1/2..5:0", EINVAL },
		{ "1..2..3:0", EINVAL },
		{ "*/5:0", EINVAL },
		{ "*,5:0", EINVAL },
		{ "5,*:0", EINVAL },
		{ "0:*/5", EINVAL },
		{ "00:00,", EINVAL },
		{ "00:,00", EINVAL },
		{ "5 :0", EINVAL },
		{ "0x10:0", EINVAL },
		{ "+5:0", EINVAL },
		{ "1:2:3:4", EINVAL },
		{ "Sun..Mon", EINVAL },
		{ "Mon..", EINVAL },
		{ "Mon..Wed..Fri", EINVAL },
		{ ",Mon", EINVAL },
		{ "Mon,,Tue", EINVAL },
		{ "Monda", EINVAL },
		{ "mon*-1", EINVAL },
		{ "10:00 10:00", EINVAL },
		{ "10:00 *-*-*", EINVAL },
		{ "@", EINVAL },
		{ "@-1", EINVAL },
		{ "@5x", EINVAL },
		{ "@5 10:00", EINVAL },
		{ "@7258118400", ERANGE },
		{ "@18446744073709551617", ERANGE },
		{ "daily UTC 5", EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		struct calendar c = { .weekdays = 77 };
		const char *why = NULL;
		int r = calendar_parse(cases[i].text, &arena, &c, &why);

		if (r != -cases[i].err)
			fail_msg("\"%s\": %d instead of %d", cases[i].text, r, -cases[i].err);
		assert_non_null(why);
		assert_int_equal(c.weekdays, 77);
		arena_free(&arena);
	}
}

static void test_long_lists(void **state)
{
	char text[8 * CALENDAR_ITEMS_MAX] = "";
	struct arena arena = { 0 };
	struct calendar c;

	(void)state;
	for (int i = 0; i < CALENDAR_ITEMS_MAX; i++)
		sprintf(text + strlen(text), "%s%d", i > 0 ? "," : "", i % 24);
	strcat(text, ":0");
	assert_int_equal(calendar_parse(text, &arena, &c, NULL), 0);
	assert_int_equal(c.fields[CALENDAR_HOUR].n, 24);
	memmove(text + 2, text, strlen(text) + 1);
	memcpy(text, "5,", 2);
	assert_int_equal(calendar_parse(text, &arena, &c, NULL), -ERANGE);
	arena_free(&arena);
}

static void test_cut_text(void **state)
{
	struct arena arena = { 0 };
	struct calendar c;
	char buf[8];

	(void)state;
	assert_int_equal(calendar_parse("weekly", &arena, &c, NULL), 0);
	calendar_format(&c, buf, sizeof(buf));
	assert_string_equal(buf, "Mon *-*");
	arena_free(&arena);
}

/* "2024-02-29 12:00:00.25" -> microseconds since 1970, by the C library. */
static usec_t point(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	usec_t usec = 0;

	assert_non_null(rest);
	if (*rest == '.')
		usec = (usec_t)(strtod(rest, NULL) * 1e6 + 0.5);
	return (usec_t)timegm(&tm) * USEC_PER_SEC + usec;
}

static void test_next(void **state)
{
	static const struct {
		const char *text, *after, *next;
	} cases[] = {
		{ "2016-03-27 03:17:00", "1970-01-01 00:00:00", "2016-03-27 03:17:00" },
		{ "2016-03-27 03:17:00", "2016-03-27 03:17:00", NULL },
		{ "2016-03-27 03:17:00.4200005 UTC", "2000-01-01 00:00:00",
		  "2016-03-27 03:17:00.420001" },
		{ "2015-11-13 09:11:23.42/1.77", "2015-11-13 09:11:23.42",
		  "2015-11-13 09:11:25.19" },
		{ "2015-11-13 09:11:23.42/1.77", "2015-11-13 09:11:23.419999",
		  "2015-11-13 09:11:23.42" },
		{ "Sun 16:00", "2016-02-21 08:00:00.123456", "2016-02-21 16:00:00" },
		{ "daily", "2024-02-28 00:00:00", "2024-02-29 00:00:00" },
		{ "daily", "2023-02-28 23:59:59.999999", "2023-03-01 00:00:00" },
		{ "daily", "1999-12-31 00:00:00", "2000-01-01 00:00:00" },
		{ "hourly", "2024-12-31 23:00:00", "2025-01-01 00:00:00" },
		{ "weekly", "2024-01-01 00:00:00", "2024-01-08 00:00:00" },
		{ "monthly", "2024-01-31 10:00:00", "2024-02-01 00:00:00" },
		{ "quarterly", "2024-10-01 00:00:00", "2025-01-01 00:00:00" },
		{ "*:00/10", "2024-01-01 00:50:00", "2024-01-01 01:00:00" },
		{ "07..23:30", "2024-01-01 23:30:00", "2024-01-02 07:30:00" },
		{ "6:00", "2024-01-01 05:59:59", "2024-01-01 06:00:00" },
		{ "Sun *-*-1..7 1:00:00", "2024-01-07 01:00:00", "2024-02-04 01:00:00" },
		{ "Mon..Fri *-*~1", "2024-02-29 00:00:00", "2024-04-30 00:00:00" },
		{ "2016-02~1 UTC", "1970-01-01 00:00:00", "2016-02-29 00:00:00" },
		{ "Mon 2017-05~01..07 UTC", "1970-01-01 00:00:00", "2017-05-29 00:00:00" },
		{ "Mon 2017-05~07/1 UTC", "1970-01-01 00:00:00", "2017-05-29 00:00:00" },
		{ "*-*~1..7/2", "2024-01-25 00:00:00", "2024-01-27 00:00:00" },
		{ "*-2~28", "2024-01-01 00:00:00", "2024-02-02 00:00:00" },
		{ "*-02-29", "2024-02-29 00:00:00", "2028-02-29 00:00:00" },
		{ "*-02-29", "2096-02-29 00:00:00", "2104-02-29 00:00:00" },
		{ "Mon *-02-29", "2024-01-01 00:00:00", "2044-02-29 00:00:00" },
		{ "*-*-31", "2024-03-31 00:00:00", "2024-05-31 00:00:00" },
		{ "*:*:*", "2037-12-31 23:59:59", "2038-01-01 00:00:00" },
		{ "daily", "2106-02-07 06:28:16", "2106-02-08 00:00:00" },
		{ "2199-12-31 23:59:59", "1970-01-01 00:00:00", "2199-12-31 23:59:59" },
		{ "*:*:*", "2199-12-31 23:59:58", "2199-12-31 23:59:59" },
		{ "*:*:*", "2199-12-31 23:59:59", NULL },
		{ "daily", "2300-01-01 00:00:00", NULL },
		{ "*-02-30", "1970-01-01 00:00:00", NULL },
		{ "*-04-31", "1970-01-01 00:00:00", NULL },
		{ "Mon 2024-01-02", "1970-01-01 00:00:00", NULL },
		{ "2012-*-*", "2012-12-31 00:00:00", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct arena arena = { 0 };
		usec_t next = 77, expected = cases[i].next ? point(cases[i].next) : 77;
		struct calendar c;
		int r;

		assert_int_equal(calendar_parse(cases[i].text, &arena, &c, NULL), 0);
		r = calendar_next(&c, point(cases[i].after), &next);
		if (r != (cases[i].next ? 0 : -ENOENT) || next != expected)
			fail_msg("\"%s\" after %s: %d, %llu", cases[i].text, cases[i].after, r,
				 (unsigned long long)next);
		arena_free(&arena);
	}
}

static void test_far_clocks(void **state)
{
	struct arena arena = { 0 };
	struct calendar c;
	usec_t next = 0;

	(void)state;
	assert_int_equal(calendar_parse("*:*:*", &arena, &c, NULL), 0);
	assert_int_equal(calendar_next(&c, 0, &next), 0);
	assert_int_equal(next, USEC_PER_SEC);
	assert_int_equal(calendar_next(&c, USEC_INFINITY, &next), -ENOENT);
	assert_int_equal(calendar_next(&c, USEC_INFINITY - 1, &next), -ENOENT);
	arena_free(&arena);
}

/* Every day that exists, against the C library. */
static void test_each_day(void **state)
{
	struct arena arena = { 0 };
	struct calendar all, days[7];
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	usec_t at = 0, next;
	time_t seconds = 0;
	struct tm tm;

	(void)state;
	assert_int_equal(calendar_parse("daily", &arena, &all, NULL), 0);
	for (int i = 0; i < 7; i++)
		assert_int_equal(calendar_parse(names[i], &arena, &days[i], NULL), 0);
	while (calendar_next(&all, at, &next) == 0) {
		assert_int_equal(next, at + USEC_PER_DAY);
		seconds += 86400;
		gmtime_r(&seconds, &tm);
		assert_int_equal(calendar_next(&days[tm.tm_wday], at, &next), 0);
		assert_int_equal(next, at + USEC_PER_DAY);
		at = next;
	}
	assert_true(at == point("2199-12-31 00:00:00"));
	arena_free(&arena);
}

/*
 * A slow and obvious reference: the text is made from these sets, so nothing of the parser or of
 * its items is used; whether a second is in the set is looked up by what gmtime() says of it.
 */
struct sets {
	bool month[13], day[32], last_day[29], weekday[7], hour[24], minute[60], second[60];
};

/* 1 on the last day of a month, and so on: that many days later it is another month. */
static int days_left(time_t at, const struct tm *tm)
{
	static time_t known_day = -1;
	static int n;

	if (at / 86400 == known_day)
		return n;
	known_day = at / 86400;
	for (n = 1; n < 32; n++) {
		time_t later = at + n * 86400L;
		struct tm end;

		gmtime_r(&later, &end);
		if (end.tm_mon != tm->tm_mon)
			break;
	}
	return n;
}

static bool in_sets(const struct sets *s, time_t at)
{
	struct tm tm;
	int n;

	gmtime_r(&at, &tm);
	n = days_left(at, &tm);
	return s->month[tm.tm_mon + 1] && (s->day[tm.tm_mday] || (n < 29 && s->last_day[n])) &&
	       s->weekday[tm.tm_wday] && s->hour[tm.tm_hour] && s->minute[tm.tm_min] &&
	       s->second[tm.tm_sec];
}

static unsigned int seed = 1;

static int draw(int n)
{
	seed = seed * 1103515245U + 12345U;
	return (int)((seed >> 8) % (unsigned int)n);
}

/* Writes a random list for a field of @min to @max and marks what it means in @set. */
static void draw_field(char *text, bool *set, int min, int max, bool backwards)
{
	int items = 1 + draw(3);

	if (draw(3) == 0) {
		strcat(text, "*");
		memset(set + min, 1, (size_t)(max - min + 1));
		return;
	}
	for (int i = 0; i < items; i++) {
		int start = min + draw(max - min + 1), stop = start + draw(max - start + 1);
		int room = backwards ? start - min : max - start;
		int step = room > 0 ? 1 + draw(room) : 0;

		text += strlen(text);
		switch (stop > start ? draw(4) : 3) {
		case 0:
			sprintf(text, "%s%d..%d", i > 0 ? "," : "", start, stop);
			for (int v = start; v <= stop; v++)
				set[v] = true;
			break;
		case 1:
			sprintf(text, "%s%d..%d/%d", i > 0 ? "," : "", start, stop, 3);
			/* From either end the same: the range is cut to whole steps. */
			for (int v = start; v <= stop; v += 3)
				set[v] = true;
			break;
		case 2:
			if (step > 0) {
				sprintf(text, "%s%d/%d", i > 0 ? "," : "", start, step);
				for (int v = start; v >= min && v <= max;
				     v += backwards ? -step : step)
					set[v] = true;
				break;
			}
			/* fall through */
		default:
			sprintf(text, "%s%d", i > 0 ? "," : "", start);
			set[start] = true;
			break;
		}
	}
}

static void draw_expression(char *text, struct sets *s)
{
	static const char *const names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

	*text = '\0';
	memset(s, 0, sizeof(*s));
	if (draw(2) == 0) {
		memset(s->weekday, 1, sizeof(s->weekday));
	} else {
		for (int i = 1 + draw(4); i > 0; i--) {
			int day = draw(7);

			strcat(strcat(text, names[day]), i > 1 ? "," : " ");
			s->weekday[day] = true;
		}
	}
	strcat(text, "*-");
	draw_field(text, s->month, 1, 12, false);
	if (draw(2) == 0) {
		strcat(text, "-");
		draw_field(text, s->day, 1, 31, false);
	} else {
		strcat(text, "~");
		draw_field(text, s->last_day, 1, 28, true);
		/* "~*" is any day, the first three of a long month, too. */
		if (text[strlen(text) - 1] == '*')
			memset(s->day, 1, sizeof(s->day));
	}
	strcat(text, " ");
	draw_field(text, s->hour, 0, 23, false);
	strcat(text, ":");
	draw_field(text, s->minute, 0, 59, false);
	strcat(text, ":");
	draw_field(text, s->second, 0, 59, false);
}

/* Walks @seconds from @at: whatever calendar_next() says must be the next second that is in the sets. */
static void walk(const char *text, const struct calendar *c, const struct sets *s, time_t at,
		 int seconds)
{
	time_t due = at;

	for (time_t end = at + seconds; at < end; at++) {
		usec_t next = USEC_INFINITY;

		if (at < due) {
			if (in_sets(s, at))
				fail_msg("\"%s\" passes over %lld", text, (long long)at);
			continue;
		}
		(void)calendar_next(c, (usec_t)at * USEC_PER_SEC, &next);
		due = (time_t)(next / USEC_PER_SEC);
		if (due <= at || (next != USEC_INFINITY && !in_sets(s, due)))
			fail_msg("\"%s\" after %lld: %lld", text, (long long)at, (long long)due);
	}
}

/* Around the ends of Februaries, and around the first point after them. */
static void test_against_reference(void **state)
{
	static const time_t leaps[] = { 951609600, 1078012800, 4107456000, 1677456000 };

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct arena arena = { 0 };
		struct calendar c;
		struct sets s;
		char text[512], normal[512], again[512];
		const char *why = "";
		time_t at = leaps[draw(4)] + draw(86400 * 4);
		usec_t next;

		draw_expression(text, &s);
		if (calendar_parse(text, &arena, &c, &why) < 0)
			fail_msg("\"%s\": %s", text, why);
		calendar_format(&c, normal, sizeof(normal));
		assert_int_equal(calendar_parse(normal, &arena, &c, NULL), 0);
		calendar_format(&c, again, sizeof(again));
		assert_string_equal(normal, again);
		walk(text, &c, &s, at, 50000);
		if (calendar_next(&c, (usec_t)at * USEC_PER_SEC, &next) == 0)
			walk(text, &c, &s, (time_t)(next / USEC_PER_SEC) - draw(7200), 50000);
		arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_forms_of_the_manual),
		cmocka_unit_test(test_more_normal_forms),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_cut_text),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_far_clocks),
		cmocka_unit_test(test_each_day),
		cmocka_unit_test(test_against_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
