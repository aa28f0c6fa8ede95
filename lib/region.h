/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_REGION_H
#define BERTH_LIB_REGION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory that a process and its forked children see at the same addresses: what a child builds in
 * it, pointers and all, is there for its parent when the child is gone. Grow-only; ->used is each
 * process' own, so the child has to tell how far it came. Pages cost nothing until they are
 * written.
 */
struct region {
	char *base; /* NULL: none */
	size_t size, used;
};

#define REGION_SIZE ((size_t)64 * 1024 * 1024)

/* Maps REGION_SIZE bytes, or less where the kernel is strict about promises (at least 1 MiB). 0 or -errno. */
int region_map(struct region *r);
void region_unmap(struct region *r);

/* Zeroed memory, aligned to 8 bytes; NULL when it is full. */
void *region_alloc(struct region *r, size_t size);
/* A copy of @size bytes; NULL when it is full. */
void *region_copy(struct region *r, const void *from, size_t size);

/*
 * From now on nobody writes to what is used, but for what shares its last page with what is not. @before:
 * what was used when it was sealed last. After much that is new nothing shares a page, and children
 * do not get the rest before region_open().
 */
void region_seal(struct region *r, size_t before);
/* Children that are forked from now on can write to what is not used yet. */
void region_open(struct region *r);
/* The same for all of it; what is not used is given back. */
void region_close(struct region *r);
/*
 * What is not used is replaced by memory that no former child has: one that was killed, but may
 * not be dead yet, writes to nothing that will be used. 0 or -errno (then nothing may be put into it any more).
 */
int region_renew(struct region *r);

bool region_has(const struct region *r, const void *p);

#endif
