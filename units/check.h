/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_CHECK_H
#define BERTH_UNITS_CHECK_H

#include "units/draft.h"

/* Rules that span keys: told like a bad value, at the line of the key that is at fault. */
void check_draft(struct draft *d);

#endif
