/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_SUPERBLOCK_H
#define BERTH_LIB_SUPERBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a disk says of itself: UUID and label of file systems and swaps, and what a partition table
 * calls a partition. A few offsets per format instead of libblkid, which is larger than all of PID 1.
 * Whoever could write to the disk wrote what is read here: nothing is trusted, texts are bounded.
 */

/* Reads exactly @n bytes at @offset; false: there are not that many, or the disk fails. */
typedef bool superblock_read(void *ctx, uint64_t offset, void *buf, size_t n);

struct superblock {
	const char *type; /* "ext4" stands for ext2 and ext3, too */
	char uuid[40];	  /* as blkid(8) writes it; "": the format has none */
	char label[260];  /* UTF-8 without control characters, "": none */
	bool spans;	  /* one file system may be on several devices, all of which say the same */
};

/* False: nothing that is known. */
bool superblock_probe(superblock_read *read, void *ctx, struct superblock *out);

struct partition {
	char uuid[40];	 /* PARTUUID: of GPT's entry, or "SIGNATURE-NN" of an MBR */
	char label[112]; /* PARTLABEL, GPT only */
	uint64_t
		start; /* in 512 bytes; 0 if the table does not tell (logical partitions of an MBR) */
};

/*
 * Partition @number (the kernel's, from 1) of the whole disk that @read reads, whose logical
 * blocks have @block bytes. False: no table, or no such partition in it.
 */
bool superblock_partition(superblock_read *read, void *ctx, uint32_t block, uint32_t number,
			  struct partition *out);

#endif
