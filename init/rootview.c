/* SPDX-License-Identifier: MIT */
#include "init/rootview.h"

#include "init/errand.h"
#include "init/mountinfo.h"
#include "init/neighbours.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool assembled;

int rootview_bind(const char *source, const char *target)
{
	autoclose int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (tree < 0)
		return tree;
	int r = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));

	if (r < 0)
		return r;
	return sys_move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Mount points whose place in the view is taken by something of the service's own. */
static bool is_api_path(const char *path)
{
	static const char *const api[] = { "/proc", "/sys", "/dev", "/run", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(api); i++) {
		size_t n = strlen(api[i]);

		if (strncmp(path, api[i], n) == 0 && (path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

/* Every other real file system of the host, read-only at the same place (mountinfo field 5). */
static int bind_other_mounts(struct diag *diag)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	int r = 0;

	if (!f)
		return diag_set(diag, DIAG_ERROR, errno, "/proc/self/mountinfo");
	while (r == 0 && fgets(line, sizeof(line), f)) {
		char target[4096];
		struct strbuf b = STRBUF_INIT(target);
		struct mountinfo mount;

		if (!mountinfo_parse(line, &mount) || str_eq(mount.where, "/") ||
		    is_api_path(mount.where))
			continue;
		strbuf_put(&b, ROOTVIEW_PATH);
		strbuf_put(&b, mount.where);
		r = b.cut ? -ENAMETOOLONG : rootview_bind(mount.where, target);
		if (r == -ENOENT || r == -ENOTDIR)
			r = 0; /* hidden beneath another mount: not visible on the host either */
		if (r < 0)
			diag_set(diag, DIAG_ERROR, -r, "binding %s into the services' root",
				 mount.where);
	}
	fclose(f);
	return r;
}

static const struct {
	const char *name;
	unsigned int major, minor;
} device_nodes[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 },   { "full", 1, 7 },
	{ "tty", 5, 0 },  { "random", 1, 8 }, { "urandom", 1, 9 },
};

static const struct {
	const char *name, *target;
} device_links[] = {
	{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "ptmx", "pts/ptmx" },
};

/* A minimal /dev (PITFALLS 94), one for all services: read-only, so sharing it shares nothing. */
static int make_dev(struct diag *diag)
{
	const char *dev = ROOTVIEW_PATH "/dev";
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = 0;

	if (mount("tmpfs", dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k,nr_inodes=64") <
	    0)
		return diag_set(diag, DIAG_ERROR, errno, "mounting %s", dev);
	autoclose int fd = open(dev, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return diag_set(diag, DIAG_ERROR, errno, "opening %s", dev);
	for (size_t i = 0; i < ARRAY_SIZE(device_nodes) && r == 0; i++) {
		r = mknodat(fd, device_nodes[i].name, S_IFCHR | 0666,
			    makedev(device_nodes[i].major, device_nodes[i].minor));
		if (r == 0) /* the umask took its share */
			r = fchmodat(fd, device_nodes[i].name, 0666, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(device_links) && r == 0; i++)
		r = symlinkat(device_links[i].target, fd, device_links[i].name);
	if (r == 0)
		r = mkdirat(fd, "pts", 0755);
	if (r == 0)
		r = mkdirat(fd, "shm", 0755);
	if (r == 0)
		r = mkdirat(fd, "mqueue", 0755);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, errno, "filling %s", dev);
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "making %s read-only", dev) : 0;
}

/* /etc/hosts naming the peers: one file for all, beside which the host's own stays as it is. */
static int bind_hosts(struct diag *diag)
{
	int r;

	if (access(HOSTS_PATH, F_OK) < 0 || access(ROOTVIEW_PATH "/etc/hosts", F_OK) < 0)
		return 0;
	r = rootview_bind(HOSTS_PATH, ROOTVIEW_PATH "/etc/hosts");
	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "binding %s", HOSTS_PATH) : 0;
}

int rootview_ensure(struct diag *diag)
{
	int r;

	if (assembled)
		return 0;
	if (mkdir(ROOTVIEW_PATH, 0755) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", ROOTVIEW_PATH);
	r = rootview_bind("/", ROOTVIEW_PATH);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "cloning / for the services (open_tree)");
	r = bind_other_mounts(diag);
	if (r == 0)
		r = neighbours_hide(ROOTVIEW_PATH, diag);
	if (r == 0)
		r = make_dev(diag);
	if (r == 0)
		r = bind_hosts(diag);
	if (r < 0)
		umount2(ROOTVIEW_PATH, MNT_DETACH);
	else
		assembled = true;
	return r;
}

int rootview_clone_place(struct diag *diag)
{
	static bool made;

	if (made)
		return 0;
	if (mkdir(CLONE_PATH, 0700) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", CLONE_PATH);
	made = true;
	return 0;
}

int rootview_hidden(struct diag *diag)
{
	static const char folder[] = "/run/berth/hidden";
	static bool made;

	if (made)
		return 0;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", folder);
	if (mkdir(HIDDEN_DIRECTORY, 0) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", HIDDEN_DIRECTORY);
	if (mknod(HIDDEN_FILE, S_IFREG, 0) < 0 && errno != EEXIST)
		return diag_set(diag, DIAG_ERROR, errno, "creating %s", HIDDEN_FILE);
	made = true;
	return 0;
}

bool rootview_has(const char *path)
{
	return access(path, F_OK) == 0;
}

#define SUPERBLOCKS                                                                                \
	5 /* of an isolated service: tmpfs, devpts, proc, sysfs, mqueue of its IPC namespace */
#define WORTH_IT     200 /* services; each superblock costs 40 us, below this more than it saves */
#define ROOM_TIMEOUT (5 * USEC_PER_SEC)

static int make_superblocks(void *arg, int no_fd)
{
	unsigned int wanted = *(const unsigned int *)arg;

	(void)no_fd;
	/* They live until this child exits. */
	for (unsigned int i = 0; i < wanted; i++) {
		int fd = sys_fsopen("ramfs", FSOPEN_CLOEXEC);
		int r = fd < 0 ? fd : sys_fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

		if (r < 0)
			return r;
	}
	return 0;
}

static void (*room_made)(void);

static void have_made_room(struct errand *e, int result)
{
	(void)e;
	if (result < 0) /* the boot is slower, nothing else */
		log_debug("no room made for superblocks: %s", diag_errno(-result));
	room_made();
}

void rootview_make_room(unsigned int services, void (*done)(void))
{
	static unsigned int wanted;
	static struct errand errand = { .what = "making room for superblocks",
					.limit = ROOM_TIMEOUT,
					.work = make_superblocks,
					.arg = &wanted,
					.done = have_made_room,
					.fd = -1 };

	wanted = services * SUPERBLOCKS;
	room_made = done;
	if (services < WORTH_IT || errand_start(&errand) < 0)
		done();
}
