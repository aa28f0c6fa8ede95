/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "init/manager.h"
#include "init/notify.h"
#include "init/rootview.h"
#include "lib/str.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* What the service's own instances of /proc and /sys must not show or let write (PITFALLS 91). */
static const char *const masked[] = {
	"/proc/kcore",	     "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/sched_debug", "/proc/kmsg", "/proc/kallsyms",
};
static const char *const read_only[] = {
	"/proc/sys",	       "/proc/bus",  "/proc/fs",   "/proc/irq",
	"/proc/sysrq-trigger", "/proc/acpi", "/proc/scsi",
};

/*
 * Private file systems. One tmpfs for /tmp, /run and /dev/shm, since a tmpfs costs three times what
 * a bind mount does; the last bind hides its root, so that /tmp holds nothing but what is put
 * there. Sizes are bounds, not reservations; the pages are charged to the service's own cgroup
 * (PITFALLS 71, 100).
 */
static const struct mount_op private_mounts[] = {
	{ .kind = MOUNT_TMPFS, .target = "tmp", .data = "mode=755,size=50%,nr_inodes=100k" },
	{ .kind = MOUNT_OWN_DIR, .target = "tmp/run", .mode = 0755 },
	{ .kind = MOUNT_OWN_DIR, .target = "tmp/shm", .mode = 01777 },
	{ .kind = MOUNT_OWN_DIR, .target = "tmp/tmp", .mode = 01777 },
	{ .kind = MOUNT_MOVE_OWN, .source = "tmp/run", .target = "run" },
	{ .kind = MOUNT_MOVE_OWN, .source = "tmp/shm", .target = "dev/shm" },
	{ .kind = MOUNT_MOVE_OWN, .source = "tmp/tmp", .target = "tmp" },
	{ .kind = MOUNT_DEVPTS, .target = "dev/pts", .data = "ptmxmode=0666,mode=0620,gid=5" },
	{ .kind = MOUNT_PROC, .target = "proc" },
	{ .kind = MOUNT_SYSFS, .target = "sys" },
	{ .kind = MOUNT_CGROUP, .target = "sys/fs/cgroup", .optional = true },
};

void view_add(struct view *v, struct mount_op op)
{
	if (v->n == PLAN_MAX_MOUNTS)
		v->full = true;
	else
		v->plan->mounts[v->n++] = op;
}

/* Of two at one place the later one is seen: BindPaths= wins over TemporaryFileSystem=. */
void view_content(struct view *v, enum key key, struct mount_op op)
{
	struct mount_op *ops = v->plan->mounts;
	size_t at = v->n;

	op.tag = (uint16_t)key;
	view_add(v, op);
	if (v->full)
		return;
	for (; at > v->contents && strcmp(ops[at - 1].target, op.target) > 0; at--)
		ops[at] = ops[at - 1];
	ops[at] = op;
}

void view_rule(struct view *v, enum key key, const char *path, bool optional, uint8_t bits)
{
	v->has_rules |= bits & (RULE_READ_ONLY | RULE_NO_EXEC | RULE_HIDE);
	v->hides |= bits & RULE_HIDE;
	view_add(v, (struct mount_op){ .kind = MOUNT_RULE,
				       .target = path,
				       .rule = bits,
				       .optional = optional,
				       .tag = (uint16_t)key });
}

char *view_join(struct view *v, const char *base, const char *name)
{
	size_t size = strlen(base) + strlen(name) + 2;
	char *path = arena_alloc(&v->plan->arena, size);

	if (path)
		snprintf(path, size, "%s/%s", base, name);
	v->broken |= !path;
	return path;
}

static void add_kernel_masks(struct view *v)
{
	/* Which of them a kernel has does not change while it runs. */
	static int8_t has_masked[ARRAY_SIZE(masked)], has_read_only[ARRAY_SIZE(read_only)];

	/* With ProcSubset=pid there are none of them. */
	if (unit_u64(v->u, K_ProcSubset) || !unit_bool(v->u, K_ProtectKernelTunables))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		if (has_masked[i] == 0)
			has_masked[i] = rootview_has(masked[i]) ? 1 : -1;
		if (has_masked[i] > 0)
			view_add(v,
				 (struct mount_op){ .kind = MOUNT_MASK, .target = masked[i] + 1 });
	}
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (has_read_only[i] == 0)
			has_read_only[i] = rootview_has(read_only[i]) ? 1 : -1;
		if (has_read_only[i] > 0)
			view_add(v, (struct mount_op){ .kind = MOUNT_SELF_RO,
						       .target = read_only[i] + 1 });
	}
}

/* StateDirectory= and its kin are there and writable whatever lies around them. */
static void add_directories(struct view *v)
{
	for (size_t i = 0; i < v->plan->spawn.n_directories; i++) {
		const struct directory_op *d = &v->plan->spawn.directories[i];

		if (!d->not_shown)
			view_content(v, (enum key)d->tag,
				     (struct mount_op){ .kind = MOUNT_BIND,
							.source = d->path,
							.target = d->path + 1 });
	}
}

/*
 * RuntimeDirectory= in the private /run: it goes with the namespace, nothing is left to clean up.
 */
