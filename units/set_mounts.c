/* SPDX-License-Identifier: MIT */
#include "units/set_parts.h"

#include "lib/str.h"
#include "units/fstab.h"
#include "units/name.h"

/*
 * Mounts and swaps in the graph: RequiresMountsFor=, what their units imply (systemd.mount(5),
 * systemd.swap(5)), /etc/fstab. That they conflict with umount.target is a rule, no edge (set.h).
 */

static int need(struct unit_set *set, uint32_t from, const char *name)
{
	int r = set_depend(set, from, name, DEP_REQUIRES);

	return r < 0 ? r : set_depend(set, from, name, DEP_AFTER);
}

/* Every mount unit that there is on the way to @path, itself included. */
static int need_mounts_for(struct unit_set *set, uint32_t from, const char *path)
{
	char part[4096], name[UNIT_NAME_MAX + 1];
	int r = 0;

	if (path[0] != '/' || !str_copy(part, sizeof(part), path))
		return 0;
	for (char *end = part + 1; r == 0 && *end; end++) {
		end += strcspn(end, "/");
		char kept = *end;

		*end = '\0';
		if (fstab_unit_name(part, name, sizeof(name)) &&
		    !str_eq(name, set->units[from]->id) && loader_has_mount(&set->loader, name))
			r = need(set, from, name);
		*end = kept;
		if (kept == '\0')
			break;
	}
	return r;
}

static bool is_remote(const struct unit *u)
{
	const char *type = unit_str(u, K_MountType), *options = unit_str(u, K_Options);

	return (options && fstab_has_option(options, "_netdev")) ||
	       (type && (str_starts(type, "nfs") || str_eq(type, "cifs") || str_eq(type, "9p")));
}

static bool has_option(const struct unit *u, const char *option)
{
	const char *options = unit_str(u, K_Options);

	return options && fstab_has_option(options, option);
}

/* A target does not wait for what it can do without (systemd.mount(5) "nofail"). */
static int go_before(struct unit_set *set, uint32_t from, const char *target)
{
	return has_option(set->units[from], "nofail") ? 0
						      : set_depend(set, from, target, DEP_BEFORE);
}

static int enter_mount(struct unit_set *set, uint32_t from)
{
	const struct unit *u = set->units[from];
	const char *type = unit_str(u, K_MountType);
	bool remote = is_remote(u), in_memory = type && str_eq(type, "tmpfs");
	int r = need_mounts_for(set, from, unit_str(u, K_Where));

	if (r == 0)
		r = need_mounts_for(set, from, unit_str(u, K_What));
	if (r < 0 || !unit_bool(set->units[from], K_DefaultDependencies))
		return r;
	/* What is in it may be swapped out: the swap is the last to go. */
	if (in_memory)
		r = set_depend(set, from, "swap.target", DEP_AFTER);
	if (r == 0 && !remote) {
		r = set_depend(set, from, "local-fs-pre.target", DEP_AFTER);
		return r < 0 ? r : go_before(set, from, "local-fs.target");
	}
	if (r == 0)
		r = set_depend(set, from, "remote-fs-pre.target", DEP_AFTER);
	if (r == 0)
		r = set_depend(set, from, "network-online.target", DEP_WANTS);
	if (r == 0)
		r = set_depend(set, from, "network-online.target", DEP_AFTER);
	return r < 0 ? r : go_before(set, from, "remote-fs.target");
}

static int enter_swap(struct unit_set *set, uint32_t from)
{
	int r = need_mounts_for(set, from, unit_str(set->units[from], K_What));

	if (r < 0 || !unit_bool(set->units[from], K_DefaultDependencies))
		return r;
	return go_before(set, from, "swap.target");
}

/* What fstab has for a target: required unless it says "nofail". */
static int enter_fstab(struct unit_set *set, uint32_t from, enum fstab_target target)
{
	const char *at = loader_fstab(&set->loader);
	struct fstab_entry e;
	int r = 0;

	while (r == 0 && fstab_next(&at, &e)) {
		if (!e.automatic || e.target != target)
			continue;
		r = set_depend(set, from, e.name, e.nofail ? DEP_WANTS : DEP_REQUIRES);
	}
	return r;
}

/* Nothing that somebody wrote is left out in silence. */
static void tell_fstab(struct unit_set *set)
{
	const char *at = loader_fstab(&set->loader), *why;
	struct fstab_entry e;

	for (unsigned int line = 1; set->sink && fstab_next_line(&at, &e, &why); line++) {
		struct diag diag = { 0 };
		char option[64];

		if (why && !*why)
			continue;
		if (why)
			diag_set(&diag, DIAG_WARNING, 0, "%s", why);
		else if (fstab_left_out(e.options, option, sizeof(option)))
			diag_set(&diag, DIAG_WARNING, 0, "%s is not carried out", option);
		else
			continue;
		diag_place(&diag, "/etc/fstab", line, NULL);
		set->sink->emit(set->sink, &diag);
	}
}

static bool has_remote(struct unit_set *set)
{
	const char *at = loader_fstab(&set->loader);
	struct fstab_entry e;

	while (fstab_next(&at, &e))
		if (e.automatic && e.target == FSTAB_REMOTE)
			return true;
	return false;
}

int set_enter_mounts(struct unit_set *set, uint32_t from)
{
	const char *id = set->units[from]->id;
	uint32_t n = unit_list(set->units[from], K_RequiresMountsFor)->n;
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = need_mounts_for(set, from,
				    unit_list(set->units[from], K_RequiresMountsFor)->v[i]);
	if (r == 0 && set->units[from]->type == UNIT_MOUNT)
		r = enter_mount(set, from);
	if (r == 0 && set->units[from]->type == UNIT_SWAP)
		r = enter_swap(set, from);
	if (r == 0 && str_eq(id, "local-fs.target")) {
		tell_fstab(set);
		r = enter_fstab(set, from, FSTAB_LOCAL);
	}
	if (r == 0 && str_eq(id, "swap.target"))
		r = enter_fstab(set, from, FSTAB_SWAP);
	if (r == 0 && str_eq(id, "remote-fs.target"))
		r = enter_fstab(set, from, FSTAB_REMOTE);
	if (r == 0 && str_eq(id, "multi-user.target") && has_remote(set))
		r = set_depend(set, from, "remote-fs.target", DEP_WANTS);
	return r;
}
