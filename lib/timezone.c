/* SPDX-License-Identifier: MIT */
#include "lib/timezone.h"

#include "lib/str.h"

#include <errno.h>

#define DAY	  86400
#define YEAR_LAST 2199

static int64_t be(const uint8_t *p, int n)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return (int64_t)v;
}

static bool offset_valid(int64_t offset)
{
	return offset > -DAY && offset < DAY;
}

static void add(struct timezone_table *z, int64_t at, int32_t offset)
{
	int64_t last = z->n ? z->v[z->n - 1].at : INT64_MIN;

	/* Nobody asks for a time before 1970. */
	if (at <= 0)
		z->before = offset;
	else if (at > last && z->n < ZONE_CHANGES_MAX && timezone_offset(z, z->n) != offset)
		z->v[z->n++] = (struct zone_change){ at, offset };
}

/* --- the rule at the end: POSIX TZ, extended by RFC 8536 3.3.1 ------------------------------ */

enum rule_kind {
	RULE_JULIAN, /* J1 to J365, February has 28 days always */
	RULE_DAY,    /* 0 to 365 */
	RULE_WEEKDAY,
};

struct rule {
	enum rule_kind kind;
	int month, week, day;
	int64_t time;
};

static bool take_number(const char **at, int most, int *out)
{
	int n = 0;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		n = n * 10 + (**at - '0');
		if (n > most)
			return false;
	}
	*out = n;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **at, int64_t *out)
{
	bool negative = **at == '-';
	int part[3] = { 0 };

	*at += **at == '-' || **at == '+';
	if (!take_number(at, 167, &part[0]))
		return false;
	for (int i = 1; i < 3 && **at == ':'; i++) {
		(*at)++;
		if (!take_number(at, 59, &part[i]))
			return false;
	}
	*out = part[0] * 3600 + part[1] * 60 + part[2];
	if (negative)
		*out = -*out;
	return true;
}

