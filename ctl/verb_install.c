/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"
#include "lib/match.h"
#include "lib/str.h"
#include "units/install_state.h"
#include "units/name.h"
#include "units/preset.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/*
 * Verbs that change or show what is started at boot. They look at files, of the running system or
 * of an image (--root): berth needs not run. If it does, it reads the files again; what runs is left
 * alone without --now.
 */

struct session {
	struct install install;
	struct diag_sink sink;
	const struct args *args;
	const char *failure; /* "Failed to enable unit" */
	struct json json;
};

static void tell(struct diag_sink *sink, const struct diag *diag)
{
	const struct session *s = (struct session *)((char *)sink - offsetof(struct session, sink));
	char text[512];

	diag_format_plain(diag, text, sizeof(text));
	if (diag->level == DIAG_ERROR)
		fprintf(stderr, "%s: %s\n", s->failure, text);
	else if (!s->args->quiet)
		fprintf(stderr, "%s\n", text);
}

static void changed(struct install *in, const char *path, const char *target)
{
	struct session *s = (struct session *)in;

	if (s->args->json) {
		json_object_open(&s->json);
		json_key(&s->json, "type");
		json_text(&s->json, target ? "symlink" : "unlink");
		json_key(&s->json, "file");
		json_text(&s->json, path);
		json_key(&s->json, "source");
		json_text(&s->json, target);
		json_object_close(&s->json);
	} else if (!s->args->quiet && target) {
		fprintf(stderr, "Created symlink %s -> %s.\n", path, target);
	} else if (!s->args->quiet) {
		fprintf(stderr, "Removed %s.\n", path);
	}
}

/* "" for the running system; "/" is only another way to write that. */
static const char *root_of(const struct args *args)
{
	return args->root && !str_eq(args->root, "/") ? args->root : "";
}

/* 0, or the exit status after a message. session_close() in any case. */
static int session_open(struct session *s, const struct args *args, const char *failure)
{
	struct stat st;
	int r;

	*s = (struct session){
		.install = { .root = root_of(args),
			     .runtime = args->runtime,
			     .force = args->force > 0,
			     .changed = changed },
		.sink = { .emit = tell },
		.args = args,
		.failure = failure,
		.json = json_to(stdout),
	};
	s->install.sink = &s->sink;
	if (s->install.root[0] && (stat(s->install.root, &st) < 0 || !S_ISDIR(st.st_mode))) {
		fprintf(stderr, "%s: not a directory\n", s->install.root);
		return 1;
	}
	r = install_open(&s->install);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", failure, diag_errno(-r));
	return r < 0;
}

static void session_close(struct session *s)
{
	install_close(&s->install);
}

typedef int install_fn(struct install *in, const char *name);

/* One pass over all operands with a fresh look at the files; the exit status. */
static int run_pass(struct session *s, install_fn *act, const char *failure)
{
	const struct args *args = s->args;
	struct json json = s->json;
	int status = session_open(s, args, failure);

	s->json = json;
	for (int i = 0; i < args->n_operands && status == 0; i++)
		status = act(&s->install, full_unit_name(args->operands[i])) < 0;
	return status;
}

int verb_install(const struct args *args)
{
	static const struct {
		const char *verb;
		install_fn *first, *second;
		const char *failure;
		const char *now;
	} rows[] = {
		{ "enable", install_enable, NULL, "Failed to enable unit", "start" },
		{ "disable", install_disable, NULL, "Failed to disable unit", "stop" },
		{ "reenable", install_disable, install_enable, "Failed to reenable unit",
		  "restart" },
		{ "mask", install_mask, NULL, "Failed to mask unit", "stop" },
		{ "unmask", install_unmask, NULL, "Failed to unmask unit", NULL },
	};
	const char *now = NULL;
	struct session s = { .args = args, .json = json_to(stdout) };
	bool enabling = false;
	int status = 1;

	for (int i = 0; i < args->n_operands; i++) {
		if (strchr(args->operands[i], '/')) {
			fprintf(stderr,
				"%s: give the unit's name, not a path; its file has to be in a "
				"unit directory\n",
				args->operands[i]);
			return 1;
		}
	}
	if (args->json)
		json_array_open(&s.json);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!str_eq(rows[i].verb, args->verb->name))
			continue;
		now = rows[i].now;
		enabling = rows[i].first == install_enable || rows[i].second;
		status = run_pass(&s, rows[i].first, rows[i].failure);
		if (status == 0 && rows[i].second) {
			session_close(&s);
			status = run_pass(&s, rows[i].second, rows[i].failure);
		}
	}
	if (args->json) {
		json_array_close(&s.json);
		json_line(&s.json);
	}
	if (status == 0 && enabling && s.install.n_rules == 0 && !args->quiet)
		fprintf(stderr, "Nothing to enable: no WantedBy=, RequiredBy=, Alias= or Also= in "
				"[Install] "
				"(a template needs DefaultInstance=, too).\n");
	session_close(&s);
	return status ? status : reload_after_install(args, now);
}

