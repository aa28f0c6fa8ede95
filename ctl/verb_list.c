/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "lib/match.h"
#include "lib/parse.h"

#include <errno.h>
#include <stdlib.h>

/* `list`: one line per unit. Widths are known only at the end, so all units are kept till then. */

static const char *const list_wants[] = {
	"Id",	     "LoadState", "ActiveState", "SubState", "MainPID", "MemoryCurrent",
	"IPAddress", "NRestarts", "Description", "Job",	     NULL,
};

static void add_unit(struct units *u, const struct reply *reply)
{
	if (u->n == u->room) {
		u->room = u->room ? 2 * u->room : 64;
		u->v = reallocarray(u->v, u->room, sizeof(*u->v));
		if (!u->v)
			exit(1);
	}
	props_take(&u->v[u->n++], reply);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(props_get(a, "Id"), props_get(b, "Id"));
}

int units_get(struct client *c, const char *const *wants, struct units *u)
{
	struct proto_writer w = client_begin(c, OP_LIST, 0);
	struct failure failure;
	struct reply reply;

	for (const char *const *want = wants; *want; want++)
		proto_put_text(&w, TAG_WANT, *want);
	if (!client_send(c, &w))
		return 1;
	for (;;) {
		if (client_receive(c, &reply, -1) < 0)
			return 1;
		if (reply.header.op == OP_RECORD) {
			add_unit(u, &reply);
			continue;
		}
		if (reply.header.op == OP_OK)
			break;
		reply_failure(&reply, &failure);
		fprintf(stderr, "Failed to list units: %s\n", failure.text);
		return failure_status(&failure);
	}
	if (u->n > 0)
		qsort(u->v, u->n, sizeof(*u->v), by_name);
	return 0;
}

void units_free(struct units *u)
{
	for (size_t i = 0; i < u->n; i++)
		props_free(&u->v[i]);
	free(u->v);
	*u = (struct units){ 0 };
}

bool units_match(const struct args *args, const char *id)
{
	for (int i = 0; i < args->n_operands; i++)
		if (match_text(args->operands[i], id, 0) ||
		    str_eq(full_unit_name(args->operands[i]), id))
			return true;
	return args->n_operands == 0;
}

static bool is_listed(const struct args *args, const struct props *p)
{
	const char *id = props_get(p, "Id"), *active = props_get(p, "ActiveState");
	const char *dot = strrchr(id, '.');

	if (!units_match(args, id))
		return false;
	if (args->type && (!dot || !str_eq(dot + 1, args->type)))
		return false;
	if (args->failed && !str_eq(active, "failed"))
		return false;
	if (args->state)
		return str_eq(args->state, active) ||
		       str_eq(args->state, props_get(p, "SubState")) ||
		       str_eq(args->state, props_get(p, "LoadState"));
	if (args->all || args->failed || args->n_operands > 0)
		return true;
	/* systemctl's rule: what is down and was never asked for is not interesting */
	return !str_eq(active, "inactive") || props_number(p, "Job", 0) > 0;
}

enum {
	COLUMN_UNIT,
	COLUMN_LOAD,
	COLUMN_ACTIVE,
	COLUMN_SUB,
	COLUMN_PID,
	COLUMN_MEMORY,
	COLUMN_ADDRESS,
	COLUMN_RESTARTS,
	COLUMN_DESCRIPTION,
	N_COLUMNS,
};

static const char *const headers[N_COLUMNS] = {
	[COLUMN_UNIT] = "UNIT",
	[COLUMN_LOAD] = "LOAD",
	[COLUMN_ACTIVE] = "ACTIVE",
	[COLUMN_SUB] = "SUB",
	[COLUMN_PID] = "PID",
	[COLUMN_MEMORY] = "MEMORY",
	[COLUMN_ADDRESS] = "ADDRESS",
	[COLUMN_RESTARTS] = "RESTARTS",
	[COLUMN_DESCRIPTION] = "DESCRIPTION",
};

static const char *or_dash(const char *s)
{
	return *s && !str_eq(s, "0") ? s : "-";
}

/* @memory: room for one cell that is not a property as it stands. */
static void get_cells(const struct props *p, const char *cells[N_COLUMNS], char *memory,
		      size_t size)
{
	uint64_t bytes = props_number(p, "MemoryCurrent", UINT64_MAX);

	if (bytes == UINT64_MAX)
		str_copy(memory, size, "-");
	else
		format_size(bytes, memory, size);
	cells[COLUMN_UNIT] = props_get(p, "Id");
	cells[COLUMN_LOAD] = props_get(p, "LoadState");
	cells[COLUMN_ACTIVE] = props_get(p, "ActiveState");
	cells[COLUMN_SUB] = props_get(p, "SubState");
	cells[COLUMN_PID] = or_dash(props_get(p, "MainPID"));
	cells[COLUMN_MEMORY] = memory;
	cells[COLUMN_ADDRESS] = or_dash(props_get(p, "IPAddress"));
	cells[COLUMN_RESTARTS] = or_dash(props_get(p, "NRestarts"));
	cells[COLUMN_DESCRIPTION] = props_get(p, "Description");
}

