/* SPDX-License-Identifier: MIT */
#include "init/mount_work.h"

#include "init/attach.h"
#include "init/device.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* mount(8) FILESYSTEM-INDEPENDENT MOUNT OPTIONS that are flags of mount(2); @set false: takes away. */
static const struct {
	const char *name;
	unsigned long flag;
	bool set;
	uint64_t attribute; /* of mount_setattr(2), for binds */
} flags[] = {
	{ "ro", MS_RDONLY, true, MOUNT_ATTR_RDONLY },
	{ "rw", MS_RDONLY, false, 0 },
	{ "nosuid", MS_NOSUID, true, MOUNT_ATTR_NOSUID },
	{ "suid", MS_NOSUID, false, 0 },
	{ "nodev", MS_NODEV, true, MOUNT_ATTR_NODEV },
	{ "dev", MS_NODEV, false, 0 },
	{ "noexec", MS_NOEXEC, true, MOUNT_ATTR_NOEXEC },
	{ "exec", MS_NOEXEC, false, 0 },
	{ "sync", MS_SYNCHRONOUS, true, 0 },
	{ "async", MS_SYNCHRONOUS, false, 0 },
	{ "dirsync", MS_DIRSYNC, true, 0 },
	{ "noatime", MS_NOATIME, true, MOUNT_ATTR_NOATIME },
	{ "atime", MS_NOATIME, false, 0 },
	{ "nodiratime", MS_NODIRATIME, true, MOUNT_ATTR_NODIRATIME },
	{ "diratime", MS_NODIRATIME, false, 0 },
	{ "relatime", MS_RELATIME, true, 0 },
	{ "strictatime", MS_STRICTATIME, true, MOUNT_ATTR_STRICTATIME },
	{ "lazytime", MS_LAZYTIME, true, 0 },
	{ "silent", MS_SILENT, true, 0 },
	{ "mand", MS_MANDLOCK, true, 0 },
	{ "bind", MS_BIND, true, 0 },
	{ "rbind", MS_BIND | MS_REC, true, 0 },
};

/* For other programs: fstab(5), systemd.mount(5). */
static bool is_for_others(const char *option)
{
	static const char *const words[] = { "defaults", "auto",    "noauto", "nofail",
					     "fail",	 "_netdev", "owner",  "group",
					     "user",	 "users",   "nouser" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(option, words[i]))
			return true;
	return str_starts(option, "x-") || str_starts(option, "X-") ||
	       str_starts(option, "comment=");
}

struct options {
	unsigned long flags;
	unsigned long propagation;
	uint64_t attributes;
	char data[2048]; /* the file system's own */
};

static unsigned long propagation_of(const char *option)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		{ "shared", MS_SHARED },   { "rshared", MS_SHARED | MS_REC },
		{ "slave", MS_SLAVE },	   { "rslave", MS_SLAVE | MS_REC },
		{ "private", MS_PRIVATE }, { "rprivate", MS_PRIVATE | MS_REC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(option, kinds[i].name))
			return kinds[i].flag;
	return 0;
}

static void take_option(struct options *o, const char *option, struct strbuf *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!str_eq(option, flags[i].name))
			continue;
		if (flags[i].set)
			o->flags |= flags[i].flag;
		else
			o->flags &= ~flags[i].flag;
		o->attributes |= flags[i].attribute;
		return;
	}
	if (is_for_others(option))
		return;
	if (propagation_of(option)) {
		o->propagation = propagation_of(option);
		return;
	}
	strbuf_put(data, data->len > 0 ? "," : "");
	strbuf_put(data, option);
}

static int take_options(struct options *o, char *text)
{
	struct strbuf data = STRBUF_INIT(o->data);
	char *save, *option;

	for (option = strtok_r(text, ",", &save); option; option = strtok_r(NULL, ",", &save))
		take_option(o, option, &data);
	return data.cut ? -E2BIG : 0;
}

