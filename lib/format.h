/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_FORMAT_H
#define BERTH_LIB_FORMAT_H

#include "lib/clock.h"

#include <stddef.h>
#include <stdint.h>

/* The reverse of lib/parse.h. All return the length; always NUL-terminated in @buf, cut if need be. */

/* "5min 20s" form of systemd.time(7), shortest that is exact to the microsecond. */
size_t format_span(usec_t span, char *buf, size_t size);

/* "64.0M" form, base 1024; "infinity" for SIZE_INFINITY. */
size_t format_size(uint64_t bytes, char *buf, size_t size);

/* Host byte order -> "10.90.0.1". */
size_t format_ipv4(uint32_t addr, char *buf, size_t size);

#endif
