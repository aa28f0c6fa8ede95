/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/*
 * Enters the namespaces of a running process of the same unit. One setns(2) on its pidfd does all
 * of them or none (Linux 5.8). The PID namespace takes effect for children only, which is why
 * plans that join one also have a stub.
 */
int step_join(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (p->join_pidfd < 0 || p->join_namespaces == 0)
		return 0;
	return setns(p->join_pidfd, (int)p->join_namespaces) < 0 ? -errno : 0;
}

int step_netns(struct child *c)
{
	if (c->plan->netns < 0)
		return 0;
	return setns(c->plan->netns, CLONE_NEWNET) < 0 ? -errno : 0;
}

int step_network(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	return p->network ? p->network(p->network_spec, p->host_netlink, c->text) : 0;
}

int step_hostname(struct child *c)
{
	const char *name = c->plan->hostname;

	if (!name)
		return 0;
	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}
