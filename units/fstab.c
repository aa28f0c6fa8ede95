/* SPDX-License-Identifier: MIT */
#include "units/fstab.h"

#include "lib/str.h"
#include "units/name.h"

#include <stdio.h>

bool fstab_has_option(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (const char *s = options; *s;) {
		size_t len = strcspn(s, ",");

		if (len >= n && strncmp(s, option, n) == 0 && (len == n || s[n] == '='))
			return true;
		s += len + (s[len] == ',');
	}
	return false;
}

bool fstab_unit_name(const char *where, char *name, size_t size)
{
	size_t n;

	if (where[0] != '/')
		return false;
	if (where[1] == '\0')
		return str_copy(name, size, "-.mount");
	if (!unit_name_escape(where + 1, name, size))
		return false;
	n = strlen(name);
	return n <= UNIT_NAME_MAX - strlen(".mount") && str_copy(name + n, size - n, ".mount");
}

static bool is_octal(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return s[0] <= '3';
}

/* One field, blanks in it written as \040; *@at moves behind it. False: none, or it is too long. */
static bool take_field(const char **at, const char *end, char *out, size_t size)
{
	size_t n = 0;
	const char *s = *at;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (s < end && *s != ' ' && *s != '\t') {
		char c = *s++;

		if (c == '\\' && end - s >= 3 && is_octal(s)) {
			c = (char)((s[0] - '0') << 6 | (s[1] - '0') << 3 | (s[2] - '0'));
			s += 3;
		}
		if (n + 1 >= size || c == '\0' || c == '\n')
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	*at = s;
	return n > 0;
}

static bool is_remote(const struct fstab_entry *e)
{
	static const char *const types[] = { "nfs", "nfs4", "cifs", "smb3", "9p", "ceph" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(e->type, types[i]))
			return true;
	return fstab_has_option(e->options, "_netdev");
}

/* NULL, or why it is no mount. A trailing slash is no part of the name of a place. */
static const char *take_line(const char *line, const char *end, struct fstab_entry *e)
{
	const char *text = line + strspn(line, " \t");
	size_t n;

	*e = (struct fstab_entry){ 0 };
	if (text >= end || *text == '#')
		return "";
	if (!take_field(&line, end, e->what, sizeof(e->what)) ||
	    !take_field(&line, end, e->where, sizeof(e->where)) ||
	    !take_field(&line, end, e->type, sizeof(e->type)))
		return "not understood: less than three fields, or one that is too long";
	if (!take_field(&line, end, e->options, sizeof(e->options)))
		str_copy(e->options, sizeof(e->options), "defaults");
	if (str_eq(e->type, "swap"))
		return "swaps are not carried out by this version";
	n = strlen(e->where);
	while (n > 1 && e->where[n - 1] == '/')
		e->where[--n] = '\0';
	if (strstr(e->where, "/.") || strstr(e->where, "//") ||
	    !fstab_unit_name(e->where, e->name, sizeof(e->name)))
		return "not a mount point that a unit can be named after";
	e->automatic = !fstab_has_option(e->options, "noauto") && e->where[1] != '\0';
	e->nofail = fstab_has_option(e->options, "nofail");
	e->remote = is_remote(e);
	return NULL;
}

bool fstab_next_line(const char **at, struct fstab_entry *e, const char **why)
{
	const char *line = *at, *end = line + strcspn(line, "\n");

	if (!*line)
		return false;
	*at = end + (*end == '\n');
	*why = take_line(line, end, e);
	return true;
}

bool fstab_next(const char **at, struct fstab_entry *e)
{
	const char *why;

	while (fstab_next_line(at, e, &why))
		if (!why)
			return true;
	return false;
}

/* In a unit file a "%" is a specifier, and a backslash at the end of a line goes on with the next. */
static void put_value(struct strbuf *b, const char *key, const char *value)
{
	strbuf_printf(b, "%s=", key);
	for (; *value; value++)
		strbuf_printf(b, *value == '%' ? "%%%%" : "%c", *value);
	strbuf_put(b, "\n");
}

bool fstab_unit(const struct fstab_entry *e, char *text, size_t size)
{
	struct strbuf b;

	/* It would not survive as the last character of a line. */
	if (str_ends(e->what, "\\") || str_ends(e->where, "\\") || str_ends(e->options, "\\"))
		return false;
	strbuf_init(&b, text, size);
	strbuf_put(&b, "[Unit]\nSourcePath=/etc/fstab\n");
	if (e->remote)
		strbuf_put(&b, "Before=remote-fs.target\n");
	strbuf_put(&b, "[Mount]\n");
	put_value(&b, "What", e->what);
	put_value(&b, "Where", e->where);
	put_value(&b, "Type", e->type);
	put_value(&b, "Options", e->options);
	return !b.cut;
}