static int add_runtime(struct view *v, struct diag *diag)
{
	const struct unit *u = v->u;
	const struct strings *names = unit_list(u, K_RuntimeDirectory);

	if (names->n && unit_u64(u, K_RuntimeDirectoryPreserve) != PRESERVE_NO) {
		plan_place(diag, u, K_RuntimeDirectoryPreserve);
		return diag_set(diag, DIAG_ERROR, EOPNOTSUPP,
				"an isolated service has a /run of its own, which ends with it");
	}
	for (uint32_t i = 0; i < names->n; i++) {
		char *path = view_join(v, "run", names->v[i]);

		if (path)
			view_add(v, (struct mount_op){
					    .kind = MOUNT_OWN_DIR,
					    .target = path,
					    .mode = (uint16_t)unit_u64(u, K_RuntimeDirectoryMode),
					    .uid = v->plan->spawn.uid,
					    .gid = v->plan->spawn.gid });
	}
	return 0;
}

static void add_private_mounts(struct view *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(private_mounts); i++) {
		struct mount_op op = private_mounts[i];

		if (op.kind == MOUNT_PROC)
			op.data = view_proc_options(v->u);
		if (op.kind == MOUNT_SYSFS)
			op.mode = !unit_bool(v->u, K_ProtectKernelTunables);
		if (op.kind == MOUNT_CGROUP)
			op.mode = !unit_bool(v->u, K_ProtectControlGroups);
		view_add(v, op);
	}
	add_kernel_masks(v);
}

/* What an isolated service has of its own, at places that every root of ours has. */
static int add_isolated(struct view *v, const struct service *s, struct diag *diag)
{
	struct spawn_plan *p = &v->plan->spawn;
	int r = rootview_ensure(diag);

	if (r < 0)
		return r;
	p->root_kind = ROOT_PREPARED;
	p->root = ROOTVIEW_PATH;
	if (unit_u64(v->u, K_ProtectSystem) != PROTECT_SYSTEM_STRICT) {
		/* Somebody wants less than the profile gives: the host's own tree with the rest of it. */
		p->root_kind = ROOT_CLONED;
		p->root = CLONE_PATH;
		p->root_source = "/";
		view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
					       .source = ROOTVIEW_PATH "/dev",
					       .target = "dev" });
		view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
					       .source = HOSTS_PATH,
					       .target = "etc/hosts",
					       .optional = true });
	}
	add_private_mounts(v);
	if (s->notify.fd >= 0) {
		char *path = view_join(v, NOTIFY_DIR, v->u->id);

		view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
					       .source = path,
					       .target = NOTIFY_INNER + 1 });
	}
	return add_runtime(v, diag);
}

/* Without a profile: a namespace only if something asks for one, a root only if something changes it. */
static int choose_root(struct view *v, struct diag *diag)
{
	struct spawn_plan *p = &v->plan->spawn;

	if (v->n > 0 || unit_bool(v->u, K_PrivateMounts) ||
	    (unit_setting(v->u, K_MountFlags) &&
	     unit_u64(v->u, K_MountFlags) != PROPAGATION_SHARED))
		p->namespaces |= CLONE_NEWNS;
	if (v->n == 0)
		return 0;
	p->root_kind = ROOT_CLONED;
	p->root = CLONE_PATH;
	p->root_source = "/";
	return unit_bool(v->u, K_PrivateDevices) ? rootview_ensure(diag) : 0;
}

/* A "/" that becomes read-only leaves alone what the profile has put upon it. */
static void spare_private_mounts(struct view *v)
{
	static const char *const places[] = { "dev", "proc", "run", "sys", "tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(places) && v->isolated && v->has_rules; i++)
		view_rule(v, K_Isolation, places[i], true, RULE_STAYS_WRITABLE);
}

static void plan_propagation(const struct unit *u, struct spawn_plan *p)
{
	static const unsigned long flags[] = {
		[PROPAGATION_SHARED] = MS_SHARED,
		[PROPAGATION_SLAVE] = MS_SLAVE,
		[PROPAGATION_PRIVATE] = MS_PRIVATE,
	};

	if (unit_setting(u, K_MountFlags) && unit_u64(u, K_MountFlags) < ARRAY_SIZE(flags))
		p->propagation = flags[unit_u64(u, K_MountFlags)];
}

int plan_view(struct manager *m, struct service *s, struct service_plan *plan, struct diag *diag)
{
	struct spawn_plan *p = &plan->spawn;
	struct view v = {
		.plan = plan,
		.u = manager_node(m, s->index)->unit,
		.isolated = plan_isolation(s) != ISOLATION_NONE,
	};
	int r = v.isolated ? add_isolated(&v, s, diag) : 0;

	if (r < 0)
		return r;
	v.contents = v.n;
	view_protect_contents(&v);
	view_path_contents(&v);
	if (v.isolated)
		add_directories(&v);
	view_protect_rules(&v);
	view_path_rules(&v);
	spare_private_mounts(&v);
	plan_propagation(v.u, p);
	if (!v.isolated)
		r = choose_root(&v, diag);
	if (r == 0 && v.hides)
		r = rootview_hidden(diag);
	if (r == 0 && p->root_kind == ROOT_CLONED)
		r = rootview_clone_place(diag);
	if (r < 0)
		return r;
	if (v.broken)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	if (v.full)
		return diag_set(diag, DIAG_ERROR, E2BIG, "more than %d mounts", PLAN_MAX_MOUNTS);
	p->mounts = plan->mounts;
	p->n_mounts = v.n;
	return 0;
}
