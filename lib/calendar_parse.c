/* SPDX-License-Identifier: MIT */
#include "lib/calendar.h"

#include "lib/calendar_fields.h"
#include "lib/str.h"
#include "lib/timezone.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

const struct calendar_bound calendar_bounds[CALENDAR_FIELDS] = {
	[CALENDAR_YEAR] = { 1970, 2199 }, [CALENDAR_MONTH] = { 1, 12 },
	[CALENDAR_DAY] = { 1, 31 },	  [CALENDAR_HOUR] = { 0, 23 },
	[CALENDAR_MINUTE] = { 0, 59 },	  [CALENDAR_SECOND] = { 0, (uint32_t)USEC_PER_MINUTE - 1 },
};

const char *const calendar_weekdays[7] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

struct parser {
	const char *at;
	struct arena *arena;
	struct calendar c;
	const char *why;
};

static int refuse(struct parser *p, int err, const char *why)
{
	p->why = why;
	return -err;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool at_word_end(const struct parser *p)
{
	return *p->at == ' ' || *p->at == '\0';
}

static void skip_spaces(struct parser *p)
{
	p->at += strspn(p->at, " ");
}

/* ".42" behind a second, rounded to microseconds: the seventh digit decides (as systemd does). */
static int take_fraction(struct parser *p, uint32_t *usec)
{
	uint32_t unit = (uint32_t)USEC_PER_SEC / 10;

	p->at++;
	if (!is_digit(*p->at))
		return refuse(p, EINVAL, "a digit is missing behind the point");
	for (; is_digit(*p->at) && unit > 0; p->at++, unit /= 10)
		*usec += (uint32_t)(*p->at - '0') * unit;
	if (*p->at >= '5' && *p->at <= '9')
		*usec += 1;
	p->at += strspn(p->at, "0123456789");
	return 0;
}

/* A number, in microseconds for the seconds. */
static int take_value(struct parser *p, enum calendar_field f, uint32_t *out)
{
	/* More than any field has, and in microseconds not more than the type has. */
	uint32_t most = f == CALENDAR_SECOND ? 999 : 9999;
	uint32_t value = 0;

	if (!is_digit(*p->at))
		return refuse(p, EINVAL, "a number or \"*\" is missing");
	for (; is_digit(*p->at); p->at++) {
		value = value * 10 + (uint32_t)(*p->at - '0');
		if (value > most)
			return refuse(p, ERANGE, "the number is too large");
	}
	if (f == CALENDAR_SECOND) {
		value *= (uint32_t)USEC_PER_SEC;
		if (p->at[0] == '.' && p->at[1] != '.') {
			int r = take_fraction(p, &value);

			if (r < 0)
				return r;
		}
	}
	*out = value;
	return 0;
}

/* "12" is 2012, "98" is 1998 (systemd.time(7)). */
static uint32_t full_year(uint32_t year)
{
	return year + (year < 70 ? 2000 : year < 100 ? 1900 : 0);
}

static int check_item(struct parser *p, enum calendar_field f, struct calendar_item *item,
		      bool has_stop)
{
	bool from_end = f == CALENDAR_DAY && p->c.from_end;
	uint32_t min = calendar_bounds[f].min;
	/* As in systemd: "~29" would mean nothing in most Februaries. */
	uint32_t max = from_end ? 28 : calendar_bounds[f].max;

	if (f == CALENDAR_YEAR) {
		item->start = full_year(item->start);
		item->stop = full_year(item->stop);
	}
	if (item->start < min || item->start > max)
		return refuse(p, ERANGE, "there is no such date or time of day");
	if (!has_stop) {
		item->stop = 0;
		/* A step that is never taken is a mistake. */
		if (item->step > (from_end ? item->start - min : max - item->start))
			return refuse(p, ERANGE, "the repetition leads out of bounds at once");
		return 0;
	}
	if (item->stop < item->start)
		return refuse(p, EINVAL, "the range ends before it begins");
	/* Its end is a value it has: that is what has to be in bounds ("0..24/7" is "00..21/7"). */
	item->stop -= (item->stop - item->start) % item->step;
	if (item->stop > max)
		return refuse(p, ERANGE, "there is no such date or time of day");
	if (item->stop == item->start) {
		item->stop = 0;
		item->step = 0;
	}
	return 0;
}

/* "5", "1..5", "1..5/2" or "5/10". */
static int take_item(struct parser *p, enum calendar_field f, struct calendar_item *item)
{
	uint32_t unit = f == CALENDAR_SECOND ? (uint32_t)USEC_PER_SEC : 1;
	bool has_stop = false;
	int r;

	*item = (struct calendar_item){ 0 };
	r = take_value(p, f, &item->start);
	if (r < 0)
		return r;
	if (p->at[0] == '.' && p->at[1] == '.') {
		p->at += 2;
		r = take_value(p, f, &item->stop);
		if (r < 0)
			return r;
		has_stop = true;
		item->step = unit;
	}
	if (*p->at == '/') {
		p->at++;
		r = take_value(p, f, &item->step);
		if (r < 0)
			return r;
		if (item->step == 0)
			return refuse(p, ERANGE, "the repetition is zero");
	} else if (has_stop && f == CALENDAR_SECOND && item->stop < item->start + unit) {
		return refuse(p, EINVAL, "a range of less than a second needs a repetition");
	}
	return check_item(p, f, item, has_stop);
}

static int compare_items(const void *left, const void *right)
{
	const struct calendar_item *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->stop != b->stop)
		return a->stop < b->stop ? -1 : 1;
	return a->step == b->step ? 0 : a->step < b->step ? -1 : 1;
}

