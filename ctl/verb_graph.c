/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "units/name.h"

#include <stdlib.h>

/* Verbs about how units hang together: list-dependencies, list-jobs. */

/* What pulls a unit in, in systemctl's order; the settings among them have no inverse of their own. */
static const char *const forward[] = { "Requires", "Requisite", "Wants", "ConsistsOf",
				       "BindsTo",  "Upholds",	NULL };
static const char *const reverse[] = { "RequiredBy", "RequisiteOf", "WantedBy", "PartOf",
				       "BoundBy",    "UpheldBy",    NULL };
static const char *const after[] = { "After", NULL };
static const char *const before[] = { "Before", NULL };

#define DEPTH_MAX 64

struct tree {
	const struct args *args;
	const struct units *units;
	const char *const *properties;
	struct json json;
	bool *shown; /* of ->units: what was told in full once is only named again */
	const char *path[DEPTH_MAX];
	bool more[DEPTH_MAX]; /* of each level: something follows */
	unsigned int depth;
};

static int compare_id(const void *key, const void *unit)
{
	return strcmp(key, props_get(unit, "Id"));
}

static const struct props *find_unit(const struct units *u, const char *name)
{
	const struct props *p = u->n ? bsearch(name, u->v, u->n, sizeof(*u->v), compare_id) : NULL;

	for (size_t i = 0; !p && i < u->n; i++) {
		const char *names = props_get(&u->v[i], "Names"), *at = strstr(names, name);
		size_t len = strlen(name);

		if (at && (at == names || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			p = &u->v[i];
	}
	return p;
}

/* The names in all of the wanted properties, sorted, each once; ends with NULL. The caller frees list and text. */
static char **list_deps(const struct tree *t, const struct props *p, char **text)
{
	size_t size, n = 0, room = 1;
	FILE *out = open_memstream(text, &size);
	char **v, *rest;

	if (!out)
		exit(1);
	for (const char *const *name = t->properties; *name; name++)
		fprintf(out, "%s ", props_get(p, *name));
	if (fclose(out) != 0)
		exit(1);
	for (const char *c = *text; *c; c++)
		room += *c == ' ';
	v = calloc(room + 1, sizeof(*v));
	if (!v)
		exit(1);
	rest = *text;
	for (char *word; (word = strsep(&rest, " "));) {
		bool known = !*word;

		for (size_t i = 0; i < n && !known; i++)
			known = str_eq(v[i], word);
		if (!known)
			v[n++] = word;
	}
	return v;
}

static bool on_path(const struct tree *t, const char *id)
{
	for (unsigned int i = 0; i < t->depth; i++)
		if (str_eq(t->path[i], id))
			return true;
	return false;
}

static void print_node(const struct tree *t, const char *id, const char *active)
{
	enum colour colour = state_colour(active);

	if (t->depth == 0) {
		puts(id);
		return;
	}
	printf("%s%s%s ", term_colour(colour), term_dot(active), term_off(colour));
	for (unsigned int i = 1; !t->args->plain && i < t->depth; i++)
		printf("%s", t->more[i] ? "| " : "  ");
	if (t->args->plain)
		printf("%*s%s\n", (int)(2 * t->depth), "", id);
	else
		printf("%s%s\n", t->more[t->depth] ? "|-" : "`-", id);
}

/* Targets are opened, other units only with --all, as systemctl does. */
static bool is_opened(const struct tree *t, const struct props *p)
{
	return p && t->depth + 1 < DEPTH_MAX &&
	       (t->depth == 0 || t->args->all || str_ends(props_get(p, "Id"), ".target"));
}

static void walk(struct tree *t, const char *name)
{
	const struct props *p = find_unit(t->units, name);
	const char *id = p ? props_get(p, "Id") : name;
	const char *active = p ? props_get(p, "ActiveState") : "inactive";
	char *text = NULL, **deps = NULL;

	if (t->args->json) {
		json_object_open(&t->json);
		json_key(&t->json, "unit");
		json_text(&t->json, id);
		json_key(&t->json, "active");
		json_text(&t->json, active);
		json_key(&t->json, "dependencies");
		json_array_open(&t->json);
	} else {
		print_node(t, id, active);
	}
	if (is_opened(t, p) && !t->shown[p - t->units->v]) {
		t->shown[p - t->units->v] = true;
		deps = list_deps(t, p, &text);
	}
	t->path[t->depth++] = id;
	for (size_t i = 0; deps && deps[i]; i++) {
		if (on_path(t, deps[i]))
			continue;
		t->more[t->depth] = deps[i + 1] != NULL;
		walk(t, deps[i]);
	}
	t->depth--;
	free((void *)deps);
	free(text);
	if (t->args->json) {
		json_array_close(&t->json);
		json_object_close(&t->json);
	}
}

int verb_list_dependencies(const struct args *args)
{
	const char *const *kind = args->reverse	 ? reverse
				  : args->after	 ? after
				  : args->before ? before
						 : forward;
	const char *wants[ARRAY_SIZE(forward) + 4] = { "Id", "Names", "ActiveState" };
	const char *name = args->n_operands ? full_unit_name(args->operands[0]) : "default.target";
	struct client *c = client_open(args->socket);
	struct units u = { 0 };
	struct failure failure = { 0 };
	struct props p = { 0 };
	size_t n = 3;
	int status;

	for (const char *const *k = kind; *k; k++)
		wants[n++] = *k;
	if (!c)
		return 1;
	/* A unit that is not loaded is, by being asked for. */
	status = client_show(c, name, (const char *[]){ "Id", NULL }, &p, &failure) < 0;
	if (status)
		fprintf(stderr, "%s: %s\n", name, failure.text);
	props_free(&p);
	if (status == 0)
		status = units_get(c, wants, &u);
	if (status == 0) {
		struct tree t = { .args = args,
				  .units = &u,
				  .properties = kind,
				  .json = json_to(stdout),
				  .shown = calloc(u.n + 1, sizeof(bool)) };

		if (!t.shown)
			exit(1);
		walk(&t, name);
		if (args->json)
			json_line(&t.json);
		free(t.shown);
	}
	units_free(&u);
	client_close(c);
	return status;
}

static const char *const job_wants[] = { "Id", "Job", "JobType", "JobState", NULL };

static void print_jobs_json(const struct units *u)
{
	static const char *const keys[] = { "unit", "job", "type", "state" };
	struct json j = json_to(stdout);

	json_array_open(&j);
	for (size_t i = 0; i < u->n; i++) {
		uint64_t id = props_number(&u->v[i], "Job", 0);

		if (id == 0)
			continue;
		json_object_open(&j);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			json_key(&j, keys[k]);
			if (k == 1)
				json_u64(&j, id);
			else
				json_text(&j, props_get(&u->v[i], job_wants[k]));
		}
		json_object_close(&j);
	}
	json_array_close(&j);
	json_line(&j);
}

static void print_jobs(const struct args *args, const struct units *u)
{
	size_t width = strlen("UNIT"), n = 0;

	for (size_t i = 0; i < u->n; i++) {
		size_t len = strlen(props_get(&u->v[i], "Id"));

		if (props_number(&u->v[i], "Job", 0) == 0)
			continue;
		width = len > width ? len : width;
		n++;
	}
	if (n > 0 && !args->no_legend)
		printf("%5s %-*s %-8s %s\n", "JOB", (int)width, "UNIT", "TYPE", "STATE");
	for (size_t i = 0; i < u->n; i++)
		if (props_number(&u->v[i], "Job", 0))
			printf("%5s %-*s %-8s %s\n", props_get(&u->v[i], "Job"), (int)width,
			       props_get(&u->v[i], "Id"), props_get(&u->v[i], "JobType"),
			       props_get(&u->v[i], "JobState"));
	if (args->no_legend)
		return;
	if (n == 0)
		puts("No jobs.");
	else
		printf("\n%zu jobs listed.\n", n);
}

int verb_list_jobs(const struct args *args)
{
	struct client *c = client_open(args->socket);
	struct units u = { 0 };
	int status;

	if (!c)
		return 1;
	status = units_get(c, job_wants, &u);
	if (status == 0 && args->json)
		print_jobs_json(&u);
	else if (status == 0)
		print_jobs(args, &u);
	units_free(&u);
	client_close(c);
	return status;
}
