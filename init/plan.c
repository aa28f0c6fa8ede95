/* SPDX-License-Identifier: MIT */
#include "init/plan.h"

#include "init/kind.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/pod.h"
#include "lib/str.h"
#include "units/command.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* What other types of units do, they do to the host. */
enum isolation plan_isolation(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return u->type == UNIT_SERVICE ? (enum isolation)unit_u64(u, K_Isolation) : ISOLATION_NONE;
}

/* A written PrivateNetwork= wins over the profile: yes is loopback only, no is the host's network. */
bool plan_wants_veth(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return plan_isolation(s) != ISOLATION_NONE && !unit_setting(u, K_PrivateNetwork) &&
	       !unit_str(u, K_NetworkNamespacePath);
}

bool plan_has_netns(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	return plan_wants_veth(s) ||
	       (unit_bool(u, K_PrivateNetwork) && !unit_str(u, K_NetworkNamespacePath));
}

static void plan_namespaces(struct service *s, struct spawn_plan *p)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	bool isolated = plan_isolation(s) != ISOLATION_NONE;

	if (isolated) {
		p->namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWCGROUP;
		p->stub = STUB_EXIT;
	}
	if (plan_has_netns(s))
		p->namespaces |= CLONE_NEWNET;
	p->netns_path = unit_str(u, K_NetworkNamespacePath);
	p->ipcns_path = unit_str(u, K_IPCNamespacePath);
	if (unit_bool(u, K_PrivateIPC) && !p->ipcns_path)
		p->namespaces |= CLONE_NEWIPC;
	if (unit_bool(u, K_ProtectHostname) || unit_str(u, K_HostName))
		p->namespaces |= CLONE_NEWUTS;
	p->monotonic_offset = (int64_t)unit_u64(u, K_TimeNamespaceMonotonicOffset);
	p->boottime_offset = (int64_t)unit_u64(u, K_TimeNamespaceBoottimeOffset);
	if (u->type == UNIT_SERVICE)
		pod_plan(s, p);
}

static const struct {
	enum key key;
	int resource;
} limit_keys[] = {
	{ K_LimitCPU, RLIMIT_CPU },	      { K_LimitFSIZE, RLIMIT_FSIZE },
	{ K_LimitDATA, RLIMIT_DATA },	      { K_LimitSTACK, RLIMIT_STACK },
	{ K_LimitCORE, RLIMIT_CORE },	      { K_LimitRSS, RLIMIT_RSS },
	{ K_LimitNOFILE, RLIMIT_NOFILE },     { K_LimitAS, RLIMIT_AS },
	{ K_LimitNPROC, RLIMIT_NPROC },	      { K_LimitMEMLOCK, RLIMIT_MEMLOCK },
	{ K_LimitLOCKS, RLIMIT_LOCKS },	      { K_LimitSIGPENDING, RLIMIT_SIGPENDING },
	{ K_LimitMSGQUEUE, RLIMIT_MSGQUEUE }, { K_LimitNICE, RLIMIT_NICE },
	{ K_LimitRTPRIO, RLIMIT_RTPRIO },     { K_LimitRTTIME, RLIMIT_RTTIME },
};

/* PID 1 raised its own descriptor limit; select() users rely on the soft 1024 (PITFALLS 11). */
static const struct rlimit default_nofile = { 1024, 524288 };

static void plan_rlimits(const struct unit *u, struct service_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limit_keys); i++) {
		const struct setting *set = unit_setting(u, limit_keys[i].key);
		struct rlimit_op *op = &plan->rlimits[n];

		if (!set && limit_keys[i].resource != RLIMIT_NOFILE)
			continue;
		op->resource = limit_keys[i].resource;
		op->limit = default_nofile;
		if (set) {
			const struct rlimit_value *v = set->value.p;

			op->limit.rlim_cur = v->soft;
			op->limit.rlim_max = v->hard;
		}
		n++;
	}
	plan->spawn.rlimits = plan->rlimits;
	plan->spawn.n_rlimits = n;
}

/*
 * Below this the kernel may have to kill for memory before the program runs: its arguments and page
 * tables count already.
 */
#define SMALL_MEMORY ((uint64_t)4 << 20)

