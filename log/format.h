/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LOG_FORMAT_H
#define BERTH_LOG_FORMAT_H

#include "log/ring.h"

/*
 * The text files: one line per record,
 *
 *	2026-11-21T22:40:00.123456Z info text of the line
 *
 * time in UTC, syslog(3) name of the priority. The name is followed by "+" if the line goes on in
 * the next record, by "*" if berth says it about the unit.
 */
#define LOG_LINE_MAX (LOG_TEXT_MAX + 48)

/* DIR/UNIT.log, .log.1 is the one before, ... Room for any name, NUL included. */
#define LOG_NAME_MAX 256

/* The file of @unit, @generation 0 being the current one. 0 or -EINVAL: not fit for a file name. */
int log_file_name(char *buf, size_t size, const char *unit, unsigned int generation);

/* Writes @record's line with its new line to @buf (@size >= LOG_LINE_MAX), returns the length. */
size_t log_format_line(char *buf, size_t size, const struct log_record *record);

/*
 * The reverse, for @len bytes without the new line: sets priority, flags, realtime and text (which
 * points into @line); unit, pid and monotonic are not in the file. 0 or -EBADMSG.
 */
int log_parse_line(const char *line, size_t len, struct log_record *record);

/* "err", "warning", ...; @priority 0-7. */
const char *log_priority_name(unsigned int priority);

#endif
