/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_FORMAT_H
#define BERTH_UNITS_FORMAT_H

#include "units/keys.h"
#include "units/unit.h"

/*
 * The value as a unit file would have it; lists are joined by blanks. Always NUL-terminated;
 * returns the length written, less than @size.
 */
size_t value_format(const struct key_info *info, union value value, char *buf, size_t size);

/* What a value of this kind looks like, in words: "time span". */
const char *kind_description(enum key_kind kind);

#endif
