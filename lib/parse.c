/* SPDX-License-Identifier: MIT */
#include "lib/parse.h"

#include "lib/str.h"

#include <errno.h>
#include <strings.h>

#define WHITESPACE " \t\n\r"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_space(const char *s)
{
	return s + strspn(s, WHITESPACE);
}

static bool add_overflows(uint64_t *sum, uint64_t n)
{
	return __builtin_add_overflow(*sum, n, sum);
}

/* Digits at *@s, which must be there; moves *@s behind them. */
static int take_number(const char **s, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	if (!is_digit(*p))
		return -EINVAL;
	for (; is_digit(*p); p++) {
		if (__builtin_mul_overflow(v, 10, &v) || add_overflows(&v, (uint64_t)(*p - '0')))
			return -ERANGE;
	}
	*s = p;
	*out = v;
	return 0;
}

/*
 * A number with an optional fraction: the digits behind the point are left in @frac for the unit
 * that follows to give them a value. "1." is refused, ".5" is not (as systemd does).
 */
struct decimal {
	uint64_t whole;
	const char *frac;
	size_t frac_len;
};

static int take_decimal(const char **s, struct decimal *d)
{
	const char *p = *s;

	*d = (struct decimal){ 0 };
	if (*p != '.') {
		int r = take_number(&p, &d->whole);

		if (r < 0)
			return r;
	}
	if (*p == '.') {
		d->frac = ++p;
		while (is_digit(*p))
			p++;
		d->frac_len = (size_t)(p - d->frac);
		if (d->frac_len == 0)
			return -EINVAL;
	}
	*s = p;
	return 0;
}

/* Adds @d times @unit (at most 2^60) to *@sum, rounded down. */
static int add_scaled(uint64_t *sum, const struct decimal *d, uint64_t unit)
{
	uint64_t part;
	uint64_t frac = 0;

	if (__builtin_mul_overflow(d->whole, unit, &part) || add_overflows(sum, part))
		return -ERANGE;
	/* From the last digit on, so that nothing is lost for units that are no power of ten. */
	for (size_t i = d->frac_len; i > 0; i--)
		frac = ((uint64_t)(d->frac[i - 1] - '0') * unit + frac) / 10;
	return add_overflows(sum, frac) ? -ERANGE : 0;
}

