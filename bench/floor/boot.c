/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devtmpfs", "/dev", "mode=755", MS_NOSUID },
	{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "mode=1777,size=50%", MS_NOSUID | MS_NODEV },
	{ "mqueue", "/dev/mqueue", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "tmpfs", "/run", "mode=755,size=20%", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/tmp", "mode=1777,size=50%", MS_NOSUID | MS_NODEV },
	{ "cgroup2", "/sys/fs/cgroup", "nsdelegate,memory_recursiveprot",
	  MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

void boot_mounts(void)
{
	/* The initramfs root cannot be pivoted away from (PITFALLS 85); a bind clone on top can. */
	int fd = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	must("open_tree /", fd);
	must("move_mount /", sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	must("fchdir", fchdir(fd));
	must("chroot", chroot("."));
	close(fd);
	for (unsigned int i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (mkdir(mounts[i].target, 0755) < 0 && errno != EEXIST)
			die(mounts[i].target);
		must(mounts[i].target, mount(mounts[i].type, mounts[i].target, mounts[i].type,
					     mounts[i].flags, mounts[i].data));
	}
	/* Without this the two limits have no files. Nothing else is enabled: mkdir pays for each. */
	fd = open("/sys/fs/cgroup/cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
	must("subtree_control", write(fd, "+memory +pids", 13));
	close(fd);
}

/* The same list that berth reads: "GROUP PATH" lines; only the bridge's, as berth does for veths. */
void boot_modules(void)
{
	char list[16384];
	int fd = open("/usr/lib/berth/modules", O_RDONLY | O_CLOEXEC);

	must("/usr/lib/berth/modules", fd);
	ssize_t n = read(fd, list, sizeof(list) - 1);

	must("modules", n);
	close(fd);
	list[n] = '\0';
	for (char *save, *line = strtok_r(list, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "bridge ", 7) != 0)
			continue;
		fd = open(line + 7, O_RDONLY | O_CLOEXEC);
		must(line + 7, fd);
		if (sys_finit_module(fd, "", 0) < 0 && errno != EEXIST)
			die(line + 7);
		close(fd);
	}
}
