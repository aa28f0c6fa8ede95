/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_BURST_H
#define BERTH_LIB_BURST_H

#include <stddef.h>

/*
 * Objects of one size of which there are a thousand for a moment, and then none for a long time
 * (the jobs of a boot): page by page from the kernel, and each page back to it when nothing is in it
 * any more. What the pool (pool.h) would keep for ever. As there: not for children.
 */
struct burst_page;

struct burst {
	struct burst_page *pages; /* those with room */
	size_t size;		  /* of an object, at most 512 */
};

#define BURST_INIT(object_size)                                                                    \
	{                                                                                          \
		.size = (object_size)                                                              \
	}

/* Zeroed, aligned for any type; NULL when there is no memory. */
void *burst_alloc(struct burst *b);
/* NULL is no error. */
void burst_free(struct burst *b, void *object);

#endif
