/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_BUILTIN_H
#define BERTH_UNITS_BUILTIN_H

#include <stddef.h>

/*
 * Units that exist without a file: systemd.special(7)'s targets as far as berth uses them, and
 * slices. A file or link of that name in a unit directory wins.
 */
struct builtin_unit {
	const char *name;
	const char *alias; /* it is only another name for this one */
	const char *text;  /* as a unit file */
};

/* The built-in unit called @name, or NULL. */
const struct builtin_unit *builtin_find(const char *name);
/* All of them, for listings; NULL behind the last. */
const struct builtin_unit *builtin_at(size_t n);

#endif
