/* SPDX-License-Identifier: MIT */
#include "units/edges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* systemd.unit(5) "Mapping of unit properties to their inverses" */
static const struct {
	const char *name;
	enum dep_kind inverse;
} kinds[DEP_KIND_COUNT] = {
	[DEP_REQUIRES] = { "Requires", DEP_REQUIRED_BY },
	[DEP_REQUIRED_BY] = { "RequiredBy", DEP_REQUIRES },
	[DEP_WANTS] = { "Wants", DEP_WANTED_BY },
	[DEP_WANTED_BY] = { "WantedBy", DEP_WANTS },
	[DEP_AFTER] = { "After", DEP_BEFORE },
	[DEP_BEFORE] = { "Before", DEP_AFTER },
	[DEP_CONFLICTS] = { "Conflicts", DEP_CONFLICTS },
	[DEP_REQUISITE] = { "Requisite", DEP_REQUISITE_OF },
	[DEP_REQUISITE_OF] = { "RequisiteOf", DEP_REQUISITE },
	[DEP_BINDS_TO] = { "BindsTo", DEP_BOUND_BY },
	[DEP_BOUND_BY] = { "BoundBy", DEP_BINDS_TO },
	[DEP_PART_OF] = { "PartOf", DEP_CONSISTS_OF },
	[DEP_CONSISTS_OF] = { "ConsistsOf", DEP_PART_OF },
	[DEP_UPHOLDS] = { "Upholds", DEP_UPHELD_BY },
	[DEP_UPHELD_BY] = { "UpheldBy", DEP_UPHOLDS },
	[DEP_ON_FAILURE] = { "OnFailure", DEP_ON_FAILURE_OF },
	[DEP_ON_FAILURE_OF] = { "OnFailureOf", DEP_ON_FAILURE },
	[DEP_ON_SUCCESS] = { "OnSuccess", DEP_ON_SUCCESS_OF },
	[DEP_ON_SUCCESS_OF] = { "OnSuccessOf", DEP_ON_SUCCESS },
	[DEP_PROPAGATES_RELOAD_TO] = { "PropagatesReloadTo", DEP_RELOAD_PROPAGATED_FROM },
	[DEP_RELOAD_PROPAGATED_FROM] = { "ReloadPropagatedFrom", DEP_PROPAGATES_RELOAD_TO },
	[DEP_PROPAGATES_STOP_TO] = { "PropagatesStopTo", DEP_STOP_PROPAGATED_FROM },
	[DEP_STOP_PROPAGATED_FROM] = { "StopPropagatedFrom", DEP_PROPAGATES_STOP_TO },
	[DEP_TRIGGERS] = { "Triggers", DEP_TRIGGERED_BY },
	[DEP_TRIGGERED_BY] = { "TriggeredBy", DEP_TRIGGERS },
	[DEP_JOINS_NAMESPACE_OF] = { "JoinsNamespaceOf", DEP_JOINS_NAMESPACE_OF },
};

const char *dep_kind_name(enum dep_kind kind)
{
	return kinds[kind].name;
}

enum dep_kind dep_inverse(enum dep_kind kind)
{
	return kinds[kind].inverse;
}

static int reserve(struct edges *e, uint32_t more)
{
	uint32_t room = e->room ? e->room : 64;
	struct edge *pending;

	while (room < e->n_pending + more)
		room *= 2;
	if (room == e->room)
		return 0;
	pending = realloc(e->pending, room * sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	e->pending = pending;
	e->room = room;
	return 0;
}

int edges_add(struct edges *e, uint32_t from, uint32_t to, enum dep_kind kind, unsigned int flags)
{
	/* A unit may name itself by one of its aliases; that means nothing. */
	if (from == to)
		return 0;
	if (reserve(e, 2) < 0)
		return -ENOMEM;
	e->pending[e->n_pending++] = (struct edge){ from, to, (uint16_t)kind, (uint16_t)flags };
	e->pending[e->n_pending++] =
		(struct edge){ to, from, (uint16_t)kinds[kind].inverse, (uint16_t)flags };
	return 0;
}

/* What was sorted before becomes pending again (both directions are there already). */
static int dissolve(struct edges *e)
{
	if (reserve(e, e->n_sorted) < 0)
		return -ENOMEM;
	for (uint32_t unit = 0; unit < e->n_units; unit++) {
		for (uint32_t i = e->start[unit]; i < e->start[unit + 1]; i++) {
			const struct dep *d = &e->sorted[i];

			e->pending[e->n_pending++] =
				(struct edge){ unit, d->unit, (uint16_t)d->kind,
					       (uint16_t)d->flags };
		}
	}
	return 0;
}

enum sort_by {
	BY_TO,
	BY_KIND,
	BY_FROM,
};

static uint32_t sort_key(const struct edge *e, enum sort_by by)
{
	return by == BY_TO ? e->to : by == BY_KIND ? e->kind : e->from;
}

/* One stable counting pass from @in to @out; @counts has room for @n_keys + 1. */
static void counting_pass(const struct edge *in, struct edge *out, uint32_t n, uint32_t *counts,
			  uint32_t n_keys, enum sort_by by)
{
	memset(counts, 0, (n_keys + 1) * sizeof(*counts));
	for (uint32_t i = 0; i < n; i++)
		counts[sort_key(&in[i], by) + 1]++;
	for (uint32_t k = 0; k < n_keys; k++)
		counts[k + 1] += counts[k];
	for (uint32_t i = 0; i < n; i++)
		out[counts[sort_key(&in[i], by)]++] = in[i];
}

static bool same_edge(const struct edge *a, const struct edge *b)
{
	return a->from == b->from && a->to == b->to && a->kind == b->kind;
}

static void merge_flags(struct edge *into, const struct edge *other)
{
	uint16_t broken = (into->flags | other->flags) & DEP_BROKEN;

	into->flags = (uint16_t)((into->flags & other->flags & DEP_IMPLICIT) | broken);
}

static uint32_t unique(struct edge *v, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (kept && same_edge(&v[i], &v[kept - 1]))
			merge_flags(&v[kept - 1], &v[i]);
		else
			v[kept++] = v[i];
	}
	return kept;
}

