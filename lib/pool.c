/* SPDX-License-Identifier: MIT */
#include "lib/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define STEP	  ((size_t)16)	 /* block sizes are its multiples */
#define SMALL_MAX ((size_t)2048) /* larger ones are mapped one by one */
#define CHUNK	  ((size_t)64 * 1024)

struct free_block {
	struct free_block *next;
};

/* At the start of the first chunk: what each start writes is in memory that no child copies. */
static struct heap {
	struct free_block *lists[SMALL_MAX / STEP + 1];
	char *chunk;
	size_t left; /* of the chunk */
} * heap;

static size_t round_up(size_t size, size_t step)
{
	return (size + step - 1) / step * step;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* A kernel that refuses makes clones dearer, nothing else. */
	(void)madvise(p, size, MADV_DONTFORK);
	return p;
}

static bool heap_begin(void)
{
	char *fresh = map(CHUNK);

	if (!fresh)
		return false;
	heap = (struct heap *)(void *)fresh;
	heap->chunk = fresh + round_up(sizeof(*heap), STEP);
	heap->left = CHUNK - round_up(sizeof(*heap), STEP);
	return true;
}

void *pool_alloc(size_t size)
{
	if (size > SMALL_MAX)
		return size > SIZE_MAX / 2 ? NULL : map(round_up(size, 4096));
	if (!heap && !heap_begin())
		return NULL;
	size = round_up(size ? size : 1, STEP);
	struct free_block **list = &heap->lists[size / STEP];
	void *p = *list;

	if (p) {
		*list = (*list)->next;
		return memset(p, 0, size);
	}
	if (heap->left < size) {
		/* What is left of the old chunk is less than one block of this size: let it be. */
		char *fresh = map(CHUNK);

		if (!fresh)
			return NULL;
		heap->chunk = fresh;
		heap->left = CHUNK;
	}
	p = heap->chunk;
	heap->chunk += size;
	heap->left -= size;
	return p;
}

void pool_free(void *p, size_t size)
{
	if (!p)
		return;
	if (size > SMALL_MAX) {
		munmap(p, round_up(size, 4096));
		return;
	}
	size = round_up(size ? size : 1, STEP);
	struct free_block *block = p;

	block->next = heap->lists[size / STEP];
	heap->lists[size / STEP] = block;
}

void *pool_realloc(void *p, size_t old_size, size_t new_size)
{
	void *fresh = pool_alloc(new_size);

	if (!fresh)
		return NULL;
	if (p)
		memcpy(fresh, p, old_size < new_size ? old_size : new_size);
	pool_free(p, old_size);
	return fresh;
}

void pool_hide(void *mapping, size_t size)
{
	(void)madvise(mapping, size, MADV_DONTFORK);
}

void pool_show(void *mapping, size_t size)
{
	(void)madvise(mapping, size, MADV_DOFORK);
}
