/* SPDX-License-Identifier: MIT */
#include "init/unmount.h"

#include "init/bounded.h"
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
	char *where;
	bool data; /* holds data, or stands on something that does and is to go */
	bool read_only;
};

struct mounts {
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

void unmount_unescape(char *path)
{
	char *out = path;

	for (const char *in = path; *in;) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' &&
		    in[3] >= '0' && in[3] <= '7') {
			*out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
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
	one = &m->v[m->n];
	one->where = strdup(where);
	if (!one->where)
		return false;
	one->data = !unmount_is_kernel_fs(type);
	one->read_only = str_starts(options, "ro");
	/* A /proc inside a changed root keeps that root busy. "/" itself only becomes read-only. */
	for (size_t i = 0; i < m->n && !one->data; i++)
		one->data = m->v[i].data && !str_eq(m->v[i].where, "/") &&
			    is_beneath(where, m->v[i].where);
	m->n++;
	return true;
}

static void release(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].where);
	free(m->v);
	*m = (struct mounts){ 0 };
}

/* All mounts, in the order in which they were made. What is read before an error counts. */
static void read_mounts(struct mounts *m)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *rest, options[16];
	char where[PATH_MAX], type[64];
	size_t size = 0;

	if (!f) {
		log_err("cannot read the mount table: %s", diag_errno(errno));
		return;
	}
	/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
	while (getline(&line, &size, f) > 0) {
		rest = strstr(line, " - ");
		if (!rest || sscanf(rest, " - %63s", type) != 1 ||
		    sscanf(line, "%*s %*s %*s %*s %4095s %15s", where, options) != 2)
			continue;
		unmount_unescape(where);
		if (!append(m, where, type, options)) {
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
	char path[PATH_MAX], type[32];
	int r;

	if (!f)
		return; /* a kernel without swap */
	while (fscanf(f, "%4095s %31s %*[^\n]", path, type) == 2) {
		if (!str_eq(type, "file"))
			continue;
		unmount_unescape(path);
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
	for (int round = 0; round < MAX_ROUNDS && unmount_round(); round++)
		;
	return make_rest_read_only();
}
