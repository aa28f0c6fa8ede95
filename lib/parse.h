/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_PARSE_H
#define BERTH_LIB_PARSE_H

#include "lib/clock.h"
#include "lib/format.h"
#include "lib/signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * All: 0 or -EINVAL (syntax), -ERANGE (out of bounds); then the result is untouched. Forms are those
 * of systemd.syntax(7), systemd.time(7). Signals are in lib/signals.h, the way back in lib/format.h.
 */

#define SIZE_INFINITY UINT64_MAX

int parse_bool(const char *s, bool *out);
int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *out);

/* "64M", "1.5G", "1G 500M", "infinity" -> SIZE_INFINITY; base 1024. */
int parse_size(const char *s, uint64_t *out);

/* "12%" or "12.5%" -> hundredths of a percent (1250 for 12.5%). */
int parse_percent(const char *s, uint32_t *out);

/* "5min 20s", "1.5h", bare number = @unit_default (usually USEC_PER_SEC), "infinity". */
int parse_span(const char *s, usec_t unit_default, usec_t *out);

/* Octal, with or without leading 0, at most 07777. */
int parse_mode(const char *s, mode_t *out);

/* "10.90.0.1" -> host byte order. */
int parse_ipv4(const char *s, uint32_t *addr);

/* "10.90.0.1/16"; without "/n" the prefix is 32. */
int parse_ipv4_prefix(const char *s, uint32_t *addr, unsigned int *prefix);

#endif
