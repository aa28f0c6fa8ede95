/* SPDX-License-Identifier: MIT */
#include "log/ring.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "log/ring_shared.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* A sealed memfd of @size bytes, all allocated, that only its owner may open again, and only to
 * read. */
static int make_memfd(const char *name, size_t size)
{
	autoclose int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	/* Pages that are there cannot be missing later: a fault without memory would be a SIGBUS.
	 */
	if (fallocate(fd, 0, 0, (off_t)size) < 0)
		return -errno;
	if (fchmod(fd, 0400) < 0 || fcntl(fd, F_ADD_SEALS, SIZE_SEALS) < 0)
		return -errno;
	return fd_take(&fd);
}

int log_ring_check_fd(int fd, size_t *size)
{
	struct log_ring_head head;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	/* Without the seal its owner could cut it under our mapping. */
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return -EBADMSG;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return -EBADMSG;
	if (head.magic != LOG_RING_MAGIC || head.version != LOG_RING_VERSION ||
	    head.size < LOG_RING_SIZE_MIN || head.size > LOG_RING_SIZE_MAX ||
	    (head.size & (head.size - 1)) != 0 || (uint64_t)st.st_size != LOG_RING_DATA + head.size)
		return -EBADMSG;
	*size = (size_t)head.size;
	return 0;
}

int log_ring_create(struct log_ring *ring, size_t size)
{
	size_t data = LOG_RING_SIZE_MIN;
	autoclose int fd = -1;
	void *map;

	while (data < size && data < LOG_RING_SIZE_MAX)
		data *= 2;
	fd = make_memfd("berth-log", LOG_RING_DATA + data);
	if (fd < 0)
		return fd;
	map = mmap(NULL, LOG_RING_DATA + data, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct log_ring){ .shared = map, .size = data };
	ring->shared->magic = LOG_RING_MAGIC;
	ring->shared->version = LOG_RING_VERSION;
	ring->shared->size = data;
	ring->fd = fd_take(&fd);
	return 0;
}

static void read_header(const struct log_ring *ring, uint64_t pos, struct log_ring_record *r)
{
	uint64_t words[sizeof(*r) / LOG_RING_ALIGN] = { 0 };

	log_ring_copy(ring->shared, ring->size, pos, words, sizeof(words));
	memcpy(r, words, sizeof(*r));
}

/* Walks from tail to head for the last number and time; content that makes no sense is given up. */
static void adopt_content(struct log_ring *ring)
{
	uint64_t pos = ring->tail;

	while (pos < ring->head) {
		struct log_ring_record r;

		read_header(ring, pos, &r);
		if (!log_ring_record_valid(&r, pos) || r.size > ring->head - pos)
			break;
		ring->seq = r.seq;
		ring->last_realtime = r.realtime;
		pos += r.size;
	}
	if (pos != ring->head) {
		ring->tail = ring->head;
		atomic_store_explicit(&ring->shared->tail, ring->tail, memory_order_relaxed);
	}
}

int log_ring_attach_writer(struct log_ring *ring, int fd)
{
	uint64_t head, tail;
	size_t size = 0;
	void *map;
	int r = log_ring_check_fd(fd, &size);

	if (r < 0)
		return r;
	map = mmap(NULL, LOG_RING_DATA + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct log_ring){ .fd = fd, .shared = map, .size = size };
	head = atomic_load_explicit(&ring->shared->head, memory_order_relaxed);
	tail = atomic_load_explicit(&ring->shared->tail, memory_order_relaxed);
	if (tail > head || head - tail > size || (head | tail) % LOG_RING_ALIGN != 0) {
		munmap(map, LOG_RING_DATA + size);
		return -EBADMSG;
	}
	ring->head = head;
	ring->tail = tail;
	adopt_content(ring);
	ring->unseen = true; /* a wake may have been due when the former self ended */
	return 0;
}

void log_ring_keep_from_children(const struct log_ring *ring)
{
	(void)madvise(ring->shared, LOG_RING_DATA + ring->size, MADV_DONTFORK);
}

