/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_BITS_H
#define BERTH_UNITS_VALUE_BITS_H

#include "lib/str.h"
#include "units/value_lists.h"

/* KIND_BITS and KIND_CPU_SET (keys.h): sets of named bits, and of CPUs or memory nodes. */
int value_assign_bits(struct value_context *c, const struct key_info *info,
		      const struct draft_setting *d, const char *text, uint64_t *out);
int value_assign_cpus(struct value_context *c, const struct key_info *info, struct draft_setting *d,
		      const char *text);

/* The way back: "cap_chown cap_kill", "0-3 8". */
void value_put_bits(const struct key_info *info, uint64_t bits, struct strbuf *b);
void value_put_cpus(const struct cpu_set_value *set, struct strbuf *b);

#endif
