/* SPDX-License-Identifier: MIT */
#include "units/shared_values.h"

#include "lib/str.h"

#include <stdlib.h>

#define ROOM_MIN 64u

/* How a value is held, which is all that its kind means here. */
enum form {
	FORM_TEXT,
	FORM_WORDS,
	FORM_COMMANDS,
};

struct shared_value {
	union value value;
	uint32_t hash;
	uint8_t form;
	bool used;
};

static enum form form_of(enum key_kind kind)
{
	return kind_is_strings(kind)   ? FORM_WORDS
	       : kind == KIND_COMMANDS ? FORM_COMMANDS
				       : FORM_TEXT;
}

bool value_is_shared(enum key_kind kind)
{
	return kind_is_strings(kind) || kind == KIND_COMMANDS ||
	       (kind >= KIND_STRING && kind <= KIND_STDIO);
}

static uint32_t mix(uint32_t hash, const char *text)
{
	return (hash ^ (text ? str_hash(text) : 0)) * 16777619u;
}

static uint32_t hash_of(enum form form, const struct draft_setting *s)
{
	uint32_t hash = 2166136261u + (uint32_t)form;

	if (form == FORM_TEXT)
		return mix(hash, s->s);
	for (uint32_t i = 0; i < s->list.n; i++) {
		const struct command *c = s->list.v;

		if (form == FORM_WORDS)
			hash = mix(hash, ((const char *const *)s->list.v)[i]);
		for (uint32_t k = 0; form == FORM_COMMANDS && k < c[i].argc; k++)
			hash = mix(hash, c[i].argv[k]);
	}
	return hash;
}

static bool same_words(uint32_t n, const char *const *a, const char *const *b)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!str_eq(a[i], b[i]))
			return false;
	}
	return true;
}

static bool same_command(const struct command *a, const struct command *b)
{
	return a->argc == b->argc && a->flags == b->flags && str_eq(a->path, b->path) &&
	       /* command_argv() knows by this identity that argv[0] is the path. */
	       (a->argv[0] == a->path) == (b->argv[0] == b->path) &&
	       same_words(a->argc, a->argv, b->argv);
}

static bool same(enum form form, const struct draft_setting *s, union value v)
{
	switch (form) {
	case FORM_TEXT: return s->s && v.s ? str_eq(s->s, v.s) : s->s == v.s;
	case FORM_WORDS:
		return s->list.n == v.list->n && same_words(v.list->n, s->list.v, v.list->v);
	case FORM_COMMANDS: break;
	}
	if (s->list.n != v.commands->n)
		return false;
	for (uint32_t i = 0; i < v.commands->n; i++) {
		if (!same_command((const struct command *)s->list.v + i, &v.commands->v[i]))
			return false;
	}
	return true;
}

const union value *shared_values_find(const struct shared_values *t, enum key_kind kind,
				      const struct draft_setting *s)
{
	const enum form form = form_of(kind);
	const uint32_t hash = hash_of(form, s);

	if (t->room == 0)
		return NULL;
	for (uint32_t at = hash;; at++) {
		const struct shared_value *v = &t->v[at & (t->room - 1)];

		if (!v->used)
			return NULL;
		if (v->hash == hash && v->form == form && same(form, s, v->value))
			return &v->value;
	}
}

static void put(struct shared_values *t, const struct shared_value *value)
{
	uint32_t at = value->hash;

	while (t->v[at & (t->room - 1)].used)
		at++;
	t->v[at & (t->room - 1)] = *value;
}

static bool grow(struct shared_values *t)
{
	struct shared_values bigger = { .n = t->n, .room = t->room ? t->room * 2 : ROOM_MIN };

	if (t->n * 2 < t->room)
		return true;
	bigger.v = calloc(bigger.room, sizeof(*bigger.v));
	if (!bigger.v)
		return false;
	for (uint32_t i = 0; i < t->room; i++) {
		if (t->v[i].used)
			put(&bigger, &t->v[i]);
	}
	free(t->v);
	*t = bigger;
	return true;
}

void shared_values_add(struct shared_values *t, enum key_kind kind, const struct draft_setting *s,
		       union value value)
{
	const enum form form = form_of(kind);

	if (!grow(t))
		return;
	put(t, &(struct shared_value){ .value = value,
				       .hash = hash_of(form, s),
				       .form = (uint8_t)form,
				       .used = true });
	t->n++;
}

void shared_values_free(struct shared_values *t)
{
	free(t->v);
	*t = (struct shared_values){ 0 };
}
