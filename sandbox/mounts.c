/* SPDX-License-Identifier: MIT */
#include "sandbox/mounts.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/*
 * mount(2) with paths costs a third less than fsopen..move_mount (measured in bench/steps.c). It is
 * as safe where the target cannot be redirected: in the tree that PID 1 assembled and on file
 * systems that this very child has just mounted.
 */
static int plain(const char *source, const char *target, const char *type, unsigned long flags,
		 const char *data)
{
	return mount(source, target, type, flags, data) < 0 ? -errno : 0;
}

static int self_ro(const char *target)
{
	int r = plain(target, target, NULL, MS_BIND | MS_REC, NULL);

	/* Locked and inherited flags have to be repeated or the remount fails (PITFALLS 88). */
	return r < 0 ? r
		     : plain(NULL, target, NULL,
			     MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			     NULL);
}

/* mkdir(2) obeys the umask, chmod(2) does not. */
static int give(const struct mount_op *op, const char *path)
{
	if (chmod(path, op->mode) < 0)
		return -errno;
	if (op->uid == 0 && op->gid == 0)
		return 0;
	return chown(path, op->uid, op->gid) < 0 ? -errno : 0;
}

/* 1: it was there before. */
static int make_dir(const char *path, mode_t mode)
{
	mode_t mask = umask(0);
	int r = mkdir(path, mode) == 0 ? 0 : errno == EEXIST ? 1 : -errno;

	umask(mask);
	return r;
}

static int make_parents(const char *of)
{
	char path[256];
	int r = 0;

	if (!str_copy(path, sizeof(path), of))
		return -ENAMETOOLONG;
	for (char *slash = path; r >= 0 && (slash = strchr(slash + 1, '/')); *slash = '/') {
		*slash = '\0';
		r = make_dir(path, 0755);
	}
	return r < 0 ? r : 0;
}

/* Makes @op->target, parents too: only within a tmpfs of our own, so no link is in the way. */
static int own_dir(const struct mount_op *op)
{
	int r = make_dir(op->target, op->mode);

	if (r == -ENOENT) {
		r = make_parents(op->target);
		r = r < 0 ? r : make_dir(op->target, op->mode);
	}
	if (r < 0 || (r == 0 && op->uid == 0 && op->gid == 0))
		return r;
	return give(op, op->target);
}

int mount_map_ids(int tree, int users)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)users };

	return sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/*
 * A clone of @op's source onto its target, wherever that is beneath the new root, and nowhere else. What
 * is missing there is made after the source: a directory or a file.
 */
static int bind_beneath(const struct mount_op *op, const char *root, int users)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	struct stat st;

	if (op->kind == MOUNT_BIND)
		flags |= AT_RECURSIVE;
	autoclose int tree = sys_open_tree(AT_FDCWD, op->source, flags);

	if (tree < 0)
		return tree;
	if (fstat(tree, &st) < 0)
		return -errno;
	if (op->mapped && users >= 0) {
		int r = mount_map_ids(tree, users);

		if (r < 0 && r != -EINVAL) /* then step_directories() has seen to it */
			return r;
	}
	autoclose int fd = op->made ? beneath_make(root, op->target, S_ISDIR(st.st_mode))
				    : beneath_open(op->target);

	if (fd < 0 && op->made) /* not what "optional" is about */
		return fd == -ENOENT ? -EROFS : fd;
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	return sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/*
 * What of the host's is seen under the same name: where /bin is a link to usr/bin, so it is here. The
 * source is in the tree that is assembled for all and read-only, the target in a tmpfs of our own.
 */
static int show_host(const struct mount_op *op)
{
	char link[256];
	ssize_t n = readlink(op->source, link, sizeof(link));

	if (n == sizeof(link))
		return -ENAMETOOLONG;
	if (n >= 0) {
		link[n] = '\0';
		return symlink(link, op->target) < 0 ? -errno : 0;
	}
	if (errno != EINVAL)
		return -errno;
	if (op->mode)
		return 0;
	int r = make_dir(op->target, 0755);

	return r < 0 ? r : plain(op->source, op->target, NULL, MS_BIND | MS_REC, NULL);
}

