/* SPDX-License-Identifier: MIT */
#include "init/timer_plan.h"

#include "lib/calendar.h"
#include "unit_tree.h"

#define UNITS "/etc/berth/units/"
#define SEC   USEC_PER_SEC
#define NEVER USEC_INFINITY

/* 2026-11-22 10:00:00 UTC */
#define MORNING (1795341600 * SEC)
#define DAY	USEC_PER_DAY

/* A timer with @text in [Timer]. */
static const struct unit *timer(struct tree *t, const char *text)
{
	char whole[1024], path[128], name[32];
	static int count;

	snprintf(name, sizeof(name), "t%d.timer", count++);
	snprintf(path, sizeof(path), UNITS "%s", name);
	snprintf(whole, sizeof(whole), "[Timer]\n%s\n", text);
	tree_file(t, path, whole);
	return tree_load(t, name);
}

/* Booted 1000 s ago; the timer was started at 100 s. */
static struct timer_facts facts(void)
{
	return (struct timer_facts){
		.now = { 1000 * SEC, MORNING },
		.startup = 2 * SEC,
		.started = 100 * SEC,
		.clock_set = 1000 * SEC,
	};
}

static struct timer_next plan(struct tree *t, const struct timer_facts *f, const char *text)
{
	struct timer_next next;

	assert_int_equal(timer_plan(timer(t, text), f, &next), 0);
	return next;
}

static void test_spans(void **state)
{
	struct tree *t = *state;
	struct timer_facts f = facts();

	assert_int_equal(plan(t, &f, "OnActiveSec=30").boottime, 130 * SEC);
	assert_int_equal(plan(t, &f, "OnBootSec=30").boottime, 30 * SEC);
	assert_int_equal(plan(t, &f, "OnBootSec=1h").boottime, 3600 * SEC);
	assert_int_equal(plan(t, &f, "OnStartupSec=30").boottime, 32 * SEC);
	/* Nothing to count from: the unit has never run. */
	assert_int_equal(plan(t, &f, "OnUnitActiveSec=30").boottime, NEVER);
	assert_true(plan(t, &f, "OnUnitActiveSec=30").recurs);
	f.unit_active = 900 * SEC;
	f.unit_inactive = 950 * SEC;
	assert_int_equal(plan(t, &f, "OnUnitActiveSec=30").boottime, 930 * SEC);
	assert_int_equal(plan(t, &f, "OnUnitInactiveSec=30").boottime, 980 * SEC);
	/* A start that failed at once counts like one. */
	f.last.boottime = 960 * SEC;
	assert_int_equal(plan(t, &f, "OnUnitActiveSec=30").boottime, 990 * SEC);
	/* Several: the earliest; those that are counted once have had their turn. */
	assert_int_equal(plan(t, &f, "OnActiveSec=30\nOnActiveSec=20").boottime, 120 * SEC);
	f.served = 125 * SEC;
	assert_int_equal(plan(t, &f, "OnActiveSec=30\nOnActiveSec=20").boottime, 130 * SEC);
	assert_int_equal(plan(t, &f, "OnBootSec=10\nOnUnitActiveSec=30").boottime, 990 * SEC);
	f.delay = 7 * SEC;
	assert_int_equal(plan(t, &f, "OnBootSec=1h").boottime, 3607 * SEC);
	assert_int_equal(plan(t, &f, "OnBootSec=infinity").boottime, NEVER);
}

static void test_calendar(void **state)
{
	struct tree *t = *state;
	struct timer_facts f = facts();

	assert_int_equal(plan(t, &f, "OnCalendar=daily").realtime, MORNING + 14 * 3600 * SEC);
	assert_int_equal(plan(t, &f, "OnCalendar=daily\nOnCalendar=11:00").realtime,
			 MORNING + 3600 * SEC);
	assert_int_equal(plan(t, &f, "OnCalendar=2012-1-1").realtime, NEVER);
	/* A time that passed since the timer was started is due. */
	assert_int_equal(plan(t, &f, "OnCalendar=9:50").realtime, MORNING - 600 * SEC);
	/* One before that is not, unless the last trigger is older (Persistent=): then since the boot. */
	assert_int_equal(plan(t, &f, "OnCalendar=9:40").realtime, MORNING + DAY - 1200 * SEC);
	f.last.realtime = MORNING - 3 * DAY;
	assert_int_equal(plan(t, &f, "OnCalendar=9:40").realtime, MORNING - 998 * SEC);
	/* It has elapsed today. */
	f.last.realtime = MORNING - 10 * SEC;
	assert_int_equal(plan(t, &f, "OnCalendar=9:40").realtime, MORNING + DAY - 1200 * SEC);
	f.delay = 5 * SEC;
	assert_int_equal(plan(t, &f, "OnCalendar=11:00").realtime, MORNING + 3605 * SEC);
}

