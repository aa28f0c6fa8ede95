/* SPDX-License-Identifier: MIT */
#include "lib/base64.h"

#include <errno.h>
#include <stdint.h>

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ssize_t base64_decode(const char *text, unsigned char *out)
{
	unsigned int letters = 0, padding = 0;
	uint32_t bits = 0;
	ssize_t n = 0;

	for (; *text; text++) {
		int v = value_of(*text);

		if (*text == ' ' || *text == '\t' || *text == '\n')
			continue;
		if (*text == '=') {
			padding++;
			continue;
		}
		if (v < 0 || padding)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)v;
		letters++;
		if (letters % 4 == 1)
			continue;
		if (out)
			out[n] = (unsigned char)(bits >> (6 - (letters + 3) % 4 * 2));
		n++;
	}
	/* One letter over is half a byte; padding fills up to four or is not there. */
	if (letters % 4 == 1 || (padding && (letters + padding) % 4) || padding > 2)
		return -EINVAL;
	return n;
}
