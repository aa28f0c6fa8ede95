/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/cleanup.h"
#include "init/manager.h"
#include "lib/str.h"
#include "units/value_volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum key key, mode;
	uint8_t exit_status;
	const char *base;
} directory_keys[] = {
	{ K_StateDirectory, K_StateDirectoryMode, 238, "/var/lib" },
	{ K_CacheDirectory, K_CacheDirectoryMode, 239, "/var/cache" },
	{ K_LogsDirectory, K_LogsDirectoryMode, 240, "/var/log" },
	{ K_ConfigurationDirectory, K_ConfigurationDirectoryMode, 241, "/etc" },
	{ K_RuntimeDirectory, K_RuntimeDirectoryMode, 233,
	  "/run" }, /* not when isolated, unless it is to be kept: add_runtime() in view_root.c */
};

struct directories {
	struct service_plan *plan;
	struct directory_op *v;
	size_t n;
	bool broken;
};

static const struct strings *directory_names(const struct unit *u, size_t row)
{
	static const struct strings none = { 0, NULL };
	bool own = unit_u64(u, K_Isolation) != ISOLATION_NONE &&
		   unit_u64(u, K_RuntimeDirectoryPreserve) == PRESERVE_NO;

	return directory_keys[row].key == K_RuntimeDirectory && own
		       ? &none
		       : unit_list(u, directory_keys[row].key);
}

/* Of "NAME:LINK" the name. */
static char *join(struct directories *d, const char *base, const char *name)
{
	size_t n = strcspn(name, ":"), size = strlen(base) + n + 2;
	char *path = arena_alloc(&d->plan->arena, size);

	if (path)
		snprintf(path, size, "%s/%.*s", base, (int)n, name);
	d->broken |= !path;
	return path;
}

static void add(struct directories *d, enum key key, struct directory_op op)
{
	op.tag = (uint16_t)key;
	if (op.path)
		d->v[d->n++] = op;
}

/*
 * systemd.exec(5) DynamicUser=: who gets the user's number next must not get at what is kept, so it is
 * in a directory that only root can pass; a link is where it is looked for.
 */
static bool is_private(const struct unit *u, enum key key)
{
	return unit_bool(u, K_DynamicUser) && key != K_ConfigurationDirectory &&
	       key != K_RuntimeDirectory;
}

static const char *add_private(struct directories *d, size_t row)
{
	const char *path = join(d, directory_keys[row].base, "private");

	add(d, directory_keys[row].key,
	    (struct directory_op){ .path = path,
				   .mode = 0700,
				   .ours = true,
				   .exit_status = directory_keys[row].exit_status,
				   .not_shown = true });
	return path;
}

static void add_keys(struct directories *d, const struct unit *u)
{
	const struct spawn_plan *p = &d->plan->spawn;

	for (size_t i = 0; i < ARRAY_SIZE(directory_keys); i++) {
		const struct strings *names = directory_names(u, i);
		/* systemd.exec(5): what configures a service is not the service's own to change. */
		bool configuration = directory_keys[i].key == K_ConfigurationDirectory;

		const char *base = directory_keys[i].base, *private = NULL;

		if (names->n && is_private(u, directory_keys[i].key))
		private = add_private(d, i);
		for (uint32_t k = 0; k < names->n; k++) {
			struct directory_op op = {
				.path = join(d, private ? private : base, names->v[k]),
				.link = private ? join(d, base, names->v[k]) : NULL,
				.mode = (mode_t)unit_u64(u, directory_keys[i].mode),
				.uid = configuration ? 0 : p->uid,
				.gid = configuration ? 0 : p->gid,
				.exit_status = directory_keys[i].exit_status,
				.mapped = !configuration && p->users == USERS_MANAGED,
				.kept = configuration,
				.not_shown = configuration
			};
			const char *colon = strchr(names->v[k], ':');

			add(d, directory_keys[i].key, op);
			if (!colon)
				continue;
			op.link = join(d, base, colon + 1);
			op.alias = true;
			add(d, directory_keys[i].key, op);
		}
	}
}

/* Named volumes; they outlive the service, nobody but their services writes to them. */
static void add_volumes(struct directories *d, const struct unit *u)
{
	const struct strings *volumes = unit_list(u, K_Volume);

	for (uint32_t i = 0; i < volumes->n; i++) {
		if (!str_starts(volumes->v[i], VOLUMES))
			continue;
		add(d, K_Volume,
		    (struct directory_op){ .path = arena_strndup(&d->plan->arena, volumes->v[i],
								 strcspn(volumes->v[i], ":")),
					   .mode = 0755,
					   .uid = d->plan->spawn.uid,
					   .gid = d->plan->spawn.gid,
					   .mapped = d->plan->spawn.users == USERS_MANAGED,
					   .not_shown = true });
	}
}

/*
 * A directory of this run in the host's /tmp, closed to all but root, and what the service sees in
 * there: all commands of the run share it. Who may write to /tmp cannot know its name beforehand.
 */
static void add_private_tmp(struct directories *d, const struct service *s)
{
	char name[PRIVATE_TMP_NAME];

	private_tmp_name(s, name);
	for (size_t i = 0; i < PRIVATE_TMP_PLACES; i++) {
		char *outer = join(d, private_tmp_places[i], name);
		char *inner = outer ? join(d, outer, "tmp") : NULL;

		add(d, K_PrivateTmp,
		    (struct directory_op){
			    .path = outer, .mode = 0700, .ours = true, .inside = true });
		add(d, K_PrivateTmp,
		    (struct directory_op){ .path = inner, .mode = 01777, .inside = true });
		d->plan->private_tmp[i] = inner;
	}
}

int plan_directories(const struct service *s, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct directories d = { .plan = plan };
	bool tmp = plan_isolation(s) == ISOLATION_NONE && unit_bool(u, K_PrivateTmp);
	size_t n = unit_list(u, K_Volume)->n + (tmp ? 2 * PRIVATE_TMP_PLACES : 0);

	for (size_t i = 0; i < ARRAY_SIZE(directory_keys); i++)
		if (directory_names(u, i)->n)
			n += 2 * directory_names(u, i)->n + 1; /* with a link each; "private" */
	memset(plan->private_tmp, 0, sizeof(plan->private_tmp));
	if (n == 0)
		return 0;
	d.v = arena_alloc(&plan->arena, n * sizeof(*d.v));
	if (!d.v)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	add_keys(&d, u);
	add_volumes(&d, u);
	if (tmp)
		add_private_tmp(&d, s);
	if (d.broken)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	plan->spawn.directories = d.v;
	plan->spawn.n_directories = d.n;
	return 0;
}
