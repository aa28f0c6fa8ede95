/* SPDX-License-Identifier: MIT */
#include "units/references.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/name.h"
#include "units/word_lines.h"

#include <stdio.h>
#include <stdlib.h>

struct checker {
	struct diag_sink *sink;
	bool (*call_known)(const char *name);
	struct word_lines lines;
};

static void place(struct checker *c, struct diag *diag, const struct unit *u, enum key key,
		  const char *word)
{
	const char *file;
	unsigned int line;

	word_lines_find(&c->lines, u, key, word, &file, &line);
	diag_place(diag, file, line, key_info(key)->name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that the unit's files have in the list, sorted: with thousands of them, each is looked up. */
static const char **sorted_names(const struct unit *u, enum key key)
{
	const struct strings *list = unit_list(u, key);
	const char **names = reallocarray(NULL, list->n + 1, sizeof(*names));

	if (!names || !list->n)
		return names;
	memcpy(names, list->v, list->n * sizeof(*names));
	qsort(names, list->n, sizeof(*names), by_text);
	return names;
}

static void check_one(struct checker *c, const struct unit *u, enum dep_kind kind,
		      const struct unit *to, bool is_written)
{
	enum key key = kind == DEP_REQUIRES ? K_Requires : K_Wants;
	bool needed = kind == DEP_REQUIRES, masked = to->load_state == LOAD_MASKED;
	struct diag diag = { 0 };
	char link[600];

	if (is_written) {
		if (!needed && (u->foreign || masked))
			return;
		diag_set(&diag, needed && !u->foreign ? DIAG_ERROR : DIAG_WARNING, 0, "%s %s",
			 to->id, masked ? "is masked" : "does not exist");
		place(c, &diag, u, key, to->id);
	} else if (!masked) {
		snprintf(link, sizeof(link), "%s.%s/%s", u->id, needed ? "requires" : "wants",
			 to->id);
		diag_set(&diag, DIAG_WARNING, 0, "a link for a unit that does not exist");
		diag_place(&diag, link, 0, NULL);
	} else {
		return;
	}
	c->sink->emit(c->sink, &diag);
}

static void check_kind(struct checker *c, const struct unit_set *set, const struct unit *u,
		       enum dep_kind kind)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(set, u->index, kind, &n);
	enum key key = kind == DEP_REQUIRES ? K_Requires : K_Wants;
	autofree const char **names = n ? sorted_names(u, key) : NULL;

	for (uint32_t i = 0; i < n && names; i++) {
		const struct unit *to = unit_set_at(set, deps[i].unit);

		if (!(deps[i].flags & DEP_IMPLICIT) &&
		    (to->load_state == LOAD_NOT_FOUND || to->load_state == LOAD_MASKED))
			check_one(c, u, kind, to,
				  bsearch(&to->id, names, unit_list(u, key)->n, sizeof(*names),
					  by_text) != NULL);
	}
}

/* What a socket, timer or path is there for. */
static void check_triggered(struct checker *c, const struct unit_set *set, const struct unit *u)
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
		c->sink->emit(c->sink, &diag);
	}
}

/* Enabling would refuse what is no unit's name, on the machine; here it is in time. */
static void check_install(struct checker *c, const struct unit *u)
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
			place(c, &diag, u, keys[k], list->v[i]);
			c->sink->emit(c->sink, &diag);
		}
	}
}

/* A call that does not exist is neither allowed nor denied: what was meant is not done. */
static void check_calls(struct checker *c, const struct unit *u)
{
	static const enum key keys[] = { K_SystemCallFilter, K_SystemCallLog };

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		const struct setting *s = unit_setting(u, keys[k]);

		for (uint32_t i = 0; s && i < s->value.list->n; i++) {
			const char *at = s->value.list->v[i];
			char name[64];

			for (at += *at == '~'; *at; at += strcspn(at, " \t")) {
				struct diag diag = { 0 };
				size_t n;

				at += strspn(at, " \t");
				n = strcspn(at, " \t:");
				if (n == 0 || n >= sizeof(name))
					continue;
				memcpy(name, at, n);
				name[n] = '\0';
				if (c->call_known(name))
					continue;
				diag_set(&diag, DIAG_WARNING, 0, "no system call is called \"%s\"",
					 name);
				place(c, &diag, u, keys[k], name);
				c->sink->emit(c->sink, &diag);
			}
		}
	}
}

void references_check(const struct unit_set *set, struct diag_sink *sink,
		      bool (*call_known)(const char *name))
{
	struct checker c = { .sink = sink, .call_known = call_known };

	for (uint32_t i = 0; i < unit_set_count(set); i++) {
		const struct unit *u = unit_set_at(set, i);

		if (u->load_state != LOAD_LOADED)
			continue;
		check_kind(&c, set, u, DEP_REQUIRES);
		check_kind(&c, set, u, DEP_WANTS);
		check_triggered(&c, set, u);
		check_install(&c, u);
		check_calls(&c, u);
	}
	word_lines_free(&c.lines);
}
