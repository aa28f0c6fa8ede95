/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "units/edges.h"

#define UNITS	"/etc/berth/units/"
#define SERVICE "[Service]\nExecStart=/bin/true\n"

static void test_inverses(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service",
		  "[Unit]\nRequires=b.service\nWants=c.service\nAfter=b.service\n"
		  "Before=c.service\nConflicts=d.service\n" SERVICE);
	tree_load(t, "a.service");
	assert_non_null(tree_edge(t, "a.service", DEP_REQUIRES, "b.service"));
	assert_non_null(tree_edge(t, "b.service", DEP_REQUIRED_BY, "a.service"));
	assert_non_null(tree_edge(t, "c.service", DEP_WANTED_BY, "a.service"));
	assert_non_null(tree_edge(t, "b.service", DEP_BEFORE, "a.service"));
	assert_non_null(tree_edge(t, "c.service", DEP_AFTER, "a.service"));
	assert_non_null(tree_edge(t, "a.service", DEP_CONFLICTS, "d.service"));
	assert_non_null(tree_edge(t, "d.service", DEP_CONFLICTS, "a.service"));
	assert_null(tree_edge(t, "b.service", DEP_REQUIRES, "a.service"));
	assert_int_equal(
		unit_set_at(t->set, (uint32_t)unit_set_find(t->set, "b.service"))->load_state,
		LOAD_NOT_FOUND);
}

static void test_links(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "b.service", SERVICE);
	tree_file(t, UNITS "c.service", SERVICE);
	tree_file(t, UNITS "t@.service", SERVICE);
	tree_link(t, UNITS "multi-user.target.wants/a.service", "../a.service");
	tree_link(t, UNITS "multi-user.target.wants/t@1.service", "../t@.service");
	tree_link(t, UNITS "multi-user.target.requires/b.service", "/etc/berth/units/b.service");
	/* /dev/null in a place of more precedence takes the vendor's link away */
	tree_link(t, UNITS "multi-user.target.wants/c.service", "/dev/null");
	tree_link(t, "/usr/lib/systemd/system/multi-user.target.wants/c.service", "../c.service");
	tree_file(t, UNITS "d.service", SERVICE);
	tree_link(t, UNITS "default.target.wants/d.service", "../d.service");
	tree_load(t, "default.target");
	assert_non_null(tree_edge(t, "multi-user.target", DEP_WANTS, "d.service"));
	assert_non_null(tree_edge(t, "multi-user.target", DEP_WANTS, "a.service"));
	assert_non_null(tree_edge(t, "multi-user.target", DEP_WANTS, "t@1.service"));
	assert_non_null(tree_edge(t, "multi-user.target", DEP_REQUIRES, "b.service"));
	assert_int_equal(unit_set_find(t->set, "c.service"), -1);
	assert_int_equal(unit_set_find(t->set, "default.target"),
			 unit_set_find(t->set, "multi-user.target"));
	assert_int_equal(t->n_told, 0);
}

static void test_slices(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE "Slice=x-y.slice\n");
	tree_file(t, UNITS "b.service", SERVICE);
	tree_load(t, "a.service");
	tree_load(t, "b.service");
	assert_non_null(tree_edge(t, "a.service", DEP_REQUIRES, "x-y.slice"));
	assert_non_null(tree_edge(t, "a.service", DEP_AFTER, "x-y.slice"));
	assert_non_null(tree_edge(t, "x-y.slice", DEP_REQUIRES, "x.slice"));
	assert_non_null(tree_edge(t, "x-y.slice", DEP_AFTER, "x.slice"));
	assert_int_not_equal(unit_set_find(t->set, "system.slice"), -1);
	assert_null(tree_edge(t, "b.service", DEP_REQUIRES, "system.slice"));
	tree_file(t, UNITS "c.service", SERVICE "Slice=x.service\n");
	assert_int_equal(tree_load(t, "c.service")->load_state, LOAD_BAD_SETTING);
}

