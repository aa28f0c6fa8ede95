/* SPDX-License-Identifier: MIT */
#include "sandbox/rules.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

struct rule {
	uint16_t path; /* offset into text */
	uint16_t op;   /* who said so */
	uint8_t bits;
	bool read_only, no_exec, hidden; /* what comes of it and the rules above */
	bool changes;			 /* it is not what the tree above makes it */
	int loose; /* clone from before anything was tightened; -1: none is needed */
};

struct rules {
	struct rule v[RULES_MAX];
	size_t n, used;
	const char *root;
	bool prepared;
	char text[RULES_TEXT];
};

static const char *path_of(const struct rules *rs, const struct rule *r)
{
	return rs->text + r->path;
}

static bool is_above(const char *upper, const char *lower)
{
	size_t n = strlen(upper);

	return n == 0 || (strncmp(upper, lower, n) == 0 && lower[n] == '/');
}

/* In order of paths, so what is above comes first; one rule per path, with what all say of it. */
static int insert(struct rules *rs, uint16_t path, const struct mount_op *op, uint16_t number)
{
	size_t at = rs->n;
	int order = 1;

	while (at > 0 && (order = strcmp(rs->text + path, path_of(rs, &rs->v[at - 1]))) < 0)
		at--;
	if (at > 0 && order == 0) {
		rs->v[at - 1].bits |= op->rule;
		return 0;
	}
	if (rs->n == RULES_MAX)
		return -E2BIG;
	memmove(&rs->v[at + 1], &rs->v[at], (rs->n - at) * sizeof(rs->v[0]));
	rs->v[at] = (struct rule){ .path = path, .op = number, .bits = op->rule, .loose = -1 };
	rs->n++;
	rs->used += strlen(rs->text + path) + 1;
	return 0;
}

static int resolve(struct rules *rs, const struct mount_op *op, uint16_t number)
{
	autoclose int fd = beneath_open(op->target);

	if (fd < 0)
		return op->optional && (fd == -ENOENT || fd == -ENOTDIR) ? 0 : fd;
	int r = beneath_where(rs->root, fd, rs->text + rs->used, sizeof(rs->text) - rs->used);

	return r < 0 ? r : insert(rs, (uint16_t)rs->used, op, number);
}

static bool mount_is_read_only(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) == 0 && (st.f_flag & ST_RDONLY);
}

static int clone_of(int fd)
{
	return sys_open_tree(fd, "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

/* The tree there as it was before any rule, that of the profile included. */
static int take_loose(const struct rules *rs, const struct rule *r, int fd)
{
	if (rs->prepared && (r->bits & RULE_WRITABLE)) {
		autoclose int twin = beneath_host_twin(rs->root, fd);

		if (twin >= 0)
			return clone_of(twin);
		if (twin != -ESTALE)
			return twin;
	}
	return clone_of(fd);
}

/* What follows from a rule and the next one above it; takes the clone that it may need later. */
static int decide(struct rules *rs, size_t at)
{
	struct rule *r = &rs->v[at];
	const struct rule *above = NULL;
	bool writable = false;

	for (size_t i = at; i-- > 0 && !above;) {
		if (is_above(path_of(rs, &rs->v[i]), path_of(rs, r)))
			above = &rs->v[i];
	}
	bool was_read_only = above && above->read_only, was_no_exec = above && above->no_exec;

	r->hidden = (above && above->hidden) || (r->bits & RULE_HIDE);
	if (r->hidden) {
		r->changes = !(above && above->hidden);
		return 0;
	}
	writable = r->bits & (RULE_WRITABLE | RULE_STAYS_WRITABLE);
	r->read_only = (r->bits & RULE_READ_ONLY) || (was_read_only && !writable);
	r->no_exec = (r->bits & RULE_NO_EXEC) || (was_no_exec && !(r->bits & RULE_EXEC));
	bool looser = (was_read_only && !r->read_only) || (was_no_exec && !r->no_exec);

	r->changes = looser || (r->read_only && !was_read_only) || (r->no_exec && !was_no_exec) ||
		     ((r->bits & RULE_EXEC) && !r->no_exec);
	autoclose int fd = beneath_reopen(path_of(rs, r));

	if (fd < 0)
		return fd;
	if (rs->prepared && (r->bits & RULE_WRITABLE) && !r->read_only && !was_read_only &&
	    mount_is_read_only(fd))
		looser = r->changes = true;
	if (!looser)
		return 0;
	r->loose = take_loose(rs, r, fd);
	return r->loose < 0 ? r->loose : 0;
}

/* The current directory's own mount cannot be mounted upon: its flags are set in place. */
static int set_flags(const struct rules *rs, struct rule *r)
{
	struct mount_attr attr = {
		.attr_set = (r->read_only ? MOUNT_ATTR_RDONLY : 0) |
			    (r->no_exec ? MOUNT_ATTR_NOEXEC : 0),
		.attr_clr = (r->bits & RULE_EXEC) && !r->no_exec ? MOUNT_ATTR_NOEXEC : 0,
	};
	const unsigned int all = AT_EMPTY_PATH | AT_RECURSIVE;
	autoclose int fd = beneath_reopen(path_of(rs, r));

	if (fd < 0)
		return fd;
	if (*path_of(rs, r) == '\0')
		return sys_mount_setattr(fd, "", all, &attr, sizeof(attr));
	autoclose int tree = r->loose >= 0 ? fd_take(&r->loose) : clone_of(fd);

	if (tree < 0)
		return tree;
	int err = sys_mount_setattr(tree, "", all, &attr, sizeof(attr));

	if (err < 0)
		return err;
	return sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int hide(const struct rules *rs, const struct rule *r)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
	autoclose int fd = beneath_reopen(path_of(rs, r));
	struct stat st;

	if (fd < 0)
		return fd;
	if (*path_of(rs, r) == '\0')
		return -EBUSY;
	if (fstat(fd, &st) < 0)
		return -errno;
	autoclose int tree =
		sys_open_tree(AT_FDCWD, S_ISDIR(st.st_mode) ? HIDDEN_DIRECTORY : HIDDEN_FILE,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return tree;
	int err = sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));

	if (err < 0)
		return err;
	return sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int rules_apply(const struct mount_op *ops, size_t n, const char *root, bool prepared,
		size_t *failed)
{
	struct rules rs = { .root = root, .prepared = prepared };
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		*failed = i;
		r = resolve(&rs, &ops[i], (uint16_t)i);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < rs.n; i++) {
		*failed = rs.v[i].op;
		r = decide(&rs, i);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < rs.n; i++) {
		*failed = rs.v[i].op;
		if (!rs.v[i].changes)
			continue;
		r = rs.v[i].hidden ? hide(&rs, &rs.v[i]) : set_flags(&rs, &rs.v[i]);
		if (r < 0)
			return r;
	}
	return 0;
}
