/* SPDX-License-Identifier: MIT */
#include "init/pid_file.h"

#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "units/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define RUN "/run/"

static const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR;

bool pid_file_in_memory(const char *path)
{
	return str_starts(path, RUN) && !strstr(path, "/../");
}

bool pid_file_in_own_run(const struct unit *u, const char *path)
{
	static const uint16_t keys[] = { K_BindPaths, K_BindReadOnlyPaths, K_Volume,
					 K_MountImages };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		const struct strings *list = unit_list(u, (enum key)keys[k]);

		for (uint32_t i = 0; i < list->n; i++) {
			const char *target = strchr(list->v[i], ':');

			if (target && str_starts(target, ":/run") &&
			    (target[5] == ':' || target[5] == '\0'))
				return false;
		}
	}
	return pid_file_in_memory(path);
}

/* The file may be anything, a FIFO as well (PITFALLS 90). */
static int open_in_run(int root, const char *path, int flags)
{
	autoclose int run = sys_openat2(root < 0 ? AT_FDCWD : root, root < 0 ? "/run" : "run",
					O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
					RESOLVE_NO_SYMLINKS | RESOLVE_CACHED);

	return run < 0 ? run
		       : sys_openat2(run, *path ? path : ".", flags | O_CLOEXEC, 0,
				     RESOLVE_BENEATH | RESOLVE_NO_XDEV);
}

/* 0: it is no pid. */
static pid_t read_pid(int fd)
{
	char text[32];
	uint64_t pid;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	return parse_u64(text, 1, INT32_MAX, &pid) == 0 ? (pid_t)pid : 0;
}

pid_t pid_file_read(int root, const char *path)
{
	autoclose int fd = open_in_run(root, path + strlen(RUN), O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fd == -EXDEV || fd == -ELOOP || fd == -EAGAIN ? -EXDEV : 0;
	return read_pid(fd);
}

/* The innermost folder that is there; returns the length of its name, 0 for /run and for none. */
static size_t watch_in_run(int watch, const char *path)
{
	char dir[512], link[32];
	char *end;

	str_copy(dir, sizeof(dir), path + strlen(RUN));
	do {
		struct strbuf b = STRBUF_INIT(link);

		end = strrchr(dir, '/');
		if (!end)
			end = dir;
		*end = '\0';
		autoclose int fd = open_in_run(-1, dir, O_PATH | O_DIRECTORY);

		if (fd < 0)
			continue;
		strbuf_put(&b, "/proc/self/fd/");
		strbuf_put_u64(&b, (uint64_t)fd);
		if (inotify_add_watch(watch, link, mask) >= 0)
			return strlen(dir);
	} while (end > dir);
	return 0;
}

/* Likewise, from "/" on. */
static size_t watch_from_root(int watch, const char *path)
{
	char dir[512];
	char *end;

	str_copy(dir, sizeof(dir), path);
	while ((end = strrchr(dir, '/'))) {
		end[end == dir] = '\0';
		if (inotify_add_watch(watch, dir, mask) >= 0 || end == dir)
			return strlen(dir);
	}
	return 0;
}

/*
 * A folder that came while the one above it was not watched yet has told nobody: once that is, it is
 * looked for again, as long as that leads further in (whoever makes and removes them ends nowhere).
 */
static void watch_innermost(size_t (*watch_one)(int, const char *), int watch, const char *path)
{
	size_t before, now = watch_one(watch, path);

	do {
		before = now;
		now = watch_one(watch, path);
	} while (now > before);
}

void pid_file_watch(int watch, const char *path)
{
	watch_innermost(watch_in_run, watch, path);
}

pid_t pid_file_look(int root, const char *path, int watch)
{
	if (watch >= 0)
		watch_innermost(watch_from_root, watch, path);
	autoclose int fd = sys_openat2(root < 0 ? AT_FDCWD : root, path,
				       O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0,
				       root < 0 ? 0 : RESOLVE_IN_ROOT);

	return fd < 0 ? 0 : read_pid(fd);
}
