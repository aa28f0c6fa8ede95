/* SPDX-License-Identifier: MIT */
#include "lib/superblock.h"

#include "lib/str.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A disk of pieces, so that an input of a few hundred bytes reaches what is 64 KiB from its start:
 * "LLLLHH" offset and length, the bytes, the next piece. Elsewhere are zeros.
 */
struct disk {
	const uint8_t *data;
	size_t size;
};

static bool read_piece(void *ctx, uint64_t offset, void *buf, size_t n)
{
	const struct disk *d = ctx;

	memset(buf, 0, n);
	for (size_t at = 0; at + 6 <= d->size;) {
		const uint8_t *p = d->data + at;
		uint64_t from = (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
				(uint64_t)p[3] << 24;
		size_t len = (size_t)(p[4] | p[5] << 8);

		at += 6;
		if (len > d->size - at)
			len = d->size - at;
		for (size_t i = 0; i < n; i++)
			if (offset + i >= from && offset + i < from + len)
				((uint8_t *)buf)[i] = d->data[at + offset + i - from];
		at += len;
	}
	return offset + n <= UINT32_MAX;
}

static void clean(const char *text, size_t size)
{
	size_t n = strnlen(text, size);

	assert(n < size && str_utf8_valid(text, n));
	for (size_t i = 0; i < n; i++)
		assert((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk disk = { data, size };
	struct superblock sb;
	struct partition p;

	if (superblock_probe(read_piece, &disk, &sb)) {
		clean(sb.uuid, sizeof(sb.uuid));
		clean(sb.label, sizeof(sb.label));
	}
	for (uint32_t number = 1; number < 6; number++)
		for (uint32_t block = 512; block <= 4096; block *= 8)
			if (superblock_partition(read_piece, &disk, block, number, &p)) {
				clean(p.uuid, sizeof(p.uuid));
				clean(p.label, sizeof(p.label));
			}
	return 0;
}
