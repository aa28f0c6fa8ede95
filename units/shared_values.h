/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_SHARED_VALUES_H
#define BERTH_UNITS_SHARED_VALUES_H

#include "units/values.h"

/*
 * Values that several units of one region have alike (WantedBy=multi-user.target, the command of a
 * template) are in there once: units are immutable, and go all together with their region. Only
 * while units are being made is there a table of them.
 */
struct shared_values {
	struct shared_value *v; /* open addressing */
	uint32_t n, room;	/* room: a power of two, or 0 */
};

/* Whether values of @kind are shared: lists of words and commands, texts. */
bool value_is_shared(enum key_kind kind);

/* The one that says the same as @s, or NULL. */
const union value *shared_values_find(const struct shared_values *t, enum key_kind kind,
				      const struct draft_setting *s);
/* From now on @value is found. Without memory it is not, which costs nothing but room. */
void shared_values_add(struct shared_values *t, enum key_kind kind, const struct draft_setting *s,
		       union value value);

void shared_values_free(struct shared_values *t);

#endif
