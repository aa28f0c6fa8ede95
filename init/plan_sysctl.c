/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "lib/str.h"
#include "units/tunable.h"

#include <errno.h>
#include <string.h>

/* "net.core.somaxconn" is net/core/somaxconn; sysctl(8): with a slash first it is a path as it is. */
static char *tunable_path(struct arena *arena, const char *text, size_t n)
{
	char *path = arena_strndup(arena, text, n);
	bool dots = path && path[strcspn(path, "./")] == '.';

	for (char *c = path; c && *c && dots; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

int plan_sysctl(const struct service *s, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct strings *list = unit_list(u, K_Sysctl);
	struct tunable *v;

	if (list->n == 0)
		return 0;
	v = arena_alloc(&plan->arena, list->n * sizeof(*v));
	for (uint32_t i = 0; i < list->n && v; i++) {
		const char *equals = strchr(list->v[i], '=');
		bool net = tunable_kind(list->v[i]) == TUNABLE_NETWORK;

		if (net ? !plan_has_netns(s) : !unit_bool(u, K_PrivateIPC)) {
			plan_place(diag, u, K_Sysctl);
			return diag_set(diag, DIAG_ERROR, EINVAL,
					"%.*s would be set for the whole machine: the service has "
					"no %s namespace of its own",
					(int)(equals - list->v[i]), list->v[i],
					net ? "network" : "IPC");
		}
		v[i].path = tunable_path(&plan->arena, list->v[i], (size_t)(equals - list->v[i]));
		v[i].value = arena_strdup(&plan->arena, equals + 1);
		if (!v[i].path || !v[i].value)
			v = NULL;
	}
	if (!v)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	plan->spawn.tunables = v;
	plan->spawn.n_tunables = list->n;
	return 0;
}
