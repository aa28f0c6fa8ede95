/* SPDX-License-Identifier: MIT */
#include "units/fstab.h"

#include "lib/parse.h"
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

bool fstab_option_value(const char *options, const char *option, char *value, size_t size)
{
	size_t n = strlen(option);

	for (const char *s = options; *s;) {
		size_t len = strcspn(s, ",");

		if (len > n && strncmp(s, option, n) == 0 && s[n] == '=' && len - n - 1 < size) {
			memcpy(value, s + n + 1, len - n - 1);
			value[len - n - 1] = '\0';
			return true;
		}
		s += len + (s[len] == ',');
	}
	return false;
}

static bool name_of_path(const char *path, const char *suffix, char *name, size_t size)
{
	size_t n;

	if (path[0] != '/' || !unit_name_escape(path + 1, name, size))
		return false;
	n = strlen(name);
	return n <= UNIT_NAME_MAX - strlen(suffix) && str_copy(name + n, size - n, suffix);
}

bool fstab_unit_name(const char *where, char *name, size_t size)
{
	if (str_eq(where, "/"))
		return str_copy(name, size, "-.mount");
	return name_of_path(where, ".mount", name, size);
}

bool fstab_device_path(const char *what, char *path, size_t size)
{
	static const struct {
		const char *tag, *folder;
	} tags[] = {
		{ "UUID=", "uuid" },
		{ "LABEL=", "label" },
		{ "PARTUUID=", "partuuid" },
		{ "PARTLABEL=", "partlabel" },
	};
	struct strbuf b;

	strbuf_init(&b, path, size);
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (!str_starts(what, tags[i].tag))
			continue;
		strbuf_printf(&b, "/dev/disk/by-%s/", tags[i].folder);
		/* What udev leaves as it is (its own encode_devnode_name()). */
		for (const char *s = what + strlen(tags[i].tag); *s; s++) {
			bool plain = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
				     (*s >= 'A' && *s <= 'Z') || strchr("#+-.:=@_", *s) || *s < 0;

			strbuf_printf(&b, plain ? "%c" : "\\x%02x", (unsigned char)*s);
		}
		return !b.cut;
	}
	strbuf_put(&b, what);
	return !b.cut;
}

bool fstab_swap_name(const char *what, char *name, size_t size)
{
	char path[1024];

	return fstab_device_path(what, path, sizeof(path)) && path[1] != '\0' &&
	       name_of_path(path, ".swap", name, size);
}

/* swapon(8), fstab(5); the rest is for others. */
static bool is_swap_option(const char *option)
{
	static const char *const words[] = { "defaults", "sw",		 "auto",
					     "noauto",	 "nofail",	 "_netdev",
					     "discard",	 "discard=once", "discard=pages" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(option, words[i]))
			return true;
	return str_starts(option, "x-") || str_starts(option, "X-") ||
	       str_starts(option, "comment=");
}

const char *fstab_swap_options(const char *options)
{
	char option[128];
	uint64_t n;

	for (const char *s = options; *s;) {
		size_t len = strcspn(s, ",");

		if (len >= sizeof(option))
			return "an option of a swap that is too long";
		memcpy(option, s, len);
		option[len] = '\0';
		if (str_starts(option, "pri=") ? parse_u64(option + 4, 0, 32767, &n) < 0
					       : len > 0 && !is_swap_option(option))
			return "options of a swap are pri=0..32767, discard, discard=once, "
			       "discard=pages, nofail, noauto";
		s += len + (s[len] == ',');
	}
	return NULL;
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

/* NULL, or why there is nothing in it. A trailing slash is no part of the name of a place. */
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
	e->automatic = !fstab_has_option(e->options, "noauto");
	e->nofail = fstab_has_option(e->options, "nofail");
	if (str_eq(e->type, "swap")) {
		e->target = FSTAB_SWAP;
		if (!fstab_swap_name(e->what, e->name, sizeof(e->name)))
			return "not a swap that a unit can be named after";
		return fstab_swap_options(e->options);
	}
	n = strlen(e->where);
	while (n > 1 && e->where[n - 1] == '/')
		e->where[--n] = '\0';
	if (strstr(e->where, "/.") || strstr(e->where, "//") ||
	    !fstab_unit_name(e->where, e->name, sizeof(e->name)))
		return "not a mount point that a unit can be named after";
	e->automatic = e->automatic && e->where[1] != '\0';
	e->target = is_remote(e) ? FSTAB_REMOTE : FSTAB_LOCAL;
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

bool fstab_left_out(const char *options, char *option, size_t size)
{
	static const char *const carried[] = {
		"requires",	  "before",	   "after",   "requires-mounts-for",
		"device-timeout", "mount-timeout", "rw-only",
	};

	for (const char *s = options; *s; s += strcspn(s, ","), s += *s == ',') {
		size_t len = strcspn(s, ",="), i = 0;

		if (!str_starts(s, "x-systemd.") || len >= size)
			continue;
		memcpy(option, s, len);
		option[len] = '\0';
		while (i < ARRAY_SIZE(carried) &&
		       !str_eq(option + strlen("x-systemd."), carried[i]))
			i++;
		if (i == ARRAY_SIZE(carried))
			return true;
	}
	return false;
}

/* systemd.mount(5) "FSTAB": a unit, or the mount of a path. */
static void put_dependencies(struct strbuf *b, const char *options)
{
	static const struct {
		const char *option, *keys[2];
	} all[] = {
		{ "x-systemd.requires=", { "Requires", "After" } },
		{ "x-systemd.before=", { "Before" } },
		{ "x-systemd.after=", { "After" } },
		{ "x-systemd.requires-mounts-for=", { "RequiresMountsFor" } },
	};

	for (const char *s = options; *s; s += strcspn(s, ","), s += *s == ',') {
		size_t len = strcspn(s, ",");
		char value[256], name[UNIT_NAME_MAX + 1];

		for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
			size_t n = strlen(all[i].option);

			if (len < n || strncmp(s, all[i].option, n) != 0 ||
			    len - n >= sizeof(value))
				continue;
			memcpy(value, s + n, len - n);
			value[len - n] = '\0';
			for (int k = 0; k < 2 && all[i].keys[k]; k++)
				put_value(b, all[i].keys[k],
					  i < 3 && fstab_unit_name(value, name, sizeof(name))
						  ? name
						  : value);
		}
	}
}

bool fstab_unit(const struct fstab_entry *e, char *text, size_t size)
{
	struct strbuf b;
	char timeout[64];

	/* It would not survive as the last character of a line. */
	if (str_ends(e->what, "\\") || str_ends(e->where, "\\") || str_ends(e->options, "\\"))
		return false;
	strbuf_init(&b, text, size);
	strbuf_put(&b, "[Unit]\nSourcePath=/etc/fstab\n");
	if (e->target == FSTAB_REMOTE)
		strbuf_put(&b, "Before=remote-fs.target\n");
	put_dependencies(&b, e->options);
	strbuf_put(&b, e->target == FSTAB_SWAP ? "[Swap]\n" : "[Mount]\n");
	put_value(&b, "What", e->what);
	if (e->target != FSTAB_SWAP) {
		put_value(&b, "Where", e->where);
		put_value(&b, "Type", e->type);
	}
	put_value(&b, "Options", e->options);
	if (fstab_option_value(e->options, "x-systemd.mount-timeout", timeout, sizeof(timeout)))
		put_value(&b, "TimeoutSec", timeout);
	if (fstab_has_option(e->options, "x-systemd.rw-only"))
		put_value(&b, "ReadWriteOnly", "yes");
	return !b.cut;
}
