/* SPDX-License-Identifier: MIT */
#include "units/set.h"

#include "lib/str.h"
#include "units/builtin.h"
#include "units/cycles.h"
#include "units/manager.h"
#include "units/name.h"
#include "units/set_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct unit_set *unit_set_new(const struct unit_paths *paths, struct diag_sink *sink)
{
	struct unit_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->root = strdup(paths && paths->root ? paths->root : "");
	if (!set->root) {
		free(set);
		return NULL;
	}
	set->sink = sink;
	loader_init(&set->loader, set->root, sink);
	return set;
}

int unit_set_add_directory(struct unit_set *set, const char *path)
{
	return directories_add(&set->loader.directories, path);
}

void unit_set_tell(struct unit_set *set, struct diag_sink *sink)
{
	set->sink = set->loader.draft.sink = sink;
}

void unit_set_only_added(struct unit_set *set)
{
	set->loader.directories.only_extra = true;
}

/* Units in a region are given back with it. */
static void drop_unit(const struct unit_set *set, struct unit *u)
{
	if (!set->loader.draft.memory)
		unit_free(u);
}

void unit_set_free(struct unit_set *set)
{
	if (!set)
		return;
	if (!set->frozen) {
		for (uint32_t i = 0; i < set->n; i++)
			drop_unit(set, set->units[i]);
		edges_free(&set->edges);
		names_free(&set->names);
		free(set->units);
	}
	loader_forget(&set->loader);
	draft_free(&set->loader.draft);
	free(set->root);
	free(set);
}

uint32_t unit_set_count(const struct unit_set *set)
{
	return set->n;
}

struct unit *unit_set_at(const struct unit_set *set, uint32_t index)
{
	return set->units[index];
}

int unit_set_find(const struct unit_set *set, const char *name)
{
	return names_find(&set->names, set->units, name);
}

const char *unit_set_next_alias(const struct unit_set *set, uint32_t index, uint32_t *at)
{
	return names_next_alias(&set->names, index, at);
}

static int add_unit(struct unit_set *set, struct unit *u)
{
	if (set->n == set->room) {
		uint32_t room = set->room ? set->room * 2 : 64;
		struct unit **units = realloc(set->units, room * sizeof(*units));

		if (!units)
			return -ENOMEM;
		set->units = units;
		set->room = room;
	}
	u->index = set->n;
	set->units[set->n] = u;
	if (names_add(&set->names, set->units, set->n) < 0)
		return -ENOMEM;
	set->n++;
	return 0;
}

static int enter_links(struct unit_set *set, uint32_t from, const char *name);

static int add_alias(struct unit_set *set, uint32_t index, const char *alias)
{
	if (names_add_alias(&set->names, set->units, index, alias) < 0)
		return -ENOMEM;
	/* Links may be under any of the names: default.target.wants/. */
	return index < set->scanned ? enter_links(set, index, alias) : 0;
}

static int load_id(struct unit_set *set, const char *id)
{
	struct unit *u = loader_load(&set->loader, id);
	int r;

	if (!u)
		return -ENOMEM;
	r = add_unit(set, u);
	if (r < 0) {
		drop_unit(set, u);
		return r;
	}
	return (int)u->index;
}

/* The index of @name, which is loaded if it was not; its dependencies are entered later. */
static int intern(struct unit_set *set, const char *name)
{
	char id[UNIT_NAME_MAX + 1];
	int index = unit_set_find(set, name), r;

	if (index >= 0)
		return index;
	r = loader_resolve(&set->loader, name, id);
	if (r == -ELOOP) {
		/* The unit's own load finds a link that cannot be followed and says so. */
		str_copy(id, sizeof(id), name);
		r = 0;
	}
	if (r < 0)
		return r;
	index = unit_set_find(set, id);
	if (index < 0)
		index = load_id(set, id);
	if (index >= 0 && !str_eq(id, name)) {
		r = add_alias(set, (uint32_t)index, name);
		if (r < 0)
			return r;
	}
	return index;
}

static int enter_dependency(struct unit_set *set, uint32_t from, const char *name,
			    enum dep_kind kind, unsigned int flags)
{
	int to = intern(set, name);

	if (to == -EINVAL)
		return 0; /* a link whose name is no unit's, told elsewhere */
	return to < 0 ? to : edges_add(&set->edges, from, (uint32_t)to, kind, flags);
}

