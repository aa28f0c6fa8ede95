/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "init/changes.h"
#include "units/frozen.h"

#include <sys/mman.h>
#include <sys/wait.h>

#define UNITS	"/etc/berth/units/"
#define SERVICE "[Service]\nExecStart=/bin/true\n"

/* What PID 1 has: the set of the tree, and the two regions. */
static struct region units, tables;

struct handover {
	struct unit_table *table;
	size_t units_used;
};

static void load_in_child(struct tree *t, struct region *fresh, const char *const *names,
			  bool drop_missing)
{
	struct handover *h = region_alloc(fresh, sizeof(*h));

	if (unit_set_thaw(t->set) < 0)
		_exit(1);
	unit_set_use_region(t->set, &units);
	for (; *names; names++) {
		int index = unit_set_load(t->set, *names);

		if (index < 0)
			_exit(2);
		if (drop_missing)
			unit_set_drop_missing(t->set, (uint32_t)index);
	}
	if (unit_set_finish(t->set) < 0)
		_exit(3);
	h->table = unit_set_freeze(t->set, fresh);
	h->units_used = units.used;
	_exit(h->table ? 0 : 4);
}

/* As init/loading.c does it. */
static void load(struct tree *t, const char *const *names, bool drop_missing)
{
	struct region fresh;
	const struct handover *h;
	int status;
	pid_t pid;

	assert_int_equal(region_map(&fresh), 0);
	h = (const void *)fresh.base;
	region_open(&units);
	pid = fork();
	if (pid == 0)
		load_in_child(t, &fresh, names, drop_missing);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	const size_t before = units.used;

	units.used = h->units_used;
	region_seal(&units, before);
	unit_set_adopt(t->set, h->table);
	region_unmap(&tables);
	tables = fresh;
}

#define LOAD(t, ...) load(t, (const char *const[]){ __VA_ARGS__, NULL }, true)

static struct unit *find(const struct tree *t, const char *name)
{
	int index = unit_set_find(t->set, name);

	assert_true(index >= 0);
	assert_int_equal(unit_set_at(t->set, (uint32_t)index)->index, index);
	return unit_set_at(t->set, (uint32_t)index);
}

static int setup(void **state)
{
	return region_map(&units) == 0 ? tree_setup(state) : -1;
}

static int teardown(void **state)
{
	int r = tree_teardown(state);

	region_unmap(&units);
	region_unmap(&tables);
	return r;
}

