/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_LINES_H
#define BERTH_LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes lines of what comes out of a service's pipe. Zero-initialised is ready; memory is held
 * only while a line is incomplete. A line longer than LOG_TEXT_MAX (or one that cannot be kept for
 * want of memory) comes out in pieces with LOG_FLAG_PARTIAL on all but the last. No byte is lost:
 * NUL comes out as "\x00", everything else as it is.
 *
 * A line that begins with "<N>", N from 0 to 7, has that priority (sd-daemon(3)), else it is 6, or
 * what ->plain says.
 */
struct log_lines {
	char *partial; /* what has come of the incomplete line */
	uint16_t len, room;
	uint8_t priority;  /* of the line whose first piece is out */
	bool going_on : 1; /* the next piece continues a line */
	bool verbatim : 1; /* "<N>" is text like any other */
	uint8_t plain;	   /* 1 + the priority of lines that name none; 0: 6 */
	uint8_t said;	   /* for the owner to count in (init/logs.c) */
};

/* One line or piece; @text is not NUL-terminated and gone when the function returns. */
typedef void log_line_fn(void *ctx, const char *text, size_t len, uint8_t priority, uint8_t flags);

void log_lines_feed(struct log_lines *lines, const char *data, size_t len, log_line_fn *fn,
		    void *ctx);

/* The stream has ended: what is incomplete comes out as a line, the memory is freed. */
void log_lines_flush(struct log_lines *lines, log_line_fn *fn, void *ctx);

#endif
