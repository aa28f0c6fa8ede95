/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_TIMEZONE_H
#define BERTH_LIB_TIMEZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Time zones: when local time differs from UTC, and by how much, as a table. It is made of a TZif
 * file (RFC 8536), the rule at whose end is written out up to 2199: who asks needs no rules.
 * No globals, no environment, no files: tzset(3) would read one whenever it likes.
 */
struct zone_change {
	int64_t at;	/* seconds since 1970, UTC; rising */
	int32_t offset; /* from then on: local time less UTC, in seconds, less than a day either way */
};

#define ZONE_CHANGES_MAX 1000

struct timezone_table {
	int32_t before; /* offset before the first change */
	uint32_t n;
	struct zone_change v[ZONE_CHANGES_MAX];
};

/* From a file's bytes. 0, or -EBADMSG: that is no TZif; then @out is UTC. */
int timezone_parse(const void *data, size_t size, struct timezone_table *out);

/* The offset that counts from change @i - 1 on (0: before the first). */
static inline int32_t timezone_offset(const struct timezone_table *z, uint32_t i)
{
	return i == 0 ? z->before : z->v[i - 1].offset;
}

/* How many changes there have been at @at (seconds). */
uint32_t timezone_find(const struct timezone_table *z, int64_t at);

/* A name as in /usr/share/zoneinfo, of @n characters: no way out of that folder. */
bool timezone_name_valid(const char *name, size_t n);

#endif
