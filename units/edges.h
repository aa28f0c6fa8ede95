/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_EDGES_H
#define BERTH_UNITS_EDGES_H

#include "units/set.h"

/*
 * Dependency edges. While units are being loaded they are a plain list; edges_sort() turns it into
 * one array ordered by unit, kind and other unit, in time linear in the number of edges.
 */
struct edge {
	uint32_t from, to;
	uint16_t kind;	/* enum dep_kind */
	uint16_t flags; /* enum dep_flag */
};

struct edges {
	struct edge *pending; /* both directions of each edge */
	uint32_t n_pending, room;
	struct dep *sorted;
	uint32_t *start; /* n_units + 1 places in sorted */
	uint32_t n_units, n_sorted;
};

/* Adds the edge and its inverse. 0 or -ENOMEM. */
int edges_add(struct edges *e, uint32_t from, uint32_t to, enum dep_kind kind, unsigned int flags);

/*
 * Merges what is pending into the sorted array; of equal edges one stays, implicit only if all
 * were. 0 or -ENOMEM (the sorted array is unchanged then).
 */
int edges_sort(struct edges *e, uint32_t n_units);

/* The sorted edges of @unit. */
struct dep *edges_of(const struct edges *e, uint32_t unit, uint32_t *n);
/* Those of one kind. */
struct dep *edges_of_kind(const struct edges *e, uint32_t unit, enum dep_kind kind, uint32_t *n);
/* The edge of @kind from @from to @to, or NULL. */
struct dep *edges_find(const struct edges *e, uint32_t from, enum dep_kind kind, uint32_t to);

enum dep_kind dep_inverse(enum dep_kind kind);

void edges_free(struct edges *e);

#endif