/* Sorts @items, drops what is there twice and puts the rest into the calendar. */
static int keep_items(struct parser *p, enum calendar_field f, struct calendar_item *items,
		      uint32_t n)
{
	uint32_t kept = 1;

	qsort(items, n, sizeof(*items), compare_items);
	for (uint32_t i = 1; i < n; i++) {
		if (compare_items(&items[i], &items[kept - 1]) != 0)
			items[kept++] = items[i];
	}
	p->c.fields[f].n = kept;
	p->c.fields[f].v = arena_memdup(p->arena, items, kept * sizeof(*items));
	return p->c.fields[f].v ? 0 : refuse(p, ENOMEM, "out of memory");
}

static int parse_field(struct parser *p, enum calendar_field f)
{
	struct calendar_item items[CALENDAR_ITEMS_MAX];
	uint32_t n = 0;

	if (*p->at == '*') {
		p->at++;
		if (f != CALENDAR_SECOND)
			return 0;
		/* Every second, not every microsecond. */
		items[n++] = (struct calendar_item){ .step = (uint32_t)USEC_PER_SEC };
		return keep_items(p, f, items, n);
	}
	for (;; p->at++) {
		int r;

		if (n == CALENDAR_ITEMS_MAX)
			return refuse(p, ERANGE, "the list is too long");
		r = take_item(p, f, &items[n++]);
		if (r < 0)
			return r;
		if (*p->at != ',')
			return keep_items(p, f, items, n);
	}
}

/* The day of the week whose name is at the parser, in full or its first three letters. */
static int take_weekday(struct parser *p, unsigned int *day)
{
	size_t len = 0;

	while (is_letter(p->at[len]))
		len++;
	for (*day = 0; *day < 7; ++*day) {
		const char *name = calendar_weekdays[*day];

		if ((len == 3 || len == strlen(name)) && strncasecmp(p->at, name, len) == 0) {
			p->at += len;
			return 0;
		}
	}
	return refuse(p, EINVAL, "neither a shorthand nor a day of the week");
}

/* "Mon..Fri,Sun"; a comma at the end is allowed, "Mon-Fri" is an old way to write a range. */
static int parse_weekdays(struct parser *p)
{
	unsigned int first, last;
	int r;

	do {
		r = take_weekday(p, &first);
		if (r < 0)
			return r;
		last = first;
		if (*p->at == '-' || (p->at[0] == '.' && p->at[1] == '.')) {
			p->at += *p->at == '-' ? 1 : 2;
			r = take_weekday(p, &last);
			if (r < 0)
				return r;
			if (last < first)
				return refuse(p, EINVAL, "weeks begin on Monday: no such range");
		}
		for (; first <= last; first++)
			p->c.weekdays |= (uint8_t)(1U << first);
		if (*p->at != ',')
			break;
		p->at++;
	} while (!at_word_end(p));
	if (p->c.weekdays == 0x7f)
		p->c.weekdays = 0;
	return at_word_end(p) ? 0 : refuse(p, EINVAL, "a stray character behind a day of the week");
}

static int set_field(struct parser *p, enum calendar_field f, uint32_t value)
{
	struct calendar_item item = { .start = value };

	return keep_items(p, f, &item, 1);
}

static int set_midnight(struct parser *p)
{
	int r = set_field(p, CALENDAR_HOUR, 0);

	if (r == 0)
		r = set_field(p, CALENDAR_MINUTE, 0);
	return r < 0 ? r : set_field(p, CALENDAR_SECOND, 0);
}

/* "@1395716396": one second, in UTC. */
static int parse_epoch(struct parser *p)
{
	uint32_t v[CALENDAR_FIELDS];
	uint64_t seconds = 0;
	int r = 0;

	p->at++;
	if (!is_digit(*p->at))
		return refuse(p, EINVAL, "a number is missing behind \"@\"");
	for (; is_digit(*p->at) && seconds < UINT32_MAX * UINT64_C(100); p->at++)
		seconds = seconds * 10 + (uint64_t)(*p->at - '0');
	if (!calendar_split(seconds * USEC_PER_SEC, v))
		return refuse(p, ERANGE, "years go from 1970 to 2199");
	if (!at_word_end(p))
		return refuse(p, EINVAL, "only a number may follow \"@\"");
	for (int f = CALENDAR_YEAR; f < CALENDAR_FIELDS && r == 0; f++)
		r = set_field(p, f, v[f]);
	p->c.utc = true;
	return r;
}

