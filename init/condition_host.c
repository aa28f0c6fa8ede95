/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "init/condition_order.h"
#include "lib/fd.h"
#include "lib/match.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/name.h"
#include "units/words.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Questions about the system that is installed, its firmware, and how busy it is. */

/* --- os-release(5) ------------------------------------------------------------------------ */

/* The value of @key, without quotes, into @value; false: there is none. */
static bool release_value(char *text, const char *key, char *value, size_t size)
{
	size_t n = strlen(key);
	char *save, *line;
	bool found = false;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at = line + n + 1;
		size_t len;

		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		len = strlen(at);
		if (len >= 2 && (*at == '"' || *at == '\'') && at[len - 1] == *at) {
			at[len - 1] = '\0';
			at++;
		}
		found = str_copy(value, size, at); /* the last one counts */
	}
	return found;
}

/* NAME, an operator, a value: "VERSION_ID>=12", "ID$=deb*". */
static int release_holds(const struct condition_facts *f, const char *word)
{
	static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };
	char text[8192], key[64], value[512] = "";
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	ssize_t r = -ENOENT;
	enum order order;

	if (n == 0 || n >= sizeof(key))
		return -EINVAL;
	memcpy(key, word, n);
	key[n] = '\0';
	word += n;
	for (size_t i = 0; i < ARRAY_SIZE(files) && r < 0; i++)
		r = condition_read(f, files[i], text, sizeof(text));
	if (r < 0 && r != -ENOENT)
		return (int)r;
	if (r >= 0)
		(void)release_value(text, key, value, sizeof(value));
	if (str_starts(word, "$="))
		return match_text(word + 2, value, 0);
	if (str_starts(word, "!$="))
		return !match_text(word + 3, value, 0);
	/* Only "=" and "!=" are about texts. */
	if (word[0] == '=' && word[1] != '=')
		return str_eq(word + 1, value);
	if (str_starts(word, "!="))
		return !str_eq(word + 2, value);
	order = condition_take_order(&word);
	return order == ORDER_NONE
		       ? -EINVAL
		       : condition_in_order(condition_compare_versions(value, word), order);
}

int condition_os_release(const struct condition_facts *f, const char *text)
{
	char out[1024], *word;
	struct word_reader r = { .at = text, .out = out };
	int holds = 1, n;

	if (strlen(text) >= sizeof(out))
		return -E2BIG;
	while (holds == 1 && (n = word_next(&r, 0, &word)) != 0)
		holds = n < 0 ? -EINVAL : release_holds(f, word);
	return holds;
}

/* --- pressure ----------------------------------------------------------------------------- */

/* "[SLICE:]10%[/1min]": below or equal. A kernel without (CONFIG_PSI) is not under pressure. */
static int pressure(const struct condition_facts *f, const char *what, const char *text)
{
	static const struct {
		const char *span, *name;
	} spans[] = { { "10sec", " avg10=" }, { "1min", " avg60=" }, { "5min", " avg300=" } };
	const char *colon = strchr(text, ':'), *slash, *at, *name = " avg300=";
	char path[512], percent[32], slice[256], folder[1024] = "", now[512];
	uint32_t limit;

	if (colon) {
		if (!str_copy(slice,
			      (size_t)(colon - text) + 1 < sizeof(slice)
				      ? (size_t)(colon - text) + 1
				      : 0,
			      text) &&
		    (size_t)(colon - text) + 1 >= sizeof(slice))
			return -EINVAL;
		if (!unit_name_slice_path(slice, folder, sizeof(folder)))
			return -EINVAL;
		text = colon + 1;
	}
	slash = strchr(text, '/');
	if (!str_copy(percent, sizeof(percent), text))
		return -EINVAL;
	percent[strcspn(percent, "/")] = '\0';
	if (parse_percent(percent, &limit) < 0)
		return -EINVAL;
	for (size_t i = 0; slash && i <= ARRAY_SIZE(spans); i++) {
		if (i == ARRAY_SIZE(spans))
			return -EINVAL;
		name = spans[i].name;
		if (str_eq(slash + 1, spans[i].span))
			break;
	}
	snprintf(path, sizeof(path), "/proc/pressure/%s", what);
	if (colon)
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%.400s/%s.pressure", folder, what);
	if (condition_read(f, path, now, sizeof(now)) <= 0)
		return 1;
	/* Waiting of all is the better measure; older kernels have none for the CPU. */
	at = strstr(now, "full");
	at = strstr(at ? at : now, name);
	return !at || strtod(at + strlen(name), NULL) * 100 <= limit;
}

