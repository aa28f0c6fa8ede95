/* SPDX-License-Identifier: MIT */
#include "init/service_config.h"

#include "init/manager.h"
#include "tests/unit/unit_tree.h"

/* Before any is loaded: the directories are read once. */
static void write_unit(struct tree *t, const char *name, const char *lines)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/etc/berth/units/%s", name);
	snprintf(text, sizeof(text), "[Service]\nExecStart=/bin/x\n%s", lines);
	tree_file(t, path, text);
}

static const struct machine_config *config_of(struct tree *t, const char *name)
{
	int index = unit_set_load(t->set, name);

	assert_true(index >= 0);
	struct node node = { .unit = unit_set_at(t->set, (uint32_t)index) };

	return service_config_get(&node);
}

static void test_equal_units_share(void **state)
{
	struct tree *t = *state;

	write_unit(t, "a.service", "");
	write_unit(t, "b.service", "User=1\n");
	write_unit(t, "c.service", "TimeoutStopSec=5\n");
	const struct machine_config *a = config_of(t, "a.service");
	const struct machine_config *b = config_of(t, "b.service");
	const struct machine_config *c = config_of(t, "c.service");

	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(c->timeout_stop, 5 * USEC_PER_SEC);
	assert_int_equal(a->n_commands[SLOT_START], 1);
	service_config_put(a);
	assert_int_equal(b->type, TYPE_SIMPLE); /* still b's */
	service_config_put(b);
	service_config_put(c);
}

/* A curve of its own for OOM deaths is in nobody else's settings. */
static void test_own_curve(void **state)
{
	struct tree *t = *state;

	write_unit(t, "a.service", "");
	write_unit(t, "b.service", "RestartOOMSec=7\n");
	write_unit(t, "c.service", "");
	const struct machine_config *a = config_of(t, "a.service");
	const struct machine_config *b = config_of(t, "b.service");
	const struct machine_config *c = config_of(t, "c.service");

	assert_null(a->restart.oom);
	assert_non_null(b->restart.oom);
	assert_int_equal(b->restart.oom->delay, 7 * USEC_PER_SEC);
	assert_null(c->restart.oom);
	service_config_put(a);
	service_config_put(b);
	service_config_put(c);
}

/* More kinds than are compared with: all right all the same. */
static void test_many_kinds(void **state)
{
	struct tree *t = *state;
	const struct machine_config *all[40];
	char name[32], line[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		snprintf(name, sizeof(name), "s%u.service", i);
		snprintf(line, sizeof(line), "RestartSec=%u\n", i + 1);
		write_unit(t, name, line);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		snprintf(name, sizeof(name), "s%u.service", i);
		all[i] = config_of(t, name);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(all[i]->restart.curve.delay, (i + 1) * USEC_PER_SEC);
		service_config_put(all[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_equal_units_share, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_own_curve, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_many_kinds, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests_name("service_config", tests, NULL, NULL);
}
