/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PLAN_PRINT_H
#define BERTH_INIT_PLAN_PRINT_H

#include "sandbox/plan.h"

/*
 * A plan in words, for `berthctl plan`: in the order in which the child goes, a line per thing done.
 * @step is a name of steps.def, or "clone" for what clone3(2) does. No environment: it may hold secrets.
 */
void plan_print(const struct spawn_plan *p,
		void (*line)(void *ctx, const char *step, const char *text), void *ctx);

#endif
