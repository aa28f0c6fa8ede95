/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum key key, mode;
	const char *base;
} directory_keys[] = {
	{ K_StateDirectory, K_StateDirectoryMode, "/var/lib" },
	{ K_CacheDirectory, K_CacheDirectoryMode, "/var/cache" },
	{ K_LogsDirectory, K_LogsDirectoryMode, "/var/log" },
	{ K_RuntimeDirectory, K_RuntimeDirectoryMode,
	  "/run" }, /* not when isolated: see add_runtime() */
};

static const struct strings *directory_names(const struct unit *u, size_t row)
{
	static const struct strings none = { 0, NULL };
	bool isolated = unit_u64(u, K_Isolation) != ISOLATION_NONE;

	return directory_keys[row].key == K_RuntimeDirectory && isolated
		       ? &none
		       : unit_list(u, directory_keys[row].key);
}

static char *join(struct arena *arena, const char *base, const char *name)
{
	size_t size = strlen(base) + strlen(name) + 2;
	char *path = arena_alloc(arena, size);

	if (path)
		snprintf(path, size, "%s/%s", base, name);
	return path;
}

int plan_directories(const struct unit *u, struct service_plan *plan, struct diag *diag)
{
	struct spawn_plan *p = &plan->spawn;
	struct directory_op *ops;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directory_keys); i++)
		n += directory_names(u, i)->n;
	if (n == 0)
		return 0;
	ops = arena_alloc(&plan->arena, n * sizeof(*ops));
	if (!ops)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(directory_keys); i++) {
		const struct strings *names = directory_names(u, i);

		for (uint32_t k = 0; k < names->n; k++) {
			char *path = join(&plan->arena, directory_keys[i].base, names->v[k]);

			if (!path)
				return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
			ops[n++] = (struct directory_op){ .path = path,
							  .mode = (mode_t)unit_u64(
								  u, directory_keys[i].mode),
							  .uid = p->uid,
							  .gid = p->gid };
		}
	}
	p->directories = ops;
	p->n_directories = n;
	return 0;
}