static void print_row(const char *dot, const char *const cells[N_COLUMNS],
		      const size_t widths[N_COLUMNS], enum colour colour, size_t columns)
{
	size_t used = 2;

	printf("%s%s%s ", *dot == ' ' ? "" : term_colour(colour), dot,
	       *dot == ' ' ? "" : term_off(colour));
	for (int i = 0; i < COLUMN_DESCRIPTION; i++) {
		bool coloured = i == COLUMN_ACTIVE || i == COLUMN_SUB;

		/* numbers to the right, words to the left */
		if (i == COLUMN_PID || i == COLUMN_MEMORY || i == COLUMN_RESTARTS)
			printf("%*s ", (int)widths[i], cells[i]);
		else
			printf("%s%-*s%s ", coloured ? term_colour(colour) : "", (int)widths[i],
			       cells[i], coloured ? term_off(colour) : "");
		used += widths[i] + 1;
	}
	printf("%.*s\n", columns > used ? (int)(columns - used) : 16, cells[COLUMN_DESCRIPTION]);
}

static void print_table(const struct args *args, const struct units *u)
{
	size_t widths[N_COLUMNS], columns = args->full ? 4096 : term_columns(4096), shown = 0;
	const char *cells[N_COLUMNS];
	char memory[32];

	for (int i = 0; i < N_COLUMNS; i++)
		widths[i] = args->no_legend ? 1 : strlen(headers[i]);
	for (size_t n = 0; n < u->n; n++) {
		if (!is_listed(args, &u->v[n]))
			continue;
		get_cells(&u->v[n], cells, memory, sizeof(memory));
		for (int i = 0; i < N_COLUMNS; i++)
			if (strlen(cells[i]) > widths[i])
				widths[i] = strlen(cells[i]);
		shown++;
	}
	if (!args->no_legend && shown > 0)
		print_row(" ", headers, widths, COLOUR_PLAIN, columns);
	for (size_t n = 0; n < u->n; n++) {
		const char *active = props_get(&u->v[n], "ActiveState");
		bool bad = str_eq(active, "failed") ||
			   !str_eq(props_get(&u->v[n], "LoadState"), "loaded");

		if (!is_listed(args, &u->v[n]))
			continue;
		get_cells(&u->v[n], cells, memory, sizeof(memory));
		print_row(bad ? term_dot("failed") : " ", cells, widths,
			  bad ? COLOUR_BAD : state_colour(active), columns);
	}
	if (!args->no_legend)
		printf("%s%zu units listed.%s%s\n", shown ? "\n" : "", shown,
		       args->all ? "" : " Pass --all to see those that are not active, too.", "");
}

static void put_number_or_null(struct json *j, const struct props *p, const char *name, bool zero)
{
	uint64_t v = props_number(p, name, UINT64_MAX);

	if (v == UINT64_MAX || (v == 0 && !zero))
		json_null(j);
	else
		json_u64(j, v);
}

static void print_list_json(const struct args *args, const struct units *u)
{
	static const struct {
		const char *key, *name;
	} texts[] = {
		{ "unit", "Id" },
		{ "load", "LoadState" },
		{ "active", "ActiveState" },
		{ "sub", "SubState" },
		{ "description", "Description" },
	};
	struct json j = json_to(stdout);

	json_array_open(&j);
	for (size_t n = 0; n < u->n; n++) {
		const struct props *p = &u->v[n];
		const char *address = props_get(p, "IPAddress");

		if (!is_listed(args, p))
			continue;
		json_object_open(&j);
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			json_key(&j, texts[i].key);
			json_text(&j, props_get(p, texts[i].name));
		}
		json_key(&j, "pid");
		put_number_or_null(&j, p, "MainPID", false);
		json_key(&j, "memory");
		put_number_or_null(&j, p, "MemoryCurrent", true);
		json_key(&j, "address");
		json_text(&j, *address ? address : NULL);
		json_key(&j, "restarts");
		put_number_or_null(&j, p, "NRestarts", true);
		json_object_close(&j);
	}
	json_array_close(&j);
	json_line(&j);
}

int verb_list(const struct args *args)
{
	struct client *c = client_open(args->socket);
	struct units u = { 0 };
	int status;

	if (!c)
		return 1;
	status = units_get(c, list_wants, &u);
	if (status == 0 && (args->json || (args->output && str_starts(args->output, "json"))))
		print_list_json(args, &u);
	else if (status == 0)
		print_table(args, &u);
	units_free(&u);
	client_close(c);
	return status;
}
