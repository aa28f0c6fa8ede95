/* SPDX-License-Identifier: MIT */
#include "sandbox/image.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef LOOP_CONFIGURE /* Linux 5.8 */
#error "kernel headers are too old"
#endif

static const struct {
	const char *type, *option;
	unsigned int offset, length;
	char magic[5];
	bool read_only;
} formats[] = {
	{ "squashfs", "CONFIG_SQUASHFS", 0, 4, "hsqs", true },
	{ "erofs", "CONFIG_EROFS_FS", 1024, 4, "\xe2\xe1\xf5\xe0", true },
	{ "ext4", "CONFIG_EXT4_FS", 1080, 2, "\x53\xef", false },
};

/* Index into formats, or -errno. */
static int probe(int fd)
{
	char head[2048];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if ((size_t)n >= formats[i].offset + formats[i].length &&
		    memcmp(head + formats[i].offset, formats[i].magic, formats[i].length) == 0)
			return (int)i;
	}
	return -EMEDIUMTYPE;
}

/* How often somebody else may have been quicker in taking the free device. */
#define TRIES 64

/* A loop device for @file; its path goes to @path. The device itself (it must stay open until mounted) or -errno. */
static int attach_loop(int file, bool read_only, struct strbuf *path)
{
	struct loop_config config = {
		.fd = (uint32_t)file,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0),
	};
	autoclose int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		return -errno;
	for (int i = 0; i < TRIES; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);

		if (number < 0)
			return -errno;
		path->len = 0;
		strbuf_put(path, "/dev/loop");
		strbuf_put_u64(path, (uint64_t)number);
		autoclose int loop = open(path->data, O_RDWR | O_CLOEXEC);

		if (loop < 0)
			return -errno;
		if (ioctl(loop, LOOP_CONFIGURE, &config) == 0)
			return fd_take(&loop);
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}

static int mount_device(const char *type, const char *device, bool read_only)
{
	autoclose int fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	int r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", device, 0);

	if (r == 0 && read_only)
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (r < 0)
		return r;
	return sys_fsmount(fs, FSMOUNT_CLOEXEC,
			   MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0));
}

int image_attach(const char *image, const char *target, int users,
		 int (*load_modules)(const char *group), struct strbuf *text)
{
	char device[32];
	struct strbuf path = STRBUF_INIT(device);
	bool read_only = false;
	autoclose int file = open(image, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (file < 0 && (errno == EROFS || errno == EACCES || errno == ETXTBSY)) {
		read_only = true;
		file = open(image, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	}
	if (file < 0)
		return -errno;
	int format = probe(file);

	if (format < 0) {
		strbuf_put(text, " is no ext4, squashfs or erofs image");
		return format;
	}
	/* Known formats first, so that an image never decides which driver reads it. */
	if (load_modules)
		(void)load_modules("image");
	read_only |= formats[format].read_only;
	autoclose int loop = attach_loop(file, read_only, &path);

	if (loop < 0) {
		strbuf_put(text, ": loop device (CONFIG_BLK_DEV_LOOP)");
		return loop;
	}
	strbuf_put(text, ": ");
	strbuf_put(text, formats[format].type);
	autoclose int tree = mount_device(formats[format].type, device, read_only);

	if (tree == -ENODEV) {
		strbuf_put(text, ": the kernel needs ");
		strbuf_put(text, formats[format].option);
	}
	if (tree < 0)
		return tree;
	if (users >= 0) {
		int r = mount_map_ids(tree, users);

		if (r < 0 && r != -EINVAL)
			return r;
	}
	return sys_move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
}
