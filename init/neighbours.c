/* SPDX-License-Identifier: MIT */
#include "init/neighbours.h"

#include "init/rootview_assemble.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "units/unit.h"
#include "units/value_volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_PATH "/run/berth/kept"

static const struct {
	const char *place, *name; /* its directory in the tmpfs */
} places[] = {
	{ "/var/lib", "lib" },
	{ "/var/cache", "cache" },
	{ "/var/log", "log" },
	/* ProtectHome=yes of the profiles, for all at once */
	{ "/home", "home" },
	{ "/root", "root" },
};

const char *neighbours_place(size_t n)
{
	return n < ARRAY_SIZE(places) ? places[n].place : NULL;
}

static int cover(const char *root, const char *source, const char *place)
{
	char target[128];

	snprintf(target, sizeof(target), "%s%s", root, place);
	/* A link could lead anywhere; an image without the place needs no cover. Asks no file system. */
	autoclose int fd = open(target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? 0 : rootview_bind(source, target);
}

int neighbours_open(void)
{
	if (mkdir(KEPT_PATH, 0755) < 0 && errno != EEXIST)
		return -errno;
	return mount("tmpfs", KEPT_PATH, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		     "mode=755,size=1m,nr_inodes=0") < 0
		       ? -errno
		       : 0;
}

int neighbours_hide(const char *root, struct diag *diag)
{
	char path[64];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r == 0; i++) {
		snprintf(path, sizeof(path), KEPT_PATH "/%s", places[i].name);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return diag_set(diag, DIAG_ERROR, errno, "creating %s", path);
		r = cover(root, path, places[i].place);
		if (r < 0)
			diag_set(diag, DIAG_ERROR, -r, "covering %s", places[i].place);
	}
	return r;
}

/* Each directory on the way; the modes do not matter, what is mounted there has its own. */
static int make_all(char *path)
{
	for (char *slash = path + strlen(KEPT_PATH); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static size_t within(const char *path, const char *place)
{
	size_t n = strlen(place);

	return strncmp(path, place, n) == 0 && path[n] == '/' ? n : 0;
}

int neighbours_make(const char *path)
{
	char inside[512];

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = within(path, places[i].place);
		struct strbuf b = STRBUF_INIT(inside);

		if (n == 0)
			continue;
		strbuf_printf(&b, KEPT_PATH "/%s%s", places[i].name, path + n);
		return b.cut ? -ENAMETOOLONG : make_all(inside);
	}
	return 0;
}

/* @place itself or something in it, anywhere in "[-+]PATH:PATH:options". */
static bool names_place(const char *text, const char *place)
{
	size_t n = strlen(place);
	const char *at = text;

	while ((at = strstr(at, place))) {
		bool begins = at == text || strchr(":-+", at[-1]) != NULL;

		if (begins && strchr("/:", at[n])) /* the final NUL is found, too */
			return true;
		at += n;
	}
	return false;
}

/* A directory above @place, "/" included. */
static bool is_above(const char *text, const char *place)
{
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '/')
		n--;
	return strncmp(text, place, n) == 0 && place[n] == '/';
}

/* A named volume's directory is none that somebody wrote. */
static const char *text_of_user(const char *text)
{
	return str_starts(text, VOLUMES) ? text + strcspn(text, ":") : text;
}

enum neighbours_shown neighbours_shown(const struct unit *u, const char *place)
{
	static const uint16_t lists[] = {
		K_BindPaths,	 K_BindReadOnlyPaths,	K_ReadWritePaths,
		K_ReadOnlyPaths, K_InaccessiblePaths,	K_ExecPaths,
		K_NoExecPaths,	 K_TemporaryFileSystem, K_Volume,
	};
	const struct strings *writable = unit_list(u, K_ReadWritePaths);
	const struct commands *commands = unit_commands(u, K_ExecStart);
	const char *cwd = unit_str(u, K_WorkingDirectory);

	for (uint32_t i = 0; i < writable->n; i++) {
		const char *path = writable->v[i] + strspn(writable->v[i], "-+");

		if (is_above(path, place) || str_eq(path, place))
			return NEIGHBOURS_WRITABLE;
	}
	/* ProtectHome= does the rest, whatever it says. */
	if (unit_setting(u, K_ProtectHome) && !str_starts(place, "/var/"))
		return NEIGHBOURS_READ_ONLY;
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
		const struct strings *list = unit_list(u, lists[k]);

		/* What a profile lists is not what the unit names. */
		for (uint32_t i = 0; unit_setting(u, lists[k]) && i < list->n; i++)
			if (names_place(text_of_user(list->v[i]), place))
				return NEIGHBOURS_READ_ONLY;
	}
	for (uint32_t i = 0; i < commands->n; i++)
		if (names_place(commands->v[i].path, place))
			return NEIGHBOURS_READ_ONLY;
	return cwd && names_place(cwd, place) && unit_list(u, K_StateDirectory)->n == 0
		       ? NEIGHBOURS_READ_ONLY
		       : NEIGHBOURS_HIDDEN;
}
