/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_SET_H
#define BERTH_UNITS_SET_H

#include "lib/diag.h"
#include "units/unit.h"

/* All units that are known, by index and by name (id or alias), with their dependency edges. */

/* Kinds of edges; edges.c names their inverses (systemd.unit(5) "Mapping of unit properties to their inverses"). */
enum dep_kind {
	DEP_REQUIRES,
	DEP_REQUIRED_BY,
	DEP_WANTS,
	DEP_WANTED_BY,
	DEP_AFTER,
	DEP_BEFORE,
	DEP_CONFLICTS, /* its own inverse where berth uses it: both directions are entered */
	DEP_REQUISITE,
	DEP_REQUISITE_OF,
	DEP_BINDS_TO,
	DEP_BOUND_BY,
	DEP_PART_OF,
	DEP_CONSISTS_OF,
	DEP_UPHOLDS,
	DEP_UPHELD_BY,
	DEP_ON_FAILURE,
	DEP_ON_FAILURE_OF,
	DEP_ON_SUCCESS,
	DEP_ON_SUCCESS_OF,
	DEP_PROPAGATES_RELOAD_TO,
	DEP_RELOAD_PROPAGATED_FROM,
	DEP_PROPAGATES_STOP_TO,
	DEP_STOP_PROPAGATED_FROM,
	DEP_TRIGGERS,
	DEP_TRIGGERED_BY,
	DEP_JOINS_NAMESPACE_OF, /* its own inverse: both directions are entered */
	DEP_KIND_COUNT,
};

struct dep {
	uint32_t unit : 22; /* index of the other unit */
	uint32_t kind : 6;  /* enum dep_kind */
	uint32_t flags : 4; /* DEP_IMPLICIT ... */
};

/* A region is full long before. */
#define DEP_UNITS_MAX ((uint32_t)1 << 22)

enum dep_flag {
	DEP_IMPLICIT = 1, /* from DefaultDependencies or a rule, not from a file */
	DEP_BROKEN = 2,	  /* an ordering edge given up to break a cycle at load */
};

struct unit_set;

/*
 * Conflicts= and Before=shutdown.target, which nearly every unit has, are no edges but a rule: with
 * a thousand units they would be four thousand entries that say the same. A shutdown stops all
 * units for which this is true, in the order of their other edges.
 */
bool unit_set_stops_at_shutdown(const struct unit *u);

/* Where unit files are looked for; @root is "" or a directory for offline use. */
struct unit_paths {
	const char *root;
};

struct unit_set *unit_set_new(const struct unit_paths *paths, struct diag_sink *sink);
void unit_set_free(struct unit_set *set);

/* From now on it is @sink that is told what is wrong with unit files. */
void unit_set_tell(struct unit_set *set, struct diag_sink *sink);

/* Before anything is loaded: directories_add(), and to look into no others than those. */
int unit_set_add_directory(struct unit_set *set, const char *path);
void unit_set_only_added(struct unit_set *set);

/*
 * Loads @name and everything it pulls in (dependencies, .wants/, .requires/). A unit with no file
 * becomes a LOAD_NOT_FOUND placeholder. Returns its index or -errno (-EINVAL: no unit name, -ENOMEM).
 */
int unit_set_load(struct unit_set *set, const char *name);

/*
 * For a set in which nothing is loaded: all units of @old at the same indices, as their files are
 * now, then what these pull in. 0 or -ENOMEM.
 */
int unit_set_load_like(struct unit_set *set, const struct unit_set *old);

/*
 * Right after unit_set_load(): takes unit @index back if it has no file and nobody else names it.
 * So a set does not grow with names that somebody makes up. False: it stays.
 */
bool unit_set_drop_missing(struct unit_set *set, uint32_t index);

/*
 * Loads every unit file that the directories hold, not only what @name pulls in (for list, verify).
 */
int unit_set_load_all(struct unit_set *set);
/* The same for every template, each as its instance @instance: for verify. */
int unit_set_load_templates(struct unit_set *set, const char *instance);

/*
 * After loading: enters implicit and inverse edges, finds ordering cycles, reports each as a path
 * and breaks it at the weakest edge (DESIGN 3). 0 or -ENOMEM.
 */
int unit_set_finish(struct unit_set *set);

uint32_t unit_set_count(const struct unit_set *set);
struct unit *unit_set_at(const struct unit_set *set, uint32_t index);
/* Index by id or alias, -1 if unknown. ".service" is NOT appended here. */
int unit_set_find(const struct unit_set *set, const char *name);
/* Other names of unit @index, one after the other: *@at is 0 at first. NULL: no more. */
const char *unit_set_next_alias(const struct unit_set *set, uint32_t index, uint32_t *at);

/* The unit's edges, sorted by kind; @n gets the count. */
const struct dep *unit_set_deps(const struct unit_set *set, uint32_t index, uint32_t *n);
/* Those of one kind. */
const struct dep *unit_set_deps_of(const struct unit_set *set, uint32_t index, enum dep_kind kind,
				   uint32_t *n);

const char *dep_kind_name(enum dep_kind kind); /* "Requires" */

#endif
