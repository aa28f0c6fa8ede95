/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_SPECIFIER_H
#define BERTH_UNITS_SPECIFIER_H

#include "lib/arena.h"

/* What % specifiers stand for, systemd.unit(5) "Specifiers". All paths are those of a system manager. */
struct specifiers {
	const char *root; /* "" or the offline root, for machine-id and hostname */
	const char *unit; /* full unit name, NULL outside of units */
	const char *path; /* the unit's main file, NULL if none */
	const char *user; /* User= so far, NULL: root */
	const char *group;
};

/*
 * Expands @text into @arena; text without % comes back as it is. 0, -ENOMEM, -EINVAL for an
 * unknown specifier letter (or one without a meaning here), -ENAMETOOLONG beyond 1 MiB.
 */
int specifier_expand(const struct specifiers *sp, const char *text, struct arena *arena,
		     const char **out);

#endif