int set_depend(struct unit_set *set, uint32_t from, const char *name, enum dep_kind kind)
{
	return enter_dependency(set, from, name, kind, DEP_IMPLICIT);
}

static int enter_list(struct unit_set *set, uint32_t from, enum key key, enum dep_kind kind)
{
	const struct strings *names = unit_list(set->units[from], key);
	int r = 0;

	for (uint32_t i = 0; i < names->n && r == 0; i++)
		r = enter_dependency(set, from, names->v[i], kind, 0);
	return r;
}

/* default.target.wants counts for what default.target is an alias of: each name has its links. */
static int enter_linked(struct unit_set *set, uint32_t from, const char *name, const char *suffix,
			enum dep_kind kind)
{
	const struct directory_list *links = loader_links(&set->loader, name, suffix);
	int r = 0;

	for (uint32_t i = 0; links && i < links->n && r == 0; i++) {
		if (!links->v[i].masked && !unit_name_is_template(links->v[i].name))
			r = enter_dependency(set, from, links->v[i].name, kind, 0);
	}
	return r;
}

static int enter_links(struct unit_set *set, uint32_t from, const char *name)
{
	int r = enter_linked(set, from, name, ".wants", DEP_WANTS);

	return r < 0 ? r : enter_linked(set, from, name, ".requires", DEP_REQUIRES);
}

static int enter_bus(struct unit_set *set, uint32_t from)
{
	int r = enter_dependency(set, from, "dbus.socket", DEP_WANTS, DEP_IMPLICIT);

	if (r == 0)
		r = enter_dependency(set, from, "dbus.socket", DEP_AFTER, DEP_IMPLICIT);
	/* Where the bus makes its socket itself. */
	return r < 0 ? r : enter_dependency(set, from, "dbus.service", DEP_AFTER, DEP_IMPLICIT);
}

/* systemd.service(5), systemd.socket(5)...: "Default Dependencies". */
static int enter_defaults(struct unit_set *set, uint32_t from)
{
	const struct unit *u = set->units[from];
	int r;

	if (!unit_bool(u, K_DefaultDependencies) || u->type == UNIT_TARGET ||
	    u->type == UNIT_SLICE || u->type == UNIT_MOUNT || u->type == UNIT_SWAP)
		return 0;
	r = enter_dependency(set, from, "sysinit.target", DEP_REQUIRES, DEP_IMPLICIT);
	if (r == 0)
		r = enter_dependency(set, from, "sysinit.target", DEP_AFTER, DEP_IMPLICIT);
	if (r == 0 && u->type == UNIT_SERVICE)
		r = enter_dependency(set, from, "basic.target", DEP_AFTER, DEP_IMPLICIT);
	/*
	 * systemd.service(5) has Requires=dbus.socket; here a machine without a bus gets to hear what
	 * helps (init/ready.c), not that a unit is missing.
	 */
	if (r == 0 && u->type == UNIT_SERVICE && unit_u64(u, K_Type) == TYPE_DBUS)
		r = enter_bus(set, from);
	if (r == 0 && u->type == UNIT_SOCKET)
		r = enter_dependency(set, from, "sockets.target", DEP_BEFORE, DEP_IMPLICIT);
	if (r == 0 && u->type == UNIT_TIMER)
		r = enter_dependency(set, from, "timers.target", DEP_BEFORE, DEP_IMPLICIT);
	/* Calendar times mean something once the clock is right. */
	if (r == 0 && u->type == UNIT_TIMER && unit_list(u, K_OnCalendar)->n)
		r = enter_dependency(set, from, "time-set.target", DEP_AFTER, DEP_IMPLICIT);
	if (r == 0 && u->type == UNIT_TIMER && unit_list(u, K_OnCalendar)->n)
		r = enter_dependency(set, from, "time-sync.target", DEP_AFTER, DEP_IMPLICIT);
	if (r == 0 && u->type == UNIT_PATH)
		r = enter_dependency(set, from, "paths.target", DEP_BEFORE, DEP_IMPLICIT);
	return r;
}

