/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_READ_H
#define BERTH_LOG_READ_H

#include "log/ring.h"

/*
 * What `berthctl logs` reads: first the files (what the ring no longer has), by time over all units,
 * then the ring; each record once, the oldest first. Records from files have no pid, no monotonic
 * time and no LOG_FLAG_STDERR.
 */
struct log_query {
	const char *const *units;  /* names or globs (fnmatch(3)) */
	size_t unit_count;	   /* 0: every unit */
	unsigned int max_priority; /* 7: all */
	usec_t since, until; /* CLOCK_REALTIME, both included; 0 and USEC_INFINITY: no bound */
	uint64_t last;	     /* only so many records before the end, 0: all */
	bool follow;	     /* beyond what is there when log_read_open() is called */
};

struct log_read;

/*
 * @dir: of the files, NULL for none. @ring_fd: the ring (stays the caller's), -1 for none. The
 * query must live on. 0, with @out to be closed, or -errno (-EBADMSG: @ring_fd is no ring). A
 * directory that is missing or may not be read is as good as an empty one if there is a ring.
 */
int log_read_open(struct log_read **out, const char *dir, int ring_fd,
		  const struct log_query *query);

/* 1: a record, valid until the next call. 0: no more (when following: for now). -errno. */
int log_read_next(struct log_read *read, struct log_record *record);

/* Following: waits for more. 1: look again, 0: time-out or a signal, -errno. */
int log_read_wait(struct log_read *read, usec_t span);

/* Records that were overwritten in the ring before they could be read. */
uint64_t log_read_lost(const struct log_read *read);

void log_read_close(struct log_read *read);

#endif
