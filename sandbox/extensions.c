/* SPDX-License-Identifier: MIT */
#include "sandbox/extensions.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/beneath.h"
#include "sandbox/child.h"
#include "sandbox/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <unistd.h>

#define RELEASE_SIZE 4096
#define VALUE_SIZE   128

/* A file in the form of os-release(5) beneath @dir, whatever links are in there. */
static int read_release(int dir, const char *path, char text[RELEASE_SIZE])
{
	autoclose int fd =
		sys_openat2(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, RESOLVE_IN_ROOT);

	if (fd < 0)
		return fd;
	ssize_t n = read(fd, text, RELEASE_SIZE - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return n == RELEASE_SIZE - 1 ? -EFBIG : 0;
}

/* The value of @name, "" if there is none. Quotes are taken off, which is all that versions and names need. */
static void get_value(const char *text, const char *name, char value[VALUE_SIZE])
{
	size_t n = strlen(name);

	value[0] = '\0';
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, name, n) != 0 || line[n] != '=')
			continue;
		const char *at = line + n + 1;
		size_t quote = *at == '"' || *at == '\'';
		size_t len = strcspn(at, "\n");
		struct strbuf b;

		while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\r'))
			len--;
		if (quote && len >= 2 && at[len - 1] == at[0])
			len--;
		strbuf_init(&b, value, VALUE_SIZE);
		strbuf_put_n(&b, at + quote, len - quote);
	}
}

static bool is_this_machine(const char *architecture)
{
	/* systemd's names (ConditionArchitecture=) of those that berth runs on. */
#if defined(__x86_64__)
	return str_eq(architecture, "x86-64");
#elif defined(__aarch64__)
	return str_eq(architecture, "arm64");
#else
	return false;
#endif
}

/* The name of what differs, NULL: it is for this root. The rules of systemd 252. */
static const char *find_mismatch(const char *root, const char *extension)
{
	char ours[VALUE_SIZE], theirs[VALUE_SIZE], level[VALUE_SIZE];

	get_value(extension, "ARCHITECTURE", theirs);
	if (theirs[0] && !str_eq(theirs, "_any") && !is_this_machine(theirs))
		return "ARCHITECTURE";
	get_value(extension, "ID", theirs);
	if (str_eq(theirs, "_any"))
		return NULL;
	get_value(root, "ID", ours);
	if (!theirs[0] || !str_eq(theirs, ours))
		return "ID";
	get_value(root, "SYSEXT_LEVEL", level);
	get_value(extension, "SYSEXT_LEVEL", theirs);
	if (level[0] && theirs[0])
		return str_eq(level, theirs) ? NULL : "SYSEXT_LEVEL";
	get_value(root, "VERSION_ID", ours);
	get_value(extension, "VERSION_ID", theirs);
	if (!ours[0]) /* a distribution without versions */
		return NULL;
	return str_eq(ours, theirs) ? NULL : "VERSION_ID";
}

/* "debian-tools" of /srv/debian-tools.raw */
static void put_name(struct strbuf *b, const struct extension *e)
{
	const char *slash = strrchr(e->path, '/'), *name = slash ? slash + 1 : e->path;
	size_t n = strlen(name);

	strbuf_put_n(b, name, e->image && str_ends(name, ".raw") ? n - strlen(".raw") : n);
}

static int check_release(const char *root, int layer, const struct extension *e,
			 struct strbuf *text)
{
	char extension[RELEASE_SIZE], path[320];
	struct strbuf b = STRBUF_INIT(path);

	strbuf_put(&b, "usr/lib/extension-release.d/extension-release.");
	put_name(&b, e);
	int r = b.cut ? -ENAMETOOLONG : read_release(layer, path, extension);

	strbuf_put(text, ": ");
	if (r < 0) {
		strbuf_put(text, path);
		return r;
	}
	const char *what = find_mismatch(root, extension);

	if (!what)
		return 0;
	char ours[VALUE_SIZE], theirs[VALUE_SIZE];

	get_value(root, what, ours);
	get_value(extension, what, theirs);
	strbuf_put(text, "is for another root: ");
	strbuf_put(text, what);
	strbuf_put(text, "=");
	strbuf_put(text, theirs);
	if (!str_eq(what, "ARCHITECTURE")) {
		strbuf_put(text, " and not ");
		strbuf_put(text, ours);
	}
	return -EINVAL;
}

/*
 * Attached one upon the other at a place of the host's tree, which is let go with that: overlayfs takes
 * only what is mounted in our namespace, but descriptors of what is covered will do.
 */
