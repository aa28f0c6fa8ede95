/* SPDX-License-Identifier: MIT */
#include "ctl/term.h"
#include "lib/str.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool has_colours(void)
{
	static int known = -1;
	const char *term = getenv("TERM");

	if (known < 0)
		known = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") &&
			!(term && str_eq(term, "dumb"));
	return known;
}

const char *term_colour(enum colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_PLAIN] = "",
		[COLOUR_GOOD] = "\033[1;32m",
		[COLOUR_BAD] = "\033[1;31m",
		[COLOUR_MIDDLE] = "\033[1;33m",
	};

	return has_colours() ? sequences[colour] : "";
}

const char *term_off(enum colour colour)
{
	return colour != COLOUR_PLAIN && has_colours() ? "\033[0m" : "";
}

enum colour state_colour(const char *active)
{
	if (str_eq(active, "active") || str_eq(active, "reloading"))
		return COLOUR_GOOD;
	if (str_eq(active, "failed"))
		return COLOUR_BAD;
	if (str_eq(active, "activating") || str_eq(active, "deactivating"))
		return COLOUR_MIDDLE;
	return COLOUR_PLAIN;
}

static bool is_utf8(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

const char *term_dot(const char *active)
{
	if (!is_utf8())
		return str_eq(active, "failed") ? "x" : "*";
	if (str_eq(active, "failed"))
		return "\u00d7";
	return str_eq(active, "inactive") ? "\u25cb" : "\u25cf";
}

size_t term_columns(size_t otherwise)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return otherwise;
	/* A serial console does not know its width and says 0. */
	return size.ws_col ? size.ws_col : otherwise;
}

void format_time(usec_t realtime, char *buf, size_t size)
{
	time_t t = (time_t)(realtime / USEC_PER_SEC);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(buf, size, "%a %Y-%m-%d %H:%M:%S %Z", &tm))
		str_copy(buf, size, "n/a");
}

void format_age(usec_t span, char *buf, size_t size)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{ " days", 86400 },
		{ "h", 3600 },
		{ "min", 60 },
		{ "s", 1 },
	};
	uint64_t left = span / USEC_PER_SEC;
	struct strbuf b;
	int parts = 0;

	strbuf_init(&b, buf, size);
	for (size_t i = 0; i < ARRAY_SIZE(units) && parts < 2; i++) {
		if (left < units[i].seconds) {
			if (parts > 0)
				break;
			continue;
		}
		strbuf_printf(&b, "%s%" PRIu64 "%s", parts ? " " : "", left / units[i].seconds,
			      units[i].name);
		left %= units[i].seconds;
		parts++;
	}
	if (parts == 0)
		strbuf_printf(&b, "%" PRIu64 "ms", span / USEC_PER_MSEC);
}
