/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "init/manager.h"
#include "init/modules.h"
#include "init/notify.h"
#include "init/rootview.h"
#include "lib/str.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* What the service's own instances of /proc and /sys must not show or let write (PITFALLS 91). */
static const char *const masked[] = {
	"/proc/kcore",	     "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/sched_debug", "/proc/kmsg", "/proc/kallsyms",
};
/* Likewise folders: covered by an empty one of the prepared /dev, which is read-only. */
static const char *const emptied[] = { "/sys/firmware" };
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
static const struct mount_op private_tmpfs = { .kind = MOUNT_TMPFS,
					       .target = "tmp",
					       .data = "mode=755,size=50%,nr_inodes=100k" };
static const struct mount_op private_mounts[] = {
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

#define PRIVATE_TMP 3 /* of them are before the tmpfs is covered */

/* The same upon a root that somebody else has made: nothing is known of its paths, so they are resolved. */
static const struct mount_op foreign_mounts[] = {
	{ .kind = MOUNT_BIND, .source = ROOTVIEW_PATH "/dev", .target = "dev" },
	{ .kind = MOUNT_DEVPTS, .target = "dev/pts", .data = "ptmxmode=0666,mode=0620,gid=5" },
	{ .kind = MOUNT_TMPFS, .target = "dev/shm", .data = "mode=1777,size=50%,nr_inodes=100k" },
	{ .kind = MOUNT_TMPFS, .target = "tmp", .data = "mode=1777,size=50%,nr_inodes=100k" },
	{ .kind = MOUNT_TMPFS, .target = "run", .data = "mode=755,size=50%,nr_inodes=100k" },
	{ .kind = MOUNT_PROC, .target = "proc" },
	{ .kind = MOUNT_SYSFS, .target = "sys" },
	{ .kind = MOUNT_CGROUP, .target = "sys/fs/cgroup", .optional = true },
};

/* MountAPIVFS=: what any root needs; a service without a profile has the host's. */
static const struct mount_op api_mounts[] = {
	{ .kind = MOUNT_BIND, .source = "/dev", .target = "dev" },
	{ .kind = MOUNT_PROC, .target = "proc" },
	{ .kind = MOUNT_BIND, .source = "/sys", .target = "sys" },
	{ .kind = MOUNT_TMPFS, .target = "run", .data = "mode=755,size=20%,nr_inodes=100k" },
};

static void add_kernel_masks(struct view *v)
{
	/* Which of them a kernel has does not change while it runs. */
	static int8_t has_masked[ARRAY_SIZE(masked)], has_read_only[ARRAY_SIZE(read_only)];
	static int8_t has_emptied[ARRAY_SIZE(emptied)];

	if (!unit_bool(v->u, K_ProtectKernelTunables))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(emptied); i++) {
		if (has_emptied[i] == 0)
			has_emptied[i] = rootview_has(emptied[i]) ? 1 : -1;
		if (has_emptied[i] > 0)
			view_add(v, (struct mount_op){ .kind = MOUNT_MOVE_OWN,
						       .source = "dev/mqueue",
						       .target = emptied[i] + 1 });
		if (has_emptied[i] > 0 && view_adds_devices(v->u)) /* /dev is not read-only then */
			view_add(v, (struct mount_op){ .kind = MOUNT_SELF_RO,
						       .target = emptied[i] + 1 });
	}
	/* With ProcSubset=pid there are none of the rest. */
	if (unit_u64(v->u, K_ProcSubset))
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

/*
 * RuntimeDirectory= in the private /run: it goes with the namespace, nothing is left to clean up.
 */
static int add_runtime(struct view *v, struct diag *diag)
{
	const struct unit *u = v->u;
	const struct strings *names = unit_list(u, K_RuntimeDirectory);

	/* What outlives the run is in the host's /run, and bound into this one. */
	if (unit_u64(u, K_RuntimeDirectoryPreserve) != PRESERVE_NO)
		return 0;
	for (uint32_t i = 0; i < names->n; i++) {
		char *path = view_join(v, "run", names->v[i]);
		char *link = path ? strchr(path, ':') : NULL;

		if (link)
			*link++ = '\0';
		if (link && v->own_root) {
			plan_place(diag, u, K_RuntimeDirectory);
			return diag_set(diag, DIAG_ERROR, EOPNOTSUPP,
					"a second name in /run of a root of its own");
		}
		if (path)
			view_add(v, (struct mount_op){
					    .kind = MOUNT_OWN_DIR,
					    .made = v->own_root,
					    .target = path,
					    .mode = (uint16_t)unit_u64(u, K_RuntimeDirectoryMode),
					    .uid = v->plan->spawn.id_base + v->plan->spawn.uid,
					    .gid = v->plan->spawn.id_base + v->plan->spawn.gid });
		if (link)
			link = view_join(v, "run", link);
		if (link) {
			view_add(v, (struct mount_op){
					    .kind = MOUNT_OWN_DIR, .target = link, .mode = 0755 });
			view_add(v, (struct mount_op){ .kind = MOUNT_MOVE_OWN,
						       .source = path,
						       .target = link });
		}
	}
	return 0;
}

static void add_mounts(struct view *v, const struct mount_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct mount_op op = ops[i];

		if (ops == foreign_mounts && i == 0 && view_adds_devices(v->u))
			op = view_own_dev(v);
		if (op.kind == MOUNT_PROC)
			op.data = view_proc_options(v->u);
		if (op.kind == MOUNT_SYSFS)
			op.mode = !unit_bool(v->u, K_ProtectKernelTunables);
		if (op.kind == MOUNT_CGROUP)
			op.mode = !unit_bool(v->u, K_ProtectControlGroups);
		if (op.kind == MOUNT_OWN_DIR)
			op.uid = op.gid = v->plan->spawn.id_base;
		op.made = v->own_root;
		op.tag = (uint16_t)v->own_root;
		view_add(v, op);
	}
}