/* One entry of a /dev: a node is shown, not made, since that may not be allowed here. */
static int copy_entry(int from, int to, const char *name, unsigned char type)
{
	char link[64];
	ssize_t n;

	if (type == DT_DIR)
		return mkdirat(to, name, 0755) < 0 ? -errno : 0;
	if (type == DT_LNK) {
		n = readlinkat(from, name, link, sizeof(link) - 1);
		if (n < 0)
			return -errno;
		link[n] = '\0';
		return symlinkat(link, to, name) < 0 ? -errno : 0;
	}
	autoclose int place = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	autoclose int node = sys_open_tree(from, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (place < 0 || node < 0)
		return node < 0 ? node : -errno;
	return sys_move_mount(node, "", to, name, MOVE_MOUNT_F_EMPTY_PATH);
}

static int copy_entries(int from, int to)
{
	struct sys_dirent *e;
	_Alignas(struct sys_dirent) char buf[1024];
	long n;

	while ((n = syscall(SYS_getdents64, from, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n; at += e->len) {
			e = (struct sys_dirent *)(buf + at);
			int r = e->name[0] == '.' ? 0 : copy_entry(from, to, e->name, e->type);

			if (r < 0)
				return r;
		}
	}
	return n < 0 ? -errno : 0;
}

/*
 * The prepared /dev is one for all and read-only: who binds something else in there gets one of the
 * same look. Attached before it is filled: nothing can be mounted upon a tree that is nowhere.
 */
static int own_dev(const struct mount_op *op, const char *target)
{
	autoclose int from = open(op->source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclose int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int r = from < 0 ? -errno : fs < 0 ? fs : 0;

	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", "64k", 0);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "256", 0);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	autoclose int tree = sys_fsmount(fs, FSMOUNT_CLOEXEC,
					 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (tree < 0)
		return tree;
	/* A target that was resolved is a descriptor's own link. */
	r = sys_move_mount(tree, "", AT_FDCWD, target,
			   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
	if (r == 0 && (op->uid || op->gid) && fchownat(tree, "", op->uid, op->gid, AT_EMPTY_PATH))
		r = -errno;
	return r < 0 ? r : copy_entries(from, tree);
}

static int own_file(const struct mount_op *op)
{
	autoclose int out = open(op->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (out < 0 || fchmod(out, 0644) < 0)
		return -errno;
	int r = fd_write_all(out, op->data, strlen(op->data));

	if (r < 0)
		return r;
	autoclose int in = open(op->source, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = in < 0 && errno != ENOENT ? -1 : 0;

	while (in >= 0 && (n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? -errno : 0;
}

static int run_at(const struct mount_op *op, const char *target)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV;
	const unsigned long safest = safe | MS_NOEXEC;

	switch ((enum mount_kind)op->kind) {
	case MOUNT_TMPFS:
		return plain("tmpfs", target, "tmpfs", op->mode ? op->mode & ~MOUNT_NO_FLAGS : safe,
			     op->data);
	case MOUNT_PROC: return plain("proc", target, "proc", safest, op->data);
	case MOUNT_SYSFS:
		return plain("sysfs", target, "sysfs", safest | (op->mode ? 0 : MS_RDONLY), NULL);
	case MOUNT_CGROUP:
		return plain("cgroup2", target, "cgroup2", safest | (op->mode ? 0 : MS_RDONLY),
			     NULL);
	case MOUNT_DEVPTS:
		return plain("devpts", target, "devpts", MS_NOSUID | MS_NOEXEC, op->data);
	case MOUNT_MQUEUE: return plain("mqueue", target, "mqueue", safest, NULL);
	case MOUNT_MOVE_OWN: return plain(op->source, target, NULL, MS_BIND, NULL);
	case MOUNT_MASK: return plain("/dev/null", target, NULL, MS_BIND, NULL);
	case MOUNT_SELF_RO: return self_ro(target);
	case MOUNT_HOST: return show_host(op);
	case MOUNT_OWN_DIR: return own_dir(op);
	case MOUNT_OWN_FILE: return own_file(op);
	case MOUNT_DEV: return own_dev(op, target);
	case MOUNT_BIND:
	case MOUNT_BIND_ALONE:
	case MOUNT_IMAGE:   /* extensions.c */
	case MOUNT_OVERLAY: /* likewise */
	case MOUNT_RULE: break;
	}
	return -EINVAL;
}

/* mount(2) upon a descriptor: the target may lead through links of somebody else's. */
static int run_made(const struct mount_op *op, const char *root)
{
	char path[32];
	struct strbuf b = STRBUF_INIT(path);
	autoclose int fd =
		op->optional ? beneath_open(op->target) : beneath_make(root, op->target, true);

	if (fd < 0)
		return fd;
	strbuf_put(&b, "/proc/self/fd/");
	strbuf_put_u64(&b, (uint64_t)fd);
	return op->kind == MOUNT_OWN_DIR ? give(op, path) : run_at(op, path);
}

static int run(const struct mount_op *op, const char *root, int users)
{
	if (op->kind == MOUNT_BIND || op->kind == MOUNT_BIND_ALONE)
		return bind_beneath(op, root, users);
	return op->made ? run_made(op, root) : run_at(op, op->target);
}

int mount_op_run(const struct mount_op *op, const char *root, int users)
{
	int r = run(op, root, users);

	return op->optional && (r == -ENOENT || r == -ENOTDIR) ? 0 : r;
}

const char *mount_kind_name(enum mount_kind kind)
{
	static const char *const names[] = {
		[MOUNT_TMPFS] = "tmpfs",
		[MOUNT_PROC] = "proc",
		[MOUNT_SYSFS] = "sysfs",
		[MOUNT_CGROUP] = "cgroup2",
		[MOUNT_DEVPTS] = "devpts",
		[MOUNT_MOVE_OWN] = "bind-own",
		[MOUNT_MASK] = "mask",
		[MOUNT_SELF_RO] = "read-only",
		[MOUNT_HOST] = "host",
		[MOUNT_OWN_DIR] = "directory",
		[MOUNT_OWN_FILE] = "file",
		[MOUNT_BIND] = "bind",
		[MOUNT_BIND_ALONE] = "bind-alone",
		[MOUNT_MQUEUE] = "mqueue",
		[MOUNT_DEV] = "dev",
		[MOUNT_IMAGE] = "image",
		[MOUNT_OVERLAY] = "overlay",
		[MOUNT_RULE] = "rule",
	};

	return names[kind];
}