int log_ring_open_reader(const struct log_ring *ring)
{
	char path[32];
	struct strbuf b = STRBUF_INIT(path);
	int fd;

	strbuf_printf(&b, "/proc/self/fd/%d", ring->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

void log_ring_close(struct log_ring *ring)
{
	if (ring->shared != NULL)
		munmap(ring->shared, LOG_RING_DATA + ring->size);
	ring->shared = NULL;
	fd_close(&ring->fd);
}

/* Gives up the oldest records until @size bytes are free. */
static void make_room(struct log_ring *ring, size_t size)
{
	uint64_t tail = ring->tail;

	if (ring->head + size - tail <= ring->size)
		return;
	while (ring->head + size - tail > ring->size) {
		struct log_ring_record r;

		read_header(ring, tail, &r);
		/* Only PID 1 writes here, so this cannot be; still, never walk by a size of 0. */
		tail = log_ring_record_valid(&r, tail) ? tail + r.size : ring->head;
	}
	ring->tail = tail;
	atomic_store_explicit(&ring->shared->tail, tail, memory_order_relaxed);
	/*
	 * Whoever sees one of the stores to the data that follow sees the new tail as well, once it
	 * has passed the acquire fence in log_ring_next().
	 */
	atomic_thread_fence(memory_order_release);
}

/*
 * Lines of one batch share the clock's reading. Times that rise by at least a microsecond let a
 * reader recognise in the files a record that it also sees in the ring, and keep the order when
 * units are merged. After a step backwards of the clock its new time is simply taken.
 */
static usec_t unique_realtime(struct log_ring *ring, usec_t realtime)
{
	if (realtime <= ring->last_realtime && ring->last_realtime - realtime < USEC_PER_SEC)
		realtime = ring->last_realtime + 1;
	ring->last_realtime = realtime;
	return realtime;
}

/* The record as it lies in the ring into @words. Returns its size. */
static size_t build(struct log_ring *ring, const struct log_record *record, uint64_t *words)
{
	usec_t realtime = record->realtime != 0 ? record->realtime : clock_now(CLOCK_REALTIME);
	struct log_ring_record r = {
		.text_len = (uint16_t)(record->text_len < LOG_TEXT_MAX ? record->text_len
								       : LOG_TEXT_MAX),
		.unit_len = (uint8_t)(record->unit_len < LOG_UNIT_MAX ? record->unit_len
								      : LOG_UNIT_MAX),
		.priority = record->priority & 7,
		.flags = record->flags,
		.mark = log_ring_mark(ring->head),
		.pid = record->pid,
		.seq = ++ring->seq,
		.realtime = unique_realtime(ring, realtime),
		.monotonic =
			record->monotonic != 0 ? record->monotonic : clock_now(CLOCK_MONOTONIC),
	};
	char *p = (char *)words + sizeof(r);

	r.size = (uint16_t)log_ring_record_size(r.unit_len, r.text_len);
	words[r.size / LOG_RING_ALIGN - 1] = 0; /* the padding */
	memcpy(words, &r, sizeof(r));
	memcpy(p, record->unit, r.unit_len);
	p[r.unit_len] = '\0';
	memcpy(p + r.unit_len + 1, record->text, r.text_len);
	p[r.unit_len + 1 + r.text_len] = '\0';
	return r.size;
}

void log_ring_append(struct log_ring *ring, const struct log_record *record)
{
	uint64_t words[LOG_RECORD_MAX / LOG_RING_ALIGN];
	size_t size = build(ring, record, words);

	make_room(ring, size);
	for (size_t i = 0; i < size / LOG_RING_ALIGN; i++)
		atomic_store_explicit(
			log_ring_word(ring->shared, ring->size, ring->head + i * LOG_RING_ALIGN),
			words[i], memory_order_relaxed);
	ring->head += size;
	atomic_store_explicit(&ring->shared->head, ring->head, memory_order_release);
	ring->unseen = true;
}

void log_ring_wake(struct log_ring *ring)
{
	if (!ring->unseen)
		return;
	ring->unseen = false;
	atomic_fetch_add_explicit(&ring->shared->batch, 1, memory_order_release);
	/* No way to know whether someone waits: readers cannot write into the page. */
	sys_futex_wake((const uint32_t *)&ring->shared->batch, INT_MAX);
}

#define ACK_SIZE 4096

struct log_ack_page {
	_Atomic uint64_t pos;
	_Atomic uint64_t seq;
};

int log_ack_create(struct log_ack *ack)
{
	autoclose int fd = make_memfd("berth-log-ack", ACK_SIZE);
	int r;

	if (fd < 0)
		return fd;
	r = log_ack_attach(ack, fd, false);
	if (r == 0)
		ack->fd = fd_take(&fd);
	return r;
}

void log_ack_keep_from_children(const struct log_ack *ack)
{
	(void)madvise(ack->page, ACK_SIZE, MADV_DONTFORK);
}

int log_ack_attach(struct log_ack *ack, int fd, bool writable)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *map;

	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return -EBADMSG;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != ACK_SIZE)
		return -EBADMSG;
	map = mmap(NULL, ACK_SIZE, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd,
		   0);
	if (map == MAP_FAILED)
		return -errno;
	*ack = (struct log_ack){ .fd = writable ? -1 : fd, .page = map };
	return 0;
}

void log_ack_close(struct log_ack *ack)
{
	if (ack->page != NULL)
		munmap(ack->page, ACK_SIZE);
	ack->page = NULL;
	fd_close(&ack->fd);
}

void log_ack_set(struct log_ack *ack, uint64_t pos, uint64_t seq)
{
	atomic_store_explicit(&ack->page->seq, seq, memory_order_relaxed);
	atomic_store_explicit(&ack->page->pos, pos, memory_order_release);
}

uint64_t log_ack_pos(const struct log_ack *ack)
{
	return atomic_load_explicit(&ack->page->pos, memory_order_acquire);
}

uint64_t log_ack_seq(const struct log_ack *ack)
{
	return atomic_load_explicit(&ack->page->seq, memory_order_relaxed);
}

uint64_t log_ring_unpersisted(const struct log_ring *ring, const struct log_ack *ack)
{
	uint64_t pos = log_ack_pos(ack);

	if (pos < ring->tail)
		return ring->head - ring->tail;
	return pos < ring->head ? ring->head - pos : 0;
}
