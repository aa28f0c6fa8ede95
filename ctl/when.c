/* SPDX-License-Identifier: MIT */
#include "ctl/when.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <time.h>

static int from_broken_down(struct tm *tm, usec_t *out)
{
	time_t t;

	tm->tm_isdst = -1;
	t = mktime(tm);
	if (t < 0)
		return -EINVAL;
	*out = (usec_t)t * USEC_PER_SEC;
	return 0;
}

static int parse_calendar(const char *s, usec_t now, usec_t *out)
{
	static const struct {
		const char *format;
		bool date, time;
	} forms[] = {
		{ "%Y-%m-%d %H:%M:%S", true, true }, { "%Y-%m-%d %H:%M", true, true },
		{ "%Y-%m-%dT%H:%M:%S", true, true }, { "%Y-%m-%d", true, false },
		{ "%H:%M:%S", false, true },	     { "%H:%M", false, true },
	};
	time_t t = (time_t)(now / USEC_PER_SEC);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm tm;
		const char *end;

		if (!localtime_r(&t, &tm))
			return -EINVAL;
		tm.tm_sec = 0;
		if (!forms[i].time)
			tm.tm_hour = tm.tm_min = 0;
		end = strptime(s, forms[i].format, &tm);
		if (end && *end == '\0')
			return from_broken_down(&tm, out);
	}
	return -EINVAL;
}

static int parse_day(usec_t now, int days_back, usec_t *out)
{
	time_t t = (time_t)(now / USEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return -EINVAL;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days_back;
	return from_broken_down(&tm, out);
}

static int parse_relative(const char *s, usec_t now, usec_t *out)
{
	char span[64];
	usec_t back;

	if (s[0] == '-' || s[0] == '+') {
		if (!str_copy(span, sizeof(span), s + 1))
			return -EINVAL;
	} else if (str_ends(s, " ago") && strlen(s) < sizeof(span)) {
		str_copy(span, strlen(s) - 3, s);
	} else {
		return -EINVAL;
	}
	if (parse_span(span, USEC_PER_SEC, &back) < 0 || back == USEC_INFINITY)
		return -EINVAL;
	if (s[0] == '+')
		*out = usec_add(now, back);
	else
		*out = now > back ? now - back : 0;
	return 0;
}

int parse_when(const char *s, usec_t now, usec_t *out)
{
	uint64_t seconds;

	if (str_eq(s, "now")) {
		*out = now;
		return 0;
	}
	if (str_eq(s, "today"))
		return parse_day(now, 0, out);
	if (str_eq(s, "yesterday"))
		return parse_day(now, 1, out);
	if (s[0] == '@') {
		if (parse_u64(s + 1, 0, USEC_INFINITY / USEC_PER_SEC, &seconds) < 0)
			return -EINVAL;
		*out = seconds * USEC_PER_SEC;
		return 0;
	}
	return parse_relative(s, now, out) == 0 ? 0 : parse_calendar(s, now, out);
}