/* Peers by name, where there is a file for that. */
static void add_hosts(struct view *v)
{
	view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
				       .source = HOSTS_PATH,
				       .target = "etc/hosts",
				       .optional = true });
}

static void add_notify(struct view *v, const struct service *s, const char *target)
{
	char *path = service_has(s)->notify.fd >= 0 ? view_join(v, NOTIFY_DIR, v->u->id) : NULL;

	if (path)
		view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
					       .made = true,
					       .source = path,
					       .target = (target ? target : path) + 1 });
}

/*
 * DynamicUser=: the host's /etc/passwd and /etc/group with a line for the user, which nothing else
 * knows of: berth has no NSS module, and static programs could not load one.
 */
static void add_names(struct view *v)
{
	static const char *const files[][2] = {
		/* of the view, in the tmpfs */
		{ "etc/passwd", "tmp/passwd" },
		{ "etc/group", "tmp/group" },
	};
	const struct spawn_plan *p = &v->plan->spawn;
	char text[160];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct strbuf b = STRBUF_INIT(text);

		strbuf_printf(&b, "%s:x:%u:", v->plan->user, i == 0 ? p->uid : p->gid);
		if (i == 0)
			strbuf_printf(&b, "%u::/:/sbin/nologin", p->gid);
		strbuf_put(&b, "\n");
		const char *line = arena_strdup(&v->plan->arena, text);

		v->broken |= !line;
		view_add(v, (struct mount_op){ .kind = MOUNT_OWN_FILE,
					       .source = files[i][0],
					       .target = files[i][1],
					       .data = line });
		view_add(v, (struct mount_op){ .kind = MOUNT_BIND,
					       .source = view_join(v, p->root, files[i][1]),
					       .target = files[i][0],
					       .optional = true });
	}
}

/* What an isolated service has of its own. */
static int add_isolated(struct view *v, const struct service *s, struct diag *diag)
{
	struct spawn_plan *p = &v->plan->spawn;

	if (v->own_root) {
		add_mounts(v, foreign_mounts, ARRAY_SIZE(foreign_mounts));
		add_hosts(v);
	} else if (!v->declared && unit_u64(v->u, K_ProtectSystem) != PROTECT_SYSTEM_STRICT) {
		/* Somebody wants less than the profile gives: the host's own tree with the rest of it. */
		p->root_kind = ROOT_CLONED;
		p->root = CLONE_PATH;
		p->root_source = "/";
		add_mounts(v, foreign_mounts, 1);
		add_hosts(v);
		add_mounts(v, &private_tmpfs, 1);
		add_mounts(v, private_mounts, ARRAY_SIZE(private_mounts));
		add_kernel_masks(v);
	} else {
		if (v->declared) {
			view_empty_system(v);
		} else {
			p->root_kind = ROOT_PREPARED;
			p->root = ROOTVIEW_PATH;
			add_mounts(v, &private_tmpfs, 1);
		}
		if (view_adds_devices(v->u))
			view_add(v, view_own_dev(v));
		add_mounts(v, private_mounts, PRIVATE_TMP);
		if (v->plan->dynamic)
			add_names(v);
		add_mounts(v, private_mounts + PRIVATE_TMP,
			   ARRAY_SIZE(private_mounts) - PRIVATE_TMP);
		add_kernel_masks(v);
	}
	add_notify(v, s, NOTIFY_INNER);
	return add_runtime(v, diag);
}

/* RootDirectory=, Rootfs=, RootImage= */
static void find_own_root(struct view *v)
{
	const char *directory = unit_str(v->u, K_RootDirectory);
	const char *image = unit_str(v->u, K_RootImage), *rootfs = unit_str(v->u, K_Rootfs);
	struct spawn_plan *p = &v->plan->spawn;

	if (v->plan->host_root)
		return;
	if (image) {
		v->own_root = K_RootImage;
		p->root_kind = ROOT_IMAGE;
		p->root_source = image;
		p->load_modules = modules_load_here;
		p->root_hash = unit_str(v->u, K_RootHash);
		p->root_signature = unit_str(v->u, K_RootHashSignature);
		p->root_verity = unit_str(v->u, K_RootVerity);
		p->root_options = unit_str(v->u, K_RootImageOptions);
		if (p->root_options && str_starts(p->root_options, "root:"))
			p->root_options += strlen("root:");
	} else if (rootfs || (directory && !str_eq(directory, "/"))) {
		v->own_root = rootfs ? K_Rootfs : K_RootDirectory;
		p->root_kind = ROOT_CLONED;
		p->root_source = rootfs ? rootfs : directory;
		p->root_bundle = rootfs != NULL;
	}
	if (!v->own_root)
		return;
	p->root = CLONE_PATH;
	p->root_tag = (uint16_t)v->own_root;
	p->namespaces |= CLONE_NEWNS;
}

int view_root(struct view *v, const struct service *s, struct diag *diag)
{
	int r;

	find_own_root(v);
	r = view_empty_root(v, diag);
	if (r < 0)
		return r;
	if (v->isolated)
		return add_isolated(v, s, diag);
	if (!v->own_root)
		return 0;
	/* systemd.exec(5), MountAPIVFS=: with a root of its own, not an empty one, it is on unless it is written. */
	if (unit_setting(v->u, K_MountAPIVFS) ? unit_bool(v->u, K_MountAPIVFS)
					      : v->own_root != K_TemporaryFileSystem) {
		add_mounts(v, api_mounts, ARRAY_SIZE(api_mounts));
		add_notify(v, s, NULL);
	}
	return 0;
}
