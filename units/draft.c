/* SPDX-License-Identifier: MIT */
#include "units/draft.h"

#include "lib/str.h"
#include "units/text.h"

#include <errno.h>
#include <stdio.h>

/* settings and files carry the index in 8 bits */
#define FILES_MAX 255
/* A file of nothing but errors must not flood the console, nor cost a search for each of them. */
#define TOLD_MAX    50
#define NEAREST_MAX 10

void draft_reset(struct draft *d, const char *id, uint32_t sections)
{
	struct diag_sink *sink = d->sink;
	struct specifiers specifiers = d->specifiers;
	struct region *memory = d->memory;
	struct shared_values shared = d->shared;

	arena_free(&d->arena);
	*d = (struct draft){ .sink = sink,
			     .memory = memory,
			     .shared = shared,
			     .specifiers = specifiers,
			     .id = id,
			     .sections = sections };
	d->specifiers.unit = id;
}

void draft_free(struct draft *d)
{
	arena_free(&d->arena);
	shared_values_free(&d->shared);
}

struct draft_setting *draft_get(struct draft *d, enum key key)
{
	return d->slot[key] ? &d->v[d->slot[key] - 1] : NULL;
}

struct draft_setting *draft_make(struct draft *d, enum key key)
{
	if (d->slot[key])
		return &d->v[d->slot[key] - 1];
	if (d->n == d->room) {
		uint32_t room = d->room ? d->room * 2 : 16;
		struct draft_setting *v = arena_alloc(&d->arena, room * sizeof(*v));

		if (!v)
			return NULL;
		if (d->n)
			memcpy(v, d->v, d->n * sizeof(*v));
		d->v = v;
		d->room = room;
	}
	d->v[d->n] = (struct draft_setting){ .key = (uint16_t)key };
	d->slot[key] = (uint16_t)++d->n;
	return &d->v[d->n - 1];
}

static void forget(struct draft *d, enum key key)
{
	uint32_t at = d->slot[key];

	if (!at)
		return;
	d->slot[key] = 0;
	d->v[at - 1] = d->v[--d->n];
	if (at - 1 < d->n)
		d->slot[d->v[at - 1].key] = (uint16_t)at;
}

void draft_complain(struct draft *d, uint32_t file, unsigned int line, const char *key,
		    bool always_error, const char *text)
{
	const struct draft_file *f = &d->files[file];
	bool error = always_error || !f->foreign;
	struct diag diag = { 0 };

	if (d->n_told == TOLD_MAX)
		text = "there is more, which is not told";
	diag_set(&diag, error ? DIAG_ERROR : DIAG_WARNING, 0, "%s", text);
	diag_place(&diag, f->path, line, key);
	if (error && !d->bad) {
		d->bad = true;
		diag_format(&diag, d->error, sizeof(d->error));
	}
	if (d->sink && d->n_told <= TOLD_MAX)
		d->sink->emit(d->sink, &diag);
	d->n_told++;
}

/*
 * systemd.unit(5): an empty value of any condition takes back all conditions, of any kind; of any
 * assertion, all assertions.
 */
static void forget_conditions(struct draft *d, const char *name)
{
	const char *family = str_starts(name, "Assert") ? "Assert" : "Condition";

	for (uint32_t i = d->n; i-- > 0;) {
		const struct key_info *info = key_info((enum key)d->v[i].key);

		/* forget() moves the last one here, which has been seen already. */
		if (info->flags & KEY_CONDITION && str_starts(info->name, family))
			forget(d, (enum key)d->v[i].key);
	}
}

/* systemd.timer(5), systemd.path(5): an empty value takes back what all of these keys have said. */
static void forget_family(struct draft *d, uint32_t sections)
{
	for (uint32_t i = d->n; i-- > 0;) {
		const struct key_info *info = key_info((enum key)d->v[i].key);

		if (info->flags & KEY_FAMILY && info->sections == sections)
			forget(d, (enum key)d->v[i].key);
	}
}

struct text_target {
	struct text_handler handler;
	struct draft *draft;
	uint8_t file;
	uint8_t source;
};

static void on_problem(struct text_handler *h, const char *what, unsigned int line)
{
	struct text_target *t = (struct text_target *)h;

	draft_complain(t->draft, t->file, line, NULL, false, what);
}

/* The section's bit, or 0 after telling that it has no business here. */
static uint32_t take_section(struct text_target *t, const char *name, unsigned int line)
{
	struct draft *d = t->draft;
	uint32_t section = section_by_name(name);
	char text[160];

	if (section & d->sections)
		return section;
	if (str_starts(name, "X-") || str_eq(name, d->odd_section))
		return 0;
	str_copy(d->odd_section, sizeof(d->odd_section), name);
	if (section)
		snprintf(text, sizeof(text), "section [%.40s] does not belong into this file",
			 name);
	else
		snprintf(text, sizeof(text), "unknown section [%.40s]", name);
	draft_complain(d, t->file, line, NULL, false, text);
	return 0;
}

static void unknown_key(struct text_target *t, uint32_t section, const char *key, unsigned int line)
{
	const char *nearest = t->draft->n_told < NEAREST_MAX ? key_nearest(section, key) : NULL;
	uint32_t elsewhere = key_sections_of(key) & t->draft->sections;
	char text[160];

	if (elsewhere)
		snprintf(text, sizeof(text), "belongs into section [%s]", section_name(elsewhere));
	else if (nearest)
		snprintf(text, sizeof(text), "unknown key; did you mean %s=?", nearest);
	else
		snprintf(text, sizeof(text), "unknown key in section [%s]", section_name(section));
	draft_complain(t->draft, t->file, line, key, false, text);
}