static void test_what_a_child_loads_is_there(void **state)
{
	struct tree *t = *state;
	uint32_t at = 0;

	tree_file(t, UNITS "a.service", "[Unit]\nDescription=one\nRequires=b.service\n" SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	tree_link(t, UNITS "other.service", "b.service");
	LOAD(t, "a.service", "other.service");
	assert_true(region_has(&units, find(t, "a.service")));
	assert_string_equal(unit_str(find(t, "a.service"), K_Description), "one");
	assert_string_equal(unit_commands(find(t, "b.service"), K_ExecStart)->v[0].argv[0],
			    "/bin/true");
	assert_ptr_equal(find(t, "other.service"), find(t, "b.service"));
	assert_string_equal(unit_set_next_alias(t->set, find(t, "b.service")->index, &at),
			    "other.service");
	assert_non_null(tree_edge(t, "b.service", DEP_REQUIRED_BY, "a.service"));
	assert_int_equal(unit_set_find(t->set, "c.service"), -1);
}

static void test_more_later(void **state)
{
	struct tree *t = *state;
	const struct unit *a;
	uint32_t n;

	tree_file(t, UNITS "a.service", "[Unit]\nAfter=b.service late.service\n" SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	LOAD(t, "a.service");
	a = find(t, "a.service");
	n = unit_set_count(t->set);
	assert_int_equal(find(t, "late.service")->load_state, LOAD_NOT_FOUND);
	tree_file(t, UNITS "late.service", SERVICE);
	tree_file(t, UNITS "c.service", "[Unit]\nWants=a.service\n" SERVICE);
	tree_link(t, UNITS "again.service", "a.service");
	LOAD(t, "late.service", "c.service", "again.service");
	/* what was there is the same, at the same place */
	assert_ptr_equal(find(t, "a.service"), a);
	assert_ptr_equal(find(t, "again.service"), a);
	assert_int_equal(find(t, "late.service")->load_state, LOAD_LOADED);
	assert_int_equal(unit_set_count(t->set), n + 1);
	assert_non_null(tree_edge(t, "a.service", DEP_AFTER, "b.service"));
	assert_non_null(tree_edge(t, "late.service", DEP_BEFORE, "a.service"));
	assert_non_null(tree_edge(t, "a.service", DEP_WANTED_BY, "c.service"));
}

static void test_made_up_names_leave_nothing(void **state)
{
	struct tree *t = *state;
	size_t used;
	uint32_t n;

	tree_file(t, UNITS "a.service", "[Unit]\nWants=named.service\n" SERVICE);
	LOAD(t, "a.service");
	n = unit_set_count(t->set);
	LOAD(t, "x1.service", "a.service", "x2.service");
	used = units.used;
	assert_int_equal(unit_set_find(t->set, "x1.service"), -1);
	assert_int_equal(unit_set_find(t->set, "x2.service"), -1);
	assert_int_equal(unit_set_count(t->set), n);
	/* one that somebody names stays, and being asked for it again costs nothing */
	LOAD(t, "named.service");
	LOAD(t, "named.service");
	assert_int_equal(find(t, "named.service")->load_state, LOAD_NOT_FOUND);
	assert_int_equal(unit_set_count(t->set), n);
	assert_int_equal(units.used, used);
}

/* A template and its instances, an alias that is met before its unit, many names. */
static void test_many(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "t@.service", SERVICE);
	for (int round = 0; round < 3; round++) {
		char text[100][24];
		const char *names[101] = { NULL };

		for (int i = 0; i < 100; i++) {
			snprintf(text[i], sizeof(text[i]), "t@%d.service", round * 100 + i);
			names[i] = text[i];
		}
		load(t, names, true);
	}
	for (int i = 0; i < 300; i++) {
		char name[24];

		snprintf(name, sizeof(name), "t@%d.service", i);
		assert_string_equal(find(t, name)->id, name);
	}
}

/* As a reload does it: every unit at its place, and what is new behind them. */
static void test_load_like(void **state)
{
	struct tree *t = *state;
	struct unit_paths paths = { t->root };
	struct unit_set *now = unit_set_new(&paths, &t->sink);
	struct changes changes;
	FILE *out = tmpfile();
	char text[2048] = "";
	uint32_t n = 0, bad;

	tree_file(t, UNITS "a.service", "[Unit]\nWants=b.service\nDescription=one\n" SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	tree_file(t, UNITS "c.service", SERVICE);
	tree_file(t, UNITS "m.service", SERVICE);
	tree_link(t, UNITS "other.service", "b.service");
	tree_load(t, "a.service");
	tree_load(t, "c.service");
	tree_load(t, "m.service");
	tree_load(t, "other.service");
	n = unit_set_count(t->set);

	tree_file(t, UNITS "a.service",
		  "[Unit]\nWants=d.service\nDescription=two\tthree\n" SERVICE);
	tree_file(t, UNITS "d.service", SERVICE);
	remove(tree_path(t, UNITS "b.service"));
	remove(tree_path(t, UNITS "c.service"));
	tree_link(t, UNITS "c.service", "d.service");
	tree_link(t, UNITS "b.service", "d.service");
	remove(tree_path(t, UNITS "m.service"));
	tree_link(t, UNITS "m.service", "/dev/null");
	assert_int_equal(unit_set_load_like(now, t->set), 0);
	assert_int_equal(unit_set_finish(now), 0);
	for (uint32_t i = 0; i < n; i++)
		assert_string_equal(unit_set_at(now, i)->id, unit_set_at(t->set, i)->id);
	assert_int_equal(unit_set_count(now), n + 1);
	/* what became an alias has a place, and is found as what it is now */
	assert_string_equal(unit_set_at(now, (uint32_t)unit_set_find(now, "c.service"))->id,
			    "d.service");
	assert_string_equal(unit_set_at(now, (uint32_t)unit_set_find(now, "other.service"))->id,
			    "d.service");

	assert_int_equal(changes_tell(t->set, now, fileno(out), &changes), 0);
	assert_true(pread(fileno(out), text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "key\ta.service\tDescription\tone\ttwo three\n"));
	assert_non_null(strstr(text, "key\ta.service\tWants\tb.service\td.service\n"));
	assert_non_null(strstr(text, "removed\tb.service\n"));
	assert_non_null(strstr(text, "removed\tc.service\n"));
	assert_non_null(strstr(text, "state\tm.service\tloaded\tmasked\n"));
	assert_non_null(strstr(text, "added\td.service\n"));
	assert_int_equal(changes.added, 1);
	assert_int_equal(changes.removed, 2);
	assert_int_equal(changes.changed, 2);
	assert_null(changes_first_bad(t->set, now, &bad));
	unit_set_free(now);
	fclose(out);
}

static void test_first_bad(void **state)
{
	struct tree *t = *state;
	struct unit_set *before = unit_set_new(NULL, NULL);
	uint32_t n;

	tree_file(t, "/etc/systemd/system/theirs.service", "[Service]\nSystemCallFilter=x\n");
	assert_int_equal(mkdir(tree_path(t, "/etc/systemd/system/dir.service"), 0755), 0);
	tree_load(t, "theirs.service");
	assert_int_equal(tree_load(t, "dir.service")->load_state, LOAD_ERROR);
	assert_true(find(t, "dir.service")->foreign);
	assert_null(changes_first_bad(before, t->set, &n));
	tree_file(t, UNITS "ours.service", "[Service]\nNonsense=1\n");
	assert_int_equal(mkdir(tree_path(t, UNITS "ours2.service"), 0755), 0);
	tree_load(t, "ours.service");
	tree_load(t, "ours2.service");
	assert_string_equal(changes_first_bad(before, t->set, &n)->id, "ours.service");
	assert_int_equal(n, 2);
	/* what was so before is told, but keeps nothing else from being reloaded */
	assert_null(changes_first_bad(t->set, t->set, &n));
	unit_set_free(before);
}

/* Whatever is done to a file, its stamp tells. */
static void test_stamp(void **state)
{
	struct tree *t = *state;
	uint32_t stamp;

	tree_file(t, UNITS "a.service", SERVICE);
	stamp = tree_load(t, "a.service")->stamp;
	for (int i = 0; i < 3; i++) {
		struct unit_paths paths = { t->root };
		struct unit_set *now = unit_set_new(&paths, &t->sink);

		if (i == 1)
			tree_file(t, UNITS "a.service.d/x.conf", "[Unit]\nDescription=x\n");
		if (i == 2)
			remove(tree_path(t, UNITS "a.service"));
		assert_true(unit_set_load(now, "a.service") == 0);
		assert_true((unit_set_at(now, 0)->stamp == stamp) == (i == 0));
		stamp = unit_set_at(now, 0)->stamp;
		unit_set_free(now);
	}
}

static void test_region(void **state)
{
	struct region r;
	char *p, *before;

	(void)state;
	assert_int_equal(region_map(&r), 0);
	assert_non_null(region_copy(&r, "0123456789", 10));
	assert_int_equal(r.used, 16);
	assert_null(region_alloc(&r, r.size));
	assert_null(region_alloc(&r, SIZE_MAX));
	p = region_alloc(&r, 10000);
	assert_true(region_has(&r, p) && !region_has(&r, &r));
	/* A child writes to what was the rest; the parent has another one by now. */
	before = r.base + r.used;
	assert_int_equal(region_renew(&r), 0);
	assert_true((size_t)(before - r.base) <= r.used);
	p = region_alloc(&r, 8);
	*p = 1;
	region_seal(&r, 0);
	assert_memory_equal(r.base, "0123456789", 10);
	region_close(&r);
	assert_int_equal(*p, 1);
	assert_true(r.size < 32768);
	region_unmap(&r);
	assert_null(r.base);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_a_child_loads_is_there),
		T(test_more_later),
		T(test_made_up_names_leave_nothing),
		T(test_many),
		T(test_load_like),
		T(test_first_bad),
		T(test_stamp),
		cmocka_unit_test(test_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
