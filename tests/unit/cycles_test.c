/* SPDX-License-Identifier: MIT */
#include "unit_tree.h"

#include "units/set.h"

#define UNITS "/etc/berth/units/"
#define BARE  "[Unit]\nDefaultDependencies=no\n"
#define RUN   "[Service]\nExecStart=/bin/true\n"

static bool broken(const struct tree *t, const char *first, const char *second)
{
	const struct dep *before = tree_edge(t, first, DEP_BEFORE, second);
	const struct dep *after = tree_edge(t, second, DEP_AFTER, first);

	assert_non_null(before);
	assert_non_null(after);
	assert_int_equal(before->flags & DEP_BROKEN, after->flags & DEP_BROKEN);
	return before->flags & DEP_BROKEN;
}

static void test_none(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", BARE "After=b.service c.service\n" RUN);
	tree_file(t, UNITS "b.service", BARE "After=c.service\n" RUN);
	tree_file(t, UNITS "c.service", BARE RUN);
	tree_load(t, "a.service");
	assert_int_equal(t->n_told, 0);
	assert_false(broken(t, "c.service", "a.service"));
}

static void test_two(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", BARE "After=b.service\nRequires=b.service\n" RUN);
	tree_file(t, UNITS "b.service", BARE "After=a.service\n" RUN);
	tree_load(t, "a.service");
	assert_int_equal(t->n_told, 1);
	assert_true(tree_told(t, "ordering cycle a.service -> b.service -> a.service: "));
	assert_int_equal(broken(t, "a.service", "b.service") + broken(t, "b.service", "a.service"),
			 1);
}

static void test_required_edge_stays(void **state)
{
	struct tree *t = *state;

	/* c -> b -> a -> c in starting order; only a and c are not joined by Requires= */
	tree_file(t, UNITS "a.service", BARE "After=b.service\nRequires=b.service\n" RUN);
	tree_file(t, UNITS "b.service", BARE "After=c.service\nRequires=c.service\n" RUN);
	tree_file(t, UNITS "c.service", BARE "After=a.service\nWants=a.service\n" RUN);
	tree_load(t, "c.service");
	assert_int_equal(t->n_told, 1);
	assert_true(broken(t, "a.service", "c.service"));
	assert_false(broken(t, "b.service", "a.service"));
	assert_false(broken(t, "c.service", "b.service"));
}

static void test_implicit_goes_first(void **state)
{
	struct tree *t = *state;

	/* the service is after basic.target by default, and by its own word before something early */
	tree_file(t, UNITS "a.service", "[Unit]\nBefore=early.service\n" RUN);
	tree_file(t, UNITS "early.service", BARE "Before=sysinit.target\n" RUN);
	tree_load(t, "a.service");
	tree_load(t, "early.service");
	assert_true(t->n_told > 0);
	assert_false(broken(t, "a.service", "early.service"));
	assert_false(broken(t, "early.service", "sysinit.target"));
	assert_true(broken(t, "sysinit.target", "a.service"));
	assert_true(broken(t, "basic.target", "a.service"));
	assert_int_equal(t->n_told, 2);
}

static void test_several(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", BARE "After=b.service d.service\nWants=c.service\n" RUN);
	tree_file(t, UNITS "b.service", BARE "After=a.service\n" RUN);
	tree_file(t, UNITS "c.service", BARE "After=d.service\n" RUN);
	tree_file(t, UNITS "d.service", BARE "After=c.service\n" RUN);
	tree_load(t, "a.service");
	assert_int_equal(t->n_told, 2);
	assert_int_equal(broken(t, "a.service", "b.service") + broken(t, "b.service", "a.service"),
			 1);
	assert_int_equal(broken(t, "c.service", "d.service") + broken(t, "d.service", "c.service"),
			 1);
	/* told once only */
	assert_int_equal(unit_set_finish(t->set), 0);
	assert_int_equal(t->n_told, 2);
}

static void test_missing_units_make_no_cycle(void **state)
{
	struct tree *t = *state;

	tree_file(t, UNITS "a.service", BARE "After=gone.service\nBefore=gone.service\n" RUN);
	tree_load(t, "a.service");
	assert_int_equal(t->n_told, 0);
}

static void write_ring(const struct tree *t, unsigned int n)
{
	char path[64], text[128];

	for (unsigned int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), UNITS "ring%u.service", i);
		snprintf(text, sizeof(text), BARE "After=ring%u.service\n" RUN, (i + 1) % n);
		tree_file(t, path, text);
	}
}

static void test_long_ring(void **state)
{
	struct tree *t = *state;
	unsigned int count = 0;

	write_ring(t, 300);
	tree_load(t, "ring0.service");
	assert_int_equal(t->n_told, 1);
	assert_true(tree_told(t, "... -> "));
	assert_true(tree_told(t, "is ignored"));
	for (uint32_t i = 0; i < unit_set_count(t->set); i++) {
		uint32_t n;
		const struct dep *v = unit_set_deps_of(t->set, i, DEP_BEFORE, &n);

		for (uint32_t k = 0; k < n; k++)
			count += (v[k].flags & DEP_BROKEN) != 0;
	}
	assert_int_equal(count, 1);
}

/* Kahn's algorithm: everything can be put in order once the broken edges are left out. */
static bool is_ordered(const struct unit_set *set)
{
	uint32_t n = unit_set_count(set), done = 0, before;
	bool *placed = calloc(n, sizeof(*placed));

	do {
		before = done;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t edges, waits = 0;
			const struct dep *v = unit_set_deps_of(set, i, DEP_AFTER, &edges);

			for (uint32_t k = 0; k < edges; k++)
				waits += !(v[k].flags & DEP_BROKEN) && !placed[v[k].unit];
			if (!placed[i] && waits == 0) {
				placed[i] = true;
				done++;
			}
		}
	} while (done > before);
	free(placed);
	return done == n;
}

static void test_random(void **state)
{
	struct tree *t = *state;
	char path[64], text[512];
	unsigned int seed = 4711, cycles = 0;

	for (int round = 0; round < 30; round++) {
		struct unit_paths paths = { t->root };
		struct unit_set *set = unit_set_new(&paths, &t->sink);

		t->n_told = 0;
		for (unsigned int i = 0; i < 12; i++) {
			size_t n = (size_t)snprintf(text, sizeof(text), BARE);

			for (int k = 0; k < 2; k++) {
				seed = seed * 1103515245 + 12345;
				n += (size_t)snprintf(
					text + n, sizeof(text) - n, "%s=r%u.service\n",
					seed >> 30 & 1 ? "After" : "Before", (seed >> 16) % 12);
			}
			snprintf(text + n, sizeof(text) - n, RUN);
			snprintf(path, sizeof(path), UNITS "r%u.service", i);
			tree_file(t, path, text);
		}
		assert_int_equal(unit_set_load_all(set), 0);
		assert_int_equal(unit_set_finish(set), 0);
		assert_true(is_ordered(set));
		cycles += t->n_told;
		unit_set_free(set);
	}
	assert_true(cycles > 10);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_none),
		TREE_TEST(test_two),
		TREE_TEST(test_required_edge_stays),
		TREE_TEST(test_implicit_goes_first),
		TREE_TEST(test_several),
		TREE_TEST(test_missing_units_make_no_cycle),
		TREE_TEST(test_long_ring),
		TREE_TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
