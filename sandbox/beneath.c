/* SPDX-License-Identifier: MIT */
#include "sandbox/beneath.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

int beneath_open(const char *path)
{
	return sys_openat2(AT_FDCWD, *path ? path : ".", O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);
}

int beneath_reopen(const char *path)
{
	return sys_openat2(AT_FDCWD, *path ? path : ".", O_PATH | O_CLOEXEC, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

int beneath_where(const char *root, int fd, char *buf, size_t size)
{
	char link[32], path[PATH_MAX];
	struct strbuf b = STRBUF_INIT(link);
	size_t skip = strlen(root);

	strbuf_put(&b, "/proc/self/fd/");
	strbuf_put_u64(&b, (uint64_t)fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	if (n < 0)
		return -errno;
	path[n] = '\0';
	if (strncmp(path, root, skip) != 0 || (path[skip] != '/' && path[skip] != '\0'))
		return -ESTALE;
	skip += path[skip] == '/';
	return str_copy(buf, size, path + skip) ? 0 : -ENAMETOOLONG;
}

int beneath_host_twin(const char *root, int fd)
{
	char path[PATH_MAX] = "/";
	struct stat here, there;
	int r = beneath_where(root, fd, path + 1, sizeof(path) - 1);

	if (r < 0)
		return r;
	autoclose int twin =
		sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS);

	if (twin < 0)
		return twin == -ENOENT || twin == -ENOTDIR || twin == -ELOOP ? -ESTALE : twin;
	if (fstat(fd, &here) < 0 || fstat(twin, &there) < 0)
		return -errno;
	if (here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return -ESTALE;
	return fd_take(&twin);
}

static int make_entry(int parent, const char *name, bool directory)
{
	int r = directory ? mkdirat(parent, name, 0755) : mknodat(parent, name, S_IFREG | 0444, 0);

	return r < 0 && errno != EEXIST ? -errno : 0;
}

/* A disk that is shown with other ids has no number for root: then as whoever owns the directory. */
static int make_as_owner(int parent, const char *name, bool directory)
{
	struct stat st;
	int r = make_entry(parent, name, directory);

	if (r != -EOVERFLOW)
		return r;
	if (fstat(parent, &st) < 0)
		return -errno;
	setfsgid(st.st_gid);
	setfsuid(st.st_uid);
	r = make_entry(parent, name, directory);
	setfsuid(0);
	setfsgid(0);
	return r;
}

/* One entry in the directory @parent, by way of the host where our picture of it is read-only. */
static int make_one(const char *root, int parent, const char *name, bool directory)
{
	int r = make_as_owner(parent, name, directory);

	if (r != -EROFS)
		return r;
	autoclose int twin = beneath_host_twin(root, parent);

	return twin < 0 ? -EROFS : make_entry(twin, name, directory);
}

int beneath_make(const char *root, const char *path, bool directory)
{
	char so_far[PATH_MAX];
	int fd = beneath_open(path);

	if (fd != -ENOENT)
		return fd;
	if (!str_copy(so_far, sizeof(so_far), path))
		return -ENAMETOOLONG;
	fd = beneath_open("");
	for (char *at = so_far; fd >= 0 && *at;) {
		size_t n = strcspn(at, "/");
		bool last = at[n] == '\0';
		autoclose int parent = fd;

		at[n] = '\0';
		fd = beneath_open(so_far);
		if (fd == -ENOENT) {
			/* A dangling link is no place: what it names would be made elsewhere. */
			int r = make_one(root, parent, at, directory || !last);

			fd = r < 0 ? r : beneath_open(so_far);
		}
		if (last)
			break;
		at[n] = '/';
		at += n + 1;
	}
	return fd;
}
