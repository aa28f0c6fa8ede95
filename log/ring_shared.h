/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_RING_SHARED_H
#define BERTH_LOG_RING_SHARED_H

#include "log/ring.h"

#include <stdatomic.h>

/* What lies in the shared memory: known to the ring's writer and readers only. */
#define LOG_RING_MAGIC	  0x676f4c62U /* "bLog" */
#define LOG_RING_VERSION  1
#define LOG_RING_DATA	  4096 /* offset of the data: the header has a page of its own */
#define LOG_RING_SIZE_MAX ((size_t)1 << 30)

struct log_ring_head {
	uint32_t magic;
	uint32_t version;
	uint64_t size;		/* of the data */
	_Atomic uint64_t head;	/* behind the newest record */
	_Atomic uint64_t tail;	/* the oldest record */
	_Atomic uint32_t batch; /* futex word, counts log_ring_wake() */
};

/* Records lie at multiples of 8 and are copied in words of 8, each an atomic access. */
#define LOG_RING_ALIGN 8

struct log_ring_record {
	uint16_t size; /* of the whole record, a multiple of 8 */
	uint16_t text_len;
	uint8_t unit_len;
	uint8_t priority;
	uint8_t flags;
	uint8_t zero;
	uint32_t mark; /* tells a record from bytes in the middle of one */
	uint32_t pid;
	uint64_t seq;
	uint64_t realtime;
	uint64_t monotonic;
	/* then the unit, NUL, the text, NUL */
};

_Static_assert(sizeof(struct log_ring_record) == 40, "the record header is packed by hand");
_Static_assert(LOG_RECORD_MAX >= sizeof(struct log_ring_record) + LOG_UNIT_MAX + LOG_TEXT_MAX + 2,
	       "the largest record fits a reader's buffer");
_Static_assert(LOG_RECORD_MAX % LOG_RING_ALIGN == 0, "whole words");

static inline size_t log_ring_record_size(size_t unit_len, size_t text_len)
{
	size_t n = sizeof(struct log_ring_record) + unit_len + 1 + text_len + 1;

	return (n + LOG_RING_ALIGN - 1) & ~(size_t)(LOG_RING_ALIGN - 1);
}

static inline uint32_t log_ring_mark(uint64_t pos)
{
	return (uint32_t)(pos / LOG_RING_ALIGN) ^ 0xb347ec0dU;
}

static inline bool log_ring_record_valid(const struct log_ring_record *r, uint64_t pos)
{
	return r->mark == log_ring_mark(pos) && r->text_len <= LOG_TEXT_MAX && r->priority < 8 &&
	       r->size == log_ring_record_size(r->unit_len, r->text_len);
}

static inline _Atomic uint64_t *log_ring_word(const struct log_ring_head *shared, size_t size,
					      uint64_t pos)
{
	return (_Atomic uint64_t *)(uintptr_t)((const unsigned char *)shared + LOG_RING_DATA +
					       (size_t)(pos & (size - 1)));
}

static inline void log_ring_copy(const struct log_ring_head *shared, size_t size, uint64_t pos,
				 uint64_t *words, size_t bytes)
{
	for (size_t i = 0; i < bytes / LOG_RING_ALIGN; i++)
		words[i] =
			atomic_load_explicit(log_ring_word(shared, size, pos + i * LOG_RING_ALIGN),
					     memory_order_relaxed);
}

/* Checks what is in @fd before it is mapped; the data's size in *@size. 0, -EBADMSG or -errno. */
int log_ring_check_fd(int fd, size_t *size);

#endif
