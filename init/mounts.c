/* SPDX-License-Identifier: MIT */
#include "init/mounts.h"

#include "init/mountinfo.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/*
 * The kernel's <linux/stat.h> cannot be included beside libc's <sys/stat.h>; the layout is ABI
 * (statx(2), linux/stat.h of 5.8 and later).
 */
struct statx_head {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t rest[60];
};

_Static_assert(sizeof(struct statx_head) == 256, "struct statx is 256 bytes");

#define ATTR_MOUNT_ROOT 0x2000

enum need {
	NEEDED,
	OPTIONAL,      /* passed over when the kernel does not have it */
	WRITABLE_ROOT, /* only where "/" itself is no place for it: read-only, or an initramfs */
};

struct entry {
	const char *type;
	const char *where;
	unsigned long flags;
	const char *data;
	const char *fallback; /* data for kernels that refuse the first with EINVAL */
	mode_t mode;	      /* of the mount point when it has to be made */
	enum need need;
	const char *option;
};

#define SAFE   (MS_NOSUID | MS_NODEV)
#define SAFEST (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/*
 * In this order: each stands on those before it. /dev is not noexec, since programs map /dev/zero
 * executable. Every tmpfs is bounded in bytes and in inodes (PITFALLS 100): by default each may
 * take half of the memory.
 */
static const struct entry entries[] = {
	{ "proc", "/proc", SAFEST, NULL, NULL, 0555, NEEDED, "CONFIG_PROC_FS" },
	{ "sysfs", "/sys", SAFEST, NULL, NULL, 0555, NEEDED, "CONFIG_SYSFS" },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=0755", NULL, 0755, NEEDED, "CONFIG_DEVTMPFS" },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666", NULL, 0755,
	  OPTIONAL, "CONFIG_UNIX98_PTYS" },
	{ "tmpfs", "/dev/shm", SAFE, "mode=1777,size=25%,nr_inodes=100k", NULL, 01777, NEEDED,
	  "CONFIG_TMPFS" },
	{ "mqueue", "/dev/mqueue", SAFEST, NULL, NULL, 01777, OPTIONAL, "CONFIG_POSIX_MQUEUE" },
	{ "tmpfs", "/run", SAFE, "mode=0755,size=20%,nr_inodes=200k", NULL, 0755, NEEDED,
	  "CONFIG_TMPFS" },
	{ "tmpfs", "/tmp", SAFE, "mode=1777,size=25%,nr_inodes=200k", NULL, 01777, WRITABLE_ROOT,
	  "CONFIG_TMPFS" },
	/* memory_recursiveprot came with 5.7; without it a slice's MemoryLow= does not reach its units. */
	{ "cgroup2", "/sys/fs/cgroup", SAFEST, "nsdelegate,memory_recursiveprot", "nsdelegate",
	  0755, NEEDED, "CONFIG_CGROUPS" },
};

bool mounts_is_point(const char *path)
{
	struct statx_head sx = { 0 };

	return syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &sx) ==
		       0 &&
	       (sx.attributes & ATTR_MOUNT_ROOT);
}

static int mount_one(const struct entry *e)
{
	if (mount(e->type, e->where, e->type, e->flags, e->data) == 0)
		return 0;
	if (errno == EBUSY) /* the very same is mounted there */
		return 0;
	if (errno != EINVAL || !e->fallback)
		return -errno;
	if (mount(e->type, e->where, e->type, e->flags, e->fallback) < 0)
		return -errno;
	log_warn("%s: mounted with \"%s\" only, this kernel does not know \"%s\"", e->where,
		 e->fallback, e->data);
	return 0;
}

static bool root_is_read_only(void)
{
	struct statvfs st;

	return statvfs("/", &st) == 0 && (st.f_flag & ST_RDONLY);
}

/*
 * True when "/" lies on no block device (major number 0), as an initramfs: then a bounded tmpfs is
 * the better place for what anybody may fill.
 */
static bool root_is_memory(void)
{
	struct stat st;

	return stat("/", &st) == 0 && major(st.st_dev) == 0;
}

static int ensure(const struct entry *e)
{
	int r;

	if (mounts_is_point(e->where))
		return 0;
	if (e->need == WRITABLE_ROOT && !root_is_read_only() && !root_is_memory())
		return 0;
	/* On a read-only root the folder has to be in the image: mount(2) then tells ENOENT. */
	(void)mkdir(e->where, e->mode);
	r = mount_one(e);
	if (e->need == OPTIONAL && r < 0) {
		if (r != -ENODEV)
			log_warn("cannot mount %s on %s: %s", e->type, e->where, diag_errno(-r));
		return 0;
	}
	return r;
}

int mounts_early(struct mount_failure *failure)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		r = ensure(&entries[i]);
		if (r < 0) {
			failure->what = entries[i].type;
			failure->where = entries[i].where;
			failure->option = entries[i].option;
			return r;
		}
	}
	return 0;
}

/* Whether the mount of "/" is its own parent. Needs /proc. */
static int root_has_no_parent(bool *yes)
{
	char line[1024];
	struct mountinfo mount;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	if (!f)
		return -errno;
	*yes = false;
	/* What was mounted over "/" later comes later: the last one is what we stand on. */
	while (fgets(line, sizeof(line), f))
		if (mountinfo_parse(line, &mount) && str_eq(mount.where, "/"))
			*yes = mount.id == mount.parent;
	fclose(f);
	return 0;
}

/*
 * A second mount of the same file system, put on top of itself, with our root moved into it: no
 * file is copied, no memory is used twice, what the image holds is where it was.
 *
 * In a service's namespace pivot_root() then exchanges this mount for the service's root and the
 * old one is detached; beneath stays the rootfs mount, as on every Linux system, where switch_root
 * has moved the real root on top of it. Nobody reaches it by name: ".." ends at the root
 * of the namespace's own top mount. It takes CAP_SYS_ADMIN over the mount namespace to take the top
 * mount off and setns() to land beneath it; whoever has that may mount any disk as well. A user
 * namespace does not give it: mounts from outside are locked there (MNT_LOCKED passes on to the new
 * root in pivot_root()).
 *
 * "/" stays private, unlike systemd's: no service gets the host's mounts as they come and go, and
 * a thousand namespaces in one peer group would have every mount of one walk all the others.
 */
static int cover_root(void)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int root = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int r;

	if (proc < 0)
		return -errno;
	if (root < 0)
		return root;
	r = sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (r < 0)
		return r;
	if (fchdir(root) < 0 || chroot(".") < 0)
		return -errno;
	/* /proc was mounted to find out; it comes along. */
	return sys_move_mount(proc, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
}

int mounts_leave_rootfs(bool *moved)
{
	int r = ensure(&entries[0]);

	*moved = false;
	if (r == 0)
		r = root_has_no_parent(moved);
	return r == 0 && *moved ? cover_root() : r;
}
