/* SPDX-License-Identifier: MIT */
#include "lib/str.h"

#include <stdarg.h>
#include <stdio.h>

void strbuf_init(struct strbuf *b, char *data, size_t size)
{
	*b = (struct strbuf){ .data = data, .size = size };
	if (size > 0)
		data[0] = '\0';
}

void strbuf_put_n(struct strbuf *b, const char *s, size_t n)
{
	size_t room = b->size > b->len ? b->size - b->len - 1 : 0;

	if (n > room) {
		b->cut = true;
		n = room;
	}
	if (b->size == 0)
		return;
	memcpy(b->data + b->len, s, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void strbuf_put(struct strbuf *b, const char *s)
{
	strbuf_put_n(b, s, strlen(s));
}

void strbuf_put_u64(struct strbuf *b, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	strbuf_put_n(b, digits + i, sizeof(digits) - i);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	size_t room = b->size > b->len ? b->size - b->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room) {
		b->cut = true;
		n = room > 0 ? (int)strlen(b->data + b->len) : 0;
	}
	b->len += (size_t)n;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s);
	size_t m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

uint32_t str_hash(const char *s)
{
	uint32_t h = 2166136261U;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619U;
	return h;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);
	bool fits = n < size;

	if (size == 0)
		return false;
	if (!fits)
		n = size - 1;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return fits;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: a transposition of neighbours (the commonest typing error) counts once.
 */
unsigned int str_distance(const char *a, const char *b, unsigned int cap)
{
	unsigned char rows[3][64];
	unsigned char *before = rows[0], *last = rows[1], *row = rows[2];
	size_t n = strlen(a);
	size_t m = strlen(b);

	if (n > 63 || m > 63)
		return cap;
	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned char)j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= n; i++) {
		unsigned char *next = before;

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned int d = min3(last[j] + 1U, row[j - 1] + 1U,
					      last[j - 1] + (a[i - 1] != b[j - 1]));

			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1U < d)
				d = before[j - 2] + 1U;
			row[j] = (unsigned char)d;
		}
		before = last;
		last = row;
		row = next;
	}
	return last[m] < cap ? last[m] : cap;
}

/* Length of the sequence that the lead byte announces with the range of its second byte; 0: no lead
 * byte. */
static size_t utf8_lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = 0x80;
	*hi = 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0)
			*lo = 0xa0; /* overlong below */
		if (c == 0xed)
			*hi = 0x9f; /* surrogates above */
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*lo = 0x90;
		if (c == 0xf4)
			*hi = 0x8f; /* U+10FFFF is the last */
		return 4;
	}
	return 0;
}

bool str_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0; i < n;) {
		unsigned char lo, hi;
		size_t len;

		if (p[i] == '\0')
			return false;
		if (p[i] < 0x80) {
			i++;
			continue;
		}
		len = utf8_lead(p[i], &lo, &hi);
		if (len == 0 || len > n - i || p[i + 1] < lo || p[i + 1] > hi)
			return false;
		for (size_t k = 2; k < len; k++) {
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
		}
		i += len;
	}
	return true;
}
