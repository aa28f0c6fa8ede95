/* SPDX-License-Identifier: MIT */
#include "lib/calendar.h"

#include "lib/calendar_fields.h"
#include "lib/str.h"
#include "lib/timezone.h"

#include <errno.h>

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of January, @year being 1970 or later. */
static uint32_t days_to_year(uint32_t year)
{
	uint32_t past = year - 1; /* 477 leap days are those of the years 1 to 1969 */

	return (year - 1970) * 365 + past / 4 - past / 100 + past / 400 - 477;
}

static uint32_t days_to_date(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t days = days_to_year(year) + day - 1;

	for (uint32_t m = 1; m < month; m++)
		days += days_of_month(year, m);
	return days;
}

usec_t calendar_join(const uint32_t v[CALENDAR_FIELDS])
{
	uint32_t days = days_to_date(v[CALENDAR_YEAR], v[CALENDAR_MONTH], v[CALENDAR_DAY]);

	return days * USEC_PER_DAY + v[CALENDAR_HOUR] * USEC_PER_HOUR +
	       v[CALENDAR_MINUTE] * USEC_PER_MINUTE + v[CALENDAR_SECOND];
}

bool calendar_split(usec_t at, uint32_t v[CALENDAR_FIELDS])
{
	uint32_t year, month = 1, days;

	if (at >= days_to_year(calendar_bounds[CALENDAR_YEAR].max + 1) * USEC_PER_DAY)
		return false;
	days = (uint32_t)(at / USEC_PER_DAY);
	year = 1970 + days / 366; /* that or the one after it */
	while (days >= days_to_year(year + 1))
		year++;
	days -= days_to_year(year);
	for (; days >= days_of_month(year, month); month++)
		days -= days_of_month(year, month);
	v[CALENDAR_YEAR] = year;
	v[CALENDAR_MONTH] = month;
	v[CALENDAR_DAY] = days + 1;
	v[CALENDAR_HOUR] = (uint32_t)(at / USEC_PER_HOUR % 24);
	v[CALENDAR_MINUTE] = (uint32_t)(at / USEC_PER_MINUTE % 60);
	v[CALENDAR_SECOND] = (uint32_t)(at % USEC_PER_MINUTE);
	return true;
}

#define NO_VALUE UINT32_MAX

/* The item's first value that is @from or above, without regard to the field's end. */
static uint32_t item_at_least(const struct calendar_item *item, uint32_t from)
{
	uint32_t value;

	if (from <= item->start)
		return item->start;
	if (item->step == 0)
		return NO_VALUE;
	value = item->start + (from - item->start + item->step - 1) / item->step * item->step;
	return item->stop != 0 && value > item->stop ? NO_VALUE : value;
}

static uint32_t field_at_least(const struct calendar *c, enum calendar_field f, uint32_t from)
{
	uint32_t best = c->fields[f].n == 0 ? from : NO_VALUE;

	for (uint32_t i = 0; i < c->fields[f].n; i++) {
		uint32_t value = item_at_least(&c->fields[f].v[i], from);

		if (value < best)
			best = value;
	}
	return best > calendar_bounds[f].max ? NO_VALUE : best;
}

/*
 * "~1..7/2" is the seventh day from the end and every second one after it, as in systemd: steps go
 * forward in time, from the item's early end.
 */
static bool item_has_countdown(const struct calendar_item *item, uint32_t n)
{
	uint32_t far = item->stop != 0 ? item->stop : item->start;
	uint32_t near = item->stop != 0 ? item->start : 1;

	if (item->step == 0)
		return n == item->start;
	return n >= near && n <= far && (far - n) % item->step == 0;
}

static bool day_matches(const struct calendar *c, uint32_t day, uint32_t last, uint32_t weekday)
{
	if (c->weekdays != 0 && !(c->weekdays & 1U << weekday))
		return false;
	for (uint32_t i = 0; i < c->fields[CALENDAR_DAY].n; i++) {
		const struct calendar_item *item = &c->fields[CALENDAR_DAY].v[i];

		if (c->from_end ? item_has_countdown(item, last + 1 - day)
				: item_at_least(item, day) == day)
			return true;
	}
	return c->fields[CALENDAR_DAY].n == 0;
}

static uint32_t day_at_least(const struct calendar *c, const uint32_t v[CALENDAR_FIELDS])
{
	uint32_t last = days_of_month(v[CALENDAR_YEAR], v[CALENDAR_MONTH]);
	/* 1970-01-01 was a Thursday. */
	uint32_t weekday = 3 + days_to_date(v[CALENDAR_YEAR], v[CALENDAR_MONTH], 1);

	for (uint32_t day = v[CALENDAR_DAY]; day <= last; day++) {
		if (day_matches(c, day, last, (weekday + day - 1) % 7))
			return day;
	}
	return NO_VALUE;
}

static void reset_below(uint32_t v[CALENDAR_FIELDS], int field)
{
	for (int f = field + 1; f < CALENDAR_FIELDS; f++)
		v[f] = calendar_bounds[f].min;
}

