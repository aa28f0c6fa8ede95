/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MACHINE_TABLE_H
#define BERTH_INIT_MACHINE_TABLE_H

#include "init/machine_cells.h"

/* What a state does with an event; private to machine*.c. NULL would be a hole: a bug. */
cell_fn *machine_table(enum service_state state, enum service_event event);

#endif
