/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_FILES_H
#define BERTH_LOG_FILES_H

#include "log/format.h"

/*
 * The log writer's files. Nothing is allocated: a fixed number of files is open, each with a small
 * buffer; the one unused for longest makes way.
 *
 * Two kinds of trouble: what concerns the whole place (no space, read-only, directory missing) is
 * returned, nothing is dropped and the caller tries again later while the ring keeps what comes;
 * what concerns one file (EIO, a directory in its place) drops that unit's lines, counts them, and
 * leaves a line with their number when the file can be written again.
 */
#define LOG_FILES_OPEN	16
#define LOG_FILE_BUFFER 4096

struct log_file {
	char unit[LOG_UNIT_MAX + 1]; /* "": the slot is free */
	int fd;			     /* -1: not open */
	int trouble;		     /* errno that has been reported and still holds, 0: none */
	bool torn;		     /* the file ends in the middle of a line whose rest is gone */
	bool midline;		     /* it does, and @buffer begins with the rest */
	uint64_t size;
	uint64_t lost; /* lines dropped since the file could last be written */
	uint64_t used; /* when, in calls */
	size_t len;    /* bytes in @buffer */
	char *buffer;  /* LOG_FILE_BUFFER bytes */
};

struct log_files {
	const char *dir;
	int dirfd;	   /* -1: not open yet */
	uint64_t max_size; /* a file that would grow above it is rotated first */
	unsigned int keep; /* rotated files kept per unit */
	int trouble;	   /* of the whole place: errno reported, 0: none */
	usec_t reported;   /* when a single file's trouble was last told, CLOCK_MONOTONIC */
	uint64_t calls;
	struct log_file files[LOG_FILES_OPEN];
	/* Last and apart: a page of it is memory only once its file is written. */
	char buffers[LOG_FILES_OPEN][LOG_FILE_BUFFER];
};

/* @dir must live on; it is opened when first needed. */
void log_files_init(struct log_files *files, const char *dir, uint64_t max_size, unsigned int keep);

/* Takes the record (into a buffer or to disk). 0, or -errno: not taken, the same one is to be put
 * again later. */
int log_files_put(struct log_files *files, const struct log_record *record);

/* Writes all buffers out. 0, or -errno: some of it is still to be written. */
int log_files_flush(struct log_files *files);

/* Flushes as far as it goes and closes everything. */
void log_files_close(struct log_files *files);

#endif