/* The timer has elapsed at 10:00:00 sharp; then somebody sets the clock. */
static void test_clock_is_set(void **state)
{
	struct tree *t = *state;
	struct timer_facts f = facts();
	const char *text = "OnCalendar=10:00";

	f.last = f.now;
	f.now.boottime += 10 * SEC;
	/* Back by a second: not again today. */
	f.now.realtime = MORNING + 9 * SEC;
	assert_int_equal(plan(t, &f, text).realtime, MORNING + DAY);
	/* Back to before it: the day has another 10:00, of course. */
	f.now.realtime = MORNING - 3600 * SEC;
	assert_int_equal(plan(t, &f, text).realtime, MORNING);
	f.clock_set = f.now.boottime;
	/* The moment it is due it still is. */
	f.now.boottime += 3600 * SEC;
	f.now.realtime += 3600 * SEC;
	f.last.realtime += 5;
	assert_int_equal(plan(t, &f, text).realtime, MORNING);
	f.last.realtime -= 5;
	f.clock_set = f.now.boottime;
	/* Back by years: the next one then. */
	f.now.realtime = MORNING - 3650 * DAY;
	assert_int_equal(plan(t, &f, text).realtime, MORNING - 3649 * DAY);
	f.now.realtime = 5 * SEC;
	assert_int_equal(plan(t, &f, text).realtime, 36000 * SEC);
	/* Ahead by years: one was missed, and it is due at once. */
	f.now.realtime = MORNING + 3650 * DAY + 3600 * SEC;
	assert_true(plan(t, &f, text).realtime <= f.now.realtime);
	/* Never elapsed: nothing was missed. */
	f.last = (struct moment){ 0, 0 };
	f.started = f.now.boottime - 60 * SEC;
	assert_int_equal(plan(t, &f, text).realtime, MORNING + 3651 * DAY);
	/* Beyond the last calendar year. */
	f.now.realtime = (usec_t)1 << 62;
	assert_int_equal(plan(t, &f, text).realtime, NEVER);
}

static void test_no_clock(void **state)
{
	struct tree *t = *state;
	struct timer_facts f = facts();

	/* 1970, sooner after the epoch than after the boot */
	f.now = (struct moment){ 1000 * SEC, 30 * SEC };
	assert_int_equal(plan(t, &f, "OnCalendar=daily").realtime, DAY);
	/* A stamp from the future is no reason to elapse, */
	f.last.realtime = MORNING - DAY / 2;
	assert_int_equal(plan(t, &f, "OnCalendar=daily").realtime, DAY);
	/* but counts when the clock is right: this one was missed, */
	f.now.realtime = MORNING;
	assert_true(plan(t, &f, "OnCalendar=daily").realtime <= MORNING);
	/* and without it nothing was. */
	f.last.realtime = 0;
	assert_int_equal(plan(t, &f, "OnCalendar=daily").realtime, MORNING + 14 * 3600 * SEC);
}

static void test_wake(void **state)
{
	(void)state;
	/* In every minute at 13.7 s */
	uint32_t perturb = 13700000;

	assert_int_equal(timer_wake_at(600 * SEC, 60 * SEC, perturb), 613700 * USEC_PER_MSEC);
	assert_int_equal(timer_wake_at(620 * SEC, 60 * SEC, perturb), 673700 * USEC_PER_MSEC);
	/* Too narrow for the minute: 3.7 s of ten */
	assert_int_equal(timer_wake_at(620 * SEC, 20 * SEC, perturb), 633700 * USEC_PER_MSEC);
	assert_int_equal(timer_wake_at(620 * SEC, 1 * SEC, perturb), 620700 * USEC_PER_MSEC);
	assert_int_equal(timer_wake_at(620 * SEC, 1, perturb), 620 * SEC + 1);
	assert_int_equal(timer_wake_at(620 * SEC, 0, perturb), 620 * SEC);
	assert_int_equal(timer_wake_at(NEVER, 60 * SEC, perturb), NEVER);
	for (usec_t at = 0; at < 100 * SEC; at += 777777)
		for (usec_t accuracy = 1; accuracy < 100 * SEC; accuracy *= 3)
			assert_in_range(timer_wake_at(at, accuracy, perturb), at, at + accuracy);
}

static void test_share(void **state)
{
	(void)state;
	assert_int_equal(timer_share(3600 * SEC, 0), 0);
	assert_int_equal(timer_share(3600 * SEC, UINT32_MAX), 3600 * SEC - 1);
	assert_int_equal(timer_share(3600 * SEC, 1U << 31), 1800 * SEC);
	assert_int_equal(timer_share(NEVER, 1U << 31), NEVER / 2);
	assert_int_not_equal(timer_mix(1), timer_mix(2));
}

/* systemd.timer(5): any of the keys, empty, takes back what all of them have said. */
static void test_load(void **state)
{
	struct tree *t = *state;
	struct timer_facts f = facts();
	const struct unit *u =
		timer(t, "OnBootSec=5\nOnCalendar=daily\nOnActiveSec=\nOnBootSec=7\nOnBootSec=8");

	assert_int_equal(unit_list(u, K_OnBootSec)->n, 2);
	assert_int_equal(unit_list(u, K_OnCalendar)->n, 0);
	assert_int_equal(
		plan(t, &f, "OnBootSec=5\nOnCalendar=daily\nOnActiveSec=\nOnBootSec=7").boottime,
		7 * SEC);
	assert_int_equal(t->n_told, 0);
	assert_int_equal(timer(t, "OnBootSec=soon")->load_state, LOAD_BAD_SETTING);
	assert_int_equal(timer(t, "OnCalendar=13th")->load_state, LOAD_BAD_SETTING);
	assert_int_equal(timer(t, "OnCalendar=daily ../Mars")->load_state, LOAD_BAD_SETTING);
	assert_int_equal(timer(t, "Persistent=yes")->load_state, LOAD_BAD_SETTING);
	assert_int_equal(timer(t, "OnClockChange=yes")->load_state, LOAD_LOADED);
	u = timer(t, "OnCalendar=daily\nUnit=other.service");
	assert_non_null(tree_edge(t, u->id, DEP_TRIGGERS, "other.service"));
	assert_non_null(tree_edge(t, u->id, DEP_BEFORE, "other.service"));
	assert_non_null(tree_edge(t, u->id, DEP_BEFORE, "timers.target"));
	assert_non_null(tree_edge(t, u->id, DEP_AFTER, "time-sync.target"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spans, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_calendar, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_clock_is_set, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_no_clock, tree_setup, tree_teardown),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_share),
		cmocka_unit_test_setup_teardown(test_load, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
