/* SPDX-License-Identifier: MIT */
#include "init/unmount.h"

#include "init/bounded.h"
#include "init/mountinfo.h"
#include "init/rootview.h"
#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/swap.h>

/* More than one journal's replay takes; a device that needs longer is dead. */
#define UMOUNT_LIMIT  (30 * USEC_PER_SEC)
#define SWAPOFF_LIMIT (60 * USEC_PER_SEC)
#define MAX_ROUNDS    16

struct mounted {
	const char *where; /* in the arena */
	bool data;	   /* holds data, or stands on something that does and is to go */
	bool read_only;
};

struct mounts {
	struct arena paths;
	struct mounted *v;
	size_t n, room;
};

bool unmount_is_kernel_fs(const char *type)
{
	static const char *const types[] = {
		"autofs",     "binfmt_misc", "bpf",	  "cgroup",   "cgroup2", "configfs",
		"debugfs",    "devpts",	     "devtmpfs",  "efivarfs", "fusectl", "hugetlbfs",
		"mqueue",     "nsfs",	     "proc",	  "pstore",   "ramfs",	 "rootfs",
		"rpc_pipefs", "securityfs",  "selinuxfs", "sysfs",    "tmpfs",	 "tracefs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i], type))
			return true;
	return false;
}

static bool is_beneath(const char *path, const char *top)
{
	size_t n = strlen(top);

	return str_starts(path, top) && path[n] == '/';
}

static bool append(struct mounts *m, const char *where, const char *type, const char *options)
{
	struct mounted *one;
	size_t room = m->room ? 2 * m->room : 64;

	if (m->n == m->room) {
		one = realloc(m->v, room * sizeof(*one));
		if (!one)
			return false;
		m->v = one;
		m->room = room;
	}
	bool data = !unmount_is_kernel_fs(type);

	/*
	 * A /proc inside a changed root keeps that root busy, and so does what was mounted over it at the
	 * same place. "/" itself only becomes read-only.
	 */
	for (size_t i = 0; i < m->n && !data; i++)
		data = m->v[i].data && !str_eq(m->v[i].where, "/") &&
		       (is_beneath(where, m->v[i].where) || str_eq(where, m->v[i].where));
	one = &m->v[m->n];
	*one = (struct mounted){
		.where = arena_strdup(&m->paths, where),
		.data = data,
		.read_only = str_starts(options, "ro"),
	};
	if (!one->where)
		return false;
	m->n++;
	return true;
}

static void release(struct mounts *m)
{
	arena_free(&m->paths);
	free(m->v);
	*m = (struct mounts){ 0 };
}

/* All mounts, in the order in which they were made. What is read before an error counts. */
static void read_mounts(struct mounts *m)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	struct mountinfo mount;
	char *line = NULL;
	size_t size = 0;

	if (!f) {
		log_err("cannot read the mount table: %s", diag_errno(errno));
		return;
	}
	while (getline(&line, &size, f) > 0) {
		if (!mountinfo_parse(line, &mount))
			continue;
		if (!append(m, mount.where, mount.type, mount.options)) {
			log_err("no memory for the whole mount table");
			break;
		}
	}
	free(line);
	fclose(f);
}

static int do_umount(const void *where)
{
	return umount2(where, UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
}

/* The services' copy of all that is mounted (rootview.h): in one go, nothing is written for it. */
static int do_detach(const void *where)
{
	return umount2(where, UMOUNT_NOFOLLOW | MNT_DETACH) < 0 ? -errno : 0;
}

static int do_read_only(const void *where)
{
	/* The super block, not just this mount of it: that is what writes out and marks it clean. */
	return mount(NULL, where, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 ? -errno : 0;
}

static int do_swapoff(const void *path)
{
	return swapoff(path) < 0 ? -errno : 0;
}

/* Swap on a device may stay: nobody needs what is in it, and it is not in the way (PITFALLS 148). */
static void swap_files_off(void)
{
	FILE *f = fopen("/proc/swaps", "re");
	char line[PATH_MAX + 128];
	int r;

	if (!f)
		return; /* a kernel without swap */
	/* "/swapfile file 1048572 0 -2" after a line of titles */
	while (fgets(line, sizeof(line), f)) {
		char *save = NULL, *path = strtok_r(line, " \t", &save);
		const char *type = strtok_r(NULL, " \t", &save);

		if (!path || !type || !str_eq(type, "file"))
			continue;
		mountinfo_unescape(path);
		r = bounded_run(do_swapoff, path, SWAPOFF_LIMIT);
		if (r < 0)
			log_err("cannot switch swap file %s off: %s", path, diag_errno(-r));
	}
	fclose(f);
}

/* One round. Returns whether another one makes sense: something went, something is left. */
static bool unmount_round(void)
{
	struct mounts m = { 0 };
	unsigned int gone = 0, left = 0;
	bool hangs = false;
	int r;

	read_mounts(&m);
	for (size_t i = m.n; i-- > 0;) {
		if (!m.v[i].data || str_eq(m.v[i].where, "/"))
			continue;
		r = bounded_run(do_umount, m.v[i].where, UMOUNT_LIMIT);
		hangs |= r == -ETIMEDOUT;
		if (r == 0)
			gone++;
		else
			left++;
	}
	release(&m);
	return gone > 0 && left > 0 && !hangs; /* a dead one is not waited for once more */
}

static unsigned int make_rest_read_only(void)
{
	struct mounts m = { 0 };
	unsigned int failed = 0;
	int r;

	read_mounts(&m);
	for (size_t i = m.n; i-- > 0;) {
		const struct mounted *one = &m.v[i];

		if (!one->data)
			continue;
		r = one->read_only ? 0 : bounded_run(do_read_only, one->where, UMOUNT_LIMIT);
		if (r < 0)
			failed++;
		if (r < 0)
			log_err("%s can be neither unmounted nor made read-only: %s", one->where,
				diag_errno(-r));
		else if (!str_eq(one->where, "/"))
			log_warn("%s is still in use; made read-only", one->where);
	}
	release(&m);
	return failed;
}

unsigned int unmount_all(void)
{
	swap_files_off();
	(void)bounded_run(do_detach, ROOTVIEW_PATH, UMOUNT_LIMIT); /* there may be none */
	for (int round = 0; round < MAX_ROUNDS && unmount_round(); round++)
		;
	return make_rest_read_only();
}