/* TimeoutSec= is a way to write two others; whichever stands last in the text counts. */
static int spread_timeout(struct draft *d, const struct draft_setting *from)
{
	static const enum key targets[] = { K_TimeoutStartSec, K_TimeoutStopSec };
	struct draft_setting copy = *from;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct draft_setting *s = draft_make(d, targets[i]);

		if (!s)
			return -ENOMEM;
		copy.key = (uint16_t)targets[i];
		*s = copy;
	}
	forget(d, K_TimeoutSec);
	return 0;
}

static void bad_value(struct text_target *t, const struct key_info *info, int r, const char *why,
		      const char *value, unsigned int line)
{
	/*
	 * systemd: a command that cannot be understood is fatal, unless its failure is ignored. What
	 * protects is to us, in anybody's unit: without it the service would run with more than it may.
	 */
	bool fatal = (info->kind == KIND_COMMANDS && value[0] != '-') || info->flags & KEY_PROTECTS;
	char text[256];

	if (r == -EOPNOTSUPP)
		snprintf(text, sizeof(text), "\"%.60s\" is %.170s", value, why);
	else if (!why || why[0] == '"' ||
		 (info->kind == KIND_LINES && info->flags & KEY_CREDENTIAL))
		snprintf(text, sizeof(text), "%.220s", why ? why : "bad value");
	else
		snprintf(text, sizeof(text), "%.170s: \"%.60s\"", why, value);
	draft_complain(t->draft, t->file, line, info->name, fatal, text);
}

static int on_assign(struct text_handler *h, const char *section_text, const char *key_text,
		     const char *value, unsigned int line)
{
	struct text_target *t = (struct text_target *)h;
	struct draft *d = t->draft;
	struct value_context c = { .arena = &d->arena, .sp = &d->specifiers };
	uint32_t section = take_section(t, section_text, line);
	struct draft_setting *s;
	int key, r;

	if (!section || str_starts(key_text, "X-"))
		return 0;
	key = key_find(section, key_text);
	if (key < 0) {
		unknown_key(t, section, key_text, line);
		return 0;
	}
	if (value[0] == '\0' && key_info((enum key)key)->flags & KEY_CONDITION) {
		forget_conditions(d, key_text);
		return 0;
	}
	if (value[0] == '\0' && key_info((enum key)key)->flags & KEY_FAMILY) {
		forget_family(d, key_info((enum key)key)->sections);
		return 0;
	}
	const struct key_info *info = key_info((enum key)key);

	/* All that a socket listens on is one list (units/listen.h). */
	if (info->kind == KIND_LISTEN)
		key = K_ListenStream;
	/* Pieces of one text come in the order in which they are written, whatever their form. */
	if (info->kind == KIND_INPUT)
		key = K_StandardInputText;
	s = draft_make(d, (enum key)key);
	if (!s)
		return -ENOMEM;
	r = value_assign(&c, info, s, value);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		bad_value(t, info, r, c.why, value, line);
	/* A first assignment that failed leaves no setting; one that emptied a scalar neither. */
	if (r == 1 || (r < 0 && s->line == 0)) {
		if (r == 1 || !kind_is_strings(key_info((enum key)key)->kind) || s->list.n == 0)
			forget(d, (enum key)key);
		if (r == 1 || !d->slot[key])
			return 0;
	} else if (r < 0) {
		return 0;
	}
	if (c.note)
		draft_complain(d, t->file, line, key_text, false, c.note);
	s->file = t->file;
	s->source = t->source;
	s->line = line;
	return key == K_TimeoutSec ? spread_timeout(d, s) : 0;
}

static int add_file(struct draft *d, const char *path, bool foreign)
{
	if (d->n_files == FILES_MAX)
		return -E2BIG;
	if (d->n_files == d->room_files) {
		uint32_t room = d->room_files ? d->room_files * 2 : 4;
		struct draft_file *files = arena_alloc(&d->arena, room * sizeof(*files));

		if (!files)
			return -ENOMEM;
		if (d->n_files)
			memcpy(files, d->files, d->n_files * sizeof(*files));
		d->files = files;
		d->room_files = room;
	}
	path = arena_strdup(&d->arena, path);
	if (!path)
		return -ENOMEM;
	d->files[d->n_files++] = (struct draft_file){ path, foreign };
	return 0;
}

int draft_read(struct draft *d, const char *path, bool foreign, bool dropin, const char *text,
	       size_t len)
{
	struct text_target t = {
		.handler = { .assign = on_assign, .problem = on_problem },
		.draft = d,
		.file = (uint8_t)d->n_files,
		.source = dropin ? SOURCE_DROPIN : SOURCE_FILE,
	};
	int r = add_file(d, path, foreign);

	if (r < 0)
		return r;
	d->odd_section[0] = '\0';
	r = text_parse(text, len, &t.handler);
	/* The text as a whole cannot be trusted: not even a foreign unit may run from half of it. */
	if (r == -EBADMSG && !d->bad)
		draft_complain(d, t.file, 0, NULL, true, "the file cannot be used");
	return r;
}

static void judge_refused(struct draft *d, const struct draft_setting *s,
			  const struct key_info *info)
{
	char text[200];

	if (value_is_default(info, s))
		return;
	snprintf(text, sizeof(text), "%.180s", info->reason);
	draft_complain(d, s->file, s->line, info->name, info->flags & KEY_PROTECTS, text);
}

void draft_settle(struct draft *d)
{
	for (uint32_t i = d->n; i-- > 0;) {
		struct draft_setting *s = &d->v[i];
		const struct key_info *info = key_info((enum key)s->key);

		if (info->status != KEY_REFUSED)
			continue;
		judge_refused(d, s, info);
		/* forget() moves the last one here, which has been seen already. */
		forget(d, (enum key)s->key);
	}
}