/* ---- all unit files ---- */

struct file_row {
	const char *name;
	enum install_state state;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file_row *)a)->name, ((const struct file_row *)b)->name);
}

static bool is_listed(const struct args *args, const char *name, enum install_state state)
{
	bool matches = args->n_operands == 0;

	for (int i = 0; i < args->n_operands && !matches; i++)
		matches = match_text(args->operands[i], name, 0) ||
			  str_eq(full_unit_name(args->operands[i]), name);
	if (args->type && !str_eq(unit_name_suffix(name) + 1, args->type))
		return false;
	return matches && (!args->state || str_eq(install_state_name(state), args->state));
}

static struct file_row *get_rows(struct session *s, size_t *n)
{
	const struct directories *d = &s->install.loader.directories;
	struct file_row *rows = calloc(d->n_entries + 1, sizeof(*rows));

	if (!rows)
		exit(1);
	*n = 0;
	for (uint32_t i = 0; i < d->n_buckets; i++) {
		for (const struct directory_entry *e = d->buckets[i]; e; e = e->next) {
			enum install_state state;

			if (unit_type_of_name(e->name) < 0)
				continue;
			state = install_state(&s->install, e->name);
			if (is_listed(s->args, e->name, state))
				rows[(*n)++] = (struct file_row){ e->name, state };
		}
	}
	if (*n > 0)
		qsort(rows, *n, sizeof(*rows), by_name);
	return rows;
}

/* ---- presets ---- */

/* One unit, with a fresh look at the files: another one's Also= may just have changed them. */
static int preset_as(struct session *s, install_fn *act, const char *name)
{
	struct json json = s->json;
	int status = session_open(s, s->args, "Failed to preset unit");

	s->json = json;
	if (status == 0)
		status = act(&s->install, name) < 0;
	session_close(s);
	return status;
}

static int preset_unit(struct session *s, const struct presets *presets, const char *name)
{
	const struct preset_rule *rule = presets_find(presets, name);
	char full[UNIT_NAME_MAX + 1];
	int status = 0;

	if (rule && rule->action == PRESET_IGNORE)
		return 0;
	if (rule && rule->action == PRESET_DISABLE)
		return preset_as(s, install_disable, name);
	if (!rule || !rule->instances || !unit_name_is_template(name))
		return preset_as(s, install_enable, name);
	for (const char *const *i = rule->instances; *i && status == 0; i++) {
		if (!unit_name_replace_instance(name, *i, full, sizeof(full)))
			return 1;
		status = preset_as(s, install_enable, full);
	}
	return status;
}

/* preset-all: what has something to be enabled by, and is not masked. */
static int preset_all(struct session *s, const struct presets *presets)
{
	struct file_row *rows;
	struct json json = s->json;
	size_t n = 0;
	int status = session_open(s, s->args, "Failed to preset units");

	s->json = json;
	if (status) {
		session_close(s);
		return status;
	}
	rows = get_rows(s, &n);
	for (size_t i = 0; i < n; i++) {
		rows[i].name = strdup(rows[i].name);
		if (!rows[i].name)
			exit(1);
	}
	session_close(s);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == INSTALL_ENABLED || rows[i].state == INSTALL_DISABLED ||
		    rows[i].state == INSTALL_ENABLED_RUNTIME || rows[i].state == INSTALL_INDIRECT)
			status |= preset_unit(s, presets, rows[i].name);
		free((void *)(uintptr_t)rows[i].name);
	}
	free(rows);
	return status;
}

