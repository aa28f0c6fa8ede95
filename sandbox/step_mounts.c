/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/extensions.h"
#include "sandbox/image.h"
#include "sandbox/mounts.h"
#include "sandbox/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/*
 * The new mount namespace is a copy of PID 1's, the prepared root tree included (init/rootview.c):
 * the private parts are mounted onto that copy, then it becomes the root and everything else is
 * let go. Two system calls a private mount instead of two dozen for the common tree.
 */
static int enter_root(const char *root)
{
	/* pivot_root(".", ".") stacks the old root on the new one; pivot_root(2) NOTES. */
	if (chdir(root) < 0)
		return -errno;
	int r = sys_pivot_root(".", ".");

	if (r < 0)
		return r;
	if (umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

/* The directory whose mounts are cloned, or in a bundle the one that image tools unpack the root into. */
static int open_root(const struct spawn_plan *p, struct strbuf *text)
{
	autoclose int dir = open(p->root_source, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	if (!p->root_bundle || faccessat(dir, "config.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return fd_take(&dir);
	int r = openat(dir, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (r >= 0 || errno == ENOENT)
		return r >= 0 ? r : fd_take(&dir);
	r = -errno;
	strbuf_put(text, "/rootfs");
	return r;
}

static int attach_root(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	struct strbuf text = STRBUF_INIT(c->text);

	c->item = p->root_tag;
	strbuf_put(&text, p->root_source ? p->root_source : p->root);
	if (p->root_kind == ROOT_IMAGE) {
		const struct image image = { .path = p->root_source,
					     .verity = p->root_verity,
					     .root_hash = p->root_hash,
					     .signature = p->root_signature,
					     .options = p->root_options,
					     .users = p->id_base ? c->users : -1,
					     .load_modules = p->load_modules };

		autoclose int fs = image_tree(&image, &text);

		return fs < 0 ? fs
			      : sys_move_mount(fs, "", AT_FDCWD, p->root, MOVE_MOUNT_F_EMPTY_PATH);
	}
	if (p->root_kind == ROOT_EMPTY)
		return mount("tmpfs", p->root, "tmpfs", p->root_flags, p->root_options) < 0 ? -errno
											    : 0;
	if (p->root_kind != ROOT_CLONED || !p->root_source)
		return 0;
	autoclose int source = open_root(p, &text);

	if (source < 0)
		return source;
	autoclose int tree = sys_open_tree(
		source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0)
		return tree;
	/* A root of its own has its own ids. Where the disk cannot, all of it is nobody's in there. */
	if (p->id_base && p->root_tag) {
		int r = mount_map_ids(tree, c->users);

		if (r < 0 && r != -EINVAL)
			return r;
	}
	return sys_move_mount(tree, "", AT_FDCWD, p->root, MOVE_MOUNT_F_EMPTY_PATH);
}

/* "bind /srv/data": what failed. */
static void name_item(struct child *c, const struct mount_op *op)
{
	struct strbuf b = STRBUF_INIT(c->text);
	bool bind = op->kind == MOUNT_BIND || op->kind == MOUNT_BIND_ALONE;

	c->item = op->tag;
	strbuf_put(&b, mount_kind_name(op->kind));
	if (bind)
		strbuf_put(&b, " ");
	strbuf_put(&b, bind ? op->source : "");
	strbuf_put(&b, bind ? " to /" : " /");
	strbuf_put(&b, op->target);
}

/* The tmpfs that all was put into; the current directory is its root. */
static int close_root(struct child *c)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (!c->plan->root_read_only)
		return 0;
	c->item = c->plan->root_tag;
	str_copy(c->text, sizeof(c->text), "making / read-only");
	return sys_mount_setattr(AT_FDCWD, ".", 0, &attr, sizeof(attr));
}

static int run_operation(struct child *c, const struct mount_op *op)
{
	if (op->kind == MOUNT_IMAGE)
		return extensions_image(c, op);
	if (op->kind == MOUNT_OVERLAY)
		return extensions_overlay(c, op);
	return mount_op_run(op, c->plan->root, c->users);
}

static int run_operations(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	size_t i = 0, failed = 0;
	int r = 0;

	for (; r == 0 && i < p->n_mounts && p->mounts[i].kind != MOUNT_RULE; i++) {
		r = run_operation(c, &p->mounts[i]);
		if (r < 0 && !c->text[0])
			name_item(c, &p->mounts[i]);
	}
	if (r == 0)
		r = credentials_attach(c, p->root);
	if (r < 0 || i == p->n_mounts)
		return r;
	r = rules_apply(&p->mounts[i], p->n_mounts - i, p->root, p->root_kind == ROOT_PREPARED,
			&failed);
	if (r < 0)
		name_item(c, &p->mounts[i + failed]);
	return r;
}

int step_mounts(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int r = 0;

	if (!(p->namespaces & CLONE_NEWNS))
		return 0;
	/* Nothing of ours may reach the host, whatever "/" was set to (PITFALLS 87). */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	if (p->root) {
		r = attach_root(c);
		c->text[0] = r < 0 ? c->text[0] : '\0';
		if (r == 0 && chdir(p->root) < 0)
			r = -errno;
		if (r < 0)
			return r;
		r = run_operations(c);
		if (r == 0)
			r = close_root(c);
		if (r < 0)
			return r;
		r = enter_root(p->root);
		if (r < 0)
			str_copy(c->text, sizeof(c->text), "pivot_root");
	}
	if (!p->root)
		r = credentials_attach(c, NULL);
	if (r == 0 && p->propagation && mount(NULL, "/", NULL, MS_REC | p->propagation, NULL) < 0)
		r = -errno;
	return r;
}
