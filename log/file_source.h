/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_FILE_SOURCE_H
#define BERTH_LOG_FILE_SOURCE_H

#include "log/format.h"

#include <stdio.h>
#include <sys/types.h>

#define LOG_GENERATIONS 16 /* rotated files looked at per unit */

/*
 * One unit's files as one stream, the oldest line first, as long as they were when it was opened:
 * rotation and growth in the meantime change nothing.
 */
struct log_file_source {
	char unit[LOG_UNIT_MAX + 1];
	int dirfd;	    /* the caller's */
	unsigned int count; /* of the files below, the oldest first */
	unsigned int next;  /* the one to be opened next */
	struct {
		ino_t inode;
		off_t size;
	} files[LOG_GENERATIONS];
	FILE *file;
	off_t left; /* bytes of @file not read yet */
	uint64_t
		stop_at; /* time of the unit's first record in the ring, where the files end. 0: none */
	struct log_record record; /* the current one */
	char line[LOG_LINE_MAX];
};

/* Looks which files there are. 0 or -errno (-EINVAL: no unit name). No files is no error. */
int log_file_source_open(struct log_file_source *source, int dirfd, const char *unit);

/* Reads the next record into source->record. False: no more. */
bool log_file_source_next(struct log_file_source *source);

/* To the first line again, of the same files. */
void log_file_source_rewind(struct log_file_source *source);
void log_file_source_close(struct log_file_source *source);

#endif
