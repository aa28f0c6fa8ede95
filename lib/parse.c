/* SPDX-License-Identifier: MIT */
#include "lib/parse.h"

#include "lib/str.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>

#define WHITESPACE " \t\n\r"

/*
 * Real-time signals are numbered as glibc does it: unit files and the programs they name (systemd
 * in a container: RTMIN+3 = 37) mean those numbers, while musl's own SIGRTMIN is 35.
 */
#define RT_MIN 34
#define RT_MAX 64

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

#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR	(60 * USEC_PER_MINUTE)
#define USEC_PER_DAY	(24 * USEC_PER_HOUR)
#define USEC_PER_WEEK	(7 * USEC_PER_DAY)
#define USEC_PER_MONTH	(2629800 * USEC_PER_SEC)  /* 30.44 days, systemd.time(7) */
#define USEC_PER_YEAR	(31557600 * USEC_PER_SEC) /* 365.25 days */

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
		size_t len = strlen(units[i].name);

		if (len > best_len && str_starts(s, units[i].name)) {
			best = &units[i];
			best_len = len;
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
		struct decimal d;
		int r;

		if (*s == '-')
			return is_digit(s[1]) ? -ERANGE : -EINVAL;
		r = take_decimal(&s, &d);
		if (r < 0)
			return r;
		s = skip_space(s);
		unit = span_unit_at(s);
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

struct signal_row {
	const char *name;
	int number;
};

static const struct signal_row signals[] = {
#define SIGNAL(name, number) { name, number },
#include "lib/signal.def"
#undef SIGNAL
};

/* "RTMIN", "RTMIN+n", "RTMAX", "RTMAX-n" */
static int parse_rt_signal(const char *s, int *out)
{
	bool from_min = str_starts(s, "RTMIN");
	uint64_t n = 0;

	if (!from_min && !str_starts(s, "RTMAX"))
		return -EINVAL;
	s += 5;
	if (*s != '\0') {
		if (*s != (from_min ? '+' : '-') || !is_digit(s[1]))
			return -EINVAL;
		s++;
		if (take_number(&s, &n) < 0 || n > RT_MAX - RT_MIN)
			return -ERANGE;
		if (*s != '\0')
			return -EINVAL;
	}
	*out = from_min ? RT_MIN + (int)n : RT_MAX - (int)n;
	return 0;
}

int parse_signal(const char *s, int *out)
{
	uint64_t n;

	if (is_digit(*s)) {
		int r = take_number(&s, &n);

		if (r == 0 && *s != '\0')
			return -EINVAL;
		if (r < 0 || n < 1 || n > RT_MAX)
			return -ERANGE;
		*out = (int)n;
		return 0;
	}
	if (str_starts(s, "SIG"))
		s += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (str_eq(s, signals[i].name)) {
			*out = signals[i].number;
			return 0;
		}
	}
	return parse_rt_signal(s, out);
}

const char *signal_name(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i].number == sig)
			return signals[i].name;
	}
	return NULL;
}

/* "1.5s" for @t below a minute, in the largest unit that is not above it; no trailing zeros. */
static void put_fraction(struct strbuf *b, usec_t t)
{
	usec_t unit = t >= USEC_PER_SEC ? USEC_PER_SEC : t >= USEC_PER_MSEC ? USEC_PER_MSEC : 1;
	usec_t rest = t % unit;

	strbuf_put_u64(b, t / unit);
	if (rest > 0) {
		strbuf_put(b, ".");
		for (usec_t scale = unit / 10; rest > 0; scale /= 10) {
			strbuf_put_u64(b, rest / scale);
			rest %= scale;
		}
	}
	strbuf_put(b, unit == USEC_PER_SEC ? "s" : unit == USEC_PER_MSEC ? "ms" : "us");
}

size_t format_span(usec_t span, char *buf, size_t size)
{
	static const struct span_unit units[] = {
		{ "y", USEC_PER_YEAR }, { "month", USEC_PER_MONTH }, { "w", USEC_PER_WEEK },
		{ "d", USEC_PER_DAY },	{ "h", USEC_PER_HOUR },	     { "min", USEC_PER_MINUTE },
	};
	struct strbuf b;

	strbuf_init(&b, buf, size);
	if (span == USEC_INFINITY) {
		strbuf_put(&b, "infinity");
		return b.len;
	}
	if (span == 0) {
		strbuf_put(&b, "0");
		return b.len;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (span < units[i].usec)
			continue;
		strbuf_put(&b, b.len > 0 ? " " : "");
		strbuf_put_u64(&b, span / units[i].usec);
		strbuf_put(&b, units[i].name);
		span %= units[i].usec;
	}
	if (span > 0) {
		strbuf_put(&b, b.len > 0 ? " " : "");
		put_fraction(&b, span);
	}
	return b.len;
}

size_t format_size(uint64_t bytes, char *buf, size_t size)
{
	static const char suffixes[] = "KMGTPE";
	struct strbuf b;
	size_t step = 0;
	uint64_t unit = 1024;

	strbuf_init(&b, buf, size);
	if (bytes == SIZE_INFINITY) {
		strbuf_put(&b, "infinity");
		return b.len;
	}
	if (bytes < 1024) {
		strbuf_put_u64(&b, bytes);
		strbuf_put(&b, "B");
		return b.len;
	}
	while (step < 5 && bytes / unit >= 1024) {
		unit *= 1024;
		step++;
	}
	strbuf_put_u64(&b, bytes / unit);
	strbuf_put(&b, ".");
	/* Rounded down: memory that is shown as free or below a limit really is. */
	strbuf_put_u64(&b, bytes % unit / (unit / 1024) * 10 / 1024);
	strbuf_put_n(&b, suffixes + step, 1);
	return b.len;
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

size_t format_ipv4(uint32_t addr, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	for (int shift = 24; shift >= 0; shift -= 8) {
		strbuf_put_u64(&b, addr >> shift & 255);
		if (shift > 0)
			strbuf_put(&b, ".");
	}
	return b.len;
}
