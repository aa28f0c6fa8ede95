/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/view.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

/* Written in the unit, they are what Landlock= auto is for. */
static const enum key path_keys[] = { K_ReadOnlyPaths, K_ReadWritePaths, K_InaccessiblePaths,
				      K_NoExecPaths,   K_ExecPaths,	 K_ProtectSystem };

/* Does not change while the kernel runs. */
static int kernel_abi(void)
{
	static int abi = -1;

	if (abi < 0)
		abi = landlock_abi();
	return abi;
}

int plan_landlock_abi(void)
{
	return kernel_abi();
}

static bool is_root(const char *path)
{
	return path[0] == '\0' || str_eq(path, "/");
}

static bool root_has(const struct spawn_plan *p, uint8_t rule)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct mount_op *op = &p->mounts[i];

		if (op->kind == MOUNT_RULE && is_root(op->target) && (op->rule & rule))
			return true;
	}
	return false;
}

/*
 * Where the mounts may leave something writable: rather one place too many. The service must not be
 * denied by this wall what the first one allows.
 */
static bool may_be_writable(const struct mount_op *op)
{
	switch ((enum mount_kind)op->kind) {
	case MOUNT_TMPFS:
	case MOUNT_PROC:
	case MOUNT_SYSFS:
	case MOUNT_CGROUP:
	case MOUNT_DEVPTS:
	case MOUNT_MOVE_OWN:
	case MOUNT_DEV:
	case MOUNT_IMAGE:
	case MOUNT_MQUEUE: return true;
	case MOUNT_BIND:
	case MOUNT_BIND_ALONE: return !view_shows_read_only(op->tag);
	case MOUNT_RULE: return op->rule & (RULE_WRITABLE | RULE_STAYS_WRITABLE);
	case MOUNT_HOST:
	case MOUNT_MASK:
	case MOUNT_SELF_RO:
	case MOUNT_OWN_DIR:
	case MOUNT_OVERLAY:
	case MOUNT_OWN_FILE: break;
	}
	return false;
}

static bool may_be_executed(const struct mount_op *op)
{
	return op->kind == MOUNT_RULE && (op->rule & RULE_EXEC);
}

/* "dev/shm" lies in "dev". */
static bool is_covered(const char *const *v, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i]);

		if (!strncmp(path, v[i], len) && (path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

static size_t collect(const struct spawn_plan *p, bool (*fits)(const struct mount_op *op),
		      const char **out, size_t n)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		const char *path = p->mounts[i].target;

		path += path[0] == '/';
		if (fits(&p->mounts[i]) && !is_covered(out, n, path))
			out[n++] = path;
	}
	return n;
}

static int fill(struct service_plan *plan, bool writes, bool execs)
{
	struct spawn_plan *p = &plan->spawn;
	struct landlock_rules *l = arena_alloc(&plan->arena, sizeof(*l));
	const char **v = arena_alloc(&plan->arena, 2 * (p->n_mounts + 1) * sizeof(const char *));

	if (!l || !v)
		return -ENOMEM;
	*l = (struct landlock_rules){ .writes = writes, .execs = execs };
	/* Devices are written to wherever their nodes are. */
	v[0] = "dev";
	l->write = v;
	l->n_write = collect(p, may_be_writable, v, 1);
	l->exec = v + l->n_write;
	l->n_exec = collect(p, may_be_executed, v + l->n_write, 0);
	p->landlock = l;
	return 0;
}

static bool is_wanted(const struct unit *u, const struct spawn_plan *p)
{
	if (unit_u64(u, K_Isolation) == ISOLATION_NONE || !p->no_new_privs)
		return false;
	if (unit_u64(u, K_Isolation) == ISOLATION_FULL)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(path_keys); i++) {
		if (unit_setting(u, path_keys[i]))
			return true;
	}
	return false;
}

static void tell_once(void)
{
	static bool told;

	if (!told)
		log_notice("the kernel has Landlock ABI %d, %d is needed: path rules are held by "
			   "mounts alone",
			   kernel_abi(), LANDLOCK_ABI);
	told = true;
}

static int refuse(const struct unit *u, int err, const char *why, struct diag *diag)
{
	plan_place(diag, u, K_Landlock);
	return diag_set(diag, DIAG_ERROR, err, "%s", why);
}

int plan_landlock(const struct unit *u, struct service_plan *plan, struct diag *diag)
{
	const struct spawn_plan *p = &plan->spawn;
	enum landlock_mode mode = (enum landlock_mode)unit_u64(u, K_Landlock);

	if (mode == LANDLOCK_NO || (mode == LANDLOCK_AUTO && !is_wanted(u, p)))
		return 0;
	bool writes =
		p->root_kind == ROOT_PREPARED || p->root_read_only || root_has(p, RULE_READ_ONLY);
	bool execs = root_has(p, RULE_NO_EXEC);

	if (mode == LANDLOCK_AUTO && !writes && !execs)
		return 0;
	if (!writes && !execs)
		return refuse(u, 0,
			      "there is nothing that it could hold: neither is the whole root "
			      "read-only (ProtectSystem=strict) nor NoExecPaths=/",
			      diag);
	if (mode == LANDLOCK_YES && !p->no_new_privs)
		return refuse(u, 0, "needs NoNewPrivileges=yes", diag);
	if (kernel_abi() < LANDLOCK_ABI && mode == LANDLOCK_YES)
		return refuse(u, EOPNOTSUPP,
			      "needs Linux 5.19 with CONFIG_SECURITY_LANDLOCK and landlock in lsm=",
			      diag);
	if (kernel_abi() < LANDLOCK_ABI) {
		tell_once();
		return 0;
	}
	int r = fill(plan, writes, execs);

	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "planning") : 0;
}
