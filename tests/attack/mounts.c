/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The mount tree. With Isolation=none these go through, so each is tried in a mount namespace of
 * its own where there may be one: the test goes on in the same machine.
 */

#define PLACE "/tmp/attack-mount"

static void prepare(void)
{
	/* Refused where it counts; then the attack meets the tree as it is. */
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir(PLACE, 0700);
}

static int try_mount(const char *type)
{
	prepare();
	return outcome(mount("attack", PLACE, type, 0, NULL));
}

int attack_mount_tmpfs(void)
{
	return try_mount("tmpfs");
}

int attack_mount_proc(void)
{
	return try_mount("proc");
}

int attack_mount_sysfs(void)
{
	return try_mount("sysfs");
}

int attack_mount_devtmpfs(void)
{
	return try_mount("devtmpfs");
}

int attack_mount_cgroup(void)
{
	return try_mount("cgroup2");
}

int attack_mount_bind(void)
{
	prepare();
	return outcome(mount("/", PLACE, NULL, MS_BIND, NULL));
}

int attack_remount_root(void)
{
	prepare();
	return outcome(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

int attack_remount_proc_sys(void)
{
	prepare();
	return outcome(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
}

int attack_unmount_mask(void)
{
	prepare();
	return outcome(umount2("/proc/kcore", MNT_DETACH));
}

int attack_unmount_root(void)
{
	prepare();
	return outcome(umount2("/", MNT_DETACH));
}

int attack_open_tree_clone(void)
{
	return outcome(syscall(SYS_open_tree, AT_FDCWD, "/", 1u /* OPEN_TREE_CLONE */));
}

int attack_fs_open(void)
{
	return outcome(syscall(SYS_fsopen, "proc", 0u));
}

int attack_mount_set_attributes(void)
{
	struct {
		uint64_t set, clear, propagation, userns_fd;
	} attr = { .clear = 1 /* MOUNT_ATTR_RDONLY */ };

	prepare();
	return outcome(
		syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr)));
}

int attack_pivot(void)
{
	prepare();
	return outcome(syscall(SYS_pivot_root, ".", "."));
}

int attack_chroot_escape(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	mkdir(PLACE, 0700);
	if (fd < 0 || chroot(PLACE) < 0 || fchdir(fd) < 0)
		return -errno;
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return -errno;
	return outcome(chroot("."));
}
