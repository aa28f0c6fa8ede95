/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/dynamic.h"
#include "init/manager.h"
#include "init/users.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

void plan_place(struct diag *diag, const struct unit *u, enum key key)
{
	const struct setting *set = unit_setting(u, key);

	diag_place(diag, set && set->file < u->files.n ? u->files.v[set->file] : u->id,
		   set ? set->line : 0, key_info(key)->name);
}

static int lookup_failed(struct diag *diag, const struct unit *u, enum key key, const char *what,
			 const char *name, int err)
{
	plan_place(diag, u, key);
	if (err == -ESRCH) {
		diag_set(diag, DIAG_ERROR, 0, "unknown %s '%s'", what, name);
		return err;
	}
	return diag_set(diag, DIAG_ERROR, -err, "looking up %s '%s'", what, name);
}

static int plan_groups(const struct unit *u, const char *user, struct service_plan *plan,
		       struct diag *diag)
{
	const struct strings *extra = unit_list(u, K_SupplementaryGroups);
	struct spawn_plan *p = &plan->spawn;
	int n = 0;

	if (plan->dynamic) {
		plan->groups[n++] = p->gid;
	} else if (user) {
		n = user_groups(user, p->gid, plan->groups, PLAN_MAX_GROUPS);
		if (n < 0)
			return lookup_failed(diag, u, K_User, "groups of", user, n);
		/* Groups can deny, too: leaving one out may grant (PITFALLS 43). */
		if (n > PLAN_MAX_GROUPS)
			return lookup_failed(diag, u, K_User, "groups of", user, -E2BIG);
	}
	for (uint32_t i = 0; i < extra->n; i++) {
		if (n == PLAN_MAX_GROUPS) {
			plan_place(diag, u, K_SupplementaryGroups);
			return diag_set(diag, DIAG_ERROR, E2BIG, "more than %d groups",
					PLAN_MAX_GROUPS);
		}
		int r = group_lookup(extra->v[i], &plan->groups[n]);

		if (r < 0)
			return lookup_failed(diag, u, K_SupplementaryGroups, "group", extra->v[i],
					     r);
		n++;
	}
	p->groups = plan->groups;
	p->n_groups = (size_t)n;
	return 0;
}

static int plan_cwd(const struct unit *u, const char *home, struct service_plan *plan)
{
	const char *cwd = unit_str(u, K_WorkingDirectory);
	struct spawn_plan *p = &plan->spawn;

	if (!cwd)
		return 0;
	if (*cwd == '-') {
		p->cwd_optional = true;
		cwd++;
	}
	p->cwd = str_eq(cwd, "~") ? home : arena_strdup(&plan->arena, cwd);
	return p->cwd ? 0 : -ENOMEM;
}

/* DynamicUser=: unless /etc/passwd knows a user of this name, who it is then. */
static int plan_dynamic(struct service *s, const struct unit *u, struct user_entry *entry,
			struct service_plan *plan, struct diag *diag)
{
	const char *user = unit_str(u, K_User);
	char name[DYNAMIC_NAME];
	int r = user ? user_lookup(user, entry) : -ESRCH;

	if (r != -ESRCH)
		return r;
	plan_place(diag, u, K_DynamicUser);
	if (user && strlen(user) >= sizeof(name))
		return diag_set(diag, DIAG_ERROR, ENAMETOOLONG, "a user '%s'", user);
	dynamic_name(u, name);
	*entry = (struct user_entry){ .uid = dynamic_id(s), .home = "/", .shell = "/sbin/nologin" };
	entry->gid = entry->uid;
	plan->dynamic = true;
	plan->user = arena_strdup(&plan->arena, name);
	if (!plan->user)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	return entry->uid ? 0 : diag_set(diag, DIAG_ERROR, EUSERS, "all dynamic users are taken");
}

int plan_identity(struct service *s, const struct command *cmd, struct service_plan *plan,
		  struct diag *diag)
{
	static struct user_entry entry; /* 600 bytes; PID 1 plans one child at a time */
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const char *user = unit_str(u, K_User);
	const char *group = unit_str(u, K_Group);
	struct spawn_plan *p = &plan->spawn;
	const char *home = "/root";
	int r;

	plan->home = plan->shell = NULL;
	plan->user = user;
	plan->dynamic = false;
	if (user || unit_bool(u, K_DynamicUser)) {
		bool dynamic = unit_bool(u, K_DynamicUser);

		r = dynamic ? plan_dynamic(s, u, &entry, plan, diag) : user_lookup(user, &entry);
		if (r < 0 && diag->text[0] == '\0')
			return lookup_failed(diag, u, K_User, "user", user, r);
		if (r < 0)
			return r;
		p->uid = entry.uid;
		p->gid = entry.gid;
		plan->home = home = arena_strdup(&plan->arena, entry.home);
		plan->shell = arena_strdup(&plan->arena, entry.shell);
		if (!plan->home || !plan->shell)
			return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	}
	if (group) {
		r = group_lookup(group, &p->gid);
		if (r < 0)
			return lookup_failed(diag, u, K_Group, "group", group, r);
	}
	if (plan_cwd(u, home, plan) < 0)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	p->set_user =
		(plan->user || group || unit_list(u, K_SupplementaryGroups)->n > 0) &&
		!(cmd->flags & (COMMAND_FULL_PRIVILEGES | COMMAND_NO_SETUID | COMMAND_AMBIENT));
	return p->set_user
		       ? plan_groups(u, plan->user && *entry.name ? entry.name : NULL, plan, diag)
		       : 0;
}
