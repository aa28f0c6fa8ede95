/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_MANAGER_H
#define BERTH_UNITS_MANAGER_H

#include "lib/clock.h"
#include "units/unit.h"

/*
 * The [Manager] settings that stand in where a unit writes nothing (DefaultTasksMax= and so on).
 * They must live on; NULL takes them away. From settings_load_file() (load.h).
 */
void units_set_manager(const struct unit *settings);
const struct unit *units_manager(void);

/* Frees what draft_pack() or settings_load_file() made. */
void unit_free(struct unit *u);

#endif
