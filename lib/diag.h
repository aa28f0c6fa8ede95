/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_DIAG_H
#define BERTH_LIB_DIAG_H

#include <stdbool.h>
#include <stddef.h>

enum diag_level {
	DIAG_ERROR,
	DIAG_WARNING,
	DIAG_NOTE,
};

/*
 * One thing that a human has to read: where, what and why. Fixed size, no heap: it can be made
 * where memory has run out. @err is a positive errno or 0.
 */
struct diag {
	enum diag_level level;
	char file[128];
	unsigned int line;
	char key[48];
	int err;
	char text[256];
};

/* Receives diagnostics one by one while a unit or a tree of units is being read. */
struct diag_sink {
	void (*emit)(struct diag_sink *sink, const struct diag *diag);
};

/* Fills @d's text (printf-like) and level; place fields are left as they are. Returns -@err or
 * -EINVAL if 0. */
__attribute__((format(printf, 4, 5))) int diag_set(struct diag *d, enum diag_level level, int err,
						   const char *fmt, ...);

/* Sets file and line (@line 0: none) and key (NULL: none). */
void diag_place(struct diag *d, const char *file, unsigned int line, const char *key);

/*
 * "FILE:LINE: error: KEY: TEXT: ERRNO TEXT", each part only if it is there; compiler-style, no new
 * line at the end. Returns the length, always NUL-terminated within @size.
 */
size_t diag_format(const struct diag *d, char *buf, size_t size);

/* The same without "error: ", for where the level is told in another way. */
size_t diag_format_plain(const struct diag *d, char *buf, size_t size);

/* The errno text without strerror's locale machinery ("No such file or directory"). */
const char *diag_errno(int err);

/* The errno name ("ENOENT"), or NULL for a number that Linux does not have. */
const char *diag_errno_name(int err);

#endif
