/* SPDX-License-Identifier: MIT */
#include "init/users_read.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FOLDER_EVENTS                                                                              \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
#define FILE_EVENTS (IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF)

/* Not in every <linux/magic.h>. */
#define EROFS_MAGIC 0xe0f5e1e2
#define VFAT_MAGIC  0x4d44
#define UBIFS_MAGIC 0x24051905
#define EXFAT_MAGIC 0x2011bab0
#define XFS_MAGIC   0x58465342

static const char *const names[USERS_FILES] = { "passwd", "group" };

struct users_memory *users_memory_new(int flag)
{
	struct users_memory *m = mmap(NULL, sizeof(*m), PROT_READ | PROT_WRITE,
				      flag | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return m == MAP_FAILED ? NULL : m;
}

/* Nobody but this kernel changes what is in it: then inotify(7) misses nothing. */
static bool is_local(int fd)
{
	static const unsigned int local[] = {
		TMPFS_MAGIC,	   RAMFS_MAGIC,	      EXT4_SUPER_MAGIC,	     XFS_MAGIC,
		BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,  OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC,
		EROFS_MAGIC,	   VFAT_MAGIC,	      UBIFS_MAGIC,	     EXFAT_MAGIC,
		ISOFS_SUPER_MAGIC, JFFS2_SUPER_MAGIC,
	};
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((unsigned int)st.f_type == local[i])
			return true;
	return false;
}

static bool watch_it(int watch, int fd, uint32_t events)
{
	char path[32];

	if (watch < 0 || !is_local(fd))
		return false;
	/* The very one that is open, whatever has its name meanwhile. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return inotify_add_watch(watch, path, events) >= 0;
}

static int read_text(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, to + len, size - len);
		if (n == 0)
			break; /* has just become shorter: that is told, too */
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	return (int)len;
}

static int read_file(int dir, const char *name, int watch, char *to, bool *watched)
{
	struct stat st;

	/* O_NONBLOCK: somebody may have put a FIFO there. */
	autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode) ||
	    !watch_it(watch, fd, FILE_EVENTS))
		*watched = false;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return st.st_size > USERS_FILE_MAX ? -EFBIG : read_text(fd, to, (size_t)st.st_size);
}

/* -1 and errno. "/etc" may be a link: then there is no telling when it leads elsewhere. */
static int open_folder(const char *root, int watch, bool *watched)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/etc", root);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	*watched = dir >= 0 && watch_it(watch, dir, FOLDER_EVENTS);
	return dir >= 0 ? dir : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * What a read that was given up still brings must not get into the memory that others use by then: it
 * goes to a place of our own first.
 */
void users_read(struct users_memory *to, const char *root, int watch)
{
	struct users_memory *own = users_memory_new(MAP_PRIVATE);
	bool watched;
	size_t at = 0;
	autoclose int dir = open_folder(root, watch, &watched);
	int none = dir < 0 ? -errno : own ? 0 : -ENOMEM;

	for (int i = 0; i < USERS_FILES; i++) {
		int r = none ? none : read_file(dir, names[i], watch, own->text + at, &watched);

		to->file[i].err = r < 0 ? r : 0;
		to->file[i].at = at;
		to->file[i].len = r < 0 ? 0 : (size_t)r;
		at += to->file[i].len;
	}
	if (own) {
		memcpy(to->text, own->text, at);
		munmap(own, sizeof(*own));
	}
	to->watched = watched;
}