int condition_memory_pressure(const struct condition_facts *f, const char *text)
{
	return pressure(f, "memory", text);
}

int condition_cpu_pressure(const struct condition_facts *f, const char *text)
{
	return pressure(f, "cpu", text);
}

int condition_io_pressure(const struct condition_facts *f, const char *text)
{
	return pressure(f, "io", text);
}

/* --- processor and firmware --------------------------------------------------------------- */

/* Names of the manuals that Linux calls otherwise. */
int condition_cpu_feature(const struct condition_facts *f, const char *text)
{
	static const char *const others[][2] = { { "sse3", "pni" }, { "cmpxchg16b", "cx16" } };
	char path[512], info[8192], wanted[64], *flags;
	int r = condition_path(f, "/proc/cpuinfo", path, sizeof(path));
	autoclose int fd = r < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, info, sizeof(info) - 1); /* the first one has it */

	if (n < 0)
		return r < 0 ? r : -errno;
	info[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcasecmp(text, others[i][0]) == 0)
			text = others[i][1];
	flags = strstr(info, "\nflags");
	flags = flags ? flags : strstr(info, "\nFeatures");
	if (!flags || (size_t)snprintf(wanted, sizeof(wanted), " %s ", text) >= sizeof(wanted))
		return 0;
	for (char *s = wanted; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	flags++;
	flags[strcspn(flags, "\n")] = ' ';
	flags = strchr(flags, ':');
	return flags && strstr(flags, wanted) != NULL;
}

/* "smbios-field(board_name $= x*)" */
static int smbios_field(const struct condition_facts *f, const char *text)
{
	char path[128], field[64], value[256] = "";
	size_t n = strcspn(text, " \t<>=!$");
	enum order order;
	bool differs;

	if (n == 0 || n >= sizeof(field))
		return -EINVAL;
	memcpy(field, text, n);
	field[n] = '\0';
	text += n + strspn(text + n, " \t");
	snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", field);
	if (strchr(field, '/') || condition_read(f, path, value, sizeof(value)) < 0)
		return 0;
	value[strcspn(value, "\n")] = '\0';
	differs = str_starts(text, "!$=");
	if (differs || str_starts(text, "$=")) {
		text += differs ? 3 : 2;
		text += strspn(text, " \t");
		return match_text(text, value, 0) != differs;
	}
	order = condition_take_order(&text);
	return order == ORDER_NONE
		       ? -EINVAL
		       : condition_in_order(condition_compare_versions(value, text), order);
}

static int is_compatible(const struct condition_facts *f, const char *text)
{
	char list[4096];
	ssize_t n = condition_read(f, "/proc/device-tree/compatible", list, sizeof(list));

	for (ssize_t at = 0; n > 0 && at < n; at += (ssize_t)strlen(list + at) + 1)
		if (str_eq(list + at, text))
			return 1;
	return 0;
}

int condition_firmware(const struct condition_facts *f, const char *text)
{
	static const struct {
		const char *name;
		int (*test)(const struct condition_facts *f, const char *text);
	} calls[] = {
		{ "device-tree-compatible(", is_compatible },
		{ "smbios-field(", smbios_field },
	};
	char inner[256];

	if (str_eq(text, "uefi"))
		return condition_path_exists(f, "/sys/firmware/efi");
	if (str_eq(text, "device-tree"))
		return condition_path_exists(f, "/sys/firmware/devicetree");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!str_starts(text, calls[i].name) || !str_ends(text, ")"))
			continue;
		if (!str_copy(inner, sizeof(inner), text + strlen(calls[i].name)))
			return -E2BIG;
		inner[strlen(inner) - 1] = '\0';
		return calls[i].test(f, inner);
	}
	return -EINVAL;
}
