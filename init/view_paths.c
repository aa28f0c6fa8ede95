/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "lib/str.h"
#include "sandbox/rules.h"
#include "units/value_lists.h"
#include "units/value_volume.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

char *view_take_part(struct view *v, const char **text)
{
	size_t n = value_part(*text), out = 0;
	char *part = arena_strndup(&v->plan->arena, *text, n);

	*text += n + ((*text)[n] == ':');
	v->broken |= !part;
	for (size_t i = 0; part && i <= n; i++) {
		i += part[i] == '\\' && part[i + 1] == ':';
		part[out++] = part[i];
	}
	return part;
}

/* What the profile has in the list is done elsewhere (view_empty.c). */
static const struct strings *written(const struct view *v, enum key key)
{
	static const struct strings none;

	return unit_setting(v->u, key) ? unit_list(v->u, key) : &none;
}

/* BindPaths=, BindReadOnlyPaths=: "[-]SOURCE:TARGET:OPTION", as units/value_lists.c completes them. */
static void add_binds(struct view *v, enum key key)
{
	const struct strings *list = written(v, key);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		bool optional = *text == '-';

		text += optional;
		char *source = view_take_part(v, &text), *target = view_take_part(v, &text);

		if (!source || !target)
			return;
		view_content(v, key,
			     (struct mount_op){ .kind = str_eq(text, "norbind") ? MOUNT_BIND_ALONE
										: MOUNT_BIND,
						.source = source,
						.target = target + 1,
						.optional = optional });
	}
}

/* Volume=: "SOURCE:TARGET:OPTIONS", as units/value_volume.c completes them. */
static void add_volumes(struct view *v, bool rules)
{
	const struct strings *list = unit_list(v->u, K_Volume);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		char *source = view_take_part(v, &text), *target = view_take_part(v, &text);
		uint8_t bits = (volume_has_option(text, "ro") ? RULE_READ_ONLY : 0) |
			       (volume_has_option(text, "noexec") ? RULE_NO_EXEC : 0);

		if (!source || !target)
			return;
		if (!rules)
			view_content(v, K_Volume,
				     (struct mount_op){ .kind = MOUNT_BIND,
							.mapped = v->plan->spawn.id_base &&
								  str_starts(source, VOLUMES),
							.source = source,
							.target = target + 1 });
		else if (bits)
			view_rule(v, K_Volume, target + 1, false, bits);
	}
}

static const struct {
	const char *word;
	unsigned int set, clear;
} tmpfs_words[] = {
	{ "nosuid", MS_NOSUID, 0 }, { "suid", 0, MS_NOSUID },	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },	    { "noexec", MS_NOEXEC, 0 }, { "exec", 0, MS_NOEXEC },
	{ "ro", MS_RDONLY, 0 },	    { "rw", 0, MS_RDONLY },
};

unsigned int view_tmpfs_options(const char *text, struct strbuf *data)
{
	unsigned int flags = MS_NODEV; /* systemd.exec(5), TemporaryFileSystem= */

	while (*text) {
		size_t n = strcspn(text, ","), i = 0;

		while (i < ARRAY_SIZE(tmpfs_words) && (strlen(tmpfs_words[i].word) != n ||
						       strncmp(text, tmpfs_words[i].word, n) != 0))
			i++;
		if (i < ARRAY_SIZE(tmpfs_words)) {
			flags = (flags | tmpfs_words[i].set) & ~tmpfs_words[i].clear;
		} else if (n > 0) {
			strbuf_put(data, ",");
			strbuf_put_n(data, text, n);
		}
		text += n + (text[n] == ',');
	}
	return flags;
}

#define TMPFS_DEFAULTS "mode=0755,size=10%,nr_inodes=100k"

