/* SPDX-License-Identifier: MIT */
#include "lib/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN ((size_t)480) /* with header and malloc's own still 512 bytes */
#define BLOCK_MAX ((size_t)8064)

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	bool lent; /* the caller's own */
	alignas(max_align_t) unsigned char data[];
};

/*
 * Blocks that were freed last, by size: a unit's or a plan's memory is wanted again at once, and the
 * C library would give such blocks back to the kernel each time.
 */
#define SIZES 6
static struct arena_block *spare[SIZES];

/* 480, 960, 1920, ... are numbers 0, 1, 2; -1 for a size of its own. */
static int size_index(size_t size)
{
	size_t s = BLOCK_MIN;

	for (int i = 0; i < SIZES; i++, s *= 2) {
		if (size == (s < BLOCK_MAX ? s : BLOCK_MAX))
			return i;
	}
	return -1;
}

static struct arena_block *take_spare(size_t size)
{
	int i = size_index(size);
	struct arena_block *b = i < 0 ? NULL : spare[i];

	if (b == NULL)
		return NULL;
	spare[i] = NULL;
	memset(b->data, 0, b->used);
	b->used = 0;
	b->next = NULL;
	return b;
}

static void block_free(struct arena_block *b)
{
	int i = size_index(b->size);

	if (b->lent)
		return;
	if (i >= 0 && spare[i] == NULL)
		spare[i] = b;
	else
		free(b);
}

static struct arena_block *block_new(const struct arena *a, size_t size)
{
	/* Doubling keeps a small unit small and a large one at few blocks. */
	size_t want = a->head != NULL && !a->head->lent ? a->head->size * 2 : BLOCK_MIN;
	struct arena_block *b;

	if (want > BLOCK_MAX)
		want = BLOCK_MAX;
	if (want < size)
		want = size;
	if (want > SIZE_MAX - sizeof(*b))
		return NULL;
	b = take_spare(want);
	if (b != NULL)
		return b;
	b = calloc(1, sizeof(*b) + want);
	if (b != NULL)
		b->size = want;
	return b;
}

static void *take(struct arena *a, size_t size, size_t align)
{
	struct arena_block *b = a->head;
	size_t at = b != NULL ? (b->used + align - 1) & ~(align - 1) : 0;

	if (b == NULL || at > b->size || size > b->size - at) {
		b = block_new(a, size);
		if (b == NULL)
			return NULL;
		b->next = a->head;
		a->head = b;
		at = 0;
	}
	b->used = at + size;
	a->used += size;
	return b->data + at;
}

void arena_begin_in(struct arena *a, void *memory, size_t size)
{
	struct arena_block *b = memory;

	memset(b, 0, size);
	b->size = size - sizeof(*b);
	b->lent = true;
	a->head = b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return take(a, size, alignof(max_align_t));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = take(a, len + 1, 1);

	if (p != NULL)
		memcpy(p, s, len); /* blocks are zeroed: the end is there */
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n);

	if (copy != NULL && n > 0)
		memcpy(copy, p, n);
	return copy;
}

void arena_free(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->head; b != NULL; b = next) {
		next = b->next;
		block_free(b);
	}
	*a = (struct arena){ 0 };
}
