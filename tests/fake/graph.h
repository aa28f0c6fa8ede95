/* SPDX-License-Identifier: MIT */
#ifndef BERTH_TESTS_FAKE_GRAPH_H
#define BERTH_TESTS_FAKE_GRAPH_H

#include "units/set.h"

/*
 * Stands in for units/set.c: a unit_set made by hand, of @n loaded services "u0.service" and so on.
 * Edges are added first, then graph_finish() makes them readable.
 */
struct unit_set *graph_new(uint32_t n);
/* Adds the edge and its inverse. */
void graph_add(struct unit_set *set, uint32_t from, enum dep_kind kind, uint32_t to);
void graph_finish(struct unit_set *set);
void graph_free(struct unit_set *set);

/* How often edges have been asked for, for tests of the cost. */
extern uint64_t graph_looks;

#endif