static bool is_slow_cgroup(const struct unit *u)
{
	uint64_t max = unit_u64(u, K_MemoryMax), high = unit_u64(u, K_MemoryHigh);

	return unit_setting(u, K_CPUQuota) || unit_setting(u, K_CPUWeight) ||
	       value_is_percent(max) || value_is_percent(high) || max < SMALL_MEMORY ||
	       high < SMALL_MEMORY;
}

static void plan_process(const struct unit *u, struct spawn_plan *p)
{
	p->set_nice = unit_setting(u, K_Nice) != NULL;
	p->nice = (int)(int64_t)unit_u64(u, K_Nice);
	p->set_oom_score_adj = unit_setting(u, K_OOMScoreAdjust) != NULL;
	p->oom_score_adj = (int)(int64_t)unit_u64(u, K_OOMScoreAdjust);
	p->umask = (mode_t)unit_u64(u, K_UMask);
	p->slow_cgroup = is_slow_cgroup(u);
}

/* The unit's name without its type, as far as a host name may be long and holds its characters. */
void plan_hostname_of(const struct unit *u, char name[PLAN_HOSTNAME])
{
	size_t n = 0;
	const char *written = unit_str(u, K_HostName);

	if (written) {
		str_copy(name, PLAN_HOSTNAME, written);
		return;
	}
	for (const char *c = u->id; *c && *c != '.' && n < PLAN_HOSTNAME - 1; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');

		name[n++] = plain ? *c : '-';
	}
	name[n] = '\0';
}

static void plan_hostname(const struct unit *u, struct service_plan *plan)
{
	plan_hostname_of(u, plan->hostname);
	/* That of a pod has been set. */
	if ((unit_u64(u, K_Isolation) != ISOLATION_NONE || unit_str(u, K_HostName)) &&
	    !(plan->spawn.pod_namespaces & CLONE_NEWUTS))
		plan->spawn.hostname = plan->hostname;
}

/* The key of a command list; -1: units of this type have no such commands. */
static int slot_key(const struct unit *u, enum command_slot slot)
{
	static const enum key service_keys[] = {
		[SLOT_CONDITION] = K_ExecCondition, [SLOT_START_PRE] = K_ExecStartPre,
		[SLOT_START] = K_ExecStart,	    [SLOT_START_POST] = K_ExecStartPost,
		[SLOT_RELOAD] = K_ExecReload,	    [SLOT_STOP] = K_ExecStop,
		[SLOT_STOP_POST] = K_ExecStopPost,  [SLOT_HEALTH] = K_HealthCmd,
	};

	if (u->type == UNIT_SERVICE)
		return service_keys[slot];
	if (u->type != UNIT_SOCKET)
		return -1;
	switch (slot) {
	case SLOT_START_PRE: return K_SocketExecStartPre;
	case SLOT_START_POST: return K_SocketExecStartPost;
	case SLOT_STOP: return K_SocketExecStopPre;
	case SLOT_STOP_POST: return K_SocketExecStopPost;
	case SLOT_CONDITION:
	case SLOT_START:
	case SLOT_RELOAD:
	case SLOT_COUNT: break;
	}
	return -1;
}

const struct command *plan_command(const struct unit *u, enum command_slot slot, unsigned int index)
{
	int key = slot_key(u, slot);
	const struct commands *list = key < 0 ? NULL : unit_commands(u, (enum key)key);

	return list && index < list->n ? &list->v[index] : NULL;
}

unsigned int plan_command_count(const struct unit *u, enum command_slot slot)
{
	int key = slot_key(u, slot);

	return key < 0 ? 0 : unit_commands(u, (enum key)key)->n;
}

const char *plan_command_name(const struct unit *u, enum command_slot slot)
{
	int key = slot_key(u, slot);

	return key < 0 ? unit_type_name(u->type) : key_info((enum key)key)->name;
}

void plan_place_command(struct diag *diag, const struct unit *u, enum command_slot slot)
{
	int key = slot_key(u, slot);

	if (key >= 0)
		plan_place(diag, u, (enum key)key);
}

