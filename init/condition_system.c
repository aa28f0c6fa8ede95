/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/enums.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* Questions about PID 1 itself and about the system it has set up. */

/* In the bounding set: what a service could be given. */
int condition_capability(const struct condition_facts *f, const char *name)
{
	const struct enum_name *row;
	char text[4096];
	const char *line;
	ssize_t n;

	row = enum_by_name_nocase(capability_names, name);
	if (!row)
		return -EINVAL;
	n = condition_read(f, "/proc/self/status", text, sizeof(text));
	line = n < 0 ? NULL : strstr(text, "\nCapBnd:");
	if (!line)
		return n < 0 ? (int)n : -ENODATA;
	return strtoull(line + strlen("\nCapBnd:"), NULL, 16) >> row->value & 1;
}

/* systemd.unit(5) asks for whom the manager runs: PID 1 is root's, and a system manager. */
int condition_user(const struct condition_facts *f, const char *name)
{
	(void)f;
	return str_eq(name, "root") || str_eq(name, "0") || str_eq(name, "@system");
}

int condition_group(const struct condition_facts *f, const char *name)
{
	(void)f;
	return str_eq(name, "root") || str_eq(name, "0");
}

static bool has_word(const char *list, const char *word, size_t n)
{
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, " \t\n");

		if (len == n && strncmp(at, word, n) == 0)
			return true;
		at += len;
		at += strspn(at, " \t\n");
	}
	return false;
}

int condition_controllers(const struct condition_facts *f, const char *text)
{
	char have[512];
	ssize_t n;

	/* berth boots with the unified hierarchy or not at all. */
	if (str_eq(text, "v2") || str_eq(text, "v1"))
		return text[1] == '2';
	n = condition_read(f, "/sys/fs/cgroup/cgroup.controllers", have, sizeof(have));
	if (n < 0)
		return (int)n;
	for (const char *at = text; *at; at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t");

		if (!has_word(have, at, len))
			return 0;
		at += len;
	}
	return 1;
}

/* "NAME" is set, or "NAME=VALUE" is so exactly, in berth's own environment. */
int condition_environment(const struct condition_facts *f, const char *text)
{
	size_t n = strcspn(text, "=");

	(void)f;
	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, text, n) != 0 || (*e)[n] != '=')
			continue;
		return text[n] == '\0' || str_eq(*e + n, text + n);
	}
	return 0;
}

/* machine-id(5): none yet, or "uninitialized" until the first boot has succeeded. */
int condition_first_boot(const struct condition_facts *f, const char *text)
{
	char id[64];
	bool wanted;
	int r = parse_bool(text, &wanted);
	ssize_t n = condition_read(f, "/etc/machine-id", id, sizeof(id));
	bool first = n == -ENOENT || n == 0 || (n > 0 && str_starts(id, "uninitialized"));

	return r < 0 ? r : wanted == first;
}

/* berth images are made as a whole: nothing is left for the first boot of a new /usr to update. */
int condition_needs_update(const struct condition_facts *f, const char *path)
{
	(void)f;
	(void)path;
	return 0;
}
