/* SPDX-License-Identifier: MIT */
#include "init/rootview.h"
#include "init/view.h"

#include "lib/str.h"

#include <string.h>
#include <sys/mount.h>

/*
 * The directives that name no path: what each means is listed in systemd.exec(5), and where that is
 * vague, by what systemd 252 does. Paths that are not there need no protection.
 */
struct row {
	const char *path;
	uint8_t bits;
};

static const struct row system_yes[] = {
	{ "usr", RULE_READ_ONLY },
	{ "boot", RULE_READ_ONLY },
	{ "efi", RULE_READ_ONLY },
};
static const struct row system_full[] = { { "etc", RULE_READ_ONLY } };
/* Everything but the kernel's own file systems and what ProtectHome= is for. */
static const struct row system_strict[] = {
	{ "", RULE_READ_ONLY },
	{ "proc", RULE_STAYS_WRITABLE },
	{ "sys", RULE_STAYS_WRITABLE },
	{ "dev", RULE_STAYS_WRITABLE },
	{ "home", RULE_STAYS_WRITABLE },
	{ "root", RULE_STAYS_WRITABLE },
	{ "run/user", RULE_STAYS_WRITABLE },
};
static const char *const homes[] = { "home", "root", "run/user" };
static const struct row tunables[] = {
	{ "proc/acpi", RULE_READ_ONLY },
	{ "proc/apm", RULE_READ_ONLY },
	{ "proc/asound", RULE_READ_ONLY },
	{ "proc/bus", RULE_READ_ONLY },
	{ "proc/fs", RULE_READ_ONLY },
	{ "proc/irq", RULE_READ_ONLY },
	{ "proc/kallsyms", RULE_HIDE },
	{ "proc/kcore", RULE_HIDE },
	{ "proc/latency_stats", RULE_READ_ONLY },
	{ "proc/mtrr", RULE_READ_ONLY },
	{ "proc/scsi", RULE_READ_ONLY },
	{ "proc/sys", RULE_READ_ONLY },
	{ "proc/sysrq-trigger", RULE_READ_ONLY },
	{ "proc/timer_stats", RULE_READ_ONLY },
	{ "sys", RULE_READ_ONLY },
	/* ProtectControlGroups= is for this */
	{ "sys/fs/cgroup", RULE_STAYS_WRITABLE },
	{ "sys/fs/selinux", RULE_STAYS_WRITABLE },
};
#define TUNABLES_IN_SYS 3
/* The same for a procfs of one's own, beside those above. */
static const struct row private_proc[] = {
	{ "proc/keys", RULE_HIDE },
	{ "proc/kmsg", RULE_HIDE },
	{ "proc/latency_stats", RULE_HIDE },
	{ "proc/sched_debug", RULE_HIDE },
	{ "proc/timer_list", RULE_HIDE },
	{ "sys/firmware", RULE_HIDE },
	{ "sys/devices/virtual/powercap", RULE_HIDE },
};
static const struct row control_groups[] = { { "sys/fs/cgroup", RULE_READ_ONLY } };
static const struct row kernel_modules[] = {
	{ "lib/modules", RULE_HIDE },
	{ "usr/lib/modules", RULE_HIDE },
};
static const struct row kernel_logs[] = {
	{ "proc/kmsg", RULE_HIDE },
	{ "dev/kmsg", RULE_HIDE },
};
static const struct row hostname[] = {
	{ "proc/sys/kernel/hostname", RULE_READ_ONLY },
	{ "proc/sys/kernel/domainname", RULE_READ_ONLY },
};

static void add_rows(struct view *v, enum key key, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		view_rule(v, key, rows[i].path, true, rows[i].bits);
}

static void add_system_rules(struct view *v)
{
	uint64_t level = unit_u64(v->u, K_ProtectSystem);

	/* It is read-only as it comes (view_empty.c). */
	if (v->declared)
		return;
	if (level == PROTECT_SYSTEM_YES || level == PROTECT_SYSTEM_FULL)
		add_rows(v, K_ProtectSystem, system_yes, ARRAY_SIZE(system_yes));
	if (level == PROTECT_SYSTEM_FULL)
		add_rows(v, K_ProtectSystem, system_full, ARRAY_SIZE(system_full));
	/* The profile's root is read-only from the outset, homes included. */
	if (level == PROTECT_SYSTEM_STRICT && v->plan->spawn.root_kind != ROOT_PREPARED)
		add_rows(v, K_ProtectSystem, system_strict,
			 v->isolated ? 1 : ARRAY_SIZE(system_strict));
}

static void add_home_rules(struct view *v)
{
	enum protect_home level = (enum protect_home)unit_u64(v->u, K_ProtectHome);

	/* The profile's own is in the tree that all share (neighbours.h), or nothing is seen anyway. */
	if ((v->declared || v->plan->spawn.root_kind == ROOT_PREPARED) &&
	    !unit_setting(v->u, K_ProtectHome))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(homes) && level != PROTECT_HOME_NO; i++)
		view_rule(v, K_ProtectHome, homes[i], true,
			  level == PROTECT_HOME_YES ? RULE_HIDE : RULE_READ_ONLY);
}

