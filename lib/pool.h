/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_POOL_H
#define BERTH_LIB_POOL_H

#include <stddef.h>

/*
 * Memory that children do not get: PID 1's run-time state. The pages are MADV_DONTFORK, so a clone
 * neither copies their page table entries nor write-protects them, which would cost PID 1 a page
 * copy for each one it touches next; and no stub holds a picture of what PID 1 knows. A child that
 * runs on without exec must not look at anything in here.
 *
 * Blocks are kept in free lists by size and never given back to the kernel: what a peak needed
 * the next one will need again.
 */

/* Zeroed, aligned for any type; NULL when there is no memory. */
void *pool_alloc(size_t size);
/* @size as it was asked for; NULL is no error. */
void pool_free(void *p, size_t size);
/* Grows or shrinks, keeping the content; on failure NULL and @p stays as it is. */
void *pool_realloc(void *p, size_t old_size, size_t new_size);

/*
 * The same for whole mappings that few children need: hidden, it is one less for each clone to copy
 * and for each end of a child to take down. Shown again, children that are forked from then on get it.
 */
void pool_hide(void *mapping, size_t size);
void pool_show(void *mapping, size_t size);

#endif
