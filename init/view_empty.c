/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "init/rootview.h"
#include "lib/str.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

/*
 * TemporaryFileSystem=/: the root is a tmpfs of the service's own, which holds what is put there and nothing
 * else. Who writes that without a profile says the rest, too, as with systemd. With one (the full
 * profile's default) the operating system is there, which BindReadOnlyPaths= of the profile
 * lists; /dev, /proc, /sys, /run, /tmp and /var are the service's own; and of the host's other paths
 * those that the unit names, read-only unless ReadWritePaths= or BindPaths= does. What lies on
 * the host beside them has no name in there: no list of what to hide can be incomplete.
 *
 * All of it is one tmpfs: each costs three times what a bind mount does (view_root.c).
 */
#define PLAIN_DEFAULTS	  "mode=0755,size=10%,nr_inodes=100k"
#define ISOLATED_DEFAULTS "mode=0755,size=50%,nr_inodes=100k" /* /tmp is in it */

static const struct mount_op places[] = {
	{ .kind = MOUNT_HOST, .source = ROOTVIEW_PATH "/dev", .target = "dev" },
	{ .kind = MOUNT_OWN_DIR, .target = "proc", .mode = 0755 },
	{ .kind = MOUNT_OWN_DIR, .target = "sys", .mode = 0755 },
	{ .kind = MOUNT_OWN_DIR, .target = "run", .mode = 0755 },
	{ .kind = MOUNT_OWN_DIR, .target = "tmp", .mode = 0755 },
	{ .kind = MOUNT_OWN_DIR, .target = "tmp/var", .mode = 01777 },
	{ .kind = MOUNT_OWN_DIR, .target = "var/tmp", .mode = 0755 },
	{ .kind = MOUNT_MOVE_OWN, .source = "tmp/var", .target = "var/tmp" },
	/* Where programs of old look for /run. */
	{ .kind = MOUNT_HOST,
	  .source = ROOTVIEW_PATH "/var/run",
	  .target = "var/run",
	  .mode = 1,
	  .optional = true },
};
/* What no path of the host can be declared in: the service has its own. */
static const char *const own_places[] = { "/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp" };

static bool is_in(const char *path, const char *place)
{
	size_t n = strlen(place);

	return strncmp(path, place, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Of several the last one says how. */
static bool find_root(struct view *v, const struct strings *list, struct strbuf *data)
{
	struct spawn_plan *p = &v->plan->spawn;
	bool found = false;

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];

		if (text[0] != '/' || (text[1] != ':' && text[1] != '\0'))
			continue;
		unsigned int flags = view_tmpfs_options(text + 1 + (text[1] == ':'), data);

		p->root_read_only = flags & MS_RDONLY;
		p->root_flags = flags & ~(unsigned int)MS_RDONLY;
		found = true;
	}
	return found;
}

int view_empty_root(struct view *v, struct diag *diag)
{
	const struct strings *profile = unit_list_of_profile(v->u, K_TemporaryFileSystem);
	bool written = unit_setting(v->u, K_TemporaryFileSystem) != NULL;
	struct spawn_plan *p = &v->plan->spawn;
	char text[320];
	struct strbuf data = STRBUF_INIT(text);
	bool found;

	strbuf_put(&data, v->isolated ? ISOLATED_DEFAULTS : PLAIN_DEFAULTS);
	found = !v->own_root && find_root(v, profile, &data);
	if (written && find_root(v, unit_list(v->u, K_TemporaryFileSystem), &data)) {
		plan_place(diag, v->u, K_TemporaryFileSystem);
		if (v->own_root)
			return diag_set(diag, DIAG_ERROR, EINVAL,
					"\"/\" is what %s= says, it cannot be empty as well",
					key_info(v->own_root)->name);
		found = true;
	}
	if (!found)
		return 0;
	/* The last of two options holds, but whose it is is no option of theirs. */
	if (p->id_base)
		strbuf_printf(&data, ",uid=%u,gid=%u", p->id_base, p->id_base);
	p->root_kind = ROOT_EMPTY;
	p->root = CLONE_PATH;
	p->root_tag = K_TemporaryFileSystem;
	p->root_options = arena_strdup(&v->plan->arena, text);
	p->root_flags |= v->isolated ? MS_NOSUID : 0;
	p->root_read_only |=
		v->isolated && unit_u64(v->u, K_ProtectSystem) == PROTECT_SYSTEM_STRICT;
	p->namespaces |= CLONE_NEWNS;
	v->broken |= !p->root_options;
	v->full |= data.cut;
	v->declared = v->isolated;
	v->own_root = v->isolated ? (enum key)0 : K_TemporaryFileSystem;
	return 0;
}

