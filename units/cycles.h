/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_CYCLES_H
#define BERTH_UNITS_CYCLES_H

#include "units/edges.h"

/*
 * Finds ordering cycles among loaded units, tells each as a path ("a.service -> b.service ->
 * a.service", each to start before the next) and breaks it at its weakest edge, which gets
 * DEP_BROKEN in both directions: implicit before explicit, then units that are joined by Requires=
 * last. Time is linear in the edges as long as there are no cycles. 0 or -ENOMEM.
 */
int cycles_break(const struct unit_set *set, struct edges *edges, struct diag_sink *sink);

#endif
