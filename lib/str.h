/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_STR_H
#define BERTH_LIB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * A bounded builder over the caller's buffer: never allocates, never overruns, remembers that it
 * was cut. Usable in the child after clone3 and on the death path.
 */
struct strbuf {
	char *data;
	size_t size;
	size_t len;
	bool cut;
};

#define STRBUF_INIT(array) ((struct strbuf){ .data = (array), .size = sizeof(array) })

void strbuf_init(struct strbuf *b, char *data, size_t size);
void strbuf_put(struct strbuf *b, const char *s);
void strbuf_put_n(struct strbuf *b, const char *s, size_t n);
void strbuf_put_u64(struct strbuf *b, uint64_t v);
__attribute__((format(printf, 2, 3))) void strbuf_printf(struct strbuf *b, const char *fmt, ...);

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Inline: most prefixes are literals, whose length the compiler knows. */
static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix);

/* FNV-1a, 32 bits: stable over releases, addresses and MACs are drawn from it. */
uint32_t str_hash(const char *s);

/* Copies with strlcpy semantics; returns false when it was cut. */
bool str_copy(char *dst, size_t size, const char *src);

/* Damerau-Levenshtein distance, capped at @cap; for "did you mean". Words above 63 bytes: @cap. */
unsigned int str_distance(const char *a, const char *b, unsigned int cap);

/* True for well-formed UTF-8 without NUL (RFC 3629: no surrogates, no overlong forms). */
bool str_utf8_valid(const char *s, size_t n);

#endif
