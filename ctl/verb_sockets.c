/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/table.h"
#include "ctl/verbs.h"
#include "lib/arena.h"
#include "lib/str.h"

#include <stdio.h>
#include <stdlib.h>

/* `list-sockets`: one line per address, in the order of the addresses. */

enum column {
	COLUMN_LISTEN,
	COLUMN_TYPE,
	COLUMN_UNIT,
	COLUMN_ACTIVATES,
	COLUMNS,
};

struct entries {
	const char *(*v)[COLUMNS];
	size_t n, room;
	struct arena texts; /* what the cells are cut from */
};

static int by_listen(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int r = strcmp(x[COLUMN_LISTEN], y[COLUMN_LISTEN]);

	return r ? r : strcmp(x[COLUMN_UNIT], y[COLUMN_UNIT]);
}

static const char **next_row(struct entries *e)
{
	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 32;
		e->v = realloc(e->v, e->room * sizeof(*e->v));
		if (!e->v)
			exit(1);
	}
	return e->v[e->n++];
}

/* "ADDRESS (Type)" lines; @text is cut up. */
static void take_unit(struct entries *e, const char *unit, char *text, char *activates)
{
	activates[strcspn(activates, " ")] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char **row = next_row(e);
		char *type = strrchr(line, '(');

		row[COLUMN_LISTEN] = line;
		row[COLUMN_TYPE] = "";
		row[COLUMN_UNIT] = unit;
		row[COLUMN_ACTIVATES] = activates;
		if (!type || type == line)
			continue;
		type[-1] = '\0';
		type[strcspn(type, ")")] = '\0';
		row[COLUMN_TYPE] = type + 1;
	}
}

static void take_entries(const struct args *args, const struct units *u, struct entries *e)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct props *p = &u->v[i];
		const char *id = props_get(p, "Id");

		if (!str_ends(id, ".socket") || !units_match(args, id) ||
		    (!args->all && !str_eq(props_get(p, "ActiveState"), "active")))
			continue;
		char *listen = arena_strdup(&e->texts, props_get(p, "Listen"));
		char *activates = arena_strdup(&e->texts, props_get(p, "Triggers"));

		if (!listen || !activates)
			exit(1);
		take_unit(e, id, listen, activates);
	}
	if (e->n)
		qsort(e->v, e->n, sizeof(*e->v), by_listen);
}

static void print_json(const struct entries *e)
{
	static const char *const names[COLUMNS] = { "listen", "type", "unit", "activates" };
	struct json j = json_to(stdout);

	json_array_open(&j);
	for (size_t i = 0; i < e->n; i++) {
		json_object_open(&j);
		for (size_t k = 0; k < COLUMNS; k++) {
			json_key(&j, names[k]);
			json_text(&j, e->v[i][k]);
		}
		json_object_close(&j);
	}
	json_array_close(&j);
	json_line(&j);
}

/* systemctl's columns: the type is for --json. */
static void print_table(const struct args *args, const struct entries *e)
{
	const char **cells = calloc((e->n + 1) * 3, sizeof(*cells));
	size_t skip = args->no_legend ? 1 : 0;

	if (!cells)
		exit(1);
	cells[0] = "LISTEN";
	cells[1] = "UNIT";
	cells[2] = "ACTIVATES";
	for (size_t i = 0; i < e->n; i++) {
		const char **row = &cells[(i + 1) * 3];

		row[0] = e->v[i][COLUMN_LISTEN];
		row[1] = e->v[i][COLUMN_UNIT];
		row[2] = e->v[i][COLUMN_ACTIVATES];
	}
	table_print(cells + skip * 3, e->n + 1 - skip, 3);
	if (!args->no_legend)
		printf("\n%zu sockets listed.%s\n", e->n,
		       args->all ? "" : " Pass --all to see those that are not active, too.");
	free(cells);
}

int verb_list_sockets(const struct args *args)
{
	static const char *const wants[] = { "Id", "ActiveState", "Listen", "Triggers", NULL };
	struct client *c = client_open(args->socket);
	struct entries e = { 0 };
	struct units u = { 0 };
	int status;

	if (!c)
		return 1;
	status = units_get(c, wants, &u);
	take_entries(args, &u, &e);
	if (status == 0 && (args->json || (args->output && str_starts(args->output, "json"))))
		print_json(&e);
	else if (status == 0)
		print_table(args, &e);
	arena_free(&e.texts);
	free(e.v);
	units_free(&u);
	client_close(c);
	return status;
}
