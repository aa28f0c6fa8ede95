/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_WORDS_H
#define BERTH_UNITS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Splitting at whitespace with quotes, as systemd.syntax(7) "Quoting" says: both quote characters
 * work anywhere in a word and disappear.
 */
enum word_flag {
	WORD_C_ESCAPES =
		1 << 0, /* \n \t \s \xNN \NNN \uNNNN \UNNNNNNNN; unknown ones stay as they are */
	WORD_KEEP_BACKSLASH = 1 << 1, /* a backslash is an ordinary character */
	WORD_RELAX = 1 << 2,	      /* a missing closing quote is no error */
};

/*
 * @out needs strlen(@at) + 1 bytes for all words together: a word never grows by unquoting, and
 * its NUL takes the place of what separated it.
 */
struct word_reader {
	const char *at;
	char *out;
	bool odd_escape; /* an unknown escape sequence was kept verbatim */
};

/* 1 and the next word (in the out buffer), 0 at the end, -EINVAL for an unbalanced quote or a bad escape. */
int word_next(struct word_reader *r, unsigned int flags, char **word);

/* One C escape behind the backslash at @s; writes bytes to @out (at most 4) and returns the characters read, or -EINVAL. */
int unescape_one(const char *s, char *out, int *n_out);

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
