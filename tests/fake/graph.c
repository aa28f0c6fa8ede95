/* SPDX-License-Identifier: MIT */
#include "tests/fake/graph.h"

#include <stdio.h>
#include <stdlib.h>

struct edge {
	uint32_t from;
	struct dep dep;
};

struct unit_set {
	struct unit *units;
	char (*names)[24];
	uint32_t n;
	struct edge *edges;
	uint32_t n_edges, room;
	struct dep *deps; /* those of edges, in their order */
	uint32_t *first;  /* per unit and kind: index into deps; one more at the end */
};

uint64_t graph_looks;

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct unit_set *graph_new(uint32_t n)
{
	struct unit_set *set = must(calloc(1, sizeof(*set)));

	set->n = n;
	set->units = must(calloc(n, sizeof(*set->units)));
	set->names = must(calloc(n, sizeof(*set->names)));
	for (uint32_t i = 0; i < n; i++) {
		snprintf(set->names[i], sizeof(set->names[i]), "u%u.service", i);
		set->units[i].id = set->names[i];
		set->units[i].index = i;
		set->units[i].type = UNIT_SERVICE;
	}
	return set;
}

static void add_one(struct unit_set *set, uint32_t from, enum dep_kind kind, uint32_t to)
{
	if (set->n_edges == set->room) {
		set->room = set->room ? 2 * set->room : 64;
		set->edges = must(realloc(set->edges, set->room * sizeof(*set->edges)));
	}
	set->edges[set->n_edges++] = (struct edge){ from, { to, (uint16_t)kind, 0 } };
}

void graph_add(struct unit_set *set, uint32_t from, enum dep_kind kind, uint32_t to)
{
	static const enum dep_kind inverse[DEP_KIND_COUNT] = {
		[DEP_REQUIRES] = DEP_REQUIRED_BY,
		[DEP_REQUIRED_BY] = DEP_REQUIRES,
		[DEP_WANTS] = DEP_WANTED_BY,
		[DEP_WANTED_BY] = DEP_WANTS,
		[DEP_AFTER] = DEP_BEFORE,
		[DEP_BEFORE] = DEP_AFTER,
		[DEP_CONFLICTS] = DEP_CONFLICTS,
		[DEP_REQUISITE] = DEP_REQUISITE_OF,
		[DEP_REQUISITE_OF] = DEP_REQUISITE,
		[DEP_BINDS_TO] = DEP_BOUND_BY,
		[DEP_BOUND_BY] = DEP_BINDS_TO,
		[DEP_PART_OF] = DEP_CONSISTS_OF,
		[DEP_CONSISTS_OF] = DEP_PART_OF,
		[DEP_UPHOLDS] = DEP_UPHELD_BY,
		[DEP_UPHELD_BY] = DEP_UPHOLDS,
		[DEP_ON_FAILURE] = DEP_ON_FAILURE_OF,
		[DEP_ON_FAILURE_OF] = DEP_ON_FAILURE,
		[DEP_ON_SUCCESS] = DEP_ON_SUCCESS_OF,
		[DEP_ON_SUCCESS_OF] = DEP_ON_SUCCESS,
		[DEP_PROPAGATES_RELOAD_TO] = DEP_RELOAD_PROPAGATED_FROM,
		[DEP_RELOAD_PROPAGATED_FROM] = DEP_PROPAGATES_RELOAD_TO,
		[DEP_PROPAGATES_STOP_TO] = DEP_STOP_PROPAGATED_FROM,
		[DEP_STOP_PROPAGATED_FROM] = DEP_PROPAGATES_STOP_TO,
		[DEP_TRIGGERS] = DEP_TRIGGERED_BY,
		[DEP_TRIGGERED_BY] = DEP_TRIGGERS,
	};

	add_one(set, from, kind, to);
	add_one(set, to, inverse[kind], from);
}

static int compare(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->dep.kind != b->dep.kind)
		return a->dep.kind < b->dep.kind ? -1 : 1;
	return a->dep.unit < b->dep.unit ? -1 : a->dep.unit > b->dep.unit;
}

void graph_finish(struct unit_set *set)
{
	uint32_t n_first = set->n * DEP_KIND_COUNT, at = 0;

	if (set->n_edges)
		qsort(set->edges, set->n_edges, sizeof(*set->edges), compare);
	set->deps = must(calloc(set->n_edges + 1, sizeof(*set->deps)));
	set->first = must(calloc(n_first + 1, sizeof(*set->first)));
	for (uint32_t k = 0; k <= n_first; k++) {
		while (at < set->n_edges &&
		       set->edges[at].from * DEP_KIND_COUNT + set->edges[at].dep.kind < k) {
			set->deps[at] = set->edges[at].dep;
			at++;
		}
		set->first[k] = at;
	}
}

void graph_free(struct unit_set *set)
{
	free(set->units);
	free(set->names);
	free(set->edges);
	free(set->deps);
	free(set->first);
	free(set);
}

uint32_t unit_set_count(const struct unit_set *set)
{
	return set->n;
}

struct unit *unit_set_at(const struct unit_set *set, uint32_t index)
{
	return &set->units[index];
}

const struct dep *unit_set_deps_of(const struct unit_set *set, uint32_t index, enum dep_kind kind,
				   uint32_t *n)
{
	uint32_t k = index * DEP_KIND_COUNT + kind;

	graph_looks++;
	*n = set->first[k + 1] - set->first[k];
	return &set->deps[set->first[k]];
}
