/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
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

#define MAX_DEPTH 64

/* getdents64(2): readdir(3) would need a heap. */
struct entry {
	uint64_t inode, offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* Whatever in @fd is @old's becomes @uid's: the number of a dynamic user may be another one after years. */
static int give_tree(int fd, uid_t old, uid_t uid, gid_t gid, int depth)
{
	_Alignas(struct entry) char buf[2048];
	long n;

	if (depth == MAX_DEPTH)
		return -ELOOP;
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (const char *at = buf; at < buf + n;) {
			const struct entry *e = (const struct entry *)(const void *)at;
			struct stat st;
			int r = 0;

			at += e->length;
			if (str_eq(e->name, ".") || str_eq(e->name, ".."))
				continue;
			if (fstatat(fd, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
				return -errno;
			if (S_ISDIR(st.st_mode)) {
				autoclose int inner = openat(fd, e->name, DIR_FLAGS);

				r = inner < 0 ? -errno : give_tree(inner, old, uid, gid, depth + 1);
			}
			if (r == 0 && st.st_uid == old &&
			    fchownat(fd, e->name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
				r = -errno;
			if (r < 0)
				return r;
		}
	}
	return n < 0 ? -errno : 0;
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
		if (r < 0 && !fresh && !d->link &&
		    (st->st_uid < base || st->st_uid - base >= USERS_RANGE)) {
			struct strbuf b = STRBUF_INIT(c->text);

			strbuf_put(&b, d->path);
			strbuf_put(&b, " is somebody else's already, and ids cannot be mapped on ");
			strbuf_put(&b, file_system_of(fd));
			return -EOPNOTSUPP;
		}
	}
	if (st->st_uid == uid && st->st_gid == gid)
		return 0;
	if (fchown(fd, uid, gid) < 0)
		return -errno;
	return d->link && !fresh ? give_tree(fd, st->st_uid, uid, gid, 0) : 0;
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

/* The directory around @path. */
static int make_parent(struct child *c, const char *path)
{
	char parent[512];
	struct strbuf b = STRBUF_INIT(parent);

	strbuf_put_n(&b, path, (size_t)(strrchr(path, '/') - path));
	return b.cut ? -ENAMETOOLONG
		     : make_directory(c, &(struct directory_op){
						 .path = parent, .mode = 0755, .kept = true });
}

/* What was made there while the service had another user moves to where only root gets. */
static int take_from_link(struct child *c, const struct directory_op *d)
{
	struct stat st;
	int r;

	if (lstat(d->link, &st) < 0 || !S_ISDIR(st.st_mode) || lstat(d->path, &st) == 0)
		return 0;
	r = make_parent(c, d->path);
	if (r < 0)
		return r;
	return rename(d->link, d->path) < 0 ? -errno : 0;
}

/* "/var/lib/a/b" to "../private/a/b" */
static int place_link(struct child *c, const struct directory_op *d)
{
	size_t same = 0;
	char target[512];
	struct strbuf b = STRBUF_INIT(target);
	struct stat there, ours;

	/* Perhaps by the link of a directory around it. */
	if (stat(d->link, &there) == 0 && stat(d->path, &ours) == 0 &&
	    there.st_ino == ours.st_ino && there.st_dev == ours.st_dev)
		return 0;
	int r = make_parent(c, d->link);

	if (r < 0)
		return r;
	for (size_t i = 0; d->link[i] == d->path[i]; i++)
		same = d->link[i] == '/' ? i + 1 : same;
	for (const char *at = d->link + same; (at = strchr(at, '/')); at++)
		strbuf_put(&b, "../");
	strbuf_put(&b, d->path + same);
	if (b.cut)
		return -ENAMETOOLONG;
	if (symlink(target, d->link) == 0)
		return 0;
	r = -errno;
	str_copy(c->text, sizeof(c->text), d->link);
	return r;
}

static int make_with_link(struct child *c, const struct directory_op *d)
{
	struct stat st;

	if (!d->link)
		return make_directory(c, d);
	int r = take_from_link(c, d);
	bool fresh = lstat(d->path, &st) < 0;

	if (r == 0)
		r = make_directory(c, d);
	if (r == 0)
		r = place_link(c, d);
	/* One that nothing leads to is left by nobody. */
	if (r < 0 && fresh)
		(void)rmdir(d->path);
	return r;
}

int step_directories(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	for (size_t i = 0; i < p->n_directories; i++) {
		c->item = p->directories[i].tag;
		int r = make_with_link(c, &p->directories[i]);

		if (r < 0) {
			if (c->text[0] == '\0')
				str_copy(c->text, sizeof(c->text), p->directories[i].path);
			c->exit_status = p->directories[i].exit_status;
			return r;
		}
	}
	return 0;
}