int verb_preset(const struct args *args)
{
	struct session s = { .args = args,
			     .sink = { .emit = tell },
			     .failure = "Failed to read presets",
			     .json = json_to(stdout) };
	struct presets presets;
	int status = presets_read(&presets, root_of(args), &s.sink) < 0;

	if (args->json)
		json_array_open(&s.json);
	if (status == 0 && args->n_operands == 0)
		status = preset_all(&s, &presets);
	for (int i = 0; i < args->n_operands && status == 0; i++)
		status = preset_unit(&s, &presets, full_unit_name(args->operands[i]));
	if (args->json) {
		json_array_close(&s.json);
		json_line(&s.json);
	}
	presets_free(&presets);
	return status ? status : reload_after_install(args, NULL);
}

int verb_is_enabled(const struct args *args)
{
	struct session s;
	int good = 0, missing = 0, status;

	status = session_open(&s, args, "Failed to get unit file state");
	if (args->json)
		json_object_open(&s.json);
	for (int i = 0; i < args->n_operands && status == 0; i++) {
		const char *name = full_unit_name(args->operands[i]);
		enum install_state state = install_state(&s.install, name);

		good += state == INSTALL_ENABLED || state == INSTALL_ENABLED_RUNTIME ||
			state == INSTALL_STATIC || state == INSTALL_ALIAS ||
			state == INSTALL_INDIRECT;
		missing += state == INSTALL_NOT_FOUND;
		if (args->json) {
			json_key(&s.json, name);
			json_text(&s.json, install_state_name(state));
		} else if (!args->quiet) {
			puts(install_state_name(state));
		}
	}
	if (args->json) {
		json_object_close(&s.json);
		json_line(&s.json);
	}
	session_close(&s);
	if (status == 0 && good == 0)
		status = missing == args->n_operands ? EXIT_UNKNOWN_UNIT : 1;
	return status;
}

/* ---- the default target ---- */

int verb_get_default(const struct args *args)
{
	char id[UNIT_NAME_MAX + 1];
	struct session s;
	int status = session_open(&s, args, "Failed to get default target");

	if (status == 0) {
		int r = loader_resolve(&s.install.loader, "default.target", id);

		if (r < 0)
			fprintf(stderr, "%s: %s\n", s.failure, diag_errno(-r));
		status = r < 0;
	}
	if (status == 0 && args->json) {
		json_object_open(&s.json);
		json_key(&s.json, "unit");
		json_text(&s.json, id);
		json_object_close(&s.json);
		json_line(&s.json);
	} else if (status == 0) {
		puts(id);
	}
	session_close(&s);
	return status;
}

int verb_set_default(const struct args *args)
{
	struct session s = { .args = args, .json = json_to(stdout) };
	int status;

	if (args->json)
		json_array_open(&s.json);
	/* "multi-user" alone is a target here, not a service */
	status = session_open(&s, args, "Failed to set default target");
	s.json.comma = false;
	if (status == 0)
		status = install_set_default(&s.install, full_target_name(args->operands[0])) < 0;
	if (args->json) {
		json_array_close(&s.json);
		json_line(&s.json);
	}
	session_close(&s);
	return status ? status : reload_after_install(args, NULL);
}

/* ---- list-unit-files ---- */

static void print_rows(const struct args *args, const struct file_row *rows, size_t n)
{
	size_t width = strlen("UNIT FILE");

	for (size_t i = 0; i < n; i++)
		width = strlen(rows[i].name) > width ? strlen(rows[i].name) : width;
	if (!args->no_legend && n > 0)
		printf("%-*s STATE\n", (int)width, "UNIT FILE");
	for (size_t i = 0; i < n; i++)
		printf("%-*s %s\n", (int)width, rows[i].name, install_state_name(rows[i].state));
	if (!args->no_legend)
		printf("%s%zu unit files listed.\n", n ? "\n" : "", n);
}

int verb_list_unit_files(const struct args *args)
{
	struct session s;
	struct file_row *rows;
	size_t n;
	int status = session_open(&s, args, "Failed to list unit files");

	if (status) {
		session_close(&s);
		return status;
	}
	rows = get_rows(&s, &n);
	if (!args->json)
		print_rows(args, rows, n);
	if (args->json) {
		json_array_open(&s.json);
		for (size_t i = 0; i < n; i++) {
			json_object_open(&s.json);
			json_key(&s.json, "unit_file");
			json_text(&s.json, rows[i].name);
			json_key(&s.json, "state");
			json_text(&s.json, install_state_name(rows[i].state));
			json_object_close(&s.json);
		}
		json_array_close(&s.json);
		json_line(&s.json);
	}
	free(rows);
	session_close(&s);
	return 0;
}