void view_protect_rules(struct view *v)
{
	const struct unit *u = v->u;
	/* An isolated service's own instances of /proc, /sys and /dev have this from the beginning. */
	bool host = !v->isolated;

	add_system_rules(v);
	/* The masks of the profile, where it cannot know what the paths are. */
	if (v->isolated && v->own_root && unit_bool(u, K_ProtectKernelTunables)) {
		add_rows(v, K_ProtectKernelTunables, tunables,
			 ARRAY_SIZE(tunables) - TUNABLES_IN_SYS);
		add_rows(v, K_ProtectKernelTunables, private_proc, ARRAY_SIZE(private_proc));
	}
	add_home_rules(v);
	if (host && unit_bool(u, K_ProtectKernelTunables))
		add_rows(v, K_ProtectKernelTunables, tunables, ARRAY_SIZE(tunables));
	if (host && unit_bool(u, K_ProtectControlGroups))
		add_rows(v, K_ProtectControlGroups, control_groups, ARRAY_SIZE(control_groups));
	/*
	 * In a profile's view there is no /dev/kmsg and a masked /proc/kmsg; that modules' files can be
	 * read there is the price of 0.2 ms less per start, unless the unit itself asks.
	 */
	if (unit_bool(u, K_ProtectKernelModules) &&
	    (host || unit_setting(u, K_ProtectKernelModules)))
		add_rows(v, K_ProtectKernelModules, kernel_modules, ARRAY_SIZE(kernel_modules));
	if (unit_bool(u, K_ProtectKernelLogs) && (host || unit_setting(u, K_ProtectKernelLogs)))
		add_rows(v, K_ProtectKernelLogs, kernel_logs, ARRAY_SIZE(kernel_logs));
	if (host && unit_bool(u, K_ProtectHostname))
		add_rows(v, K_ProtectHostname, hostname, ARRAY_SIZE(hostname));
}

static void bind(struct view *v, enum key key, const char *source, const char *target)
{
	view_content(
		v, key,
		(struct mount_op){
			.kind = MOUNT_BIND, .source = source, .target = target, .optional = true });
}

static void add_private_tmp(struct view *v)
{
	static const char *const targets[] = { "tmp", "var/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (v->plan->private_tmp[i])
			bind(v, K_PrivateTmp, v->plan->private_tmp[i], targets[i]);
	}
}

/* Whether one of "[-]SOURCE:TARGET..." or "TARGET..." is beneath /dev. */
static bool names_device(const struct strings *list, bool bind)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const char *colon = bind ? strchr(list->v[i], ':') : NULL;

		if (str_starts(colon ? colon + 1 : list->v[i], "/dev/"))
			return true;
	}
	return false;
}

bool view_adds_devices(const struct unit *u)
{
	return unit_bool(u, K_PrivateDevices) &&
	       (names_device(unit_list(u, K_BindPaths), true) ||
		names_device(unit_list(u, K_BindReadOnlyPaths), true) ||
		names_device(unit_list(u, K_Volume), true) ||
		names_device(unit_list(u, K_TemporaryFileSystem), false));
}

struct mount_op view_own_dev(const struct view *v)
{
	return (struct mount_op){ .kind = MOUNT_DEV,
				  .made = v->own_root,
				  .source = ROOTVIEW_PATH "/dev",
				  .target = "dev",
				  .uid = v->plan->spawn.id_base,
				  .gid = v->plan->spawn.id_base };
}

/* The prepared tree's minimal /dev; what is in it besides nodes comes from the host, as with systemd. */
static void add_private_devices(struct view *v)
{
	if (view_adds_devices(v->u))
		view_content(v, K_PrivateDevices, view_own_dev(v));
	else
		bind(v, K_PrivateDevices, ROOTVIEW_PATH "/dev", "dev");
	bind(v, K_PrivateDevices, "/dev/pts", "dev/pts");
	bind(v, K_PrivateDevices, "/dev/shm", "dev/shm");
	bind(v, K_PrivateDevices, "/dev/mqueue", "dev/mqueue");
}

static void add_home_contents(struct view *v)
{
	if (unit_u64(v->u, K_ProtectHome) != PROTECT_HOME_TMPFS)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++)
		view_content(v, K_ProtectHome,
			     (struct mount_op){ .kind = MOUNT_TMPFS,
						.target = homes[i],
						.made = true,
						.optional = true,
						.data = str_eq(homes[i], "root")
								? "mode=0700,size=4k"
								: "mode=0755,size=4k" });
}

/* What a profile replaces at fixed places and a written "no" brings back. */
static void add_hosts_own(struct view *v)
{
	if (!unit_bool(v->u, K_PrivateTmp)) {
		bind(v, K_PrivateTmp, "/tmp", "tmp");
		bind(v, K_PrivateTmp, "/var/tmp", "var/tmp");
	}
	if (!unit_bool(v->u, K_PrivateDevices))
		bind(v, K_PrivateDevices, "/dev", "dev");
}

const char *view_proc_options(const struct unit *u)
{
	/* [ProtectProc=][ProcSubset=]; proc(5): 1 noaccess, 2 invisible, 4 ptraceable */
	static const char *const options[4][2] = {
		{ NULL, "subset=pid" },
		{ "hidepid=1", "hidepid=1,subset=pid" },
		{ "hidepid=2", "hidepid=2,subset=pid" },
		{ "hidepid=4", "hidepid=4,subset=pid" },
	};

	return options[unit_u64(u, K_ProtectProc) & 3][unit_u64(u, K_ProcSubset) & 1];
}

void view_protect_contents(struct view *v)
{
	const char *proc = view_proc_options(v->u);

	add_home_contents(v);
	if (v->isolated) {
		add_hosts_own(v);
		return;
	}
	add_private_tmp(v);
	if (unit_bool(v->u, K_PrivateDevices))
		add_private_devices(v);
	if (proc)
		view_content(
			v, unit_setting(v->u, K_ProtectProc) ? K_ProtectProc : K_ProcSubset,
			(struct mount_op){ .kind = MOUNT_PROC, .target = "proc", .data = proc });
	if (unit_bool(v->u, K_PrivateIPC) || unit_str(v->u, K_IPCNamespacePath))
		view_content(v, K_PrivateIPC,
			     (struct mount_op){ .kind = MOUNT_MQUEUE,
						.target = "dev/mqueue",
						.optional = true });
}
