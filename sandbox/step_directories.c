/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens @name beneath @parent, making it if it is missing. @fresh tells. */
static int open_or_make(int parent, const char *name, bool *fresh)
{
	*fresh = mkdirat(parent, name, 0755) == 0;
	if (!*fresh && errno != EEXIST)
		return -errno;
	int fd = openat(parent, name, DIR_FLAGS);

	return fd < 0 ? -errno : fd;
}

/* Whether what is in @fd can be shown with the ids of the service's user namespace: 0, -EINVAL, -errno. */
static int try_to_map(int fd, int users)
{
	autoclose int tree =
		sys_open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return tree < 0 ? tree : mount_map_ids(tree, users);
}

static const char *file_system_of(int fd)
{
	static const struct {
		uint32_t magic;
		const char *name;
	} known[] = {
		{ TMPFS_MAGIC, "tmpfs" },
		{ RAMFS_MAGIC, "ramfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlayfs" },
		{ SQUASHFS_MAGIC, "squashfs" },
		{ NFS_SUPER_MAGIC, "nfs" },
	};
	struct statfs fs;

	for (size_t i = 0; fstatfs(fd, &fs) == 0 && i < ARRAY_SIZE(known); i++)
		if (known[i].magic == (uint32_t)fs.f_type)
			return known[i].name;
	return "its file system";
}

/*
 * Makes the directory @fd, which is as @st and perhaps @fresh, the service's. On a disk that can map ids it gets
 * the numbers inside, and what is in it keeps its numbers whatever range the service has. On others it gets
 * those outside; what has been others' there stays theirs: changing a whole tree's owners is not for a
 * start (PITFALLS 95).
 */
static int give(struct child *c, const struct directory_op *d, int fd, const struct stat *st,
		bool fresh)
{
	const uint32_t base = c->plan->id_base;
	uid_t uid = d->uid;
	gid_t gid = d->gid;

	if (d->mapped && c->users >= 0) {
		int r = try_to_map(fd, c->users);

		if (r < 0 && r != -EINVAL)
			return r;
		if (r < 0) {
			uid += base;
			gid += base;
		}
		if (r < 0 && !fresh && (st->st_uid < base || st->st_uid - base >= USERS_RANGE)) {
			struct strbuf b = STRBUF_INIT(c->text);

			strbuf_put(&b, d->path);
			strbuf_put(&b, " is somebody else's already, and ids cannot be mapped on ");
			strbuf_put(&b, file_system_of(fd));
			return -EOPNOTSUPP;
		}
	}
	if (st->st_uid == uid && st->st_gid == gid)
		return 0;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

/*
 * Walks down one component at a time without following links below the first: the parents of a
 * service's directory may belong to another service. A directory that is there keeps its mode.
 */
static int make_directory(struct child *c, const struct directory_op *d)
{
	autoclose int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *p = d->path;
	bool fresh = false;

	if (fd < 0)
		return -errno;
	while (*p == '/')
		p++;
	while (*p) {
		char name[256];
		size_t n = strcspn(p, "/");

		if (n >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, p, n);
		name[n] = '\0';
		p += n;
		while (*p == '/')
			p++;
		int next = d->inside && *p ? openat(fd, name, DIR_FLAGS)
					   : open_or_make(fd, name, &fresh);

		if (next < 0)
			return d->inside && *p ? (errno == ENOENT ? 0 : -errno) : next;
		fd_close(&fd);
		fd = next;
	}
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!fresh && d->kept)
		return 0;
	if (!fresh && d->ours && (st.st_uid != 0 || st.st_mode & 077))
		return -EEXIST;
	int r = give(c, d, fd, &st, fresh);

	if (r < 0)
		return r;
	return fresh && fchmod(fd, d->mode) < 0 ? -errno : 0;
}

int step_directories(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	for (size_t i = 0; i < p->n_directories; i++) {
		c->item = p->directories[i].tag;
		int r = make_directory(c, &p->directories[i]);

		if (r < 0) {
			if (c->text[0] == '\0')
				str_copy(c->text, sizeof(c->text), p->directories[i].path);
			c->exit_status = p->directories[i].exit_status;
			return r;
		}
	}
	return 0;
}