int parse_bool(const char *s, bool *out)
{
	static const char *const words[][6] = {
		{ "0", "no", "n", "false", "f", "off" },
		{ "1", "yes", "y", "true", "t", "on" },
	};

	for (size_t value = 0; value < ARRAY_SIZE(words); value++) {
		for (size_t i = 0; i < ARRAY_SIZE(words[value]); i++) {
			if (strcasecmp(s, words[value][i]) == 0) {
				*out = value != 0;
				return 0;
			}
		}
	}
	return -EINVAL;
}

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Like strtoull's base 0 (0x.., leading 0 is octal) but the whole string, no sign, no blanks. */
static int parse_magnitude(const char *s, uint64_t *out)
{
	uint64_t v = 0;
	int base = 10;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0' && s[1] != '\0') {
		base = 8;
		s++;
	}
	if (*s == '\0')
		return -EINVAL;
	for (const char *p = s; *p != '\0'; p++) {
		if (digit_value(*p) >= base)
			return -EINVAL; /* before any overflow: nonsense is nonsense at any length
					 */
	}
	for (; *s != '\0'; s++) {
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    add_overflows(&v, (uint64_t)digit_value(*s)))
			return -ERANGE;
	}
	*out = v;
	return 0;
}

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t v;
	int r = parse_magnitude(s + (*s == '+'), &v);

	if (r < 0)
		return r;
	if (v < min || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *s == '-';
	uint64_t u;
	int64_t v;
	int r = parse_magnitude(s + (negative || *s == '+'), &u);

	if (r < 0)
		return r;
	if (u > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	v = negative ? (int64_t)(0 - u) : (int64_t)u;
	if (v < min || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

int parse_size(const char *s, uint64_t *out)
{
	static const char suffixes[] = "EPTGMKB"; /* compound sizes must fall: "1G 500M" */
	size_t first = 0;
	uint64_t sum = 0;

	s = skip_space(s);
	if (str_eq(s, "infinity")) {
		*out = SIZE_INFINITY;
		return 0;
	}
	do {
		struct decimal d;
		const char *at;
		size_t step;
		int r = take_decimal(&s, &d);

		if (r < 0)
			return r;
		s = skip_space(s);
		at = *s != '\0' ? strchr(suffixes, *s) : NULL;
		step = at != NULL ? (size_t)(at - suffixes) : 6;
		if (step < first || (at == NULL && *s != '\0'))
			return -EINVAL;
		first = step + 1;
		r = add_scaled(&sum, &d, UINT64_C(1) << (10 * (6 - step)));
		if (r < 0)
			return r;
		s = skip_space(s + (at != NULL));
	} while (*s != '\0');
	if (sum == SIZE_INFINITY)
		return -ERANGE;
	*out = sum;
	return 0;
}

int parse_percent(const char *s, uint32_t *out)
{
	struct decimal d;
	uint64_t v = 0;
	int r = take_decimal(&s, &d);

	if (r < 0)
		return r;
	if (!str_eq(s, "%") || d.frac_len > 2)
		return -EINVAL;
	r = add_scaled(&v, &d, 100);
	if (r < 0 || v > UINT32_MAX)
		return -ERANGE;
	*out = (uint32_t)v;
	return 0;
}

struct span_unit {
	const char *name;
	usec_t usec;
};

/* The unit whose name is the longest at @s ("min" is neither "m" with rest nor "minute"). */
static const struct span_unit *span_unit_at(const char *s)
{
	static const struct span_unit units[] = {
		{ "seconds", USEC_PER_SEC },
		{ "second", USEC_PER_SEC },
		{ "sec", USEC_PER_SEC },
		{ "s", USEC_PER_SEC },
		{ "minutes", USEC_PER_MINUTE },
		{ "minute", USEC_PER_MINUTE },
		{ "min", USEC_PER_MINUTE },
		{ "m", USEC_PER_MINUTE },
		{ "msec", USEC_PER_MSEC },
		{ "ms", USEC_PER_MSEC },
		{ "hours", USEC_PER_HOUR },
		{ "hour", USEC_PER_HOUR },
		{ "hr", USEC_PER_HOUR },
		{ "h", USEC_PER_HOUR },
		{ "days", USEC_PER_DAY },
		{ "day", USEC_PER_DAY },
		{ "d", USEC_PER_DAY },
		{ "weeks", USEC_PER_WEEK },
		{ "week", USEC_PER_WEEK },
		{ "w", USEC_PER_WEEK },
		{ "months", USEC_PER_MONTH },
		{ "month", USEC_PER_MONTH },
		{ "M", USEC_PER_MONTH },
		{ "years", USEC_PER_YEAR },
		{ "year", USEC_PER_YEAR },
		{ "y", USEC_PER_YEAR },
		{ "usec", 1 },
		{ "us", 1 },
		{ "\xc2\xb5s", 1 }, /* U+00B5 micro sign */
		{ "\xce\xbcs", 1 }, /* U+03BC Greek mu */
	};
	const struct span_unit *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		/* The first byte settles it for nearly all rows, and at the end for all. */
		if (units[i].name[0] == *s && str_starts(s, units[i].name) &&
		    strlen(units[i].name) > best_len) {
			best = &units[i];
			best_len = strlen(best->name);
		}
	}
	return best;
}

int parse_span(const char *s, usec_t unit_default, usec_t *out)
{
	usec_t sum = 0;

	s = skip_space(s);
	if (str_starts(s, "infinity")) {
		if (*skip_space(s + strlen("infinity")) != '\0')
			return -EINVAL;
		*out = USEC_INFINITY;
		return 0;
	}
	do {
		const struct span_unit *unit;
		const char *behind;
		struct decimal d;
		int r;

		if (*s == '-')
			return is_digit(s[1]) ? -ERANGE : -EINVAL;
		s += s[0] == '+' && is_digit(s[1]);
		r = take_decimal(&s, &d);
		if (r < 0)
			return r;
		behind = s;
		s = skip_space(s);
		unit = span_unit_at(s);
		if (unit == NULL && s == behind && *s != '\0')
			return -EINVAL; /* "1.5.5" is a slip, "1.5 .5" may be meant */
		r = add_scaled(&sum, &d, unit != NULL ? unit->usec : unit_default);
		if (r < 0)
			return r;
		s = skip_space(s + (unit != NULL ? strlen(unit->name) : 0));
	} while (*s != '\0');
	if (sum == USEC_INFINITY)
		return -ERANGE;
	*out = sum;
	return 0;
}

int parse_mode(const char *s, mode_t *out)
{
	mode_t v = 0;

	if (*s == '\0')
		return -EINVAL;
	for (const char *p = s; *p != '\0'; p++) {
		if (*p < '0' || *p > '7')
			return -EINVAL;
	}
	for (; *s != '\0'; s++) {
		v = (mode_t)(v * 8 + (mode_t)(*s - '0'));
		if (v > 07777)
			return -ERANGE;
	}
	*out = v;
	return 0;
}

/* Dotted quad at *@s. Leading zeros are refused: inet_aton() would read them as octal. */
static int take_ipv4(const char **s, uint32_t *addr)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t part;
		int r;

		if (i > 0 && *(*s)++ != '.')
			return -EINVAL;
		if (**s == '0' && is_digit((*s)[1]))
			return -EINVAL;
		r = take_number(s, &part);
		if (r < 0)
			return r;
		if (part > 255)
			return -ERANGE;
		v = v << 8 | (uint32_t)part;
	}
	*addr = v;
	return 0;
}

int parse_ipv4(const char *s, uint32_t *addr)
{
	uint32_t v;
	int r = take_ipv4(&s, &v);

	if (r < 0)
		return r;
	if (*s != '\0')
		return -EINVAL;
	*addr = v;
	return 0;
}

int parse_ipv4_prefix(const char *s, uint32_t *addr, unsigned int *prefix)
{
	uint64_t n = 32;
	uint32_t v;
	int r = take_ipv4(&s, &v);

	if (r < 0)
		return r;
	if (*s == '/') {
		s++;
		r = take_number(&s, &n);
		if (r < 0)
			return r;
		if (n > 32)
			return -ERANGE;
	}
	if (*s != '\0')
		return -EINVAL;
	*addr = v;
	*prefix = (unsigned int)n;
	return 0;
}
