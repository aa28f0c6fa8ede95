/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "init/ranges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>

_Static_assert(PLAN_MAX_GROUPS <= USERS_MAX_GROUPS, "the child has room for all groups");
_Static_assert((int)USERS_MANAGED == (int)PRIVATE_USERS_MANAGED &&
		       (int)USERS_SELF == (int)PRIVATE_USERS_SELF,
	       "the setting is the plan's own number");

#define CAP_BIT(cap) (1ULL << (cap))

/* What is about the network namespace alone; without any it does not matter who owns it. */
#define NETWORK_CAPABILITIES (CAP_BIT(CAP_NET_ADMIN) | CAP_BIT(CAP_NET_RAW))

bool plan_owns_network(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return unit_u64(u, K_PrivateUsers) != PRIVATE_USERS_NO &&
	       (unit_u64(u, K_CapabilityBoundingSet) | unit_u64(u, K_AmbientCapabilities)) &
		       NETWORK_CAPABILITIES &&
	       plan_has_netns(s);
}

static int check(const struct unit *u, enum key key, uint32_t id, struct diag *diag)
{
	if (id < USERS_RANGE)
		return 0;
	plan_place(diag, u, unit_setting(u, key) ? key : K_PrivateUsers);
	return diag_set(diag, DIAG_ERROR, ERANGE,
			"id %u is beyond the %u that PrivateUsers=%s gives the service", id,
			USERS_RANGE,
			enum_name_of(private_users_names, (int)unit_u64(u, K_PrivateUsers)));
}

int plan_users(struct service *s, const struct command *cmd, struct service_plan *plan,
	       struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct spawn_plan *p = &plan->spawn;
	int r = 0;

	p->users = (uint8_t)unit_u64(u, K_PrivateUsers);
	p->enter_users = p->users != USERS_HOST && !(cmd->flags & COMMAND_FULL_PRIVILEGES);
	if (p->users == USERS_HOST)
		return 0;
	if (p->users != USERS_SELF) {
		r = check(u, K_User, p->uid, diag);
		if (r == 0)
			r = check(u, K_Group, p->gid, diag);
	}
	if (r < 0 || p->users != USERS_MANAGED)
		return r;
	for (size_t i = 0; i < p->n_groups && r == 0; i++)
		r = check(u, K_SupplementaryGroups, p->groups[i], diag);
	if (r < 0)
		return r;
	p->id_base = ranges_base(s);
	if (p->id_base != 0)
		return 0;
	plan_place(diag, u, K_PrivateUsers);
	return diag_set(diag, DIAG_ERROR, ENOSPC, "all ranges of ids are taken");
}
