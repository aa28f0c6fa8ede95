/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "units/builtin.h"
#include "units/load.h"
#include "units/manager.h"
#include "units/name.h"
#include "units/references.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

/*
 * `verify`: what berth would say of unit files when it loads them, said on a build host. Messages
 * are kept until the end: units are loaded in no particular order, and a template's are the same
 * for each of its instances.
 */

/* Stands for any instance of a template that is not told more of. */
#define TEST_INSTANCE "test_instance"

struct report {
	struct diag_sink sink;
	struct diag *v;
	size_t n, room;
	unsigned int errors, warnings;
};

static void keep(struct diag_sink *sink, const struct diag *diag)
{
	struct report *r = (struct report *)sink;

	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->v = reallocarray(r->v, r->room, sizeof(*r->v));
		if (!r->v)
			exit(1);
	}
	r->v[r->n++] = *diag;
}

static void keep_error(struct report *r, const char *file, const char *text)
{
	struct diag diag = { 0 };

	diag_set(&diag, DIAG_ERROR, 0, "%s", text);
	diag_place(&diag, file, 0, NULL);
	keep(&r->sink, &diag);
}

static int by_place(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;
	int r = strcmp(x->file, y->file);

	if (r == 0 && x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (r == 0)
		r = strcmp(x->key, y->key);
	return r ? r : strcmp(x->text, y->text);
}

/* Sorted, each message once, and counted. */
static void settle(struct report *r)
{
	size_t kept = 0;

	if (r->n > 0)
		qsort(r->v, r->n, sizeof(*r->v), by_place);
	for (size_t i = 0; i < r->n; i++) {
		if (kept > 0 && by_place(&r->v[i], &r->v[kept - 1]) == 0)
			continue;
		r->v[kept++] = r->v[i];
		r->errors += r->v[i].level == DIAG_ERROR;
		r->warnings += r->v[i].level == DIAG_WARNING;
	}
	r->n = kept;
}

/* Loads one unit by name; @place is what messages name if there is no such unit. */
static void load_name(struct unit_set *set, struct report *r, const char *name, const char *place)
{
	char instance[UNIT_NAME_MAX + 1];
	int index;

	if (unit_name_is_template(name)) {
		if (!unit_name_replace_instance(name, TEST_INSTANCE, instance, sizeof(instance))) {
			keep_error(r, place, "the name is too long for an instance");
			return;
		}
		name = instance;
	}
	index = unit_set_load(set, name);
	if (index == -EINVAL)
		keep_error(r, place, "not the name of a unit that berth knows");
	else if (index < 0)
		keep_error(r, place, diag_errno(-index));
	else if (unit_set_at(set, (uint32_t)index)->load_state == LOAD_NOT_FOUND)
		keep_error(r, place, "there is no such unit");
}

/* "units/" of "units/web.service", "" of "web.service"; the caller's to free. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = strndup(path, slash ? (size_t)(slash + 1 - path) : 0);

	if (!dir)
		exit(1);
	return dir;
}

static bool is_path(const char *operand)
{
	return strchr(operand, '/') || access(operand, F_OK) == 0;
}

/*
 * The directories of the files become search paths, all of them before the first unit is loaded:
 * the files may name each other. Strings in @dirs are to be freed after the set.
 */
static int add_directories(struct unit_set *set, const struct args *args, struct arg_list *dirs)
{
	for (int i = 0; i < args->n_operands; i++) {
		char *dir = is_path(args->operands[i]) ? directory_of(args->operands[i]) : NULL;
		bool known = !dir;
		int r;

		for (unsigned int k = 0; k < dirs->n && !known; k++)
			known = str_eq(dirs->v[k], dir);
		if (known) {
			free(dir);
			continue;
		}
		r = unit_set_add_directory(set, dir);
		if (r == 0) {
			dirs->v[dirs->n++] = dir;
			continue;
		}
		if (r == -ENOSPC)
			fprintf(stderr, "verify: files of more than %d directories\n",
				DIRECTORY_EXTRA);
		else
			fprintf(stderr, "%s: %s\n", dir, diag_errno(-r));
		free(dir);
		return r;
	}
	return 0;
}

static void load_operands(struct unit_set *set, struct report *r, const struct args *args)
{
	for (int i = 0; i < args->n_operands; i++) {
		const char *operand = args->operands[i], *base = strrchr(operand, '/');

		if (!is_path(operand))
			load_name(set, r, full_unit_name(operand), operand);
		else if (access(operand, F_OK) < 0)
			keep_error(r, operand, diag_errno(errno));
		else
			load_name(set, r, base ? base + 1 : operand, operand);
	}
}

static int is_network(const struct dirent *e)
{
	return str_ends(e->d_name, ".network") && e->d_name[0] != '.';
}

static void load_settings(struct report *r, const char *path, uint32_t sections, struct unit **out)
{
	int err = settings_load_file(path, sections, &r->sink, out);

	if (err < 0 && err != -ENOENT && err != -EBADMSG)
		keep_error(r, path, diag_errno(-err));
}

/* system.conf and the networks, which berth reads before any unit. */
static struct unit *load_system(struct report *r, const char *root)
{
	struct unit *settings = NULL, *network;
	struct dirent **files;
	char path[4096];
	int n;

	snprintf(path, sizeof(path), "%s/etc/berth/system.conf", root);
	load_settings(r, path, SECTION_MANAGER, &settings);
	units_set_manager(settings);
	snprintf(path, sizeof(path), "%s/etc/berth/network", root);
	n = scandir(path, &files, is_network, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/etc/berth/network/%s", root, files[i]->d_name);
		load_settings(r, path, SECTION_MATCH | SECTION_NETWORK, &network);
		unit_free(network);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	return settings;
}

/* Units that have a file, and those of them that cannot be started. */
static unsigned int count_units(const struct unit_set *set, unsigned int *refused)
{
	unsigned int n = 0;

	*refused = 0;
	for (uint32_t i = 0; i < unit_set_count(set); i++) {
		const struct unit *u = unit_set_at(set, i);

		if (u->builtin || u->load_state == LOAD_NOT_FOUND || u->load_state == LOAD_MASKED)
			continue;
		n++;
		*refused += u->load_state != LOAD_LOADED;
	}
	return n;
}

static void print_json(const struct report *r, unsigned int units, unsigned int refused)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct json j = json_to(stdout);

	json_object_open(&j);
	json_key(&j, "messages");
	json_array_open(&j);
	for (size_t i = 0; i < r->n; i++) {
		json_object_open(&j);
		json_key(&j, "file");
		json_text(&j, r->v[i].file);
		json_key(&j, "line");
		if (r->v[i].line)
			json_u64(&j, r->v[i].line);
		else
			json_null(&j);
		json_key(&j, "level");
		json_text(&j, levels[r->v[i].level]);
		json_key(&j, "key");
		json_text(&j, r->v[i].key[0] ? r->v[i].key : NULL);
		json_key(&j, "text");
		json_text(&j, r->v[i].text);
		json_object_close(&j);
	}
	json_array_close(&j);
	json_key(&j, "units");
	json_u64(&j, units);
	json_key(&j, "refused");
	json_u64(&j, refused);
	json_key(&j, "errors");
	json_u64(&j, r->errors);
	json_key(&j, "warnings");
	json_u64(&j, r->warnings);
	json_object_close(&j);
	json_line(&j);
}

static void print_text(const struct args *args, const struct report *r, unsigned int units,
		       unsigned int refused)
{
	char line[1024];

	for (size_t i = 0; i < r->n; i++) {
		diag_format(&r->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if (!args->quiet)
		printf("%u units, %u of them refused; %u errors, %u warnings\n", units, refused,
		       r->errors, r->warnings);
}

/*
 * Every file, every template, and what has no file but may have links: those to a target that is
 * built in are found only by way of the target.
 */
static int load_all(struct unit_set *set)
{
	const struct builtin_unit *b;
	int err = unit_set_load_all(set);

	if (err >= 0)
		err = unit_set_load_templates(set, TEST_INSTANCE);
	for (size_t n = 0; (b = builtin_at(n)) && err >= 0; n++)
		err = unit_set_load(set, b->name);
	return err;
}

/* Loads what is asked for and judges it. 0 or -errno. */
static int verify(struct unit_set *set, struct report *r, const struct args *args)
{
	int err = 0;

	if (args->n_operands > 0)
		load_operands(set, r, args);
	else
		err = load_all(set);
	if (err >= 0)
		err = unit_set_finish(set);
	if (err >= 0)
		references_check(set, &r->sink);
	return err;
}

/* "" for the running system; "/" is only another way to write that. */
static const char *root_of(const struct args *args)
{
	return args->root && !str_eq(args->root, "/") ? args->root : "";
}

int verb_verify(const struct args *args)
{
	const char *root = root_of(args);
	struct unit_paths paths = { .root = root };
	struct report r = { .sink = { .emit = keep } };
	struct unit *settings = NULL;
	struct arg_list dirs = { 0 };
	unsigned int units, refused;
	struct unit_set *set;
	struct stat st;
	int err;

	if (root[0] && (stat(root, &st) < 0 || !S_ISDIR(st.st_mode))) {
		fprintf(stderr, "%s: not a directory\n", root);
		return 1;
	}
	set = unit_set_new(&paths, &r.sink);
	err = set ? add_directories(set, args, &dirs) : -ENOMEM;
	if (err == 0) {
		/* Files on their own are for an image: the build host's units are none of their business. */
		if (dirs.n > 0 && !args->root)
			unit_set_only_added(set);
		else
			settings = load_system(&r, root);
		err = verify(set, &r, args);
		if (err < 0)
			fprintf(stderr, "verify: %s\n", diag_errno(-err));
	}
	if (err >= 0) {
		settle(&r);
		units = count_units(set, &refused);
		if (args->json)
			print_json(&r, units, refused);
		else
			print_text(args, &r, units, refused);
	}
	unit_set_free(set);
	units_set_manager(NULL);
	unit_free(settings);
	for (unsigned int i = 0; i < dirs.n; i++)
		free((void *)(uintptr_t)dirs.v[i]);
	free(r.v);
	return err < 0 || r.errors > 0;
}
