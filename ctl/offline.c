/* SPDX-License-Identifier: MIT */
#include "ctl/offline.h"

#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "units/builtin.h"
#include "units/load.h"
#include "units/manager.h"
#include "units/name.h"
#include "seccomp/groups.h"
#include "units/references.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands for any instance of a template that is not told more of. */
#define TEST_INSTANCE "test_instance"

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
	int err = settings_load_file(path, sections, &r->sink, NULL, out);

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

static int is_call(void *arg, const char *name)
{
	return str_eq(arg, name);
}

static bool call_known(const char *name)
{
	return name[0] == '@' || group_each("@known", is_call, (void *)(uintptr_t)name) == 1;
}

/* Loads what is asked for and judges it. 0 or -errno. */
static int judge(struct unit_set *set, struct report *r, const struct args *args)
{
	int err = 0;

	if (args->n_operands > 0)
		load_operands(set, r, args);
	else
		err = load_all(set);
	if (err >= 0)
		err = unit_set_finish(set);
	if (err >= 0)
		references_check(set, &r->sink, call_known);
	return err;
}

/* "" for the running system; "/" is only another way to write that. */
static const char *root_of(const struct args *args)
{
	return args->root && !str_eq(args->root, "/") ? args->root : "";
}

int offline_open(struct offline *o, const struct args *args, const char *verb)
{
	const char *root = root_of(args);
	struct unit_paths paths = { .root = root };
	struct stat st;
	int err;

	*o = (struct offline){ .verb = verb, .report = { .sink = { .emit = keep } } };
	if (root[0] && (stat(root, &st) < 0 || !S_ISDIR(st.st_mode))) {
		fprintf(stderr, "%s: not a directory\n", root);
		return -ENOTDIR;
	}
	o->set = unit_set_new(&paths, &o->report.sink);
	err = o->set ? add_directories(o->set, args, &o->dirs) : -ENOMEM;
	if (err < 0)
		return err;
	/* Files on their own are for an image: the build host's units are none of their business. */
	if (o->dirs.n > 0 && !args->root)
		unit_set_only_added(o->set);
	else
		o->settings = load_system(&o->report, root);
	err = judge(o->set, &o->report, args);
	if (err < 0)
		fprintf(stderr, "%s: %s\n", o->verb, diag_errno(-err));
	else
		settle(&o->report);
	return err < 0 ? err : 0;
}

void offline_close(struct offline *o)
{
	unit_set_free(o->set);
	units_set_manager(NULL);
	unit_free(o->settings);
	for (unsigned int i = 0; i < o->dirs.n; i++)
		free((void *)(uintptr_t)o->dirs.v[i]);
	free(o->report.v);
}

const struct unit *offline_unit(const struct offline *o, const char *operand)
{
	const char *base = strrchr(operand, '/');
	const char *name = is_path(operand) ? (base ? base + 1 : operand) : full_unit_name(operand);
	char instance[UNIT_NAME_MAX + 1];
	int index;

	if (unit_name_is_template(name) &&
	    unit_name_replace_instance(name, TEST_INSTANCE, instance, sizeof(instance)))
		name = instance;
	index = unit_set_find(o->set, name);
	return index < 0 ? NULL : unit_set_at(o->set, (uint32_t)index);
}
