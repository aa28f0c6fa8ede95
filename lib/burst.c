/* SPDX-License-Identifier: MIT */
#include "lib/burst.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)

/* At the start of each page, so that an object's page is found by its address. */
struct burst_page {
	struct burst_page *prev, *next;
	void *free;    /* list through the first word of each object that was given back */
	uint16_t used; /* objects in use */
	uint16_t cut;  /* bytes of the page that were ever in use */
};

#define HEAD ((sizeof(struct burst_page) + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1))

static size_t step_of(const struct burst *b)
{
	return (b->size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static bool has_room(const struct burst *b, const struct burst_page *p)
{
	return p->free || p->cut + step_of(b) <= PAGE;
}

/* Full pages are in no list. */
static void unlink_page(struct burst *b, struct burst_page *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		b->pages = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->prev = p->next = NULL;
}

static void link_first(struct burst *b, struct burst_page *p)
{
	p->next = b->pages;
	if (p->next)
		p->next->prev = p;
	b->pages = p;
}

static struct burst_page *new_page(struct burst *b)
{
	struct burst_page *p =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* A kernel that refuses makes clones dearer, nothing else. */
	(void)madvise(p, PAGE, MADV_DONTFORK);
	p->cut = (uint16_t)HEAD;
	link_first(b, p);
	return p;
}

void *burst_alloc(struct burst *b)
{
	struct burst_page *p = b->pages ? b->pages : new_page(b);
	void *object;

	if (!p)
		return NULL;
	if (p->free) {
		object = p->free;
		memcpy(&p->free, object, sizeof(p->free));
		memset(object, 0, b->size);
	} else {
		object = (char *)p + p->cut;
		p->cut = (uint16_t)(p->cut + step_of(b));
	}
	p->used++;
	if (!has_room(b, p))
		unlink_page(b, p);
	return object;
}

void burst_free(struct burst *b, void *object)
{
	if (!object)
		return;
	struct burst_page *p = (void *)((uintptr_t)object & ~(uintptr_t)(PAGE - 1));
	bool was_full = !has_room(b, p);

	memcpy(object, &p->free, sizeof(p->free));
	p->free = object;
	p->used--;
	if (was_full)
		link_first(b, p);
	/* One page stays: a single object now and then costs no system call. */
	if (p->used > 0 || (b->pages == p && !p->next))
		return;
	unlink_page(b, p);
	munmap(p, PAGE);
}
