/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "init/network.h"
#include "lib/str.h"
#include "netcfg/apply.h"

#include <sched.h>

_Static_assert(SPAWN_TEXT >= NET_TEXT, "what netcfg says has to fit the report");

/* @spec: not NULL in a berth; a foreign unit's PrivateNetwork= is as systemd has it. */
static int run_loopback(const void *spec, int host_netlink, char text[SPAWN_TEXT])
{
	int r = spec ? net_child_low_ports(text) : 0;

	(void)host_netlink;
	if (r < 0)
		return r;
	str_copy(text, SPAWN_TEXT, "loopback up");
	return net_child_loopback();
}

static int run_veth(const void *spec, int host_netlink, char text[SPAWN_TEXT])
{
	int r = net_child_low_ports(text);

	return r < 0 ? r : net_child_setup(spec, host_netlink, text);
}

int plan_network_run(const struct net_spec *spec, bool low_ports, int host_netlink,
		     char text[SPAWN_TEXT])
{
	return spec ? run_veth(spec, host_netlink, text)
		    : run_loopback(low_ports ? text : NULL, host_netlink, text);
}

bool plan_network_is_link(const struct spawn_plan *p)
{
	return p->network == run_veth;
}

int plan_network(struct manager *m, struct service *s, struct service_plan *plan, struct diag *diag)
{
	struct spawn_plan *p = &plan->spawn;
	const struct unit *u = manager_node(m, s->index)->unit;

	if (!(p->namespaces & CLONE_NEWNET))
		return 0;
	if (!plan_wants_veth(s)) {
		p->network = run_loopback;
		p->network_spec = plan_isolation(s) == ISOLATION_NONE ? NULL : u;
		return 0;
	}
	int r = network_ready(m, diag);

	if (r < 0) {
		plan_place(diag, u, K_Isolation);
		return r;
	}
	r = network_address(m, s, diag);
	if (r < 0) {
		plan_place(diag, u, K_IP);
		return r;
	}
	network_spec(m, s, &plan->net);
	p->network = run_veth;
	p->network_spec = &plan->net;
	return 0;
}