static void test_default_dependencies(void **state)
{
	struct tree *t = *state;
	const struct dep *edge;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, UNITS "early.service", "[Unit]\nDefaultDependencies=no\n" SERVICE);
	tree_file(t, UNITS "late.service", "[Unit]\nAfter=my.target\n" SERVICE);
	tree_file(t, UNITS "my.target", "[Unit]\nWants=a.service early.service late.service\n");
	tree_load(t, "my.target");
	edge = tree_edge(t, "a.service", DEP_REQUIRES, "sysinit.target");
	assert_non_null(edge);
	assert_int_equal(edge->flags, DEP_IMPLICIT);
	assert_non_null(tree_edge(t, "a.service", DEP_AFTER, "sysinit.target"));
	assert_non_null(tree_edge(t, "a.service", DEP_AFTER, "basic.target"));
	assert_null(tree_edge(t, "early.service", DEP_AFTER, "basic.target"));
	/* a target comes after what it wants, unless somebody says otherwise */
	assert_non_null(tree_edge(t, "my.target", DEP_AFTER, "a.service"));
	assert_null(tree_edge(t, "my.target", DEP_AFTER, "early.service"));
	assert_null(tree_edge(t, "my.target", DEP_AFTER, "late.service"));
	assert_int_equal(t->n_told, 0);
	assert_true(unit_set_stops_at_shutdown(
		unit_set_at(t->set, (uint32_t)unit_set_find(t->set, "a.service"))));
	assert_false(unit_set_stops_at_shutdown(
		unit_set_at(t->set, (uint32_t)unit_set_find(t->set, "early.service"))));
}

static void test_triggers(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.timer", "[Timer]\nOnBootSec=1\n");
	tree_file(t, UNITS "a.service", SERVICE);
	tree_load(t, "a.timer");
	assert_non_null(tree_edge(t, "a.timer", DEP_TRIGGERS, "a.service"));
	assert_non_null(tree_edge(t, "a.service", DEP_TRIGGERED_BY, "a.timer"));
	assert_non_null(tree_edge(t, "a.service", DEP_AFTER, "a.timer"));
	/* It names it; that alone pulls nothing in. */
	assert_null(tree_edge(t, "a.timer", DEP_WANTS, "a.service"));
	assert_null(tree_edge(t, "a.timer", DEP_REQUIRES, "a.service"));
}

static void test_builtin(void **state)
{
	struct tree *t = *state;
	const struct unit *u = tree_load(t, "default.target");

	assert_string_equal(u->id, "multi-user.target");
	assert_true(u->builtin);
	assert_null(u->path);
	assert_int_equal(u->load_state, LOAD_LOADED);
	assert_non_null(tree_edge(t, "multi-user.target", DEP_AFTER, "basic.target"));
	assert_non_null(tree_edge(t, "basic.target", DEP_REQUIRES, "sysinit.target"));
	assert_int_equal(tree_load(t, "my.slice")->load_state, LOAD_LOADED);
	assert_int_equal(tree_load(t, "poweroff.target")->load_state, LOAD_LOADED);
	/* a file wins */
	tree_file(t, UNITS "rescue.target", "[Unit]\nDescription=own\n");
	assert_string_equal(unit_str(tree_load(t, "rescue.target"), K_Description), "own");
	assert_int_equal(t->n_told, 0);
}

static void test_load_again(void **state)
{
	struct tree *t = *state;
	uint32_t before, n;
	const struct unit *u;

	tree_file(t, UNITS "a.service", "[Unit]\nRequires=late.service\n" SERVICE);
	u = tree_load(t, "a.service");
	before = u->index;
	assert_int_equal(tree_load(t, "late.service")->load_state, LOAD_NOT_FOUND);
	/* a unit that appears later, by a second load after finish */
	tree_file(t, UNITS "late.service", "[Unit]\nWants=more.service\n" SERVICE);
	assert_int_equal(tree_load(t, "late.service")->load_state, LOAD_LOADED);
	assert_int_equal(unit_set_find(t->set, "a.service"), (int)before);
	assert_non_null(tree_edge(t, "late.service", DEP_WANTS, "more.service"));
	assert_non_null(tree_edge(t, "late.service", DEP_REQUIRED_BY, "a.service"));
	assert_non_null(tree_edge(t, "late.service", DEP_AFTER, "basic.target"));
	/* finishing twice doubles nothing */
	unit_set_deps(t->set, before, &n);
	assert_int_equal(unit_set_finish(t->set), 0);
	unit_set_deps(t->set, before, &before);
	assert_int_equal(before, n);
}

