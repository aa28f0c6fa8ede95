/* SPDX-License-Identifier: MIT */
#include "units/value_bits.h"

#include "lib/parse.h"
#include "units/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* proc(5) coredump_filter: systemd.exec(5) also takes the mask itself, in hexadecimal. */
static bool parse_hex(const char *word, uint64_t *out)
{
	char *end;

	if (!isxdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	*out = strtoull(word, &end, 16);
	return *end == '\0' && errno == 0;
}

static int add_word(struct value_context *c, const struct key_info *info, const char *word,
		    uint64_t *bits)
{
	const struct enum_name *row = enum_by_name_nocase(info->names, word);
	uint64_t mask;

	if (row)
		*bits |= row->value < 64	      ? (uint64_t)1 << row->value
			 : row->value == BITS_DEFAULT ? info->def
						      : UINT64_MAX;
	else if (info->flags & KEY_HEX && parse_hex(word, &mask))
		*bits |= mask;
	else
		return value_word_error(c, word, "is not known here");
	return 0;
}

/*
 * systemd.exec(5) CapabilityBoundingSet=: the first assignment replaces the default, further ones
 * add, or with "~" take away; "~" alone is everything, nothing at all is nothing.
 */
int value_assign_bits(struct value_context *c, const struct key_info *info,
		      const struct draft_setting *d, const char *text, uint64_t *out)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	bool inverted = info->flags & KEY_INVERTIBLE && text[0] == '~';
	bool fresh = d->line == 0 || d->u == info->def;
	uint64_t bits = 0;
	bool all;
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	/* RestrictNamespaces=: what is restricted is not in the set. */
	if (info->flags & KEY_BOOLISH && parse_bool(text, &all) == 0) {
		*out = all ? 0 : info->def;
		return 0;
	}
	r.at += inverted;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = add_word(c, info, word, &bits);
		if (n < 0)
			return n;
	}
	if (n < 0)
		return value_error(c, EINVAL, "unbalanced quotes");
	if (!(info->flags & KEY_INVERTIBLE))
		*out = bits | (d->line == 0 ? 0 : d->u);
	else if (bits == 0 || fresh)
		*out = inverted ? bits_all(info->names) & ~bits : bits;
	else
		*out = inverted ? d->u & ~bits : d->u | bits;
	return 0;
}

static int add_range(struct cpu_set_value *set, const char *word)
{
	const char *dash = strchr(word, '-');
	uint64_t first, last;
	char text[24];

	if (str_eq(word, "all")) {
		memset(set, 0xff, sizeof(*set));
		return 0;
	}
	str_copy(text, dash ? (size_t)(dash - word) + 1 : sizeof(text), word);
	if ((dash && (size_t)(dash - word) >= sizeof(text)) ||
	    parse_u64(text, 0, CPU_SET_MAX - 1, &first) < 0)
		return -EINVAL;
	last = first;
	if (dash && (parse_u64(dash + 1, 0, CPU_SET_MAX - 1, &last) < 0 || last < first))
		return -EINVAL;
	for (; first <= last; first++)
		set->bits[first / 64] |= (uint64_t)1 << first % 64;
	return 0;
}

int value_assign_cpus(struct value_context *c, const struct key_info *info, struct draft_setting *d,
		      const char *text)
{
	struct word_reader r = { .out = arena_alloc(c->arena, strlen(text) + 1) };
	char *copy = arena_strdup(c->arena, text), *word;
	struct cpu_set_value set = { 0 };
	int n;

	if (!r.out || !copy)
		return -ENOMEM;
	/* systemd.exec(5): the CPUs of NUMAMask='s nodes. Nothing else leaves the set empty. */
	if (str_eq(info->name, "CPUAffinity") && str_eq(text, "numa")) {
		d->p = arena_memdup(c->arena, &set, sizeof(set));
		return d->p ? 0 : -ENOMEM;
	}
	for (char *at = copy; *at; at++)
		*at = *at == ',' ? ' ' : *at;
	r.at = copy;
	if (d->p)
		set = *(const struct cpu_set_value *)d->p;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		if (add_range(&set, word) < 0)
			return value_word_error(c, word, "is no number or range below 1024");
	}
	if (n < 0)
		return value_error(c, EINVAL, "unbalanced quotes");
	d->p = arena_memdup(c->arena, &set, sizeof(set));
	return d->p ? 0 : -ENOMEM;
}

void value_put_bits(const struct key_info *info, uint64_t bits, struct strbuf *b)
{
	const char *separator = "";

	if (info->flags & KEY_HEX) {
		strbuf_printf(b, "0x%llx", (unsigned long long)bits);
		return;
	}
	if (info->flags & KEY_BOOLISH && (bits == 0 || bits == info->def)) {
		strbuf_put(b, bits == 0 ? "yes" : "no");
		return;
	}
	for (const struct enum_name *row = info->names; row->name; row++) {
		if (!(bits >> row->value & 1))
			continue;
		bits &= ~((uint64_t)1 << row->value);
		strbuf_put(b, separator);
		separator = " ";
		/* As libcap writes them, and systemctl after it. */
		for (const char *s = row->name; *s; s++)
			strbuf_put_n(b, &(char){ (char)tolower((unsigned char)*s) }, 1);
	}
}

void value_put_cpus(const struct cpu_set_value *set, struct strbuf *b)
{
	const char *separator = "";

	for (unsigned int i = 0; i < CPU_SET_MAX; i++) {
		unsigned int last = i;

		if (!cpu_set_has(set, i))
			continue;
		while (last + 1 < CPU_SET_MAX && cpu_set_has(set, last + 1))
			last++;
		strbuf_printf(b, last > i ? "%s%u-%u" : "%s%u", separator, i, last);
		separator = " ";
		i = last;
	}
	if (!*separator)
		strbuf_put(b, "numa");
}
