/* SPDX-License-Identifier: MIT */
#ifndef BERTH_TESTS_UNIT_TREE_H
#define BERTH_TESTS_UNIT_TREE_H

#include "lib/diag.h"
#include "lib/str.h"
#include "units/manager.h"
#include "units/set.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* A temporary root with unit files in it, and a sink that keeps what was told. */
#define TOLD_MAX 64

struct tree {
	struct diag_sink sink;
	char root[64];
	char told[TOLD_MAX][512];
	unsigned int n_told;
	unsigned int n_errors;
	struct unit_set *set;
};

static inline void tree_emit(struct diag_sink *sink, const struct diag *diag)
{
	struct tree *t = (struct tree *)sink;

	if (diag->level == DIAG_ERROR)
		t->n_errors++;
	if (t->n_told < TOLD_MAX)
		diag_format(diag, t->told[t->n_told], sizeof(t->told[0]));
	t->n_told++;
}

static inline int tree_setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	struct unit_paths paths;

	if (!t)
		return -1;
	strcpy(t->root, "/tmp/berth-tree-XXXXXX");
	if (!mkdtemp(t->root))
		return -1;
	t->sink.emit = tree_emit;
	paths.root = t->root;
	t->set = unit_set_new(&paths, &t->sink);
	*state = t;
	return t->set ? 0 : -1;
}

static inline int tree_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	struct tree *t = *state;

	unit_set_free(t->set);
	units_set_manager(NULL);
	nftw(t->root, tree_remove, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}

/* The full path of @path in the tree, its folders made. */
static inline const char *tree_path(const struct tree *t, const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s%s", t->root, path);
	for (char *slash = strchr(full + strlen(t->root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	return full;
}

static inline void tree_bytes(const struct tree *t, const char *path, const void *data, size_t n)
{
	FILE *f = fopen(tree_path(t, path), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void tree_file(const struct tree *t, const char *path, const char *text)
{
	tree_bytes(t, path, text, strlen(text));
}

static inline void tree_link(const struct tree *t, const char *path, const char *target)
{
	assert_int_equal(symlink(target, tree_path(t, path)), 0);
}

/* Loads @name and what it pulls in, and finishes. */
static inline struct unit *tree_load(struct tree *t, const char *name)
{
	int index = unit_set_load(t->set, name);

	assert_true(index >= 0);
	assert_int_equal(unit_set_finish(t->set), 0);
	return unit_set_at(t->set, (uint32_t)index);
}

/* True if a message holds @text. */
static inline bool tree_told(const struct tree *t, const char *text)
{
	for (unsigned int i = 0; i < t->n_told && i < TOLD_MAX; i++) {
		if (strstr(t->told[i], text))
			return true;
	}
	for (unsigned int i = 0; i < t->n_told && i < TOLD_MAX; i++)
		print_message("told: %s\n", t->told[i]);
	return false;
}

/* The edge of @kind from @from to @to, or NULL. */
static inline const struct dep *tree_edge(const struct tree *t, const char *from,
					  enum dep_kind kind, const char *to)
{
	int a = unit_set_find(t->set, from), b = unit_set_find(t->set, to);
	const struct dep *v;
	uint32_t n;

	if (a < 0 || b < 0)
		return NULL;
	v = unit_set_deps_of(t->set, (uint32_t)a, kind, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (v[i].unit == (uint32_t)b)
			return &v[i];
	}
	return NULL;
}

#endif