/* What a socket, timer or path starts: the unit it names, or the service of its own name. */
static bool triggered_name(const struct unit *u, char name[UNIT_NAME_MAX + 1])
{
	const char *suffix = unit_name_suffix(u->id), *named = NULL;

	if (u->type == UNIT_SOCKET)
		named = unit_str(u, K_SocketService);
	else if (u->type == UNIT_TIMER)
		named = unit_str(u, K_TimerUnit);
	else if (u->type == UNIT_PATH)
		named = unit_str(u, K_PathUnit);
	if (u->type != UNIT_SOCKET && u->type != UNIT_TIMER && u->type != UNIT_PATH)
		return false;
	if (named)
		return str_copy(name, UNIT_NAME_MAX + 1, named);
	/* With Accept=yes there is an instance for each connection (init/socket_accept.h); the first: */
	if (u->type == UNIT_SOCKET && unit_bool(u, K_Accept))
		return unit_name_of_place(u->id, 0, name);
	return (size_t)snprintf(name, UNIT_NAME_MAX + 1, "%.*s.service", (int)(suffix - u->id),
				u->id) <= UNIT_NAME_MAX;
}

/* The further instances, whose sockets are known since they are what wants them. */
static int enter_acceptor(struct unit_set *set, uint32_t from)
{
	const struct unit *u = set->units[from];
	char name[UNIT_NAME_MAX + 1];
	int socket, r;

	if (u->type != UNIT_SERVICE || !unit_name_of_acceptor(u->id, name))
		return 0;
	socket = unit_set_find(set, name);
	if (socket < 0 || !unit_bool(set->units[socket], K_Accept))
		return 0;
	r = edges_add(&set->edges, (uint32_t)socket, from, DEP_TRIGGERS, DEP_IMPLICIT);
	return r < 0 ? r : edges_add(&set->edges, (uint32_t)socket, from, DEP_BEFORE, DEP_IMPLICIT);
}

/* systemd.socket(5), systemd.timer(5), systemd.path(5): "Implicit Dependencies". */
static int enter_triggers(struct unit_set *set, uint32_t from)
{
	const struct strings *sockets = unit_list(set->units[from], K_Sockets);
	char name[UNIT_NAME_MAX + 1];
	int r = 0;

	if (triggered_name(set->units[from], name)) {
		r = enter_dependency(set, from, name, DEP_TRIGGERS, DEP_IMPLICIT);
		if (r == 0)
			r = enter_dependency(set, from, name, DEP_BEFORE, DEP_IMPLICIT);
	}
	for (uint32_t i = 0; i < sockets->n && r == 0; i++) {
		r = enter_dependency(set, from, sockets->v[i], DEP_TRIGGERED_BY, DEP_IMPLICIT);
		if (r == 0)
			r = enter_dependency(set, from, sockets->v[i], DEP_WANTS, DEP_IMPLICIT);
		if (r == 0)
			r = enter_dependency(set, from, sockets->v[i], DEP_AFTER, DEP_IMPLICIT);
	}
	return r;
}

/*
 * systemd.slice(5), systemd.resource-control(5): a unit needs its slice, and that the one above it.
 * system.slice is there from the boot on: a thousand edges to it would say nothing; that it is
 * loaded, for its limits, is enough. The root slice has none to load, but who wrote some is told.
 */
static int enter_slice(struct unit_set *set, uint32_t from)
{
	const struct unit *u = set->units[from];
	const char *named = u->type == UNIT_SLICE ? NULL : unit_str(u, K_Slice);
	const char *dash = u->type == UNIT_SLICE ? strrchr(u->id, '-') : NULL;
	char name[UNIT_NAME_MAX + 1];
	int r;

	if (dash && dash > u->id)
		snprintf(name, sizeof(name), "%.*s.slice", (int)(dash - u->id), u->id);
	else if (named)
		str_copy(name, sizeof(name), named);
	else if (u->type == UNIT_SLICE)
		str_copy(name, sizeof(name), "-.slice");
	else if (u->type != UNIT_SERVICE)
		return 0;
	else
		str_copy(name, sizeof(name), "system.slice");
	if (str_eq(name, "-.slice") && !loader_is_written(&set->loader, name))
		return 0;
	if (str_eq(name, "-.slice") || str_eq(name, "system.slice")) {
		r = intern(set, name);
		return r < 0 ? r : 0;
	}
	r = enter_dependency(set, from, name, DEP_REQUIRES, DEP_IMPLICIT);
	return r < 0 ? r : enter_dependency(set, from, name, DEP_AFTER, DEP_IMPLICIT);
}