int calendar_next(const struct calendar *c, usec_t after, usec_t *next)
{
	uint32_t v[CALENDAR_FIELDS];
	int f = CALENDAR_YEAR;

	if (after == USEC_INFINITY || !calendar_split(after + 1, v))
		return -ENOENT;
	/*
	 * From the year down, each field moves up to its first value allowed; where there is none
	 * left, the field above it takes one more. @v only ever grows, and below the day each field
	 * has a value that is reached from its minimum: it is the months that bound the loop.
	 */
	while (f < CALENDAR_FIELDS) {
		uint32_t value =
			f == CALENDAR_DAY ? day_at_least(c, v) : field_at_least(c, f, v[f]);

		if (value == NO_VALUE) {
			if (f == CALENDAR_YEAR)
				return -ENOENT;
			f--;
			v[f]++;
			reset_below(v, f);
			continue;
		}
		if (value > v[f])
			reset_below(v, f);
		v[f++] = value;
	}
	*next = calendar_join(v);
	return 0;
}

/* @usec moved by @offset seconds, not before 1970. */
static usec_t moved(usec_t usec, int64_t offset)
{
	if (offset < 0 && (usec_t)-offset * USEC_PER_SEC > usec)
		return 0;
	return usec + (usec_t)offset * USEC_PER_SEC;
}

int calendar_next_in(const struct calendar *c, const struct timezone_table *zone, usec_t after,
		     usec_t *next)
{
	uint32_t i = zone ? timezone_find(zone, (int64_t)(after / USEC_PER_SEC)) : 0;
	bool any_hour = c->fields[CALENDAR_HOUR].n == 0;

	if (!zone || after == USEC_INFINITY)
		return calendar_next(c, after, next);
	/* From one change to the next local time runs as UTC does. */
	for (;; i++) {
		int32_t offset = timezone_offset(zone, i);
		usec_t from = moved(after, offset), found;

		/* Wall-clock times that the hour before had already. */
		if (i > 0 && timezone_offset(zone, i - 1) > offset && !any_hour) {
			usec_t had = moved((usec_t)zone->v[i - 1].at * USEC_PER_SEC,
					   timezone_offset(zone, i - 1)) -
				     1;

			from = from < had ? had : from;
		}
		if (calendar_next(c, from, &found) < 0)
			return -ENOENT;
		found = moved(found, -(int64_t)offset);
		if (i == zone->n || found < (usec_t)zone->v[i].at * USEC_PER_SEC) {
			*next = found;
			return 0;
		}
		after = (usec_t)zone->v[i].at * USEC_PER_SEC - 1;
	}
}

static void put_value(struct strbuf *b, enum calendar_field f, uint32_t value)
{
	bool is_usec = f == CALENDAR_SECOND;
	uint32_t usec = is_usec ? value % (uint32_t)USEC_PER_SEC : 0;

	strbuf_printf(b, "%0*u", f == CALENDAR_YEAR ? 4 : 2,
		      is_usec ? value / (uint32_t)USEC_PER_SEC : value);
	if (usec != 0)
		strbuf_printf(b, ".%06u", usec);
}

/* The step is written without leading zeros, and one that a range has anyway is not. */
static void put_step(struct strbuf *b, enum calendar_field f, const struct calendar_item *item)
{
	uint32_t unit = f == CALENDAR_SECOND ? (uint32_t)USEC_PER_SEC : 1;

	if (item->step == 0 || (item->stop != 0 && item->step == unit))
		return;
	strbuf_printf(b, "/%u", item->step / unit);
	if (item->step % unit != 0)
		strbuf_printf(b, ".%06u", item->step % unit);
}

static void put_field(struct strbuf *b, const struct calendar *c, enum calendar_field f)
{
	const struct calendar_item *items = c->fields[f].v;
	uint32_t n = c->fields[f].n;

	if (n == 0 || (f == CALENDAR_SECOND && n == 1 && items->start == 0 && items->stop == 0 &&
		       items->step == USEC_PER_SEC)) {
		strbuf_put(b, "*");
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		strbuf_put(b, i > 0 ? "," : "");
		put_value(b, f, items[i].start);
		if (items[i].stop != 0) {
			strbuf_put(b, "..");
			put_value(b, f, items[i].stop);
		}
		put_step(b, f, &items[i]);
	}
}

/* "Mon..Wed,Sat,Sun": two days in a row are a list, three a range. */
static void put_weekdays(struct strbuf *b, uint8_t weekdays)
{
	for (unsigned int first = 0, end; first < 7; first = end) {
		for (end = first; end < 7 && weekdays & 1U << end; end++)
			;
		if (end == first) {
			end++;
			continue;
		}
		if (end - first == 2)
			end--;
		strbuf_put(b, b->len > 0 ? "," : "");
		strbuf_put_n(b, calendar_weekdays[first], 3);
		if (end - first > 1) {
			strbuf_put(b, "..");
			strbuf_put_n(b, calendar_weekdays[end - 1], 3);
		}
	}
	strbuf_put(b, weekdays != 0 ? " " : "");
}

size_t calendar_format(const struct calendar *c, char *buf, size_t size)
{
	static const char behind[CALENDAR_FIELDS] = "-- ::";
	struct strbuf b;

	strbuf_init(&b, buf, size);
	put_weekdays(&b, c->weekdays);
	for (int f = CALENDAR_YEAR; f < CALENDAR_FIELDS; f++) {
		put_field(&b, c, f);
		if (f == CALENDAR_MONTH && c->from_end)
			strbuf_put(&b, "~");
		else if (f != CALENDAR_SECOND)
			strbuf_put_n(&b, &behind[f], 1);
	}
	strbuf_put(&b, c->utc ? " UTC" : c->zone ? " " : "");
	strbuf_put(&b, c->zone ? c->zone : "");
	return b.len;
}
