/* SPDX-License-Identifier: MIT */
#include "cgroupfs/tree.h"

#include "cgroupfs/events.h"
#include "cgroupfs/walk.h"
#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

static const char *const controller_names[] = {
	"cpu", "cpuset", "io", "memory", "pids", "hugetlb", "rdma", "misc",
};

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

const char *cgroup_controller_name(uint32_t bit)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(controller_names); i++)
		if (bit == UINT32_C(1) << i)
			return controller_names[i];
	return NULL;
}

uint32_t cgroup_controllers_parse(const char *text)
{
	uint32_t mask = 0;

	while (*text) {
		size_t n = strcspn(text, " \n");

		for (unsigned int i = 0; i < ARRAY_SIZE(controller_names); i++)
			if (strlen(controller_names[i]) == n &&
			    strncmp(controller_names[i], text, n) == 0)
				mask |= UINT32_C(1) << i;
		text += n;
		text += strspn(text, " \n");
	}
	return mask;
}

static int read_controllers(int dirfd, const char *file, uint32_t *mask)
{
	char text[256];
	ssize_t n = fd_read_file_at(dirfd, file, text, sizeof(text));

	if (n < 0)
		return (int)n;
	*mask = cgroup_controllers_parse(text);
	return 0;
}

/* One write for all of @mask, each with @sign. */
static int write_subtree(int dirfd, char sign, uint32_t mask)
{
	char text[128];
	struct strbuf b = STRBUF_INIT(text);

	for (unsigned int i = 0; i < ARRAY_SIZE(controller_names); i++) {
		if (!(mask & UINT32_C(1) << i))
			continue;
		strbuf_put_n(&b, &sign, 1);
		strbuf_put(&b, controller_names[i]);
		strbuf_put(&b, " ");
	}
	return fd_write_file_at(dirfd, "cgroup.subtree_control", text, b.len);
}

int cgroup_enable(int dirfd, uint32_t wanted, uint32_t *enabled)
{
	/* One write for all: each one waits for an RCU grace period, some milliseconds. */
	if (wanted && write_subtree(dirfd, '+', wanted) < 0) {
		for (unsigned int i = 0; i < ARRAY_SIZE(controller_names); i++) {
			uint32_t bit = UINT32_C(1) << i;

			/* A refusal is found by reading back: one truth for all causes. */
			if (wanted & bit)
				(void)write_subtree(dirfd, '+', bit);
		}
	}
	return read_controllers(dirfd, "cgroup.subtree_control", enabled);
}

static int open_root(const char *path)
{
	struct statfs fs;
	autoclose int fd = open(path, DIR_FLAGS);

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -EMEDIUMTYPE;
	return fd_take(&fd);
}

/* Only the machine's own root may hold processes besides enabled controllers; it has no cgroup.type. */
static bool is_machine_root(int rootfd)
{
	return faccessat(rootfd, "cgroup.type", F_OK, 0) < 0;
}

int cgroup_root_enter_leaf(const struct cgroup_root *root)
{
	return fd_write_file_at(root->leaf_fd, "cgroup.procs", "0", 1);
}

/* In any other root all processes have to leave before controllers can be enabled. */
static int clear_root(int rootfd, int leaf_fd)
{
	int r = cgroup_walk_move(rootfd, leaf_fd);

	/* This process may have been started outside the tree it is to manage. */
	return r < 0 ? r : fd_write_file_at(leaf_fd, "cgroup.procs", "0", 1);
}

int cgroup_root_setup(const char *path, const char *leaf, uint32_t wanted, struct cgroup_root *out)
{
	autoclose int fd = open_root(path);
	autoclose int leaf_fd = -1;
	uint32_t available = 0, enabled = 0;
	int r;

	if (fd < 0)
		return fd;
	r = read_controllers(fd, "cgroup.controllers", &available);
	if (r < 0)
		return r;
	r = cgroup_make(fd, leaf, 0, NULL);
	/* Our own leaf after a re-exec is populated: by us. */
	if (r == -EBUSY) {
		r = openat(fd, leaf, DIR_FLAGS);
		if (r < 0)
			r = -errno;
	}
	if (r < 0)
		return r;
	leaf_fd = r;
	out->inside = !is_machine_root(fd);
	r = out->inside ? clear_root(fd, leaf_fd) : 0;
	if (r < 0)
		return r;
	r = cgroup_enable(fd, wanted & available, &enabled);
	if (r < 0)
		return r;
	out->enabled = enabled;
	out->missing = wanted & ~enabled;
	out->fd = fd_take(&fd);
	out->leaf_fd = fd_take(&leaf_fd);
	return 0;
}

/* A directory from an earlier life: nothing below it, no controllers on, nobody inside. */
static int clean_reused(int dirfd, uint32_t children_get)
{
	uint32_t on = 0;
	int r;

	if (children_get)
		return 0; /* a slice: its children are units of their own */
	r = cgroup_populated(dirfd);
	if (r != 0)
		return r < 0 ? r : -EBUSY;
	r = cgroup_walk_prune(dirfd);
	if (r < 0)
		return r;
	r = read_controllers(dirfd, "cgroup.subtree_control", &on);
	if (r < 0 || !on)
		return r;
	return write_subtree(dirfd, '-', on);
}

int cgroup_make(int parentfd, const char *name, uint32_t children_get, bool *reused)
{
	autoclose int fd = -1;
	bool there = false;
	int r;

	if (mkdirat(parentfd, name, 0755) < 0) {
		if (errno != EEXIST)
			return -errno;
		there = true;
	}
	fd = openat(parentfd, name, DIR_FLAGS);
	if (fd < 0)
		return -errno;
	if (there) {
		r = clean_reused(fd, children_get);
		if (r < 0)
			return r;
	}
	if (children_get) {
		r = write_subtree(fd, '+', children_get);
		if (r < 0)
			return r;
	}
	if (reused)
		*reused = there;
	return fd_take(&fd);
}

int cgroup_kill(int dirfd)
{
	int r = fd_write_file_at(dirfd, "cgroup.kill", "1", 1);

	if (r == -ENODEV)
		return 0; /* removed meanwhile: nobody is left */
	if (r != -ENOENT)
		return r;
	/* Before 5.14, or the directory is gone, which the walk finds out. */
	r = cgroup_signal_all(dirfd, SIGKILL, false, 0);
	return r < 0 ? r : 0;
}

int cgroup_freeze(int dirfd, bool frozen)
{
	return fd_write_file_at(dirfd, "cgroup.freeze", frozen ? "1" : "0", 1);
}

int cgroup_populated(int dirfd)
{
	struct cgroup_events ev;
	int r = cgroup_events_read(dirfd, &ev);

	if (r == -ENODEV || r == -ENOENT)
		return 0;
	return r < 0 ? r : ev.populated != 0;
}

int cgroup_remove(int parentfd, const char *name)
{
	autoclose int fd = -1;
	int r;

	/* Nearly always there is nothing below: one call. */
	if (unlinkat(parentfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	fd = openat(parentfd, name, DIR_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_walk_prune(fd);
	if (r < 0)
		return r;
	if (unlinkat(parentfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

int cgroup_signal_all(int dirfd, int sig, bool wake, pid_t except)
{
	return cgroup_walk_signal(dirfd, sig, wake, except);
}