static int scan_unit(struct unit_set *set, uint32_t from)
{
	static const struct {
		enum key key;
		enum dep_kind kind;
	} keys[] = {
		{ K_Requires, DEP_REQUIRES },
		{ K_Wants, DEP_WANTS },
		{ K_After, DEP_AFTER },
		{ K_Before, DEP_BEFORE },
		{ K_Conflicts, DEP_CONFLICTS },
		{ K_Requisite, DEP_REQUISITE },
		{ K_BindsTo, DEP_BINDS_TO },
		{ K_PartOf, DEP_PART_OF },
		{ K_Upholds, DEP_UPHOLDS },
		{ K_OnFailure, DEP_ON_FAILURE },
		{ K_OnSuccess, DEP_ON_SUCCESS },
		{ K_PropagatesReloadTo, DEP_PROPAGATES_RELOAD_TO },
		{ K_ReloadPropagatedFrom, DEP_RELOAD_PROPAGATED_FROM },
		{ K_PropagatesStopTo, DEP_PROPAGATES_STOP_TO },
		{ K_StopPropagatedFrom, DEP_STOP_PROPAGATED_FROM },
		{ K_JoinsNamespaceOf, DEP_JOINS_NAMESPACE_OF },
	};
	const char *alias;
	uint32_t at = 0;
	int r = 0;

	/* What is not loaded can neither be started nor have a say in the order. */
	if (set->units[from]->load_state != LOAD_LOADED)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(keys) && r == 0; i++)
		r = enter_list(set, from, keys[i].key, keys[i].kind);
	if (r == 0)
		r = enter_links(set, from, set->units[from]->id);
	while (r == 0 && (alias = names_next_alias(&set->names, from, &at)))
		r = enter_links(set, from, alias);
	if (r == 0)
		r = enter_triggers(set, from);
	if (r == 0)
		r = enter_acceptor(set, from);
	if (r == 0)
		r = enter_slice(set, from);
	if (r == 0)
		r = set_enter_mounts(set, from);
	return r < 0 ? r : enter_defaults(set, from);
}

/* Works through all units that were added, which adds more of them. */
static int scan(struct unit_set *set)
{
	int r = 0;

	/* Counted as scanned before it is: an alias that turns up meanwhile may be entered twice, not never. */
	while (set->scanned < set->n && r == 0)
		r = scan_unit(set, set->scanned++);
	return r;
}

/* A unit without a file may have got one since it was named first. */
static int look_again(struct unit_set *set, uint32_t index)
{
	struct unit *old = set->units[index], *u;
	struct region *memory = set->loader.draft.memory;
	size_t used = memory ? memory->used : 0;

	if (directories_read(&set->loader.directories) < 0)
		return -ENOMEM;
	u = loader_load(&set->loader, old->id);
	if (!u)
		return -ENOMEM;
	/* Nothing new: whoever asks for it again and again must not make a region fill up. */
	if (memory && u->load_state == LOAD_NOT_FOUND) {
		memory->used = used;
		shared_values_free(&set->loader.draft.shared);
		return 0;
	}
	u->index = index;
	set->units[index] = u;
	drop_unit(set, old);
	return scan_unit(set, index);
}

/* The unit that was at @index, by its own id; a name that is only an alias by now has a place, but no unit. */
static int load_at(struct unit_set *set, const char *id, uint32_t index)
{
	char real[UNIT_NAME_MAX + 1];
	int r = loader_resolve(&set->loader, id, real);
	struct unit *u = r == 0 && !str_eq(real, id) ? loader_missing(&set->loader, id)
						     : loader_load(&set->loader, id);

	if (!u)
		return -ENOMEM;
	r = add_unit(set, u);
	if (r < 0)
		drop_unit(set, u);
	return r < 0 ? r : u->index == index ? 0 : -EINVAL;
}

int unit_set_load_like(struct unit_set *set, const struct unit_set *old)
{
	char id[UNIT_NAME_MAX + 1];
	int r = 0;

	for (uint32_t i = 0; i < old->n && r == 0; i++)
		r = load_at(set, old->units[i]->id, i);
	for (uint32_t i = 0; i < old->n && r >= 0; i++) {
		const char *name = old->units[i]->id;

		if (loader_resolve(&set->loader, name, id) < 0 || str_eq(id, name))
			continue;
		r = intern(set, id);
		if (r >= 0)
			r = add_alias(set, (uint32_t)r, name);
	}
	for (uint32_t i = 0; i < old->names.n_aliases && r >= 0; i++) {
		r = intern(set, old->names.aliases[i].name);
		r = r == -EINVAL ? 0 : r;
	}
	return r < 0 ? r : scan(set);
}

