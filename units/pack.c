/* SPDX-License-Identifier: MIT */
#include "units/draft.h"

#include "lib/str.h"

#include <stdlib.h>

/*
 * The same code runs twice: first with base NULL to measure, then to copy. Objects that need
 * alignment grow from the front, texts from behind them, so that nothing is lost to padding.
 */
struct packer {
	char *base;
	size_t fixed, text; /* bytes so far */
	size_t text_start;
	struct shared_values *shared; /* NULL: none, the unit may go alone */
};

static void *put_fixed(struct packer *p, const void *from, size_t size)
{
	void *to = p->base ? p->base + p->fixed : NULL;

	if (to && from)
		memcpy(to, from, size);
	p->fixed += (size + 7) & ~(size_t)7;
	return to;
}

static const char *put_text(struct packer *p, const char *s)
{
	char *to = p->base ? p->base + p->text_start + p->text : NULL;
	size_t n = s ? strlen(s) + 1 : 0;

	if (to && n)
		memcpy(to, s, n);
	p->text += n;
	return n ? to : NULL;
}

static const char **put_strings(struct packer *p, const char *const *v, uint32_t n, bool terminated)
{
	const char **to = put_fixed(p, NULL, (n + terminated) * sizeof(*to));

	for (uint32_t i = 0; i < n; i++) {
		const char *s = put_text(p, v[i]);

		if (to)
			to[i] = s;
	}
	if (to && terminated)
		to[n] = NULL;
	return to;
}

static const void *put_list(struct packer *p, const struct value_list *list)
{
	struct strings head = { .n = list->n }, *to = put_fixed(p, NULL, sizeof(head));

	head.v = put_strings(p, list->v, list->n, false);
	if (to)
		*to = head;
	return to;
}

static void put_command(struct packer *p, const struct command *from, struct command *to)
{
	struct command copy = *from;
	const char **argv = put_strings(p, from->argv, from->argc, true);

	/* command_argv() knows by this identity that argv[0] is the path. */
	if (from->argv[0] != from->path)
		copy.path = put_text(p, from->path);
	else
		copy.path = argv ? argv[0] : NULL;
	copy.argv = argv;
	if (to)
		*to = copy;
}

static const void *put_commands(struct packer *p, const struct value_list *list)
{
	const struct command *from = list->v;
	struct commands head = { .n = list->n }, *to = put_fixed(p, NULL, sizeof(head));
	struct command *v = put_fixed(p, NULL, list->n * sizeof(*v));

	for (uint32_t i = 0; i < list->n; i++)
		put_command(p, &from[i], v ? &v[i] : NULL);
	head.v = v;
	if (to)
		*to = head;
	return to;
}

static const void *put_ports(struct packer *p, const struct value_list *list)
{
	struct published_ports head = { .n = list->n }, *to = put_fixed(p, NULL, sizeof(head));

	head.v = put_fixed(p, list->v, list->n * sizeof(*head.v));
	if (to)
		*to = head;
	return to;
}

static union value put_value(struct packer *p, const struct draft_setting *s)
{
	enum key_kind kind = (enum key_kind)key_info((enum key)s->key)->kind;
	bool shared = p->shared && value_is_shared(kind);
	const union value *there = shared ? shared_values_find(p->shared, kind, s) : NULL;
	union value value = { .u = s->u };

	if (there)
		return *there;
	if (kind_is_number(kind))
		return value;
	if (kind_is_strings(kind))
		value.p = put_list(p, &s->list);
	else if (kind == KIND_COMMANDS)
		value.p = put_commands(p, &s->list);
	else if (kind == KIND_PORTS)
		value.p = put_ports(p, &s->list);
	else if (kind == KIND_CPU_SET)
		value.p = put_fixed(p, s->p, sizeof(struct cpu_set_value));
	else if (kind == KIND_EXIT_SET)
		value.p = put_fixed(p, s->p, sizeof(struct exit_set));
	else if (kind >= KIND_LIMIT && kind <= KIND_LIMIT_NICE)
		value.p = put_fixed(p, s->p, sizeof(struct rlimit_value));
	else
		value.s = put_text(p, s->s);
	if (shared && p->base)
		shared_values_add(p->shared, kind, s, value);
	return value;
}

static void put_settings(struct packer *p, const struct draft *d, struct unit *u)
{
	struct setting *to = put_fixed(p, NULL, d->n * sizeof(*to));

	for (uint32_t i = 0; i < d->n; i++) {
		const struct draft_setting *s = &d->v[i];
		union value value = put_value(p, s);

		if (to)
			to[i] = (struct setting){ s->key, s->file, s->source, s->line, value };
	}
	u->settings = to;
	u->n_settings = (uint16_t)d->n; /* at most one per key */
	u->absent = ~0ULL;
	for (uint32_t i = 0; i < d->n; i++)
		u->absent &= ~(1ULL << d->v[i].key % 64);
}

/* One file is its own list: draft_pack() lets it lead to ->path. */
static void put_files(struct packer *p, const struct draft *d, struct unit *u)
{
	const char **to = d->n_files > 1 ? put_fixed(p, NULL, d->n_files * sizeof(*to)) : NULL;

	for (uint32_t i = 0; i < d->n_files; i++) {
		const char *path = put_text(p, d->files[i].path);

		if (to)
			to[i] = path;
		if (i == 0)
			u->path = p->base ? path : d->files[i].path;
	}
	u->files.n = d->n_files;
	u->files.v = to;
}

/* Nearly always the end of the file's path; in the draft to measure, in the unit to copy. */
static const char *put_id(struct packer *p, const char *id, const char *path)
{
	const char *end = id && path ? strrchr(path, '/') : NULL;

	return end && str_eq(end + 1, id) ? end + 1 : put_text(p, id);
}

static void put_unit(struct packer *p, const struct draft *d)
{
	struct unit head = { .type = d->type }, *to = put_fixed(p, NULL, sizeof(head));

	head.foreign = d->n_files && d->files[0].foreign;
	put_settings(p, d, &head);
	put_files(p, d, &head);
	head.stamp = d->stamp;
	head.id = put_id(p, d->id, head.path);
	head.load_state = d->bad ? LOAD_BAD_SETTING : LOAD_LOADED;
	head.load_error = d->bad ? put_text(p, d->error) : NULL;
	if (to)
		*to = head;
}

/* By key id: unit_setting() searches by halves. Few settings, nearly in order: insertion it is. */
static void sort_settings(struct draft *d)
{
	for (uint32_t i = 1; i < d->n; i++) {
		struct draft_setting s = d->v[i];
		uint32_t at = i;

		for (; at > 0 && d->v[at - 1].key > s.key; at--)
			d->v[at] = d->v[at - 1];
		d->v[at] = s;
	}
	for (uint32_t i = 0; i < d->n; i++)
		d->slot[d->v[i].key] = (uint16_t)(i + 1);
}

struct unit *draft_pack(struct draft *d)
{
	struct shared_values *shared = d->memory ? &d->shared : NULL;
	struct packer measure = { .shared = shared }, copy = { .shared = shared };

	sort_settings(d);
	put_unit(&measure, d);
	copy.base = d->memory ? region_alloc(d->memory, measure.fixed + measure.text)
			      : malloc(measure.fixed + measure.text);
	if (!copy.base)
		return NULL;
	copy.text_start = measure.fixed;
	put_unit(&copy, d);
	struct unit *u = (struct unit *)(void *)copy.base;

	if (u->files.n == 1)
		u->files.v = &u->path;
	return u;
}
