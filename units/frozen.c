/* SPDX-License-Identifier: MIT */
#include "units/frozen.h"

#include "lib/str.h"
#include "units/set_parts.h"

#include <errno.h>
#include <stdlib.h>

void unit_set_use_region(struct unit_set *set, struct region *memory)
{
	shared_values_free(&set->loader.draft.shared);
	set->loader.draft.memory = memory;
}

/* --- the way out -------------------------------------------------------------------------- */

static bool freeze_names(const struct unit_set *set, struct unit_table *t, struct region *memory)
{
	uint32_t n_slots = 2 * (set->n + set->names.n_aliases) + 1;
	uint32_t *slots = region_alloc(memory, n_slots * sizeof(*slots));
	struct alias *aliases =
		region_copy(memory, set->names.aliases, set->names.n_aliases * sizeof(*aliases));

	if (!slots || !aliases)
		return false;
	t->names = (struct names){ .aliases = aliases, .n_aliases = set->names.n_aliases };
	for (uint32_t i = 0; i < t->names.n_aliases; i++) {
		aliases[i].name = region_copy(memory, aliases[i].name, strlen(aliases[i].name) + 1);
		if (!aliases[i].name)
			return false;
	}
	names_fill(&t->names, t->units, t->n, slots, n_slots);
	return true;
}

struct unit_table *unit_set_freeze(const struct unit_set *set, struct region *memory)
{
	struct unit_table *t = region_alloc(memory, sizeof(*t));

	if (!t)
		return NULL;
	t->n = set->n;
	t->n_deps = set->edges.n_sorted;
	t->units = region_copy(memory, set->units, set->n * sizeof(*t->units));
	t->deps = region_copy(memory, set->edges.sorted, t->n_deps * sizeof(*t->deps));
	t->start = region_copy(memory, set->edges.start, (set->n + 1) * sizeof(*t->start));
	return t->units && t->deps && t->start && freeze_names(set, t, memory) ? t : NULL;
}

/* --- the way in --------------------------------------------------------------------------- */

void unit_set_adopt(struct unit_set *set, const struct unit_table *t)
{
	if (!set->frozen) {
		names_free(&set->names);
		edges_free(&set->edges);
		free(set->units);
	}
	set->frozen = true;
	set->units = t->units;
	set->n = set->room = set->scanned = t->n;
	set->names = t->names;
	set->edges = (struct edges){
		.sorted = t->deps, .start = t->start, .n_units = t->n, .n_sorted = t->n_deps
	};
}

static void *copy(const void *from, size_t size)
{
	void *to = malloc(size + 1);

	if (!to)
		return NULL;
	if (size)
		memcpy(to, from, size);
	return to;
}

static int thaw_names(struct names *n)
{
	uint32_t *slots = copy(n->slots, n->n_slots * sizeof(*slots));
	struct alias *aliases = copy(n->aliases, n->n_aliases * sizeof(*aliases));

	if (!slots || !aliases) {
		free(slots);
		free(aliases);
		return -ENOMEM;
	}
	n->slots = slots;
	n->aliases = aliases;
	/* The texts stay where they are: the child ends before they go. */
	n->room = n->n_aliases;
	return 0;
}

int unit_set_thaw(struct unit_set *set)
{
	struct edges *e = &set->edges;

	if (!set->frozen)
		return 0;
	/* Half of it may be there when memory runs out: the child ends with that, the tables with it. */
	set->units = copy(set->units, set->n * sizeof(*set->units));
	e->sorted = copy(e->sorted, e->n_sorted * sizeof(*e->sorted));
	e->start = copy(e->start, (e->n_units + 1) * sizeof(*e->start));
	if (!set->units || !e->sorted || !e->start || thaw_names(&set->names) < 0)
		return -ENOMEM;
	set->frozen = false;
	return 0;
}
