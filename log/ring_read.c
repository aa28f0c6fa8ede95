/* SPDX-License-Identifier: MIT */
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/trim.h"
#include "log/ring_shared.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <linux/futex.h>

#define TRIES 1000

int log_ring_map(struct log_ring_view *view, int fd)
{
	size_t size = 0;
	void *map;
	int r = log_ring_check_fd(fd, &size);

	if (r < 0)
		return r;
	map = mmap(NULL, LOG_RING_DATA + size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*view = (struct log_ring_view){ .shared = map, .size = size };
	return 0;
}

void log_ring_unmap(struct log_ring_view *view)
{
	if (view->shared != NULL)
		munmap((void *)(uintptr_t)view->shared, LOG_RING_DATA + view->size);
	view->shared = NULL;
}

static uint64_t load_tail(const struct log_ring_view *view)
{
	return atomic_load_explicit(&view->shared->tail, memory_order_relaxed);
}

uint64_t log_ring_end(const struct log_ring_view *view)
{
	return atomic_load_explicit(&view->shared->head, memory_order_acquire);
}

void log_reader_init(struct log_reader *reader, const struct log_ring_view *view)
{
	*reader = (struct log_reader){ .view = view, .pos = load_tail(view) };
}

void log_reader_resume(struct log_reader *reader, const struct log_ring_view *view, uint64_t pos,
		       uint64_t next_seq)
{
	log_reader_init(reader, view);
	if (pos > log_ring_end(view) || pos % LOG_RING_ALIGN != 0)
		return;
	/* Before the oldest record is right too: the next call then tells how much was lost. */
	reader->pos = pos;
	reader->next_seq = pos == 0 ? 1 : next_seq; /* the first record is the first */
}

enum peek {
	PEEK_OK,
	PEEK_GONE, /* overwritten while or before it was copied */
	PEEK_BAD,
};

/* Copies the header at @pos and believes it only if the tail has not passed it meanwhile. */
static enum peek peek_header(const struct log_reader *reader, uint64_t head, uint64_t *words,
			     struct log_ring_record *r)
{
	const struct log_ring_view *v = reader->view;

	if (reader->pos >= head || head - reader->pos < sizeof(*r))
		return PEEK_BAD;
	log_ring_copy(v->shared, v->size, reader->pos, words, sizeof(*r));
	atomic_thread_fence(memory_order_acquire);
	if (load_tail(v) > reader->pos)
		return PEEK_GONE;
	memcpy(r, words, sizeof(*r));
	if (!log_ring_record_valid(r, reader->pos) || r->size > head - reader->pos)
		return PEEK_BAD;
	return PEEK_OK;
}

/* Damage: nothing between here and the head can be trusted. */
static int give_up(struct log_reader *reader)
{
	reader->pos = log_ring_end(reader->view);
	reader->next_seq = 0;
	return -EBADMSG;
}

/* Goes to the oldest record there is and counts what lies between. */
static int skip_lost(struct log_reader *reader)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t words[sizeof(struct log_ring_record) / LOG_RING_ALIGN];
		uint64_t tail = load_tail(reader->view);
		uint64_t head = log_ring_end(reader->view);
		struct log_ring_record r;

		if (tail < reader->pos || tail > head || tail % LOG_RING_ALIGN != 0)
			return give_up(reader);
		reader->lost_bytes += tail - reader->pos;
		reader->pos = tail;
		if (tail == head) /* the writer is between tail and head: the next round will do */
			continue;
		switch (peek_header(reader, head, words, &r)) {
		case PEEK_OK:
			if (reader->next_seq != 0 && r.seq > reader->next_seq)
				reader->lost += r.seq - reader->next_seq;
			reader->next_seq = r.seq;
			return -EOVERFLOW;
		case PEEK_BAD: return give_up(reader);
		case PEEK_GONE: break;
		}
	}
	return -EOVERFLOW; /* it writes faster than we look: the number follows with a later call */
}

static int take_record(struct log_reader *reader, const struct log_ring_record *r,
		       const uint64_t *words, struct log_record *record, char *buf)
{
	const char *p = (const char *)words + sizeof(*r);

	if (p[r->unit_len] != '\0' || p[r->unit_len + 1 + r->text_len] != '\0')
		return give_up(reader);
	memcpy(buf, p, (size_t)r->unit_len + 1 + r->text_len + 1);
	*record = (struct log_record){
		.priority = r->priority,
		.flags = r->flags,
		.pid = r->pid,
		.seq = r->seq,
		.realtime = r->realtime,
		.monotonic = r->monotonic,
		.unit = buf,
		.unit_len = r->unit_len,
		.text = buf + r->unit_len + 1,
		.text_len = r->text_len,
	};
	/* Numbers without a gap unless damage was skipped: then this is where it is noticed. */
	if (reader->next_seq != 0 && r->seq > reader->next_seq)
		reader->lost += r->seq - reader->next_seq;
	reader->pos += r->size;
	reader->next_seq = r->seq + 1;
	return 1;
}

int log_ring_next(struct log_reader *reader, struct log_record *record, char *buf, size_t size)
{
	const struct log_ring_view *v = reader->view;
	uint64_t words[LOG_RECORD_MAX / LOG_RING_ALIGN];
	uint64_t head = log_ring_end(v);
	struct log_ring_record r;

	if (size < LOG_RECORD_MAX)
		return -EINVAL;
	if (reader->pos == head)
		return 0;
	if (load_tail(v) > reader->pos)
		return skip_lost(reader);
	switch (peek_header(reader, head, words, &r)) {
	case PEEK_GONE: return skip_lost(reader);
	case PEEK_BAD: return give_up(reader);
	case PEEK_OK: break;
	}
	log_ring_copy(v->shared, v->size, reader->pos, words, r.size);
	atomic_thread_fence(memory_order_acquire);
	if (load_tail(v) > reader->pos)
		return skip_lost(reader);
	return take_record(reader, &r, words, record, buf);
}

/* sys_futex_wait() by a process that will not do anything for a while. */
static int wait_trimmed(const uint32_t *addr, uint32_t expected)
{
	const long args[6] = { (long)(uintptr_t)addr, FUTEX_WAIT, (long)expected };

	return (int)trim_syscall(SYS_futex, args);
}

int log_ring_wait(const struct log_reader *reader, usec_t span)
{
	const struct log_ring_head *shared = reader->view->shared;
	struct timespec ts = { .tv_sec = (time_t)(span / USEC_PER_SEC),
			       .tv_nsec = (long)(span % USEC_PER_SEC) * 1000 };
	/* Read before the look at head: a batch that comes in between makes the wait return at
	 * once. */
	uint32_t batch = atomic_load_explicit(&shared->batch, memory_order_acquire);
	int r;

	if (log_ring_end(reader->view) != reader->pos)
		return 1;
	r = span == USEC_INFINITY ? wait_trimmed((const uint32_t *)&shared->batch, batch)
				  : sys_futex_wait((const uint32_t *)&shared->batch, batch, &ts);
	if (r < 0 && r != -EAGAIN && r != -ETIMEDOUT && r != -EINTR)
		return r;
	return log_ring_end(reader->view) != reader->pos;
}
