/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/filters.h"
#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "sandbox/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/personality.h>

/* musl leaves out what POSIX does not know. */
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

static const enum sandbox_keyring keyrings[] = {
	[KEYRING_INHERIT] = KEYRING_KEEP,
	[KEYRING_PRIVATE] = KEYRING_OWN,
	[KEYRING_SHARED] = KEYRING_OF_USER,
};

#define CAP_BIT(cap) (1ULL << (cap))

/* systemd.exec(5): what each of these takes out of the bounding set. */
static const struct {
	enum key key;
	uint64_t capabilities;
} takers[] = {
	{ K_ProtectClock, CAP_BIT(CAP_SYS_TIME) | CAP_BIT(CAP_WAKE_ALARM) },
	{ K_ProtectKernelModules, CAP_BIT(CAP_SYS_MODULE) },
	{ K_ProtectKernelLogs, CAP_BIT(CAP_SYSLOG) },
	{ K_PrivateDevices, CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_SYS_RAWIO) },
};

void plan_privileges(const struct unit *u, const struct command *cmd, struct spawn_plan *p)
{
	bool written = unit_setting(u, K_CapabilityBoundingSet) != NULL;

	p->keyring = (uint8_t)keyrings[unit_u64(u, K_KeyringMode)];
	if (cmd->flags & COMMAND_FULL_PRIVILEGES)
		return;
	if (!(cmd->flags & COMMAND_NO_SETUID))
		p->ambient = unit_u64(u, K_AmbientCapabilities);
	p->bounding = unit_u64(u, K_CapabilityBoundingSet);
	/* What is given by name is not taken away by a profile's default. */
	if (!written)
		p->bounding |= p->ambient;
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
		/* A default takes nothing away from what the unit itself lists. */
		if (unit_bool(u, takers[i].key) && (!written || unit_setting(u, takers[i].key)))
			p->bounding &= ~takers[i].capabilities;
	}
	p->drop_capabilities = p->bounding != key_info(K_CapabilityBoundingSet)->def;
	p->no_new_privs = unit_bool(u, K_NoNewPrivileges);
}

/*
 * After the identity. seccomp(2) wants CAP_SYS_ADMIN or no_new_privs: where the one is gone by then
 * the other comes with the filter, as systemd.exec(5) NoNewPrivileges= says.
 */
int plan_filter(struct service *s, const struct command *cmd, struct spawn_plan *p,
		struct diag *diag)
{
	int r;

	if (cmd->flags & COMMAND_FULL_PRIVILEGES)
		return 0;
	r = filters_program(s, &p->filter, diag);
	if (r == 0 && p->filter &&
	    ((p->set_user && p->uid != 0) || !(p->bounding & CAP_BIT(CAP_SYS_ADMIN))))
		p->no_new_privs = true;
	return r;
}

/* systemd.exec(5): a realtime policy without CPUSchedulingPriority= runs at the lowest one. */
static void plan_scheduler(const struct unit *u, struct attributes *a)
{
	bool realtime;

	if (!unit_setting(u, K_CPUSchedulingPolicy) && !unit_setting(u, K_CPUSchedulingPriority) &&
	    !unit_setting(u, K_CPUSchedulingResetOnFork))
		return;
	a->set |= ATTRIBUTE_SCHEDULER;
	a->policy = (int)unit_u64(u, K_CPUSchedulingPolicy);
	realtime = a->policy == SCHED_FIFO || a->policy == SCHED_RR;
	a->priority = (int)unit_u64(u, K_CPUSchedulingPriority);
	if (realtime && a->priority == 0)
		a->priority = 1;
	if (unit_bool(u, K_CPUSchedulingResetOnFork))
		a->policy |= SCHED_RESET_ON_FORK;
}

static void plan_ioprio(const struct unit *u, struct attributes *a)
{
	int class = (int)unit_u64(u, K_IOSchedulingClass);
	int data = (int)unit_u64(u, K_IOSchedulingPriority);

	if (!unit_setting(u, K_IOSchedulingClass) && !unit_setting(u, K_IOSchedulingPriority))
		return;
	a->set |= ATTRIBUTE_IOPRIO;
	/* ioprio_set(2): the classes without levels want none. */
	if (class == IOPRIO_CLASS_NONE || class == IOPRIO_CLASS_IDLE)
		data = 0;
	a->ioprio = class << IOPRIO_CLASS_SHIFT | data;
}

/* A file of /sys with "0-3,8" as a set; it is empty if there is none. */
static struct cpu_set_value read_set(const char *path)
{
	char text[1024], *at = text;
	ssize_t n = fd_read_file_at(AT_FDCWD, path, text, sizeof(text));
	struct cpu_set_value set = { 0 };

	while (n > 0 && *at >= '0' && *at <= '9') {
		unsigned long first = strtoul(at, &at, 10), last = first;

		if (*at == '-')
			last = strtoul(at + 1, &at, 10);
		for (; first <= last && first < CPU_SET_MAX; first++)
			set.bits[first / 64] |= (uint64_t)1 << first % 64;
		at += *at == ',';
	}
	return set;
}

