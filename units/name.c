/* SPDX-License-Identifier: MIT */
#include "units/name.h"

#include "lib/str.h"
#include "units/unit.h"

#include <stdio.h>

static const char *const type_names[] = {
	[UNIT_SERVICE] = "service", [UNIT_SOCKET] = "socket", [UNIT_TIMER] = "timer",
	[UNIT_PATH] = "path",	    [UNIT_MOUNT] = "mount",   [UNIT_SWAP] = "swap",
	[UNIT_TARGET] = "target",   [UNIT_SLICE] = "slice",
};
_Static_assert(ARRAY_SIZE(type_names) == UNIT_TYPE_COUNT, "each type has a name");

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '-' || c == '_' || c == '.' || c == '\\' || c == '@';
}

const char *unit_name_suffix(const char *name)
{
	return strrchr(name, '.');
}

bool unit_name_chars_valid(const char *name)
{
	const char *dot = unit_name_suffix(name), *s;

	/* A leading dot would make hidden files and ".." of logs and cgroups named after the unit. */
	if (!dot || dot == name || name[0] == '@' || name[0] == '.')
		return false;
	for (s = name; *s; s++) {
		if (!is_name_char(*s))
			return false;
	}
	return (size_t)(s - name) <= UNIT_NAME_MAX;
}

bool unit_name_is_foreign_type(const char *name)
{
	static const char *const types[] = { ".device", ".scope", ".automount" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_ends(name, types[i]))
			return unit_name_chars_valid(name);
	}
	return false;
}

const char *unit_type_name(enum unit_type type)
{
	return type_names[type];
}

int unit_type_of_name(const char *name)
{
	const char *suffix;

	if (!unit_name_chars_valid(name))
		return -1;
	suffix = unit_name_suffix(name) + 1;
	for (int i = 0; i < UNIT_TYPE_COUNT; i++) {
		if (str_eq(suffix, type_names[i]))
			return i;
	}
	return -1;
}

bool unit_name_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at[1] == '.' && at + 1 == unit_name_suffix(name);
}

bool unit_name_is_instance(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at + 1 < unit_name_suffix(name);
}

static bool copy_span(const char *from, const char *to, char *buf, size_t size)
{
	size_t n = (size_t)(to - from);

	if (n >= size)
		return false;
	memcpy(buf, from, n);
	buf[n] = '\0';
	return true;
}

bool unit_name_template(const char *name, char *buf, size_t size)
{
	return unit_name_is_instance(name) && unit_name_replace_instance(name, "", buf, size);
}

bool unit_name_replace_instance(const char *name, const char *instance, char *buf, size_t size)
{
	const char *at = strchr(name, '@'), *suffix = unit_name_suffix(name);
	struct strbuf b;

	if (!at || !suffix || suffix < at)
		return false;
	strbuf_init(&b, buf, size);
	strbuf_put_n(&b, name, (size_t)(at + 1 - name));
	strbuf_put(&b, instance);
	strbuf_put(&b, suffix);
	return !b.cut;
}

bool unit_name_prefix(const char *name, char *buf, size_t size)
{
	const char *end = strchr(name, '@');

	if (!end)
		end = unit_name_suffix(name);
	return end && copy_span(name, end, buf, size);
}

bool unit_name_instance(const char *name, char *buf, size_t size)
{
	const char *at = strchr(name, '@'), *suffix = unit_name_suffix(name);

	if (!at || !suffix || suffix < at)
		return copy_span(name, name, buf, size);
	return copy_span(at + 1, suffix, buf, size);
}

bool unit_name_escape(const char *text, char *buf, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	struct strbuf b;

	strbuf_init(&b, buf, size);
	for (const char *s = text; *s; s++) {
		bool plain = is_name_char(*s) && *s != '-' && *s != '\\' && *s != '@';

		if (*s == '/') {
			strbuf_put_n(&b, "-", 1);
		} else if (plain && !(*s == '.' && s == text)) {
			strbuf_put_n(&b, s, 1);
		} else {
			char code[4] = { '\\', 'x', hex[(unsigned char)*s >> 4], hex[*s & 15] };

			strbuf_put_n(&b, code, sizeof(code));
		}
	}
	return !b.cut;
}

bool unit_name_slice_path(const char *name, char *buf, size_t size)
{
	size_t n = strlen(name);
	struct strbuf b;

	strbuf_init(&b, buf, size);
	strbuf_put(&b, "");
	if (str_eq(name, "-.slice"))
		return !b.cut;
	if (!str_ends(name, ".slice") || name[0] == '-' || strchr(name, '/'))
		return false;
	n -= strlen(".slice");
	for (size_t i = 1; i <= n; i++) {
		if (i < n && name[i] != '-')
			continue;
		if (name[i - 1] == '-')
			return false; /* a part without a name */
		strbuf_put(&b, b.len > 0 ? "/" : "");
		strbuf_put_n(&b, name, i);
		strbuf_put(&b, ".slice");
	}
	return n > 0 && !b.cut;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool unit_name_unescape(const char *text, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	for (const char *s = text; *s; s++) {
		char c = *s == '-' ? '/' : *s;

		if (*s == '\\') {
			int high = s[1] == 'x' ? hex_value(s[2]) : -1;
			int low = high >= 0 ? hex_value(s[3]) : -1;

			if (low < 0 || (high | low) == 0)
				return false;
			c = (char)(high << 4 | low);
			s += 3;
		}
		strbuf_put_n(&b, &c, 1);
	}
	return !b.cut;
}

bool unit_name_of_place(const char *socket, unsigned int place, char *out)
{
	int stem = (int)(unit_name_suffix(socket) - socket);
	bool instance = memchr(socket, '@', (size_t)stem) != NULL;

	return snprintf(out, UNIT_NAME_MAX + 1, "%.*s%s%u.service", stem, socket,
			instance ? "-" : "@", place) <= UNIT_NAME_MAX;
}

bool unit_name_of_acceptor(const char *service, char *out)
{
	size_t stem = (size_t)(unit_name_suffix(service) - service), n = stem;

	while (n > 0 && service[n - 1] >= '0' && service[n - 1] <= '9')
		n--;
	if (n == stem || n < 2 || !memchr(service, '@', n))
		return false;
	/* "ssh@7" or "web@a-7" */
	if (service[n - 1] != (memchr(service, '@', n - 1) ? '-' : '@'))
		return false;
	return snprintf(out, UNIT_NAME_MAX + 1, "%.*s.socket", (int)(n - 1), service) <=
	       UNIT_NAME_MAX;
}
