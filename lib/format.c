/* SPDX-License-Identifier: MIT */
#include "lib/format.h"

#include "lib/parse.h"
#include "lib/str.h"

/* "1.5s" for @t below a minute, in the largest unit that is not above it; no trailing zeros. */
static void put_fraction(struct strbuf *b, usec_t t)
{
	usec_t unit = t >= USEC_PER_SEC ? USEC_PER_SEC : t >= USEC_PER_MSEC ? USEC_PER_MSEC : 1;
	int width = unit == USEC_PER_SEC ? 6 : 3;
	unsigned int rest = (unsigned int)(t % unit);

	strbuf_put_u64(b, t / unit);
	if (rest > 0) {
		for (; rest % 10 == 0; rest /= 10)
			width--;
		strbuf_printf(b, ".%0*u", width, rest);
	}
	strbuf_put(b, unit == USEC_PER_SEC ? "s" : unit == USEC_PER_MSEC ? "ms" : "us");
}

size_t format_span(usec_t span, char *buf, size_t size)
{
	static const struct {
		const char *name;
		usec_t usec;
	} units[] = {
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
