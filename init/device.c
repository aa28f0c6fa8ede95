/* SPDX-License-Identifier: MIT */
#include "init/device.h"

#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "lib/superblock.h"
#include "units/fstab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYS_BLOCK "/sys/class/block"

enum tag {
	TAG_UUID,
	TAG_LABEL,
	TAG_PARTUUID,
	TAG_PARTLABEL,
	TAG_COUNT,
};

static const char *const prefixes[TAG_COUNT] = {
	[TAG_UUID] = "UUID=",
	[TAG_LABEL] = "LABEL=",
	[TAG_PARTUUID] = "PARTUUID=",
	[TAG_PARTLABEL] = "PARTLABEL=",
};

static const char *const folders[TAG_COUNT] = {
	[TAG_UUID] = "/dev/disk/by-uuid/",
	[TAG_LABEL] = "/dev/disk/by-label/",
	[TAG_PARTUUID] = "/dev/disk/by-partuuid/",
	[TAG_PARTLABEL] = "/dev/disk/by-partlabel/",
};

/* What is looked for: *@value points into @what, which for a link of udev's is escaped as its name is. */
static int tag_of(const char *what, const char **value, bool *is_link)
{
	for (int tag = 0; tag < TAG_COUNT; tag++) {
		*is_link = str_starts(what, folders[tag]);
		if (!*is_link && !str_starts(what, prefixes[tag]))
			continue;
		*value = what + strlen(*is_link ? folders[tag] : prefixes[tag]);
		return tag;
	}
	return -1;
}

bool device_is_named(const char *what)
{
	const char *value;
	bool is_link;

	return tag_of(what, &value, &is_link) >= 0 || str_starts(what, "/dev/");
}

/* --- one device --------------------------------------------------------------------------- */

static bool read_disk(void *ctx, uint64_t offset, void *buf, size_t n)
{
	return offset <= INT64_MAX && pread(*(int *)ctx, buf, n, (off_t)offset) == (ssize_t)n;
}

