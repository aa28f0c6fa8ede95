/* SPDX-License-Identifier: MIT */
#include "sandbox/image.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/verity.h"
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

/* Those of mount(8) that belong to the mount; what is none of them is the file system's. */
static const struct {
	const char *name;
	uint64_t attribute;
} attributes[] = {
	{ "rw", 0 },
	{ "ro", MOUNT_ATTR_RDONLY },
	{ "noexec", MOUNT_ATTR_NOEXEC },
	{ "nosuid", MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV },
	{ "noatime", MOUNT_ATTR_NOATIME },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME },
	{ "relatime", 0 },
	{ "defaults", 0 },
};

static int set_option(int fs, char *word, uint64_t *attrs)
{
	char *value = strchr(word, '=');

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (!str_eq(word, attributes[i].name))
			continue;
		*attrs |= attributes[i].attribute;
		return 0;
	}
	if (!value)
		return sys_fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL, 0);
	*value++ = '\0';
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, word, value, 0);
}

static int set_options(int fs, const char *options, uint64_t *attrs, struct strbuf *text)
{
	char word[128];
	int r = 0;

	for (size_t n; r == 0 && options && *options; options += n + (options[n] == ',')) {
		n = strcspn(options, ",");
		if (n == 0)
			continue;
		struct strbuf b = STRBUF_INIT(word);

		strbuf_put_n(&b, options, n);
		r = b.cut ? -E2BIG : set_option(fs, word, attrs);
	}
	if (r < 0) {
		strbuf_put(text, ": option ");
		strbuf_put(text, word);
	}
	return r;
}

static int mount_device(const char *type, const char *device, bool read_only, const char *options,
			struct strbuf *text)
{
	uint64_t attrs = MOUNT_ATTR_NODEV | (read_only ? MOUNT_ATTR_RDONLY : 0);
	autoclose int fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	int r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", device, 0);

	if (r == 0)
		r = set_options(fs, options, &attrs, text);
	if (r == 0 && (attrs & MOUNT_ATTR_RDONLY))
		r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
	if (r == 0)
		r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)attrs);
}

/* To be read only if nobody may write it, or nobody is to. */
static int open_file(const struct image *image, bool *read_only)
{
	const int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int file = image->root_hash ? -1 : open(image->path, O_RDWR | flags);

	*read_only = file < 0;
	if (file >= 0 ||
	    (!image->root_hash && errno != EROFS && errno != EACCES && errno != ETXTBSY))
		return file < 0 ? -errno : file;
	file = open(image->path, O_RDONLY | flags);
	return file < 0 ? -errno : file;
}

/* The checked device instead of @device, which stays beneath it. */
static int open_checked(const struct image *image, char device[DEVICE_PATH], struct strbuf *text)
{
	char data[DEVICE_PATH], tree[DEVICE_PATH];
	struct strbuf path = STRBUF_INIT(tree);
	autoclose int file = open(image->verity, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (file < 0) {
		int err = errno;

		text->len = 0;
		strbuf_put(text, image->verity);
		return -err;
	}
	autoclose int loop = attach_loop(file, true, &path);

	if (loop < 0)
		return loop;
	str_copy(data, sizeof(data), device);
	return verity_open(data, tree, file, image, device, text);
}

static int find_format(int fd, const struct image *image, struct strbuf *text)
{
	int format = probe(fd);

	if (format == -EIO && image->root_hash)
		strbuf_put(text, " is not what RootHash= says");
	else if (format < 0)
		strbuf_put(text, " is no ext4, squashfs or erofs image");
	return format;
}

static int make_tree(int format, const char *device, bool read_only, const struct image *image,
		     struct strbuf *text)
{
	strbuf_put(text, ": ");
	strbuf_put(text, formats[format].type);
	autoclose int tree =
		mount_device(formats[format].type, device, read_only, image->options, text);

	if (tree == -ENODEV) {
		strbuf_put(text, ": the kernel needs ");
		strbuf_put(text, formats[format].option);
	}
	if (tree == -EINVAL && image->root_hash)
		strbuf_put(text, ", if its blocks are no smaller than those of RootVerity=");
	if (tree < 0)
		return tree;
	if (image->users >= 0) {
		int r = mount_map_ids(tree, image->users);

		if (r < 0 && r != -EINVAL)
			return r;
	}
	return fd_take(&tree);
}

static int tree_of(const struct image *image, struct strbuf *text)
{
	char device[DEVICE_PATH];
	struct strbuf path = STRBUF_INIT(device);
	bool read_only;
	autoclose int file = open_file(image, &read_only), checked = -1;
	int format = -1;

	if (file < 0)
		return file;
	/* Known formats only, so that an image never decides which driver reads it. */
	if (!image->root_hash)
		format = find_format(file, image, text);
	if (!image->root_hash && format < 0)
		return format;
	if (image->load_modules)
		(void)image->load_modules("image");
	if (image->load_modules && image->root_hash)
		(void)image->load_modules("verity");
	autoclose int loop = attach_loop(file, read_only || formats[format].read_only, &path);

	if (loop < 0) {
		strbuf_put(text, ": loop device (CONFIG_BLK_DEV_LOOP)");
		return loop;
	}
	if (image->root_hash) {
		checked = open_checked(image, device, text);
		format = checked < 0 ? checked : find_format(checked, image, text);
	}
	if (format < 0)
		return format;
	return make_tree(format, device, read_only || formats[format].read_only, image, text);
}

/* The file beside @image that has another ending instead of ".raw"; NULL: the name is too long. */
static const char *beside(const char *image, const char *ending, char *buf, size_t size)
{
	struct strbuf b;
	size_t n = strlen(image);

	strbuf_init(&b, buf, size);
	strbuf_put_n(&b, image, str_ends(image, ".raw") ? n - strlen(".raw") : n);
	strbuf_put(&b, ending);
	return b.cut ? NULL : buf;
}

int image_tree(const struct image *written, struct strbuf *text)
{
	struct image image = *written;
	char hash[1024], tree[1024];
	const char *found = beside(image.path, ".roothash", hash, sizeof(hash));

	if (!image.root_hash && found && access(found, F_OK) == 0)
		image.root_hash = found;
	if (image.root_hash && !image.verity)
		image.verity = beside(image.path, ".verity", tree, sizeof(tree));
	if (image.root_hash && !image.verity)
		return -ENAMETOOLONG;
	return tree_of(&image, text);
}
