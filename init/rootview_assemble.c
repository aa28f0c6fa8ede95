/* SPDX-License-Identifier: MIT */
#include "init/rootview_assemble.h"

#include "init/mountinfo.h"
#include "init/neighbours.h"
#include "init/rootview.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

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

/* What an attempt that was given up, or the tree of before, has left there; it may be several. */
static void take_down(void)
{
	while (umount2(ROOTVIEW_PATH, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
}

/*
 * "/" with all that is mounted beneath it, read-only, in one piece: that takes no look-up of a mount
 * point, so that a dead disk among them keeps nobody waiting. Whoever is hidden beneath another mount
 * stays so.
 */
static int clone_host(struct diag *diag)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	autoclose int tree =
		sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int r = tree < 0 ? tree : 0;

	if (r == 0)
		r = sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr));
	if (r == 0)
		r = sys_move_mount(tree, "", AT_FDCWD, ROOTVIEW_PATH, MOVE_MOUNT_F_EMPTY_PATH);
	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "cloning / for the services") : 0;
}

/* --- the mount table ------------------------------------------------------------------------ */

typedef void (*mount_fn)(void *ctx, const char *line, const char *where);

static int read_table(int fd, mount_fn fn, void *ctx)
{
	autoclose int copy = dup(fd);
	FILE *f = copy < 0 || lseek(copy, 0, SEEK_SET) < 0 ? NULL : fdopen(copy, "r");
	char line[4096], cut[4096];
	struct mountinfo mount;

	if (!f)
		return -errno;
	(void)fd_take(&copy);
	while (fgets(line, sizeof(line), f)) {
		memcpy(cut, line, sizeof(cut));
		if (mountinfo_parse(cut, &mount))
			fn(ctx, line, mount.where);
	}
	fclose(f);
	return 0;
}

static void add_to_mark(void *ctx, const char *line, const char *where)
{
	uint64_t *mark = ctx;

	/* FNV-1a */
	for (; !is_api_path(where) && *line; line++)
		*mark = (*mark ^ (unsigned char)*line) * 0x100000001b3;
}

/* Of all mounts that are for the view to show. Never 0. */
static uint64_t mark_of_table(int fd)
{
	uint64_t mark = 0xcbf29ce484222325;

	return read_table(fd, add_to_mark, &mark) < 0 || mark == 0 ? 1 : mark;
}

static void drop_api(void *ctx, const char *line, const char *where)
{
	size_t n = strlen(ROOTVIEW_PATH);

	(void)ctx, (void)line;
	/* What was beneath one that is gone already is not there any more. */
	if (strncmp(where, ROOTVIEW_PATH, n) == 0 && is_api_path(where + n))
		(void)umount2(where, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* --- assembling ----------------------------------------------------------------------------- */

static int assemble(int table, struct diag *diag)
{
	int r;

	take_down();
	r = clone_host(diag);
	if (r < 0)
		return r;
	r = read_table(table, drop_api, NULL);
	if (r < 0)
		diag_set(diag, DIAG_ERROR, -r, "/proc/self/mountinfo");
	if (r == 0)
		r = neighbours_hide(ROOTVIEW_PATH, diag);
	if (r == 0)
		r = make_dev(diag);
	if (r == 0)
		r = bind_hosts(diag);
	if (r < 0)
		take_down();
	return r;
}

#define MAX_ATTEMPTS 16

/* Our own mounts change the table, too: hence the look at what it shows, and not only that it has changed. */
int rootview_assemble(void *arg, int table)
{
	struct rootview_assembly *a = arg;

	for (int i = 0; i < MAX_ATTEMPTS; i++) {
		(void)rootview_outdated(table); /* what comes from here on is told to PID 1 */
		uint64_t mark = mark_of_table(table);

		if (a->mark == mark)
			return 0;
		a->mark = 0;
		int r = assemble(table, &a->diag);

		if (r < 0)
			return r;
		a->mark = mark;
	}
	a->mark = 0;
	return diag_set(&a->diag, DIAG_ERROR, EBUSY, "the host's mounts change all the time");
}
