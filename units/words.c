/* SPDX-License-Identifier: MIT */
#include "units/words.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int put_utf8(uint32_t c, char *out, int *n_out)
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -EINVAL;
	if (c < 0x80) {
		out[0] = (char)c;
		*n_out = 1;
	} else if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		*n_out = 2;
	} else if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		*n_out = 3;
	} else {
		out[0] = (char)(0xf0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 0x3f));
		out[2] = (char)(0x80 | (c >> 6 & 0x3f));
		out[3] = (char)(0x80 | (c & 0x3f));
		*n_out = 4;
	}
	return 0;
}

/* @digits hex digits behind the letter at @s. */
static int unescape_hex(const char *s, int digits, char *out, int *n_out)
{
	uint32_t v = 0;

	for (int i = 1; i <= digits; i++) {
		int d = hex_digit(s[i]);

		if (d < 0)
			return -EINVAL;
		v = v << 4 | (uint32_t)d;
	}
	if (digits == 2) {
		if (v == 0)
			return -EINVAL; /* a NUL would cut the word */
		out[0] = (char)v;
		*n_out = 1;
	} else if (put_utf8(v, out, n_out) < 0) {
		return -EINVAL;
	}
	return digits + 1;
}

static int unescape_octal(const char *s, char *out, int *n_out)
{
	int v = 0;

	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return -EINVAL;
		v = v * 8 + (s[i] - '0');
	}
	if (v == 0 || v > 255)
		return -EINVAL;
	out[0] = (char)v;
	*n_out = 1;
	return 3;
}

int unescape_one(const char *s, char *out, int *n_out)
{
	static const char from[] = "abfnrtv\\\"'s";
	static const char to[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *at;

	if (*s == '\0')
		return -EINVAL;
	if (*s == 'x')
		return unescape_hex(s, 2, out, n_out);
	if (*s == 'u')
		return unescape_hex(s, 4, out, n_out);
	if (*s == 'U')
		return unescape_hex(s, 8, out, n_out);
	if (*s >= '0' && *s <= '7')
		return unescape_octal(s, out, n_out);
	at = strchr(from, *s);
	if (!at)
		return -EINVAL;
	out[0] = to[at - from];
	*n_out = 1;
	return 1;
}

/* The backslash at *@s: writes what it stands for, moves *@s behind it. */
static int take_escape(struct word_reader *r, const char **s, unsigned int flags, char quote)
{
	int used, n = 0;

	if ((*s)[1] == '\0') {
		/* systemd: kept when it ends an unquoted word, an error inside quotes. */
		if (quote && !(flags & WORD_RELAX))
			return -EINVAL;
		if (flags & WORD_C_ESCAPES) {
			*r->out++ = '\\';
			r->odd_escape = true;
		}
		*s += 1;
		return 0;
	}
	if (!(flags & WORD_C_ESCAPES)) {
		*r->out++ = (*s)[1];
		*s += 2;
		return 0;
	}
	used = unescape_one(*s + 1, r->out, &n);
	if (used < 0) {
		r->odd_escape = true;
		*r->out++ = '\\';
		*r->out++ = (*s)[1];
		*s += 2;
		return 0;
	}
	r->out += n;
	*s += 1 + used;
	return 0;
}

int word_next(struct word_reader *r, unsigned int flags, char **word)
{
	const char *s = r->at;
	char quote = '\0';

	while (is_space(*s))
		s++;
	if (*s == '\0') {
		r->at = s;
		return 0;
	}
	*word = r->out;
	while (*s && (quote || !is_space(*s))) {
		if (*s == '\\' && !(flags & WORD_KEEP_BACKSLASH)) {
			if (take_escape(r, &s, flags, quote) < 0)
				return -EINVAL;
		} else if (quote ? *s == quote : *s == '\'' || *s == '"') {
			quote = quote ? '\0' : *s;
			s++;
		} else {
			*r->out++ = *s++;
		}
	}
	if (quote && !(flags & WORD_RELAX))
		return -EINVAL;
	*r->out++ = '\0';
	while (is_space(*s))
		s++;
	r->at = s;
	return 1;
}
