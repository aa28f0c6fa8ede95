/* SPDX-License-Identifier: MIT */
#include "lib/region.h"

#include "lib/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE_MIN ((size_t)1024 * 1024)
#define PAGE	 ((size_t)4096)
/* So much new in a region that the rest of its last page may stay empty. */
#define WORTH_A_PAGE ((size_t)32 * 1024)

static size_t page_up(size_t size)
{
	return (size + PAGE - 1) & ~(PAGE - 1);
}

static void *map(void *at, size_t size)
{
	return mmap(at, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
}

int region_map(struct region *r)
{
	/* With vm.overcommit_memory=2 all of it would count, whatever is used. */
	for (size_t size = REGION_SIZE; size >= SIZE_MIN; size /= 4) {
		char *base = map(NULL, size);

		if (base == MAP_FAILED)
			continue;
		*r = (struct region){ base, size, 0 };
		return 0;
	}
	return -errno;
}

void region_unmap(struct region *r)
{
	if (r->base)
		munmap(r->base, r->size);
	*r = (struct region){ NULL, 0, 0 };
}

void *region_alloc(struct region *r, size_t size)
{
	char *p = r->base + r->used;

	if (size > r->size - r->used || ((size + 7) & ~(size_t)7) > r->size - r->used)
		return NULL;
	r->used += (size + 7) & ~(size_t)7;
	return p;
}

void *region_copy(struct region *r, const void *from, size_t size)
{
	void *to = region_alloc(r, size);

	if (to && size)
		memcpy(to, from, size);
	return to;
}

void region_seal(struct region *r, size_t before)
{
	/* One mapping less for children to copy, where a page is little beside what has come. */
	if (r->used - before >= WORTH_A_PAGE && page_up(r->used) < r->size) {
		r->used = page_up(r->used);
		pool_hide(r->base + r->used, r->size - r->used);
	}
	(void)mprotect(r->base, r->used & ~(PAGE - 1), PROT_READ);
}

void region_open(struct region *r)
{
	size_t from = r->used & ~(PAGE - 1);

	pool_show(r->base + from, r->size - from);
}

void region_close(struct region *r)
{
	size_t kept = page_up(r->used);

	if (kept < r->size && munmap(r->base + kept, r->size - kept) == 0)
		r->size = kept;
	r->used = r->size;
	(void)mprotect(r->base, r->size, PROT_READ);
}

int region_renew(struct region *r)
{
	size_t from = page_up(r->used);

	r->used = from;
	if (from < r->size && map(r->base + from, r->size - from) == MAP_FAILED) {
		int err = errno;

		r->used = r->size;
		return -err;
	}
	return 0;
}

bool region_has(const struct region *r, const void *p)
{
	const char *c = p;

	return r->base && c >= r->base && c < r->base + r->size;
}