static int make_place(struct attach_page *page)
{
	char part[sizeof(page->where)];
	struct stat st;

	str_copy(part, sizeof(part), page->where);
	umask(0);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, page->mode); /* if that was in vain, the last one is, too */
		*slash = '/';
	}
	if (mkdir(part, page->mode) < 0 && errno != EEXIST)
		return -errno;
	/* What would be mounted somewhere else than the unit is named after is not mounted. */
	if (lstat(part, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? -ELOOP : 0;
}

/* Complete before anybody sees it (PITFALLS 89). */
static int bind(const struct attach_page *page, const struct options *o)
{
	unsigned int deep = o->flags & MS_REC ? AT_RECURSIVE : 0;
	struct mount_attr attr = { .attr_set = o->attributes };
	autoclose int fd =
		sys_open_tree(AT_FDCWD, page->what, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | deep);
	int r = fd < 0 ? fd : 0;

	if (r == 0 && attr.attr_set & MOUNT_ATTR__ATIME)
		attr.attr_clr = MOUNT_ATTR__ATIME;
	if (r == 0 && attr.attr_set)
		r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | deep, &attr, sizeof(attr));
	if (r == 0)
		r = sys_move_mount(fd, "", AT_FDCWD, page->where, MOVE_MOUNT_F_EMPTY_PATH);
	return r;
}

static int mount_as(const struct attach_page *page, const struct options *o, const char *type)
{
	const char *data = o->data[0] ? o->data : NULL;
	int r = mount(page->what, page->where, type, o->flags, data) < 0 ? -errno : 0;

	/* A write-protected medium, as mount(8) does it. */
	if ((r == -EROFS || r == -EACCES) && !page->read_write_only && !(o->flags & MS_RDONLY))
		r = mount(page->what, page->where, type, o->flags | MS_RDONLY, data) < 0 ? -errno
											 : 0;
	return r;
}

/*
 * What the disk says it is; else each type that the kernel has and that is on a device. That one is
 * mounted already is an answer, too.
 */
static int mount_any(const struct attach_page *page, const struct options *o)
{
	char text[4096], *save, *line;
	const char *type = device_type(page->what);
	int r = type ? mount_as(page, o, type) : -EINVAL;

	if (r != -EINVAL && r != -ENODEV)
		return r;
	if (fd_read_file_at(AT_FDCWD, "/proc/filesystems", text, sizeof(text)) < 0)
		return -ENODEV;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] != '\t')
			continue;
		r = mount_as(page, o, line + 1);
		if (r != -EINVAL)
			return r;
	}
	return r;
}

/* A type that is on no device, whatever it is said to be mounted from: "nodev\ttmpfs". */
static bool is_nodev(const char *type)
{
	char text[4096], line[80];

	snprintf(line, sizeof(line), "nodev\t%s\n", type);
	return fd_read_file_at(AT_FDCWD, "/proc/filesystems", text, sizeof(text)) > 0 &&
	       strstr(text, line) != NULL;
}

int mount_work(void *arg, int fd)
{
	struct attach_page *page = arg;
	struct options o = { 0 };
	int r = take_options(&o, page->options);

	(void)fd;
	if (r < 0)
		return r;
	if (!(o.flags & MS_BIND) && device_is_named(page->what) && !is_nodev(page->type)) {
		char path[sizeof(page->what)];

		r = device_find(page->what, page->wait, path, sizeof(path), page->failed,
				sizeof(page->failed));
		if (r < 0)
			return r;
		str_copy(page->what, sizeof(page->what), path);
	}
	r = make_place(page);
	if (r < 0) {
		str_copy(page->failed, sizeof(page->failed), "mount point");
		return r;
	}
	if (o.flags & MS_BIND)
		r = bind(page, &o);
	else if (page->type[0] && !str_eq(page->type, "auto"))
		r = mount_as(page, &o, page->type);
	else
		r = mount_any(page, &o);
	if (r == 0 && o.propagation && mount(NULL, page->where, NULL, o.propagation, NULL) < 0) {
		str_copy(page->failed, sizeof(page->failed), "propagation");
		r = -errno;
		umount2(page->where, MNT_DETACH | UMOUNT_NOFOLLOW);
	}
	return r;
}

int unmount_work(void *arg, int fd)
{
	struct attach_page *page = arg;
	int how = UMOUNT_NOFOLLOW | (page->lazy ? MNT_DETACH : 0) | (page->force ? MNT_FORCE : 0);

	(void)fd;
	/* None is there any more, or the place has not even been made yet. */
	if (umount2(page->where, how) == 0 || errno == EINVAL || errno == ENOENT)
		return 0;
	return -errno;
}
