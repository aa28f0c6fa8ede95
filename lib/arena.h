/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_ARENA_H
#define BERTH_LIB_ARENA_H

#include <stddef.h>

/*
 * Grow-only memory with one owner, freed as a whole. Loading a unit makes dozens of small
 * objects; in an arena they cost no per-object overhead and no walk to free.
 */
struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used; /* bytes handed out, for the memory figures */
};

/*
 * Makes @a, which is empty, begin in @memory (the caller's, aligned for any type, unused while the arena
 * is), before it takes any of its own.
 */
void arena_begin_in(struct arena *a, void *memory, size_t size);

/* Zeroed memory aligned for any type, NULL when there is none. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
void arena_free(struct arena *a);

#endif
