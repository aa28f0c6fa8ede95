/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cgroupfs/events.h"
#include "cgroupfs/usage.h"

#include <errno.h>

static void test_memory_events(void **state)
{
	static const char text[] = "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n";
	struct memory_events ev;

	(void)state;
	assert_int_equal(memory_events_parse(text, &ev), 0);
	assert_int_equal(ev.low, 1);
	assert_int_equal(ev.high, 2);
	assert_int_equal(ev.max, 3);
	assert_int_equal(ev.oom, 4);
	assert_int_equal(ev.oom_kill, 5);
	assert_int_equal(ev.oom_group_kill, 6);
}

/* Kernels add lines; old ones lack some. */
static void test_unknown_and_missing_keys(void **state)
{
	struct memory_events ev = { .low = 9, .oom_group_kill = 9 };

	(void)state;
	assert_int_equal(memory_events_parse("oom_kill 7\nsock_throttled 12\noom_killer 1\n", &ev),
			 0);
	assert_int_equal(ev.oom_kill, 7);
	assert_int_equal(ev.oom, 0);
	assert_int_equal(ev.low, 0);
	assert_int_equal(ev.oom_group_kill, 0);
	assert_int_equal(memory_events_parse("", &ev), 0);
}

static void test_nonsense(void **state)
{
	static const char *const bad[] = {
		"low",	    "low \n",	 "low x\n", "low 1x\n",
		" 1\n",	    "low 1 2\n", "\n",	    "low 99999999999999999999999\n",
		"low -1\n",
	};
	struct memory_events ev;

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(memory_events_parse(bad[i], &ev), -EINVAL);
	assert_int_equal(memory_events_parse("low 18446744073709551615\n", &ev), 0);
	assert_true(ev.low == UINT64_MAX);
}

static void test_cgroup_and_pids_events(void **state)
{
	struct cgroup_events ev;
	uint64_t max;

	(void)state;
	assert_int_equal(cgroup_events_parse("populated 1\nfrozen 0\n", &ev), 0);
	assert_int_equal(ev.populated, 1);
	assert_int_equal(ev.frozen, 0);
	assert_int_equal(cgroup_events_parse("populated 0\nfrozen 1\n", &ev), 0);
	assert_int_equal(ev.populated, 0);
	assert_int_equal(ev.frozen, 1);
	assert_int_equal(pids_events_parse("max 3\n", &max), 0);
	assert_int_equal(max, 3);
}

static void test_pressure(void **state)
{
	static const char text[] = "some avg10=12.34 avg60=0.05 avg300=100.00 total=123456\n"
				   "full avg10=1.00 avg60=2.00 avg300=3.00 total=7\n";
	struct pressure some, full;

	(void)state;
	assert_int_equal(pressure_parse(text, &some, &full), 0);
	assert_int_equal(some.avg10, 1234);
	assert_int_equal(some.avg60, 5);
	assert_int_equal(some.avg300, 10000);
	assert_int_equal(some.total, 123456);
	assert_int_equal(full.avg300, 300);
	assert_int_equal(full.total, 7);
	assert_int_equal(
		pressure_parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n", &some, &full),
		0);
	assert_int_equal(full.total, 0);
	assert_int_equal(pressure_parse("some avg10=0.00\n", &some, &full), -EINVAL);
	assert_int_equal(pressure_parse("none avg10=0.00\n", &some, &full), -EINVAL);
}

static void test_stat_value(void **state)
{
	static const char text[] = "usage_usec 100\nuser_usec 60\nsystem_usec 40\n";

	(void)state;
	assert_int_equal(cgroup_stat_value(text, "usage_usec"), 100);
	assert_int_equal(cgroup_stat_value(text, "system_usec"), 40);
	assert_true(cgroup_stat_value(text, "usage") == CGROUP_USAGE_UNKNOWN);
	assert_true(cgroup_stat_value("", "usage_usec") == CGROUP_USAGE_UNKNOWN);
	assert_true(cgroup_stat_value("usage_usec x\n", "usage_usec") == CGROUP_USAGE_UNKNOWN);
}

static struct oom_sample sample(uint64_t oom, uint64_t oom_kill, uint64_t local_oom)
{
	return (struct oom_sample){
		.all = { .oom = oom, .oom_kill = oom_kill },
		.local = { .oom = local_oom, .oom_kill = oom_kill },
	};
}

static void test_no_oom(void **state)
{
	struct oom_sample before = sample(2, 3, 2), after = sample(2, 3, 2);

	(void)state;
	assert_int_equal(cgroup_oom_cause(&before, &after, NULL, 0, NULL), OOM_NONE);
	/* At the limit, but reclaim helped: nobody died. */
	after = sample(5, 3, 5);
	assert_int_equal(cgroup_oom_cause(&before, &after, NULL, 0, NULL), OOM_NONE);
}

static void test_own_limit(void **state)
{
	struct oom_sample before = sample(2, 3, 2), after = sample(3, 4, 3);
	struct oom_parent parent = { 1, 2 };

	(void)state;
	assert_int_equal(cgroup_oom_cause(&before, &after, NULL, 0, NULL), OOM_OWN_LIMIT);
	/* Nearest first: the service's own limit explains its death, whatever happens above. */
	assert_int_equal(cgroup_oom_cause(&before, &after, &parent, 1, NULL), OOM_OWN_LIMIT);
}

static void test_group_kill_alone_counts(void **state)
{
	struct oom_sample before = sample(0, 0, 0), after = sample(1, 0, 1);

	(void)state;
	after.all.oom_group_kill = 1;
	assert_int_equal(cgroup_oom_cause(&before, &after, NULL, 0, NULL), OOM_OWN_LIMIT);
}

static void test_inner_limit(void **state)
{
	struct oom_sample before = sample(0, 0, 0), after = sample(1, 1, 0);

	(void)state;
	assert_int_equal(cgroup_oom_cause(&before, &after, NULL, 0, NULL), OOM_INNER_LIMIT);
}

static void test_parent_limit(void **state)
{
	struct oom_sample before = sample(0, 0, 0), after = sample(0, 1, 0);
	struct oom_parent parents[] = { { 4, 4 }, { 7, 8 }, { 1, 2 } };
	unsigned int which = 99;

	(void)state;
	assert_int_equal(cgroup_oom_cause(&before, &after, parents, 3, &which), OOM_PARENT_LIMIT);
	assert_int_equal(which, 1);
}

static void test_machine(void **state)
{
	struct oom_sample before = sample(1, 1, 1), after = sample(1, 2, 1);
	struct oom_parent parents[] = { { 4, 4 }, { 7, 7 } };
	unsigned int which = 99;

	(void)state;
	assert_int_equal(cgroup_oom_cause(&before, &after, parents, 2, &which), OOM_MACHINE);
	assert_int_equal(which, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_events),
		cmocka_unit_test(test_unknown_and_missing_keys),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_cgroup_and_pids_events),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_stat_value),
		cmocka_unit_test(test_no_oom),
		cmocka_unit_test(test_own_limit),
		cmocka_unit_test(test_group_kill_alone_counts),
		cmocka_unit_test(test_inner_limit),
		cmocka_unit_test(test_parent_limit),
		cmocka_unit_test(test_machine),
	};

	return cmocka_run_group_tests_name("cgroup_events", tests, NULL, NULL);
}