/* A bare program name is looked up in the child, in its own root view. */
static int plan_paths(const struct unit *u, const struct command *cmd, struct service_plan *plan)
{
	const char *dir = unit_search_path(u, &plan->arena);
	size_t n = 0;

	if (!dir)
		return -ENOMEM;

	if (strchr(cmd->path, '/')) {
		plan->paths[n] = arena_strdup(&plan->arena, cmd->path);
		if (!plan->paths[n++])
			return -ENOMEM;
	} else {
		for (size_t len; *dir && n <= SEARCH_PATH_MAX; dir += len + (dir[len] == ':')) {
			len = strcspn(dir, ":");

			size_t size = len + strlen(cmd->path) + 2;
			char *path = arena_alloc(&plan->arena, size);

			if (!path)
				return -ENOMEM;
			snprintf(path, size, "%.*s/%s", (int)len, dir, cmd->path);
			plan->paths[n++] = path;
		}
	}
	plan->paths[n] = NULL;
	plan->spawn.paths = plan->paths;
	return 0;
}

/* systemd.service(5): what is said of all commands is for ExecStart= alone. Health checks are of its kind. */
static bool is_for_start_only(const struct unit *u, enum command_slot slot, enum key key)
{
	return slot != SLOT_START && (unsigned int)slot < SLOT_COUNT && u->type == UNIT_SERVICE &&
	       unit_bool(u, key);
}

int plan_make(struct manager *m, struct service *s, enum command_slot slot, unsigned int command,
	      struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(m, s->index)->unit;
	const struct command *cmd = plan_command(u, slot, command);
	bool isolated = plan_isolation(s) != ISOLATION_NONE;
	const struct unit_kind *kind = unit_kind_of(manager_node(m, s->index));
	struct spawn_plan *p = &plan->spawn;
	struct command privileged;
	int r;

	memset(p, 0, sizeof(*p));
	p->cgroup = p->join_pidfd = p->netns = p->host_netlink = -1;
	p->notify_from = p->idle = -1;
	memset(p->pod, -1, sizeof(p->pod));
	p->stdio[0] = p->stdio[1] = p->stdio[2] = -1;
	p->work_fd = plan->work_fd = -1;
	plan->std_from[0] = plan->std_from[1] = plan->std_from[2] = -1;
	plan->to_log = 0;
	plan->listen_names = NULL;
	if (!cmd && kind->plan)
		return kind->plan(m, manager_node(m, s->index), slot, plan, diag);
	if (!cmd)
		return diag_set(diag, DIAG_ERROR, EINVAL, "no such command");
	if (is_for_start_only(u, slot, K_PermissionsStartOnly)) {
		privileged = *cmd;
		privileged.flags |= COMMAND_FULL_PRIVILEGES;
		cmd = &privileged;
	}
	plan->host_root = is_for_start_only(u, slot, K_RootDirectoryStartOnly);
	p->ignore_sigpipe = unit_bool(u, K_IgnoreSIGPIPE);
	plan_namespaces(s, p);
	plan_privileges(u, cmd, p);
	plan_rlimits(u, plan);
	plan_process(u, p);
	plan_hostname(u, plan);
	r = plan_identity(s, cmd, plan, diag);
	if (r == 0)
		r = plan_users(s, cmd, plan, diag);
	if (r == 0)
		r = plan_attributes(u, cmd, plan, diag);
	if (r == 0)
		r = plan_filter(s, cmd, p, diag);
	if (r == 0)
		r = plan_directories(s, plan, diag);
	if (r == 0)
		r = plan_network(m, s, plan, diag);
	if (r == 0)
		r = plan_sysctl(s, plan, diag);
	/* systemd.service(5), "+": without the namespaces of the file system; an isolated one is joined. */
	if (r == 0 && (isolated || !(cmd->flags & COMMAND_FULL_PRIVILEGES)))
		r = plan_view(m, s, plan, diag);
	if (r == 0 && !(cmd->flags & COMMAND_FULL_PRIVILEGES))
		r = plan_landlock(u, plan, diag);
	if (r == 0)
		r = plan_handed(m, s, slot, plan, diag);
	if (r == 0)
		r = plan_credentials(s, plan, diag);
	if (r == 0)
		r = plan_stdio(s, slot, plan, diag);
	if (r == 0)
		r = plan_environment(m, s, slot, cmd, plan, diag);
	if (r == 0)
		r = plan_paths(u, cmd, plan) < 0 ? diag_set(diag, DIAG_ERROR, ENOMEM, "planning")
						 : 0;
	return r;
}

void plan_release(struct service_plan *plan)
{
	arena_free(&plan->arena);
}