int unit_set_load(struct unit_set *set, const char *name)
{
	int index, r = 0;

	if (unit_type_of_name(name) < 0 || unit_name_is_template(name))
		return -EINVAL;
	index = intern(set, name);
	if (index < 0)
		return index;
	if (set->units[index]->load_state == LOAD_NOT_FOUND && (uint32_t)index < set->scanned)
		r = look_again(set, (uint32_t)index);
	if (r == 0)
		r = scan(set);
	return r < 0 ? r : index;
}

bool unit_set_drop_missing(struct unit_set *set, uint32_t index)
{
	struct unit *u = set->units[index];

	if (index + 1 != set->n || u->load_state != LOAD_NOT_FOUND || u->index < set->edges.n_units)
		return false;
	for (uint32_t i = 0; i < set->edges.n_pending; i++)
		if (set->edges.pending[i].to == index)
			return false;
	if (!names_drop_last(&set->names, set->units, index))
		return false;
	drop_unit(set, u);
	set->scanned = --set->n;
	return true;
}

/* What a directory entry stands for: itself, or the template's @instance, which may be NULL. */
static int intern_entry(struct unit_set *set, const char *name, const char *instance)
{
	char full[UNIT_NAME_MAX + 1];

	if (unit_type_of_name(name) < 0 || unit_name_is_template(name) != (instance != NULL))
		return 0;
	if (instance && !unit_name_replace_instance(name, instance, full, sizeof(full)))
		return 0;
	return intern(set, instance ? full : name);
}

static int load_entries(struct unit_set *set, const char *instance)
{
	struct directories *d = &set->loader.directories;
	int r = directories_read(d);

	for (uint32_t i = 0; i < d->n_buckets && r >= 0; i++) {
		for (struct directory_entry *e = d->buckets[i]; e && r >= 0; e = e->next)
			r = intern_entry(set, e->name, instance);
	}
	return r < 0 ? r : scan(set);
}

int unit_set_load_all(struct unit_set *set)
{
	return load_entries(set, NULL);
}

int unit_set_load_templates(struct unit_set *set, const char *instance)
{
	return load_entries(set, instance);
}

/* A target is reached after all that it pulls in, unless one of both wants no such thing. */
static int order_target(struct unit_set *set, uint32_t target, enum dep_kind kind)
{
	uint32_t n;
	const struct dep *v = edges_of_kind(&set->edges, target, kind, &n);
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		const struct unit *other = set->units[v[i].unit];

		if (other->load_state != LOAD_LOADED || !unit_bool(other, K_DefaultDependencies))
			continue;
		/* Someone who orders it the other way round means it. */
		if (edges_find(&set->edges, target, DEP_BEFORE, other->index))
			continue;
		r = edges_add(&set->edges, target, other->index, DEP_AFTER, DEP_IMPLICIT);
	}
	return r;
}

static int order_targets(struct unit_set *set)
{
	static const enum dep_kind kinds[] = { DEP_REQUIRES, DEP_WANTS, DEP_REQUISITE, DEP_BINDS_TO,
					       DEP_UPHOLDS };
	int r = 0;

	for (uint32_t i = 0; i < set->n && r == 0; i++) {
		const struct unit *u = set->units[i];

		if (u->type != UNIT_TARGET || u->load_state != LOAD_LOADED ||
		    !unit_bool(u, K_DefaultDependencies))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(kinds) && r == 0; k++)
			r = order_target(set, i, kinds[k]);
	}
	return r;
}

int unit_set_finish(struct unit_set *set)
{
	int r = edges_sort(&set->edges, set->n);

	if (r == 0)
		r = order_targets(set);
	if (r == 0)
		r = edges_sort(&set->edges, set->n);
	if (r == 0)
		r = cycles_break(set, &set->edges, set->sink);
	loader_forget(&set->loader);
	return r;
}

const struct dep *unit_set_deps(const struct unit_set *set, uint32_t index, uint32_t *n)
{
	return edges_of(&set->edges, index, n);
}

const struct dep *unit_set_deps_of(const struct unit_set *set, uint32_t index, enum dep_kind kind,
				   uint32_t *n)
{
	return edges_of_kind(&set->edges, index, kind, n);
}

bool unit_set_stops_at_shutdown(const struct unit *u)
{
	return u->load_state == LOAD_LOADED && unit_bool(u, K_DefaultDependencies) &&
	       !str_eq(u->id, "shutdown.target");
}