static void add_tmpfs(struct view *v, const char *text)
{
	char options[256];
	struct strbuf data = STRBUF_INIT(options);
	char *path = view_take_part(v, &text);

	strbuf_put(&data, TMPFS_DEFAULTS);
	unsigned int flags = view_tmpfs_options(text, &data) & ~(unsigned int)MS_RDONLY;
	const char *copy = text[0] ? arena_strdup(&v->plan->arena, options) : TMPFS_DEFAULTS;

	v->broken |= !copy;
	v->full |= data.cut;
	if (path && copy && path[1])
		view_content(v, K_TemporaryFileSystem,
			     (struct mount_op){ .kind = MOUNT_TMPFS,
						.made = true,
						.target = path + 1,
						.data = copy,
						.mode = (uint16_t)(flags | MOUNT_NO_FLAGS) });
}

void view_path_contents(struct view *v)
{
	const struct strings *list = written(v, K_TemporaryFileSystem);

	for (uint32_t i = 0; i < list->n; i++)
		add_tmpfs(v, list->v[i]);
	add_binds(v, K_BindPaths);
	add_binds(v, K_BindReadOnlyPaths);
	add_volumes(v, false);
}

/* Contents have flags of their own: those of the source, and read-only where that is written. */
static void rules_of_contents(struct view *v)
{
	size_t end = v->n;

	for (size_t i = v->contents; i < end; i++) {
		const struct mount_op *op = &v->plan->mounts[i];

		if (op->kind == MOUNT_RULE)
			break;
		if (op->kind ==
		    MOUNT_OVERLAY) /* read-only; where nothing is laid over, as it was */
			continue;
		if (view_shows_read_only(op->tag))
			view_rule(v, op->tag, op->target, op->optional, RULE_READ_ONLY);
		else if (v->has_rules)
			view_rule(v, op->tag, op->target, op->optional, RULE_STAYS_WRITABLE);
	}
}

static void rules_of_tmpfs(struct view *v)
{
	const struct strings *list = written(v, K_TemporaryFileSystem);

	for (uint32_t i = 0; i < list->n; i++) {
		char options[256];
		struct strbuf data = STRBUF_INIT(options);
		const char *text = list->v[i];
		const char *path = view_take_part(v, &text);

		if (path && path[1] && view_tmpfs_options(text, &data) & MS_RDONLY)
			view_rule(v, K_TemporaryFileSystem, path + 1, false, RULE_READ_ONLY);
	}
}

static const struct {
	enum key key;
	uint8_t bits;
} path_rules[] = {
	{ K_InaccessiblePaths, RULE_HIDE },  { K_ReadOnlyPaths, RULE_READ_ONLY },
	{ K_ReadWritePaths, RULE_WRITABLE }, { K_NoExecPaths, RULE_NO_EXEC },
	{ K_ExecPaths, RULE_EXEC },
};

/*
 * systemd.exec(5): with RootDirectory=, a path without "+" is one of the host; what lies outside of the
 * root is not seen anyway. NULL: there is nothing to do.
 */
static const char *beneath_root(const struct view *v, const char *path, bool plus)
{
	const char *root = v->own_root == K_RootDirectory ? v->plan->spawn.root_source : "";
	size_t n = strlen(root);

	if (plus)
		return path;
	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path[n] ? path + n : "/";
}

/* "-": may be missing; "+": see above. */
static void add_rules(struct view *v, enum key key, uint8_t bits)
{
	const struct strings *list = unit_list(v->u, key);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		size_t skip = strspn(text, "-+");

		const char *path = beneath_root(v, text + skip, memchr(text, '+', skip) != NULL);

		/* Where only what is named is seen, what is not there need not be taken away. */
		bool optional = memchr(text, '-', skip) ||
				(v->declared && bits & (RULE_HIDE | RULE_NO_EXEC));

		if (path)
			view_rule(v, key, path + 1, optional, bits);
	}
}

void view_path_rules(struct view *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(path_rules); i++)
		add_rules(v, path_rules[i].key, path_rules[i].bits);
	rules_of_tmpfs(v);
	add_volumes(v, true);
	rules_of_contents(v);
}
