/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_STRUCTS_H
#define BERTH_UNITS_VALUE_STRUCTS_H

#include "units/value_lists.h"

/* The kinds with a struct of their own (keys.h): limits, sets of exit codes, published ports. */
int value_assign_limit(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text);
int value_assign_exits(struct value_context *c, struct draft_setting *d, const char *text);
int value_assign_ports(struct value_context *c, struct draft_setting *d, const char *text);

#endif
