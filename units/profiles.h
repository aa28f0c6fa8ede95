/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_PROFILES_H
#define BERTH_UNITS_PROFILES_H

#include "units/keys.h"
#include "units/unit.h"

/*
 * A profile of isolation (DESIGN 4) is a set of default values for ordinary directives and nothing
 * else: what a unit writes wins. `none` has the built-in defaults, hence no rows. Keys in here
 * have the flag KEY_PROFILED in their row of keys.def.
 */

/* The profile's default for @key, or NULL when it has none of its own; numbers, lists, strings. */
const uint64_t *profile_u64(enum isolation isolation, enum key key);
const struct strings *profile_list(enum isolation isolation, enum key key);
const char *profile_str(enum isolation isolation, enum key key);

/*
 * Whether what a unit writes comes beside the profile's list, as lists of paths add up anyway; only the
 * empty value alone takes the profile's away. Elsewhere a written list stands for itself.
 */
bool profile_adds(enum key key);

#endif