static bool take_name(const char **at)
{
	const char *from = *at;

	if (**at == '<') {
		*at += strcspn(*at, ">");
		return *(*at)++ == '>';
	}
	while ((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z'))
		(*at)++;
	return *at > from;
}

static bool take_rule(const char **at, struct rule *r)
{
	*r = (struct rule){ .time = 2 * 3600 };
	if (*(*at)++ != ',')
		return false;
	if (**at == 'M') {
		r->kind = RULE_WEEKDAY;
		(*at)++;
		if (!take_number(at, 12, &r->month) || r->month < 1 || *(*at)++ != '.' ||
		    !take_number(at, 5, &r->week) || r->week < 1 || *(*at)++ != '.' ||
		    !take_number(at, 6, &r->day))
			return false;
	} else {
		r->kind = **at == 'J' ? RULE_JULIAN : RULE_DAY;
		*at += **at == 'J';
		if (!take_number(at, 365, &r->day) || (r->kind == RULE_JULIAN && r->day < 1))
			return false;
	}
	if (**at != '/')
		return true;
	(*at)++;
	return take_time(at, &r->time);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970 to the first of @month. */
static int64_t days_to(int year, int month)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int past = year - 1;

	return (year - 1970) * (int64_t)365 + past / 4 - past / 100 + past / 400 - 477 +
	       before[month - 1] + (month > 2 && is_leap(year));
}

/* In local time, seconds since 1970. */
static int64_t rule_at(const struct rule *r, int year)
{
	int64_t day, first, next;

	if (r->kind == RULE_DAY)
		return (days_to(year, 1) + r->day) * DAY + r->time;
	if (r->kind == RULE_JULIAN)
		return (days_to(year, 1) + r->day - 1 + (r->day > 59 && is_leap(year))) * DAY +
		       r->time;
	first = days_to(year, r->month);
	next = r->month == 12 ? days_to(year + 1, 1) : days_to(year, r->month + 1);
	/* 1970-01-01 was a Thursday; 0 is Sunday. */
	day = first + (r->day - (first + 4) % 7 + 7) % 7 + 7 * (r->week - 1);
	while (day >= next)
		day -= 7;
	return day * DAY + r->time;
}

static void add_years(struct timezone_table *z, const struct rule rules[2], int64_t standard,
		      int64_t summer)
{
	int64_t past = z->n ? z->v[z->n - 1].at / (366 * (int64_t)DAY) : 0;
	/* A file may name any second of 64 bits: then nothing is left for the rule. */
	int year = past > YEAR_LAST - 1970 ? YEAR_LAST + 1 : 1970 + (int)past;

	for (; year <= YEAR_LAST; year++) {
		int64_t on = rule_at(&rules[0], year) - standard;
		int64_t off = rule_at(&rules[1], year) - summer;

		if (on < off)
			add(z, on, (int32_t)summer);
		add(z, off, (int32_t)standard);
		if (on > off)
			add(z, on, (int32_t)summer);
	}
}

/* "CET-1CEST,M3.5.0,M10.5.0/3": signs are those of POSIX, west is positive. */
static void add_footer(struct timezone_table *z, const char *at)
{
	struct rule rules[2];
	int64_t standard, summer;

	if (!take_name(&at) || !take_time(&at, &standard) || !offset_valid(standard))
		return;
	standard = -standard;
	if (*at == '\0') {
		if (z->n == 0)
			z->before = (int32_t)standard;
		return;
	}
	summer = standard + 3600;
	if (!take_name(&at))
		return;
	if (*at != ',') {
		if (!take_time(&at, &summer))
			return;
		summer = -summer;
	}
	if (offset_valid(summer) && take_rule(&at, &rules[0]) && take_rule(&at, &rules[1]) &&
	    *at == '\0')
		add_years(z, rules, standard, summer);
}

/* --- the file ----------------------------------------------------------------------------- */

#define HEADER 44

struct block {
	uint64_t times, types, chars, leaps, standards, utcs;
	uint64_t size;
};

/* RFC 8536 3.1; @width: of a time. False: no header, or more than there is. */
static bool read_block(const uint8_t *p, size_t size, unsigned int width, struct block *b)
{
	if (size < HEADER || memcmp(p, "TZif", 4) != 0)
		return false;
	b->utcs = (uint32_t)be(p + 20, 4);
	b->standards = (uint32_t)be(p + 24, 4);
	b->leaps = (uint32_t)be(p + 28, 4);
	b->times = (uint32_t)be(p + 32, 4);
	b->types = (uint32_t)be(p + 36, 4);
	b->chars = (uint32_t)be(p + 40, 4);
	b->size = HEADER + b->times * (width + 1) + b->types * 6 + b->chars +
		  b->leaps * (width + 4) + b->standards + b->utcs;
	return b->types > 0 && b->size <= size;
}

static bool take_block(const uint8_t *p, const struct block *b, int width, struct timezone_table *z)
{
	const uint8_t *times = p + HEADER, *kinds = times + b->times * (unsigned int)width;
	const uint8_t *types = kinds + b->times;

	for (uint64_t i = 0; i < b->types; i++)
		if (!offset_valid(be(types + 6 * i, 4)))
			return false;
	z->before = (int32_t)be(types, 4);
	for (uint64_t i = 0; i < b->times; i++) {
		if (kinds[i] >= b->types)
			return false;
		add(z, be(times + i * (unsigned int)width, width),
		    (int32_t)be(types + 6 * (size_t)kinds[i], 4));
	}
	return true;
}

int timezone_parse(const void *data, size_t size, struct timezone_table *out)
{
	const uint8_t *p = data, *end;
	struct block b;
	char footer[128];

	out->before = 0;
	out->n = 0;
	if (!read_block(p, size, 4, &b))
		return -EBADMSG;
	if (p[4] < '2')
		return take_block(p, &b, 4, out) ? 0 : (out->before = 0, out->n = 0, -EBADMSG);
	p += b.size;
	size -= b.size;
	if (!read_block(p, size, 8, &b) || !take_block(p, &b, 8, out)) {
		out->before = 0;
		out->n = 0;
		return -EBADMSG;
	}
	p += b.size;
	size -= b.size;
	/* Between two line feeds; empty where nobody knows. */
	end = size > 1 && p[0] == '\n' ? memchr(p + 1, '\n', size - 1) : NULL;
	if (end && (size_t)(end - p - 1) < sizeof(footer)) {
		memcpy(footer, p + 1, (size_t)(end - p - 1));
		footer[end - p - 1] = '\0';
		add_footer(out, footer);
	}
	return 0;
}

uint32_t timezone_find(const struct timezone_table *z, int64_t at)
{
	uint32_t low = 0, high = z->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (z->v[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool timezone_name_valid(const char *name, size_t n)
{
	if (n == 0 || n > 100 || name[0] == '/' || name[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("_+-", c);

		if (!plain && (c != '/' || name[i - 1] == '/'))
			return false;
	}
	return true;
}
