/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_PRESET_H
#define BERTH_UNITS_PRESET_H

#include "lib/arena.h"
#include "lib/diag.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * systemd.preset(5): which units an image enables. Files *.preset of /etc/berth/preset, /run and
 * /usr/lib likewise, then of systemd's system-preset directories, are read in the order of their
 * names; of equal names only the first directory's counts. The first line that fits a unit decides;
 * a unit that no line fits is enabled.
 */
enum preset_action {
	PRESET_ENABLE,
	PRESET_DISABLE,
	PRESET_IGNORE,
};

struct preset_rule {
	enum preset_action action;
	const char *pattern;	      /* fnmatch(3) */
	const char *const *instances; /* of a template, ends with NULL; NULL: none are named */
};

struct presets {
	struct arena arena;
	struct preset_rule *rules;
	size_t n, room;
};

/* Bad lines are told to @sink and skipped. 0 or -ENOMEM; presets_free() in any case. */
int presets_read(struct presets *p, const char *root, struct diag_sink *sink);
void presets_free(struct presets *p);

/* The rule for unit @name; NULL: no line fits. */
const struct preset_rule *presets_find(const struct presets *p, const char *name);

#endif
