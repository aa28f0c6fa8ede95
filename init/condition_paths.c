/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "lib/fd.h"
#include "lib/match.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Links are followed, save where the question is whether it is one. A path that is not there is none of these. */

static bool look(const struct condition_facts *f, const char *path, int flags, struct stat *st)
{
	char full[PATH_MAX];

	return condition_path(f, path, full, sizeof(full)) == 0 &&
	       fstatat(AT_FDCWD, full, st, flags) == 0;
}

int condition_path_exists(const struct condition_facts *f, const char *path)
{
	struct stat st;

	return look(f, path, 0, &st);
}

static bool any_will_do(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	return false;
}

int condition_path_exists_glob(const struct condition_facts *f, const char *pattern)
{
	char full[PATH_MAX];
	int r = condition_path(f, pattern, full, sizeof(full));

	return r < 0 ? r : match_paths(full, any_will_do, NULL);
}

int condition_path_is_directory(const struct condition_facts *f, const char *path)
{
	struct stat st;

	return look(f, path, 0, &st) && S_ISDIR(st.st_mode);
}

int condition_path_is_link(const struct condition_facts *f, const char *path)
{
	struct stat st;

	return look(f, path, AT_SYMLINK_NOFOLLOW, &st) && S_ISLNK(st.st_mode);
}

/* The kernel tells since 5.8 (statx(2)); comparing device numbers would miss bind mounts. */
int condition_path_is_mount_point(const struct condition_facts *f, const char *path)
{
	struct statx st;
	char full[PATH_MAX];
	int r = condition_path(f, path, full, sizeof(full));

	if (r < 0)
		return r;
	if (syscall(SYS_statx, AT_FDCWD, full, 0, 0, &st) < 0)
		return 0;
	return (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int condition_path_is_writable(const struct condition_facts *f, const char *path)
{
	struct statvfs fs;
	char full[PATH_MAX];
	int r = condition_path(f, path, full, sizeof(full));

	if (r < 0)
		return r;
	return statvfs(full, &fs) == 0 && !(fs.f_flag & ST_RDONLY);
}

int condition_directory_not_empty(const struct condition_facts *f, const char *path)
{
	char full[PATH_MAX];
	int r = condition_path(f, path, full, sizeof(full));
	DIR *dir = r < 0 ? NULL : opendir(full);
	bool found = false;

	if (!dir)
		return r;
	for (struct dirent *e = readdir(dir); e && !found; e = readdir(dir))
		found = !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
	closedir(dir);
	return found;
}

int condition_file_not_empty(const struct condition_facts *f, const char *path)
{
	struct stat st;

	return look(f, path, 0, &st) && S_ISREG(st.st_mode) && st.st_size > 0;
}

int condition_file_is_executable(const struct condition_facts *f, const char *path)
{
	struct stat st;

	return look(f, path, 0, &st) && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}
