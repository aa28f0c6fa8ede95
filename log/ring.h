/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_RING_H
#define BERTH_LOG_RING_H

#include "lib/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The log ring: one memfd that PID 1 alone writes and that berth-log and berthctl map read-only.
 *
 * A page of header, then a power of two of data. `head` and `tail` are offsets that only grow; the
 * byte of offset o lies at o modulo the data size. A record never moves; the writer moves `tail`
 * over the oldest ones before it writes over them, and `head` behind a new one after it is whole.
 * A reader copies first and looks at `tail` afterwards: what `tail` has passed is not believed, it
 * is counted as lost. So readers never lock, and a slow, stopped or dead one never holds up PID 1.
 *
 * Why readers cannot write: they get a descriptor opened anew with O_RDONLY, and the memfd has mode
 * 0400, or else they could open it again for writing through /proc/self/fd (a fresh memfd is 0777).
 * F_SEAL_FUTURE_WRITE would do as well, but after an exec PID 1 itself has to map it for writing
 * again. The size is sealed, so that nobody's mapping can be cut short (SIGBUS).
 */
#define LOG_RING_SIZE	  ((size_t)512 * 1024)
#define LOG_RING_SIZE_MIN ((size_t)16 * 1024)
#define LOG_UNIT_MAX	  255
#define LOG_TEXT_MAX	  2048
#define LOG_RECORD_MAX	  2352 /* a whole record; the size of a reader's buffer */

enum log_flag {
	LOG_FLAG_STDERR = 1,  /* else standard output */
	LOG_FLAG_PARTIAL = 2, /* the line goes on in the stream's next record */
	LOG_FLAG_MANAGER = 4, /* said by berth about the unit, not by the unit */
	LOG_FLAG_KERNEL = 8,
};

struct log_record {
	uint8_t priority; /* 0-7, syslog(3) */
	uint8_t flags;	  /* enum log_flag */
	uint32_t pid;	  /* 0: not known */
	uint64_t seq;	  /* set by the ring: 1, 2, 3, ... over its whole life */
	usec_t realtime;  /* 0 on append: now. Made unique, see ring.c */
	usec_t monotonic; /* 0 on append: now */
	const char *unit; /* NUL-terminated when read */
	size_t unit_len;  /* at most LOG_UNIT_MAX, longer ones are cut on append */
	const char *text; /* NUL-terminated when read, no new line */
	size_t text_len;  /* at most LOG_TEXT_MAX, longer ones are cut on append */
};

/* --- the writer: PID 1 only, never blocks, never allocates after create --- */

struct log_ring_head;

struct log_ring {
	int fd; /* the descriptor to keep over an exec; close-on-exec is set */
	struct log_ring_head *shared;
	size_t size;		  /* of the data */
	uint64_t head, tail, seq; /* own copies: what is in shared memory is only ever written */
	usec_t last_realtime;
	bool unseen; /* appended since the last wake */
};

/* @size: bytes of data, rounded up to a power of two. All of it is allocated now. 0 or -errno. */
int log_ring_create(struct log_ring *ring, size_t size);

/* Goes on with the ring in @fd (taken over on success) after an exec. 0, -EBADMSG or -errno. */
int log_ring_attach_writer(struct log_ring *ring, int fd);

/*
 * Children of this process do not get the mapping: a stub would hold the log of all services, and
 * each fork copy it. Where the kernel refuses, they do.
 */
void log_ring_keep_from_children(const struct log_ring *ring);

/* A new read-only descriptor for a reader (close-on-exec), or -errno. Needs /proc. */
int log_ring_open_reader(const struct log_ring *ring);

/* Appends, writing over the oldest if need be. Readers sleep on until log_ring_wake(). */
void log_ring_append(struct log_ring *ring, const struct log_record *record);

/* Wakes waiting readers if something was appended; call once per batch. */
void log_ring_wake(struct log_ring *ring);

void log_ring_close(struct log_ring *ring);

/* --- readers --- */

struct log_ring_view {
	const struct log_ring_head *shared;
	size_t size;
};

struct log_reader {
	const struct log_ring_view *view;
	uint64_t pos;	   /* offset of the next record */
	uint64_t next_seq; /* its number if nothing gets lost, 0: not known */
	uint64_t lost;	   /* records overwritten unread, in all */
	uint64_t lost_bytes;
};

/*
 * Maps the ring in @fd (which may be closed afterwards). Anyone may have made it: everything that
 * is used is checked. 0, -EBADMSG (not a ring, or its size is not sealed) or -errno.
 */
int log_ring_map(struct log_ring_view *view, int fd);
void log_ring_unmap(struct log_ring_view *view);

/* Starts with the oldest record that is there. */
void log_reader_init(struct log_reader *reader, const struct log_ring_view *view);

/* Goes on where a former reader's pos and next_seq were; nonsense starts with the oldest. */
void log_reader_resume(struct log_reader *reader, const struct log_ring_view *view, uint64_t pos,
		       uint64_t next_seq);

/*
 * 1: the next record in @record, its strings in @buf (@size >= LOG_RECORD_MAX). 0: none yet.
 * -EOVERFLOW: records were overwritten before they were read; @reader->lost has grown by their
 * number, the next call goes on with the oldest there is. -EBADMSG: the content is damaged; the
 * next call goes on behind it. -EINVAL: @size.
 */
int log_ring_next(struct log_reader *reader, struct log_record *record, char *buf, size_t size);

/*
 * Waits for a record for at most @span; USEC_INFINITY is for those that have waited in vain before: it
 * gives back the program's memory where that is asked for (lib/trim.h). 1: there is one, 0: time-out or a
 * signal, or -errno.
 */
int log_ring_wait(const struct log_reader *reader, usec_t span);

/* Offset behind the newest record: a bound for whoever wants "all that is there now". */
uint64_t log_ring_end(const struct log_ring_view *view);

/* --- how far the log writer has got: its page, a mere hint to PID 1 --- */

struct log_ack_page;

struct log_ack {
	int fd; /* -1 on the log writer's side */
	struct log_ack_page *page;
};

/* PID 1: makes the page; @ack->fd, inherited by the log writer, is its only way in. 0 or -errno. */
int log_ack_create(struct log_ack *ack);
/* As log_ring_keep_from_children(). */
void log_ack_keep_from_children(const struct log_ack *ack);

/* Either side: maps the page in @fd; @writable for the log writer, which may close @fd then. */
int log_ack_attach(struct log_ack *ack, int fd, bool writable);
void log_ack_close(struct log_ack *ack);

/* The log writer: everything before @pos (whose record will have the number @seq) is on disk. */
void log_ack_set(struct log_ack *ack, uint64_t pos, uint64_t seq);
uint64_t log_ack_pos(const struct log_ack *ack);
uint64_t log_ack_seq(const struct log_ack *ack);

/*
 * Bytes in the ring (of @ring->size) that are not on disk yet; whatever the page says, between 0
 * and the size. Progress of the log writer shows in log_ack_pos() changing.
 */
uint64_t log_ring_unpersisted(const struct log_ring *ring, const struct log_ack *ack);

#endif