/* A number of the device's folder in /sys; 0 if there is none. */
static uint64_t read_number(const char *name, const char *file)
{
	char path[600], text[32];
	uint64_t n = 0;

	snprintf(path, sizeof(path), SYS_BLOCK "/%s/%s", name, file);
	if (fd_read_file_at(AT_FDCWD, path, text, sizeof(text)) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return parse_u64(text, 0, UINT64_MAX, &n) < 0 ? 0 : n;
}

/* sysfs has "!" where the name has "/" ("cciss!c0d0"). */
static bool node_path(const char *name, char *path, size_t size)
{
	if ((size_t)snprintf(path, size, "/dev/%s", name) >= size)
		return false;
	for (char *s = path; (s = strchr(s, '!'));)
		*s = '/';
	return true;
}

static int open_node(const char *name)
{
	char path[300];

	if (!node_path(name, path, sizeof(path)))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* A member of a RAID or the like: what is on it belongs to the device that holds it. */
static bool is_held(const char *name)
{
	char path[300];
	const struct dirent *e;
	bool held = false;
	DIR *dir;

	snprintf(path, sizeof(path), SYS_BLOCK "/%s/holders", name);
	dir = opendir(path);
	while (dir && !held && (e = readdir(dir)))
		held = e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return held;
}

/* The table on the disk may have been written since the kernel read it: their starts have to agree. */
static bool read_partition(const char *name, struct partition *p)
{
	char path[300], target[600], *disk;
	uint64_t number = read_number(name, "partition"), block;
	ssize_t n;

	snprintf(path, sizeof(path), SYS_BLOCK "/%s", name);
	n = readlink(path, target, sizeof(target) - 1);
	if (number == 0 || number > UINT32_MAX || n <= 0)
		return false;
	/* ".../block/vda/vda1" */
	target[n] = '\0';
	disk = strrchr(target, '/');
	if (!disk)
		return false;
	*disk = '\0';
	disk = strrchr(target, '/');
	disk = disk ? disk + 1 : target;

	autoclose int fd = open_node(disk);

	block = read_number(disk, "queue/logical_block_size");
	return fd >= 0 &&
	       superblock_partition(read_disk, &fd, block ? (uint32_t)block : 512, (uint32_t)number,
				    p) &&
	       (p->start == 0 || p->start == read_number(name, "start"));
}

static bool matches(enum tag tag, bool is_link, const char *value, const char *found)
{
	char path[1024], text[300];

	if (!found[0])
		return false;
	if (tag == TAG_UUID || tag == TAG_PARTUUID)
		return strcasecmp(value, found) == 0;
	if (!is_link)
		return str_eq(value, found);
	snprintf(text, sizeof(text), "%s%s", prefixes[tag], found);
	return fstab_device_path(text, path, sizeof(path)) &&
	       str_eq(path + strlen(folders[tag]), value);
}

static bool is_it(const char *name, enum tag tag, bool is_link, const char *value, bool *spans)
{
	struct superblock sb;
	struct partition p;

	*spans = false;
	if (read_number(name, "size") == 0)
		return false;
	if (tag == TAG_PARTUUID || tag == TAG_PARTLABEL)
		return read_partition(name, &p) &&
		       matches(tag, is_link, value, tag == TAG_PARTUUID ? p.uuid : p.label);
	if (is_held(name))
		return false;

	autoclose int fd = open_node(name);

	if (fd < 0 || !superblock_probe(read_disk, &fd, &sb))
		return false;
	*spans = sb.spans;
	return matches(tag, is_link, value, tag == TAG_UUID ? sb.uuid : sb.label);
}

/* --- all of them -------------------------------------------------------------------------- */

/*
 * 0, -ENODEV: none is it (yet), -ENOTUNIQ: a copy of a disk is there, too, and it would be a matter
 * of luck which of them is written to.
 */
static int look(enum tag tag, bool is_link, const char *value, char *path, size_t size, char *why,
		size_t why_size)
{
	char first[256] = "";
	const struct dirent *e;
	DIR *dir = opendir(SYS_BLOCK);
	int r = -ENODEV;

	if (!dir)
		return -errno;
	while ((e = readdir(dir)) && r != -ENOTUNIQ) {
		bool spans;

		if (e->d_name[0] == '.' || !is_it(e->d_name, tag, is_link, value, &spans))
			continue;
		if (first[0] && !spans) {
			snprintf(why, why_size, "both %.24s and %.24s have it", first, e->d_name);
			r = -ENOTUNIQ;
		} else if (!first[0]) {
			str_copy(first, sizeof(first), e->d_name);
			r = node_path(first, path, size) ? 0 : -ENAMETOOLONG;
		}
	}
	closedir(dir);
	return r;
}

static int look_once(const char *what, char *path, size_t size, char *why, size_t why_size)
{
	const char *value;
	bool is_link;
	int tag = tag_of(what, &value, &is_link);

	/* Where there is a udev its links are taken. */
	if (tag < 0 || is_link) {
		if (access(what, F_OK) == 0)
			return str_copy(path, size, what) ? 0 : -ENAMETOOLONG;
		if (tag < 0)
			return errno == ENOENT ? -ENODEV : -errno;
	}
	return look((enum tag)tag, is_link, value, path, size, why, why_size);
}

/* The kernel's own messages (group 1), not udev's: netlink(7), NETLINK_KOBJECT_UEVENT. */
static int listen_devices(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		fd_close(&fd);
	return fd;
}

/* False: the time is over. Whatever has come since is dealt with by one look. */
static bool await_device(int fd, usec_t until)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char message[4096];
	usec_t left = until > now ? (until - now) / 1000 : 0;
	int r;

	if (left == 0)
		return false;
	r = poll(&p, 1, until == USEC_INFINITY || left > 3600000 ? 3600000 : (int)left);
	while (r > 0 && recv(fd, message, sizeof(message), MSG_TRUNC) >= 0)
		;
	return true;
}

int device_find(const char *what, usec_t wait, char *path, size_t size, char *why, size_t why_size)
{
	usec_t until = usec_add(clock_now(CLOCK_MONOTONIC), wait);
	/* Before the first look: what comes in between is not missed. */
	autoclose int fd = listen_devices();
	int r;

	why[0] = '\0';
	do
		r = look_once(what, path, size, why, why_size);
	while (r == -ENODEV && fd >= 0 && await_device(fd, until));
	if (r == -ENODEV)
		snprintf(why, why_size, "no such device within %llu s",
			 (unsigned long long)(wait / USEC_PER_SEC));
	return r;
}

const char *device_type(const char *path)
{
	struct superblock sb;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 && superblock_probe(read_disk, &fd, &sb) ? sb.type : NULL;
}
