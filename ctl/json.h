/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_JSON_H
#define BERTH_CTL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * JSON to a stream, one value after the other: commas, and quoting after RFC 8259. Text that is
 * not UTF-8 comes out with U+FFFD in the place of each bad byte, so that a reader never fails.
 * Inside an object each value is preceded by json_key(). The stream's own error state tells of
 * failed writes.
 */
struct json {
	FILE *out;
	bool comma; /* a value stands before the next one at this level */
};

static inline struct json json_to(FILE *out)
{
	return (struct json){ .out = out };
}

void json_object_open(struct json *j);
void json_object_close(struct json *j);
void json_array_open(struct json *j);
void json_array_close(struct json *j);
void json_key(struct json *j, const char *key);
/* NULL gives null. */
void json_text(struct json *j, const char *s);
void json_text_n(struct json *j, const char *s, size_t n);
void json_u64(struct json *j, uint64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
/* Ends the line between two values of a stream of them (JSON lines). */
void json_line(struct json *j);

#endif
