/* SPDX-License-Identifier: MIT */
#include "units/references.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/name.h"
#include "units/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Settings keep the line of their last assignment only; here the one is wanted that has the word. */
struct line_search {
	struct text_handler handler;
	const char *key, *word;
	unsigned int line; /* 0: not found yet */
};

static bool has_word(const char *value, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = value; *s; s += strcspn(s, " \t")) {
		s += strspn(s, " \t\"'");
		if (strcspn(s, " \t\"'") == n && !strncmp(s, word, n))
			return true;
	}
	return false;
}

static int on_assign(struct text_handler *h, const char *section, const char *key,
		     const char *value, unsigned int line)
{
	struct line_search *s = (struct line_search *)h;

	(void)section;
	if (!s->line && str_eq(key, s->key) && has_word(value, s->word))
		s->line = line;
	return 0;
}

static void on_problem(struct text_handler *h, const char *what, unsigned int line)
{
	(void)h, (void)what, (void)line; /* told when the unit was loaded */
}

/* The first line of @path that assigns @word to @key; 0 if there is none, or nothing to read. */
static unsigned int find_line(const char *path, const char *key, const char *word)
{
	struct line_search s = { { on_assign, on_problem }, key, word, 0 };
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)TEXT_MAX)
		return 0;
	autofree char *text = malloc((size_t)st.st_size + 1);

	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	return n > 0 && text_parse(text, (size_t)n, &s.handler) == 0 ? s.line : 0;
}

static void place(struct diag *diag, const struct unit *u, enum key key, const char *word)
{
	const struct setting *s = unit_setting(u, key);
	const char *name = key_info(key)->name;

	for (uint32_t i = 0; i < u->files.n; i++) {
		unsigned int line = find_line(u->files.v[i], name, word);

		if (line) {
			diag_place(diag, u->files.v[i], line, name);
			return;
		}
	}
	/* Specifiers, an old spelling: the word as it is stands nowhere. */
	diag_place(diag, u->files.v[s->file], s->line, name);
}

static bool is_written(const struct unit *u, enum key key, const char *name)
{
	const struct strings *list = unit_list(u, key);

	for (uint32_t i = 0; i < list->n; i++) {
		if (str_eq(list->v[i], name))
			return true;
	}
	return false;
}

static void check_one(const struct unit *u, enum dep_kind kind, const struct unit *to,
		      struct diag_sink *sink)
{
	enum key key = kind == DEP_REQUIRES ? K_Requires : K_Wants;
	bool needed = kind == DEP_REQUIRES, masked = to->load_state == LOAD_MASKED;
	struct diag diag = { 0 };
	char link[600];

	if (is_written(u, key, to->id)) {
		if (!needed && (u->foreign || masked))
			return;
		diag_set(&diag, needed && !u->foreign ? DIAG_ERROR : DIAG_WARNING, 0, "%s %s",
			 to->id, masked ? "is masked" : "does not exist");
		place(&diag, u, key, to->id);
	} else if (!masked) {
		snprintf(link, sizeof(link), "%s.%s/%s", u->id, needed ? "requires" : "wants",
			 to->id);
		diag_set(&diag, DIAG_WARNING, 0, "a link for a unit that does not exist");
		diag_place(&diag, link, 0, NULL);
	} else {
		return;
	}
	sink->emit(sink, &diag);
}

static void check_kind(const struct unit_set *set, const struct unit *u, enum dep_kind kind,
		       struct diag_sink *sink)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(set, u->index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct unit *to = unit_set_at(set, deps[i].unit);

		if (!(deps[i].flags & DEP_IMPLICIT) &&
		    (to->load_state == LOAD_NOT_FOUND || to->load_state == LOAD_MASKED))
			check_one(u, kind, to, sink);
	}
}

/* What a socket, timer or path is there for. */
static void check_triggered(const struct unit_set *set, const struct unit *u,
			    struct diag_sink *sink)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(set, u->index, DEP_TRIGGERS, &n);
	struct diag diag = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		const struct unit *to = unit_set_at(set, deps[i].unit);

		if (to->load_state != LOAD_NOT_FOUND)
			continue;
		diag_set(&diag, u->foreign ? DIAG_WARNING : DIAG_ERROR, 0,
			 "starts %s, which does not exist", to->id);
		diag_place(&diag, u->path ? u->path : u->id, 0, NULL);
		sink->emit(sink, &diag);
	}
}

/* Enabling would refuse what is no unit's name, on the machine; here it is in time. */
static void check_install(const struct unit *u, struct diag_sink *sink)
{
	static const enum key keys[] = { K_WantedBy, K_RequiredBy, K_Also, K_Alias };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		const struct strings *list = unit_list(u, keys[k]);

		for (uint32_t i = 0; i < list->n; i++) {
			struct diag diag = { 0 };

			if (unit_type_of_name(list->v[i]) >= 0 ||
			    unit_name_is_foreign_type(list->v[i]))
				continue;
			diag_set(&diag, u->foreign ? DIAG_WARNING : DIAG_ERROR, 0,
				 "\"%.100s\" is not the name of a unit", list->v[i]);
			place(&diag, u, keys[k], list->v[i]);
			sink->emit(sink, &diag);
		}
	}
}

void references_check(const struct unit_set *set, struct diag_sink *sink)
{
	for (uint32_t i = 0; i < unit_set_count(set); i++) {
		const struct unit *u = unit_set_at(set, i);

		if (u->load_state != LOAD_LOADED)
			continue;
		check_kind(set, u, DEP_REQUIRES, sink);
		check_kind(set, u, DEP_WANTS, sink);
		check_triggered(set, u, sink);
		check_install(u, sink);
	}
}
