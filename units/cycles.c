/* SPDX-License-Identifier: MIT */
#include "units/cycles.h"

#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

enum mark {
	MARK_NEW,
	MARK_ON_PATH,
	MARK_DONE,
};

/* Depth-first search without recursion: a chain of 5000 units must not be a matter of stack size. */
struct search {
	const struct unit_set *set;
	struct edges *edges;
	struct diag_sink *sink;
	uint8_t *mark;
	uint32_t *path; /* units from the root of the search to where it is */
	uint32_t *next; /* per place in path: which Before edge comes next */
	uint32_t depth;
};

static bool is_loaded(const struct search *s, uint32_t unit)
{
	return unit_set_at(s->set, unit)->load_state == LOAD_LOADED;
}

/* How much breaking this edge would hurt: the smallest goes. */
static int strength(const struct search *s, uint32_t from, uint32_t to, const struct dep *edge)
{
	bool required = edges_find(s->edges, from, DEP_REQUIRES, to) ||
			edges_find(s->edges, to, DEP_REQUIRES, from) ||
			edges_find(s->edges, from, DEP_BINDS_TO, to) ||
			edges_find(s->edges, to, DEP_BINDS_TO, from);

	return (edge->flags & DEP_IMPLICIT ? 0 : 2) + required;
}

static void mark_broken(const struct search *s, uint32_t from, uint32_t to)
{
	struct dep *edge = edges_find(s->edges, from, DEP_BEFORE, to);
	struct dep *inverse = edges_find(s->edges, to, DEP_AFTER, from);

	edge->flags |= DEP_BROKEN;
	inverse->flags |= DEP_BROKEN;
}

static void tell(const struct search *s, uint32_t first, uint32_t weakest)
{
	uint32_t n = s->depth - first;
	struct diag diag = { 0 };
	char text[256];
	struct strbuf b = STRBUF_INIT(text);
	const char *from = unit_set_at(s->set, s->path[weakest])->id;
	const char *to =
		unit_set_at(s->set, s->path[weakest + 1 < s->depth ? weakest + 1 : first])->id;

	strbuf_put(&b, "ordering cycle ");
	for (uint32_t i = 0; i <= n; i++) {
		/* A long one is cut so that the edge that is given up still fits. */
		if (b.len > 130 && i + 1 < n) {
			strbuf_put(&b, "... -> ");
			i = n - 1;
		}
		strbuf_put(&b, unit_set_at(s->set, s->path[first + i % n])->id);
		strbuf_put(&b, i < n ? " -> " : "");
	}
	strbuf_put(&b, ": ");
	strbuf_put(&b, from);
	strbuf_put(&b, " -> ");
	strbuf_put(&b, to);
	strbuf_put(&b, " is ignored");
	diag_set(&diag, DIAG_ERROR, 0, "%s", text);
	if (unit_set_at(s->set, s->path[first])->path)
		diag_place(&diag, unit_set_at(s->set, s->path[first])->path, 0, NULL);
	if (s->sink)
		s->sink->emit(s->sink, &diag);
}

/*
 * The search met @path[first] again: breaks the weakest edge of the path from there. The search
 * goes on from where that edge began, and what lay behind it is searched anew.
 */
static void break_cycle(struct search *s, uint32_t first)
{
	uint32_t weakest = first;
	int least = 4;

	for (uint32_t i = first; i < s->depth; i++) {
		uint32_t to = s->path[i + 1 < s->depth ? i + 1 : first];
		int st = strength(s, s->path[i], to,
				  edges_find(s->edges, s->path[i], DEP_BEFORE, to));

		if (st < least) {
			least = st;
			weakest = i;
		}
	}
	tell(s, first, weakest);
	mark_broken(s, s->path[weakest], s->path[weakest + 1 < s->depth ? weakest + 1 : first]);
	while (s->depth > weakest + 1)
		s->mark[s->path[--s->depth]] = MARK_NEW;
}

static void push(struct search *s, uint32_t unit)
{
	s->mark[unit] = MARK_ON_PATH;
	s->path[s->depth] = unit;
	s->next[s->depth++] = 0;
}

static uint32_t place_on_path(const struct search *s, uint32_t unit)
{
	uint32_t i = s->depth - 1;

	while (s->path[i] != unit)
		i--;
	return i;
}

static void search_from(struct search *s, uint32_t root)
{
	push(s, root);
	while (s->depth > 0) {
		uint32_t here = s->depth - 1, n;
		const struct dep *v = edges_of_kind(s->edges, s->path[here], DEP_BEFORE, &n);
		const struct dep *edge;

		if (s->next[here] == n) {
			s->mark[s->path[here]] = MARK_DONE;
			s->depth--;
			continue;
		}
		edge = &v[s->next[here]++];
		if (edge->flags & DEP_BROKEN || !is_loaded(s, edge->unit))
			continue;
		if (s->mark[edge->unit] == MARK_NEW)
			push(s, edge->unit);
		else if (s->mark[edge->unit] == MARK_ON_PATH)
			break_cycle(s, place_on_path(s, edge->unit));
	}
}

int cycles_break(const struct unit_set *set, struct edges *edges, struct diag_sink *sink)
{
	uint32_t n = unit_set_count(set);
	struct search s = { .set = set, .edges = edges, .sink = sink };
	int r = -ENOMEM;

	s.mark = calloc(n + 1, 1);
	s.path = calloc(n + 1, sizeof(*s.path));
	s.next = calloc(n + 1, sizeof(*s.next));
	if (s.mark && s.path && s.next) {
		for (uint32_t unit = 0; unit < n; unit++) {
			if (s.mark[unit] == MARK_NEW && is_loaded(&s, unit))
				search_from(&s, unit);
		}
		r = 0;
	}
	free(s.mark);
	free(s.path);
	free(s.next);
	return r;
}