/* "*-*-1", "*-*~1" or, without the year, "10-15". */
static int parse_date(struct parser *p, const char *word_end)
{
	unsigned int separators = 0;
	int r;

	for (const char *c = p->at; c < word_end; c++)
		separators += *c == '-' || *c == '~';
	if (separators > 2)
		return refuse(p, EINVAL, "a date has at most year, month and day");
	if (separators == 2) {
		r = parse_field(p, CALENDAR_YEAR);
		if (r < 0)
			return r;
		if (*p->at++ != '-')
			return refuse(p, EINVAL, "\"-\" is missing behind the year");
	}
	r = parse_field(p, CALENDAR_MONTH);
	if (r < 0)
		return r;
	if (*p->at != '-' && *p->at != '~')
		return refuse(p, EINVAL, "\"-\" or \"~\" is missing behind the month");
	p->c.from_end = *p->at++ == '~';
	r = parse_field(p, CALENDAR_DAY);
	if (r < 0)
		return r;
	if (p->c.fields[CALENDAR_DAY].n == 0)
		p->c.from_end = false;
	return at_word_end(p) ? 0 : refuse(p, EINVAL, "a stray character behind the date");
}

/* "6:00" or "6:00:00.5". */
static int parse_time(struct parser *p)
{
	int r = parse_field(p, CALENDAR_HOUR);

	if (r < 0)
		return r;
	if (*p->at++ != ':')
		return refuse(p, EINVAL, "\":\" is missing behind the hour");
	r = parse_field(p, CALENDAR_MINUTE);
	if (r < 0)
		return r;
	if (*p->at == ':') {
		p->at++;
		r = parse_field(p, CALENDAR_SECOND);
	} else {
		r = set_field(p, CALENDAR_SECOND, 0);
	}
	if (r < 0)
		return r;
	return at_word_end(p) ? 0 : refuse(p, EINVAL, "a stray character behind the time");
}

static int parse_zone(struct parser *p)
{
	size_t n = strcspn(p->at, " ");

	bool is_epoch = p->c.utc; /* "@1" is no wall-clock time */

	p->c.utc = n == 3 && strncasecmp(p->at, "UTC", 3) == 0;
	if (!p->c.utc && (is_epoch || !timezone_name_valid(p->at, n)))
		return refuse(p, EINVAL, "not the name of a time zone");
	if (!p->c.utc)
		p->c.zone = arena_strndup(p->arena, p->at, n);
	if (!p->c.utc && !p->c.zone)
		return refuse(p, ENOMEM, NULL);
	p->at += n;
	return 0;
}

/* What a word at @text stands for, NULL if it is no shorthand. */
static const char *shorthand_meaning(const char *text)
{
	static const struct {
		const char *name, *meaning;
	} shorthands[] = {
		{ "minutely", "*:*" },	     { "hourly", "*:0" },
		{ "daily", "0:0" },	     { "weekly", "Mon" },
		{ "monthly", "*-1" },	     { "quarterly", "1,4,7,10-1" },
		{ "semiannually", "1,7-1" }, { "semi-annually", "1,7-1" },
		{ "biannually", "1,7-1" },   { "bi-annually", "1,7-1" },
		{ "yearly", "1-1" },	     { "annually", "1-1" },
		{ "anually", "1-1" }, /* systemd understands this spelling, too */
	};
	size_t len = strcspn(text, " ");

	for (size_t i = 0; i < ARRAY_SIZE(shorthands); i++) {
		if (strlen(shorthands[i].name) == len &&
		    strncasecmp(text, shorthands[i].name, len) == 0)
			return shorthands[i].meaning;
	}
	return NULL;
}

/* Days of the week, date and time are told apart by their characters; any of them may be missing. */
static int parse_words(struct parser *p)
{
	const char *end;
	int r = 0;

	if (is_letter(*p->at))
		r = parse_weekdays(p);
	if (r < 0)
		return r;
	skip_spaces(p);
	if (*p->at == '@')
		return parse_epoch(p);
	end = p->at + strcspn(p->at, " ");
	if (!is_letter(*p->at) && p->at + strcspn(p->at, "-~") < end)
		r = parse_date(p, end);
	if (r < 0)
		return r;
	skip_spaces(p);
	return *p->at == '\0' || is_letter(*p->at) ? set_midnight(p) : parse_time(p);
}

static int parse_expression(struct parser *p)
{
	const char *meaning;
	int r;

	skip_spaces(p);
	if (*p->at == '\0')
		return refuse(p, EINVAL, "it is empty");
	meaning = shorthand_meaning(p->at);
	if (meaning) {
		const char *rest = p->at + strcspn(p->at, " ");

		p->at = meaning;
		r = parse_words(p);
		p->at = rest;
	} else {
		r = parse_words(p);
	}
	if (r < 0)
		return r;
	skip_spaces(p);
	if (is_letter(*p->at))
		r = parse_zone(p);
	skip_spaces(p);
	if (r == 0 && *p->at != '\0')
		return refuse(p, EINVAL, "something follows that has no place there");
	return r;
}

int calendar_parse(const char *text, struct arena *arena, struct calendar *out, const char **why)
{
	struct parser p = { .at = text, .arena = arena };
	int r = parse_expression(&p);

	if (r == 0)
		*out = p.c;
	else if (why)
		*why = p.why;
	return r;
}
