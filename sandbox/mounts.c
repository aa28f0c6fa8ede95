/* SPDX-License-Identifier: MIT */
#include "sandbox/mounts.h"

#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
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

/* Makes @op->target, parents too: only within a tmpfs of our own, so no link is in the way. */
static int own_dir(const struct mount_op *op)
{
	char path[256];

	for (size_t i = 0;; i++) {
		if (i == sizeof(path))
			return -ENAMETOOLONG;
		path[i] = op->target[i];
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		if (op->target[i] == '\0')
			break;
		path[i] = '/';
	}
	/* mkdir(2) obeys the umask, chmod(2) does not. */
	if (chmod(op->target, op->mode) < 0)
		return -errno;
	if (op->uid == 0 && op->gid == 0)
		return 0;
	return chown(op->target, op->uid, op->gid) < 0 ? -errno : 0;
}

/* A clone of @source onto @target, wherever that is beneath the new root, and nowhere else. */
static int bind_beneath(const char *source, const char *target)
{
	autoclose int tree =
		sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		return tree;
	autoclose int fd = sys_openat2(AT_FDCWD, target, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT);

	if (fd < 0)
		return fd;
	return sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int bind_file(const struct mount_op *op)
{
	int fd = open(op->target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0444);

	if (fd < 0 && errno != EEXIST)
		return -errno;
	fd_close(&fd);
	return bind_beneath(op->source, op->target);
}

static int run(const struct mount_op *op)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV;

	switch ((enum mount_kind)op->kind) {
	case MOUNT_TMPFS: return plain("tmpfs", op->target, "tmpfs", safe, op->data);
	case MOUNT_PROC: return plain("proc", op->target, "proc", safe | MS_NOEXEC, op->data);
	case MOUNT_SYSFS:
		return plain("sysfs", op->target, "sysfs", safe | MS_NOEXEC | MS_RDONLY, NULL);
	case MOUNT_CGROUP:
		return plain("cgroup2", op->target, "cgroup2", safe | MS_NOEXEC | MS_RDONLY, NULL);
	case MOUNT_DEVPTS:
		return plain("devpts", op->target, "devpts", MS_NOSUID | MS_NOEXEC, op->data);
	case MOUNT_MOVE_OWN: return plain(op->source, op->target, NULL, MS_BIND, NULL);
	case MOUNT_MASK: return plain("/dev/null", op->target, NULL, MS_BIND, NULL);
	case MOUNT_SELF_RO: return self_ro(op->target);
	case MOUNT_OWN_DIR: return own_dir(op);
	case MOUNT_BIND: return bind_beneath(op->source, op->target);
	case MOUNT_BIND_FILE: return bind_file(op);
	}
	return -EINVAL;
}

int mount_op_run(const struct mount_op *op)
{
	int r = run(op);

	return op->optional && (r == -ENOENT || r == -ENOTDIR) ? 0 : r;
}

const char *mount_kind_name(enum mount_kind kind)
{
	static const char *const names[] = {
		[MOUNT_TMPFS] = "tmpfs",	 [MOUNT_PROC] = "proc",
		[MOUNT_SYSFS] = "sysfs",	 [MOUNT_CGROUP] = "cgroup2",
		[MOUNT_DEVPTS] = "devpts",	 [MOUNT_MOVE_OWN] = "bind-own",
		[MOUNT_MASK] = "mask",		 [MOUNT_SELF_RO] = "read-only",
		[MOUNT_OWN_DIR] = "directory",	 [MOUNT_BIND] = "bind",
		[MOUNT_BIND_FILE] = "bind-file",
	};

	return names[kind];
}