static int store(struct edges *e, const struct edge *v, uint32_t n, uint32_t n_units)
{
	_Static_assert(DEP_KIND_COUNT <= 64, "struct dep has 6 bits for them");
	if (n_units > DEP_UNITS_MAX)
		return -ENOMEM;
	struct dep *sorted = malloc((n + 1) * sizeof(*sorted));
	uint32_t *start = calloc(n_units + 1, sizeof(*start)), at = 0;

	if (!sorted || !start) {
		free(sorted);
		free(start);
		return -ENOMEM;
	}
	for (uint32_t unit = 0; unit < n_units; unit++) {
		start[unit] = at;
		for (; at < n && v[at].from == unit; at++)
			sorted[at] = (struct dep){ .unit = v[at].to & (DEP_UNITS_MAX - 1),
						   .kind = v[at].kind & 63u,
						   .flags = v[at].flags & 15u };
	}
	start[n_units] = at;
	free(e->sorted);
	free(e->start);
	e->sorted = sorted;
	e->start = start;
	e->n_units = n_units;
	e->n_sorted = n;
	return 0;
}

static int sort_pending(struct edges *e, uint32_t n_units)
{
	uint32_t n_keys = n_units > DEP_KIND_COUNT ? n_units : DEP_KIND_COUNT, n = e->n_pending;
	struct edge *other = malloc((n + 1) * sizeof(*other));
	uint32_t *counts = malloc((n_keys + 2) * sizeof(*counts));
	int r = -ENOMEM;

	if (other && counts) {
		counting_pass(e->pending, other, n, counts, n_keys, BY_TO);
		counting_pass(other, e->pending, n, counts, n_keys, BY_KIND);
		counting_pass(e->pending, other, n, counts, n_keys, BY_FROM);
		r = store(e, other, unique(other, n), n_units);
	}
	free(other);
	free(counts);
	return r;
}

int edges_sort(struct edges *e, uint32_t n_units)
{
	int r = dissolve(e);

	if (r == 0)
		r = sort_pending(e, n_units);
	/* What stays pending holds the old edges a second time: the next sort makes one of them. */
	if (r < 0)
		return r;
	free(e->pending);
	e->pending = NULL;
	e->n_pending = e->room = 0;
	return 0;
}

struct dep *edges_of(const struct edges *e, uint32_t unit, uint32_t *n)
{
	if (unit >= e->n_units) {
		*n = 0;
		return NULL;
	}
	*n = e->start[unit + 1] - e->start[unit];
	return &e->sorted[e->start[unit]];
}

/* First edge not below (@kind, @to). */
static uint32_t lower_bound(const struct dep *v, uint32_t n, uint32_t kind, uint32_t to)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (v[middle].kind < kind || (v[middle].kind == kind && v[middle].unit < to))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct dep *edges_of_kind(const struct edges *e, uint32_t unit, enum dep_kind kind, uint32_t *n)
{
	uint32_t total, first, end;
	struct dep *v = edges_of(e, unit, &total);

	/* Who asks looks at all of them anyway. */
	first = end = lower_bound(v, total, kind, 0);
	while (end < total && v[end].kind == kind)
		end++;
	*n = end - first;
	return v ? v + first : NULL;
}

struct dep *edges_find(const struct edges *e, uint32_t from, enum dep_kind kind, uint32_t to)
{
	uint32_t total, at;
	struct dep *v = edges_of(e, from, &total);

	at = lower_bound(v, total, kind, to);
	return at < total && v[at].kind == kind && v[at].unit == to ? &v[at] : NULL;
}

void edges_free(struct edges *e)
{
	free(e->pending);
	free(e->sorted);
	free(e->start);
	*e = (struct edges){ 0 };
}
