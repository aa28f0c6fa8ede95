/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "init/network.h"
#include "init/notify.h"
#include "init/rootview.h"
#include "lib/str.h"
#include "netcfg/apply.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

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

/* PrivateTmp=yes without a root view. */
static const struct mount_op private_tmp[] = {
	{ .kind = MOUNT_TMPFS, .target = "tmp", .data = "mode=1777,size=50%,nr_inodes=100k" },
	{ .kind = MOUNT_TMPFS,
	  .target = "var/tmp",
	  .data = "mode=1777,size=50%,nr_inodes=100k",
	  .optional = true },
};

struct view {
	struct service_plan *plan;
	size_t n;
	bool full;
};

static void add(struct view *v, struct mount_op op)
{
	if (v->n == PLAN_MAX_MOUNTS)
		v->full = true;
	else
		v->plan->mounts[v->n++] = op;
}

static void add_kernel_masks(struct view *v)
{
	/* Which of them a kernel has does not change while it runs. */
	static int8_t has_masked[ARRAY_SIZE(masked)], has_read_only[ARRAY_SIZE(read_only)];

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		if (has_masked[i] == 0)
			has_masked[i] = rootview_has(masked[i]) ? 1 : -1;
		if (has_masked[i] > 0)
			add(v, (struct mount_op){ .kind = MOUNT_MASK, .target = masked[i] + 1 });
	}
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		if (has_read_only[i] == 0)
			has_read_only[i] = rootview_has(read_only[i]) ? 1 : -1;
		if (has_read_only[i] > 0)
			add(v,
			    (struct mount_op){ .kind = MOUNT_SELF_RO, .target = read_only[i] + 1 });
	}
}

static void add_writable(struct view *v, const struct unit *u)
{
	const struct strings *paths = unit_list(u, K_ReadWritePaths);

	for (uint32_t i = 0; i < paths->n; i++) {
		const char *path = paths->v[i];
		bool optional = *path == '-';

		path += strspn(path, "-+");
		add(v, (struct mount_op){ .kind = MOUNT_BIND,
					  .source = path,
					  .target = path + 1,
					  .optional = optional });
	}
	for (size_t i = 0; i < v->plan->spawn.n_directories; i++) {
		const char *path = v->plan->spawn.directories[i].path;

		add(v, (struct mount_op){ .kind = MOUNT_BIND, .source = path, .target = path + 1 });
	}
}

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

/*
 * RuntimeDirectory= in the private /run: it goes with the namespace, nothing is left to clean up.
 */
static int add_runtime(struct view *v, const struct unit *u, struct diag *diag)
{
	const struct strings *names = unit_list(u, K_RuntimeDirectory);

	if (names->n && unit_u64(u, K_RuntimeDirectoryPreserve) != PRESERVE_NO) {
		plan_place(diag, u, K_RuntimeDirectoryPreserve);
		return diag_set(diag, DIAG_ERROR, EOPNOTSUPP,
				"an isolated service has a /run of its own, which ends with it");
	}
	for (uint32_t i = 0; i < names->n; i++) {
		char *path = join(&v->plan->arena, "run", names->v[i]);

		if (!path)
			return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
		add(v, (struct mount_op){ .kind = MOUNT_OWN_DIR,
					  .target = path,
					  .mode = (uint16_t)unit_u64(u, K_RuntimeDirectoryMode),
					  .uid = v->plan->spawn.uid,
					  .gid = v->plan->spawn.gid });
	}
	return 0;
}

static int add_isolated(struct view *v, struct service *s, const struct unit *u, struct diag *diag)
{
	struct spawn_plan *p = &v->plan->spawn;
	int r = rootview_ensure(diag);

	if (r < 0)
		return r;
	p->root = ROOTVIEW_PATH;
	for (size_t i = 0; i < ARRAY_SIZE(private_mounts); i++)
		add(v, private_mounts[i]);
	add_kernel_masks(v);
	add_writable(v, u);
	if (s->notify.fd >= 0) {
		char *path = join(&v->plan->arena, NOTIFY_DIR, u->id);

		if (!path)
			return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
		add(v, (struct mount_op){ .kind = MOUNT_BIND_FILE,
					  .source = path,
					  .target = NOTIFY_INNER + 1 });
	}
	return add_runtime(v, u, diag);
}

_Static_assert(SPAWN_TEXT >= NET_TEXT, "what netcfg says has to fit the report");

static int run_loopback(const void *spec, int host_netlink, char text[SPAWN_TEXT])
{
	(void)spec;
	(void)host_netlink;
	str_copy(text, SPAWN_TEXT, "loopback up");
	return net_child_loopback();
}

static int run_veth(const void *spec, int host_netlink, char text[SPAWN_TEXT])
{
	return net_child_setup(spec, host_netlink, text);
}

static int plan_network(struct manager *m, struct service *s, struct service_plan *plan,
			struct diag *diag)
{
	struct spawn_plan *p = &plan->spawn;
	const struct unit *u = manager_node(m, s->index)->unit;

	if (!(p->namespaces & CLONE_NEWNET))
		return 0;
	if (!plan_wants_veth(s)) {
		p->network = run_loopback;
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

int plan_view(struct manager *m, struct service *s, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(m, s->index)->unit;
	struct spawn_plan *p = &plan->spawn;
	struct view v = { .plan = plan };
	int r = plan_network(m, s, plan, diag);

	if (r < 0)
		return r;
	if (plan_isolation(s) != ISOLATION_NONE) {
		r = add_isolated(&v, s, u, diag);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(private_tmp) && unit_bool(u, K_PrivateTmp); i++)
			add(&v, private_tmp[i]);
	}
	if (r < 0)
		return r;
	if (v.full)
		return diag_set(diag, DIAG_ERROR, E2BIG, "more than %d mounts", PLAN_MAX_MOUNTS);
	p->mounts = plan->mounts;
	p->n_mounts = v.n;
	return 0;
}