void view_empty_system(struct view *v)
{
	const struct strings *list = unit_list_of_profile(v->u, K_BindReadOnlyPaths);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *path = list->v[i] + strspn(list->v[i], "-/");

		view_add(v, (struct mount_op){ .kind = MOUNT_HOST,
					       .source = view_join(v, ROOTVIEW_PATH, path),
					       .target = path,
					       .tag = K_BindReadOnlyPaths,
					       .optional = true });
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		view_add(v, places[i]);
}

/* --- what directives name ------------------------------------------------------------------- */

bool view_shows_read_only(uint16_t key)
{
	switch ((int)key) {
	case K_BindReadOnlyPaths:
	case K_ReadOnlyPaths:
	case K_ExecPaths:
	case K_ExecStart:
	case K_WorkingDirectory: return true;
	default: return false;
	}
}

static bool is_of_system(const struct view *v, const char *path)
{
	const struct strings *list = unit_list_of_profile(v->u, K_BindReadOnlyPaths);

	for (uint32_t i = 0; i < list->n; i++)
		if (is_in(path, list->v[i] + 1))
			return true;
	return false;
}

/* In something that is bound or mounted there already: then a path in that is meant. */
static bool is_there(const struct view *v, const char *path)
{
	for (size_t i = v->contents; i < v->n; i++)
		if (is_in(path + 1, v->plan->mounts[i].target))
			return true;
	return false;
}

static void declare(struct view *v, enum key key, const char *path, bool optional)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_places); i++)
		if (is_in(path, own_places[i]))
			return;
	if (path[1] == '\0' || is_there(v, path) ||
	    (view_shows_read_only((uint16_t)key) && is_of_system(v, path)))
		return;
	view_content(v, key,
		     (struct mount_op){ .kind = MOUNT_BIND,
					.source = path,
					.target = path + 1,
					.optional = optional });
}

static void declare_lists(struct view *v)
{
	/* First what may be written to: of two that name the same path the first one binds it. */
	static const uint16_t keys[] = { K_ReadWritePaths, K_ReadOnlyPaths, K_ExecPaths };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		const struct strings *list = unit_list(v->u, (enum key)keys[k]);

		for (uint32_t i = 0; i < list->n; i++) {
			size_t skip = strspn(list->v[i], "-+");
			const char *path = list->v[i] + skip;

			/* All of "/" is its own: it may have that writable, but that shows nothing. */
			if (keys[k] == K_ReadWritePaths && path[1] == '\0')
				v->plan->spawn.root_read_only = false;
			declare(v, (enum key)keys[k], path, memchr(list->v[i], '-', skip) != NULL);
		}
	}
}

/* A package in /opt is a folder with more than its program. */
static const char *with_folder(struct view *v, const char *path)
{
	size_t n = is_in(path, "/opt") ? strlen("/opt/") + strcspn(path + strlen("/opt/"), "/") : 0;

	if (n == 0 || path[n] == '\0')
		return path;
	path = arena_strndup(&v->plan->arena, path, n);
	v->broken |= !path;
	return path;
}

void view_empty_declared(struct view *v)
{
	const char *cwd = v->plan->spawn.cwd;
	uint64_t homes = unit_u64(v->u, K_ProtectHome);

	if (unit_setting(v->u, K_ProtectHome) &&
	    (homes == PROTECT_HOME_NO || homes == PROTECT_HOME_READ_ONLY)) {
		declare(v, K_BindReadOnlyPaths, "/home", true);
		declare(v, K_BindReadOnlyPaths, "/root", true);
	}
	declare_lists(v);
	/* What is missing is told by the step that needs it. */
	for (int slot = 0; slot <= SLOT_HEALTH; slot++) {
		unsigned int n = plan_command_count(v->u, (enum command_slot)slot);

		for (unsigned int i = 0; i < n; i++) {
			const struct command *c = plan_command(v->u, (enum command_slot)slot, i);
			const char *path = c->path[0] == '/' ? with_folder(v, c->path) : NULL;

			if (path)
				declare(v, K_ExecStart, path, true);
		}
	}
	if (cwd)
		declare(v, K_WorkingDirectory, cwd, true);
}