/* set_mempolicy(2) refuses nodes that cannot exist: "all" means those that are there. */
static void clip_to_present(uint64_t nodes[CPU_SET_MAX / 64])
{
	struct cpu_set_value present = read_set("/sys/devices/system/node/has_memory");

	for (size_t i = 0; i < ARRAY_SIZE(present.bits); i++)
		nodes[i] &= present.bits[i];
}

/* CPUAffinity=numa */
static int cpus_of_nodes(const struct unit *u, uint64_t *cpus, struct diag *diag)
{
	const struct setting *mask = unit_setting(u, K_NUMAMask);
	struct cpu_set_value nodes = { 0 }, online = read_set("/sys/devices/system/node/online");
	char path[64];

	if (mask)
		nodes = *(const struct cpu_set_value *)mask->value.p;
	for (unsigned int i = 0; i < CPU_SET_MAX; i++) {
		if (!cpu_set_has(&nodes, i) || !cpu_set_has(&online, i))
			continue;
		struct strbuf b = STRBUF_INIT(path);

		strbuf_printf(&b, "/sys/devices/system/node/node%u/cpulist", i);
		struct cpu_set_value set = read_set(path);

		for (size_t k = 0; k < ARRAY_SIZE(set.bits); k++)
			cpus[k] |= set.bits[k];
	}
	if (mask)
		return 0;
	plan_place(diag, u, K_CPUAffinity);
	return diag_set(diag, DIAG_ERROR, EINVAL, "numa needs NUMAMask=");
}

static int plan_numa(const struct unit *u, struct service_plan *plan, struct attributes *a)
{
	const struct setting *mask = unit_setting(u, K_NUMAMask);

	if (!unit_setting(u, K_NUMAPolicy))
		return 0;
	a->set |= ATTRIBUTE_NUMA;
	a->numa_policy = (int)unit_u64(u, K_NUMAPolicy);
	if (!mask || a->numa_policy == MPOL_DEFAULT || a->numa_policy == MPOL_LOCAL)
		return 0;
	const struct cpu_set_value *wanted = mask->value.p;
	uint64_t *nodes = arena_memdup(&plan->arena, wanted->bits, sizeof(wanted->bits));

	if (!nodes)
		return -ENOMEM;
	if (cpu_set_has(wanted, CPU_SET_MAX - 1))
		clip_to_present(nodes);
	a->numa_nodes = nodes;
	a->numa_bits = CPU_SET_MAX;
	return 0;
}

static void plan_simple(const struct unit *u, struct attributes *a)
{
	static const struct {
		enum key key;
		enum attribute bit;
	} simple[] = {
		{ K_TimerSlackNSec, ATTRIBUTE_TIMER_SLACK },
		{ K_Personality, ATTRIBUTE_PERSONALITY },
		{ K_CoredumpFilter, ATTRIBUTE_COREDUMP },
		{ K_SecureBits, ATTRIBUTE_SECURE_BITS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(simple); i++) {
		if (unit_setting(u, simple[i].key))
			a->set |= simple[i].bit;
	}
	a->timer_slack = unit_u64(u, K_TimerSlackNSec);
	a->personality = unit_u64(u, K_Personality);
	a->coredump_filter = unit_u64(u, K_CoredumpFilter);
	a->secure_bits = unit_u64(u, K_SecureBits);
}

static bool is_empty(const struct cpu_set_value *set)
{
	static const struct cpu_set_value none;

	return memcmp(set, &none, sizeof(none)) == 0;
}

int plan_attributes(const struct unit *u, const struct command *cmd, struct service_plan *plan,
		    struct diag *diag)
{
	const struct setting *affinity = unit_setting(u, K_CPUAffinity);
	struct attributes a = { 0 };
	int r;

	plan_scheduler(u, &a);
	plan_ioprio(u, &a);
	plan_simple(u, &a);
	if (affinity) {
		const struct cpu_set_value *cpus = affinity->value.p;

		a.set |= ATTRIBUTE_AFFINITY;
		uint64_t *bits = arena_memdup(&plan->arena, cpus->bits, sizeof(cpus->bits));

		a.affinity = bits;
		a.affinity_size = sizeof(cpus->bits);
		if (!a.affinity)
			return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
		if (is_empty(cpus)) {
			r = cpus_of_nodes(u, bits, diag);
			if (r < 0)
				return r;
		}
	}
	r = plan_numa(u, plan, &a);
	if (cmd->flags & COMMAND_FULL_PRIVILEGES)
		a.set &= ~(unsigned int)ATTRIBUTE_SECURE_BITS;
	if (r == 0 && a.set) {
		plan->spawn.attributes = arena_memdup(&plan->arena, &a, sizeof(a));
		r = plan->spawn.attributes ? 0 : -ENOMEM;
	}
	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "planning") : 0;
}
