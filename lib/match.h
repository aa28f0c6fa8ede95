/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_MATCH_H
#define BERTH_LIB_MATCH_H

#include <stdbool.h>

/*
 * Patterns as in glob(7), by bytes: *, ?, [a-z], [!a-z], [[:digit:]], and \ before what is meant as it is.
 * The C library's own bring the tables of all alphabets and the user database along, 24 kB.
 */
enum match_flag {
	MATCH_NO_ESCAPE = 1, /* \ is a character like any other */
	MATCH_ANY_CASE = 2,  /* A is a */
};

/* Whether the pattern stands for the whole of @text. */
bool match_text(const char *pattern, const char *text, unsigned int flags);

/*
 * Calls @fn for each path that the absolute @pattern stands for, until it says false. Within a
 * component; what begins with a dot only if the pattern does. Whether there was any.
 */
bool match_paths(const char *pattern, bool (*fn)(void *ctx, const char *path), void *ctx);

#endif