static int open_layer(struct child *c, const struct extension *e, struct strbuf *text)
{
	const struct spawn_plan *p = c->plan;
	const struct image image = { .path = e->path,
				     .options = e->options,
				     .users = p->id_base ? c->users : -1,
				     .load_modules = p->load_modules };

	if (!e->image) {
		int fd = open(e->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		return fd < 0 ? -errno : fd;
	}
	autoclose int tree = image_tree(&image, text);

	if (tree < 0)
		return tree;
	int r = sys_move_mount(tree, "", AT_FDCWD, p->layers, MOVE_MOUNT_F_EMPTY_PATH);

	text->len = 0; /* no longer about the file system in it */
	strbuf_put(text, e->path);
	return r < 0 ? r : fd_take(&tree);
}

static int open_layers(struct child *c)
{
	static const char *const files[] = { "etc/os-release", "usr/lib/os-release" };
	const struct spawn_plan *p = c->plan;
	char root[RELEASE_SIZE];
	int r = -ENOENT;

	if (c->n_layers > 0)
		return 0;
	autoclose int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(files) && r == -ENOENT; i++)
		r = here < 0 ? -errno : read_release(here, files[i], root);
	if (r < 0) {
		str_copy(c->text, sizeof(c->text), "the root's os-release");
		return r;
	}
	for (size_t i = 0; i < p->n_extensions; i++) {
		const struct extension *e = &p->extensions[i];
		struct strbuf text = STRBUF_INIT(c->text);

		c->item = e->tag;
		strbuf_put(&text, e->path);
		autoclose int layer = open_layer(c, e, &text);

		if (layer == -ENOENT && e->optional)
			continue;
		r = layer < 0 ? layer : check_release(root, layer, e, &text);
		if (r < 0)
			return r;
		c->layers[c->n_layers++] = fd_take(&layer);
	}
	c->text[0] = '\0';
	return 0;
}

static void put_layer(struct strbuf *b, int fd, const char *folder)
{
	strbuf_put(b, b->len > strlen("lowerdir=") ? ":/proc/self/fd/" : "/proc/self/fd/");
	strbuf_put_u64(b, (uint64_t)fd);
	strbuf_put(b, folder[0] ? "/" : "");
	strbuf_put(b, folder);
}

int extensions_overlay(struct child *c, const struct mount_op *op)
{
	char options[EXTENSIONS_MAX * 32 + 64], place[32];
	struct strbuf b = STRBUF_INIT(options), at = STRBUF_INIT(place);
	bool any = false;
	int r = open_layers(c);

	if (r < 0)
		return r;
	strbuf_put(&b, "lowerdir=");
	/* The first one named is the topmost. */
	for (size_t i = c->n_layers; i-- > 0;) {
		if (faccessat(c->layers[i], op->target, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		put_layer(&b, c->layers[i], op->target);
		any = true;
	}
	if (!any)
		return 0;
	str_copy(c->text, sizeof(c->text), "/");
	str_copy(c->text + 1, sizeof(c->text) - 1, op->target);
	c->item = op->tag;
	autoclose int fd = beneath_make(c->plan->root, op->target, true);

	if (fd < 0)
		return fd;
	put_layer(&b, fd, "");
	strbuf_put(&at, "/proc/self/fd/");
	strbuf_put_u64(&at, (uint64_t)fd);
	if (mount("overlay", place, "overlay", MS_RDONLY | MS_NODEV, options) == 0)
		return 0;
	if (errno == ENODEV)
		str_copy(c->text, sizeof(c->text), "overlay: the kernel needs CONFIG_OVERLAY_FS");
	return -errno;
}

int extensions_image(struct child *c, const struct mount_op *op)
{
	struct strbuf text = STRBUF_INIT(c->text);
	const struct image image = { .path = op->source,
				     .options = op->data,
				     .users = op->mapped ? c->users : -1,
				     .load_modules = c->plan->load_modules };

	c->item = op->tag;
	strbuf_put(&text, op->source);
	if (op->optional && access(op->source, F_OK) < 0 && errno == ENOENT)
		return 0;
	autoclose int tree = image_tree(&image, &text);

	if (tree < 0)
		return tree;
	text.len = 0;
	strbuf_put(&text, op->source);
	strbuf_put(&text, " to /");
	strbuf_put(&text, op->target);
	autoclose int fd = beneath_make(c->plan->root, op->target, true);

	if (fd < 0)
		return fd;
	return sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