static void test_load_all(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", SERVICE);
	tree_file(t, "/usr/lib/systemd/system/b.service", SERVICE);
	tree_file(t, UNITS "t@.service", SERVICE);
	tree_file(t, UNITS "README", "no unit");
	tree_file(t, UNITS "bad.service", "[Service]\nNonsense=1\n");
	assert_int_equal(unit_set_load_all(t->set), 0);
	assert_int_equal(unit_set_finish(t->set), 0);
	assert_true(unit_set_find(t->set, "a.service") >= 0);
	assert_true(unit_set_find(t->set, "b.service") >= 0);
	/* it is there, and says why it cannot be started */
	assert_int_equal(
		unit_set_at(t->set, (uint32_t)unit_set_find(t->set, "bad.service"))->load_state,
		LOAD_BAD_SETTING);
	assert_int_equal(unit_set_find(t->set, "t@.service"), -1);
}

static void test_missing_root(void **state)
{
	struct unit_paths paths = { "/nowhere/at/all" };
	struct unit_set *set = unit_set_new(&paths, NULL);

	(void)state;
	assert_true(unit_set_load(set, "x.service") >= 0);
	assert_int_equal(unit_set_finish(set), 0);
	assert_int_equal(unit_set_at(set, 0)->load_state, LOAD_NOT_FOUND);
	unit_set_free(set);
}

/* The sorted array against an obvious reference. */
static void test_edges(void **state)
{
	enum { UNIT_COUNT = 20, ADDED = 400 };
	static int reference[UNIT_COUNT][DEP_KIND_COUNT]
			    [UNIT_COUNT]; /* 0: none, 1: implicit, 2: explicit */
	struct edges e = { 0 };
	unsigned int seed = 12345;

	(void)state;
	for (int i = 0; i < ADDED; i++) {
		uint32_t from, to, kind;
		bool implicit;

		seed = seed * 1103515245 + 12345;
		from = seed >> 16 & 15;
		to = (seed >> 20) % UNIT_COUNT;
		kind = (seed >> 8) % DEP_KIND_COUNT;
		implicit = seed >> 30 & 1;
		assert_int_equal(edges_add(&e, from, to, (enum dep_kind)kind, implicit), 0);
		if (from != to && reference[from][kind][to] != 2) {
			reference[from][kind][to] = implicit ? 1 : 2;
			reference[to][dep_inverse((enum dep_kind)kind)][from] = implicit ? 1 : 2;
		}
		if (i % 150 == 0)
			assert_int_equal(edges_sort(&e, UNIT_COUNT), 0);
	}
	assert_int_equal(edges_sort(&e, UNIT_COUNT), 0);
	for (uint32_t from = 0; from < UNIT_COUNT; from++) {
		for (uint32_t kind = 0; kind < DEP_KIND_COUNT; kind++) {
			uint32_t n, expected = 0;

			edges_of_kind(&e, from, (enum dep_kind)kind, &n);
			for (uint32_t to = 0; to < UNIT_COUNT; to++) {
				const struct dep *d = edges_find(&e, from, (enum dep_kind)kind, to);

				assert_true((d != NULL) == (reference[from][kind][to] != 0));
				if (d)
					assert_int_equal(d->flags, reference[from][kind][to] == 1);
				expected += d != NULL;
			}
			assert_int_equal(n, expected);
		}
	}
	edges_free(&e);
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(dep_kind_name(DEP_REQUIRES), "Requires");
	for (unsigned int kind = 0; kind < DEP_KIND_COUNT; kind++)
		assert_int_equal(dep_inverse(dep_inverse((enum dep_kind)kind)), kind);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_slices, tree_setup, tree_teardown),
		TREE_TEST(test_inverses),
		TREE_TEST(test_links),
		TREE_TEST(test_default_dependencies),
		TREE_TEST(test_triggers),
		TREE_TEST(test_builtin),
		TREE_TEST(test_load_again),
		TREE_TEST(test_load_all),
		cmocka_unit_test(test_missing_root),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
