/* SPDX-License-Identifier: MIT */
#include "init/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SEC USEC_PER_SEC

static const struct health_config config = {
	.interval = 10 * SEC, .timeout = 3 * SEC, .start_period = 0, .retries = 3
};

struct bed {
	struct health h;
	struct health_config c;
	usec_t now;
};

static struct bed begun(void)
{
	struct bed b = { .c = config, .now = 100 * SEC };

	health_begin(&b.h, &b.c, b.now);
	return b;
}

/* Until something is due. */
static unsigned int pass(struct bed *b)
{
	assert_true(b->h.due != USEC_INFINITY);
	b->now = b->h.due;
	return health_step(&b->h, &b->c, HEALTH_DUE, b->now);
}

static unsigned int feed(struct bed *b, enum health_event event)
{
	return health_step(&b->h, &b->c, event, b->now);
}

/* A whole check. */
static unsigned int check(struct bed *b, enum health_event end)
{
	assert_int_equal(pass(b), HEALTH_CHECK);
	b->now += SEC;
	return feed(b, end);
}

static void test_first_check_is_at_once(void **state)
{
	struct bed b = begun();

	(void)state;
	assert_int_equal(b.h.state, HEALTH_STARTING);
	assert_int_equal(b.h.due, b.now);
	assert_int_equal(check(&b, HEALTH_PASSED), HEALTH_TELL);
	assert_int_equal(b.h.state, HEALTH_HEALTHY);
	/* the pause is from end to begin */
	assert_int_equal(b.h.due, b.now + 10 * SEC);
	assert_int_equal(check(&b, HEALTH_PASSED), 0);
	/* a run that goes on is not begun anew */
	health_begin(&b.h, &b.c, b.now);
	assert_int_equal(b.h.state, HEALTH_HEALTHY);
}

static void test_retries(void **state)
{
	struct bed b = begun();

	(void)state;
	check(&b, HEALTH_PASSED);
	assert_int_equal(check(&b, HEALTH_FAILED), 0);
	assert_int_equal(check(&b, HEALTH_FAILED), 0);
	assert_int_equal(b.h.failures, 2);
	assert_int_equal(check(&b, HEALTH_PASSED), 0); /* it was healthy all the time */
	assert_int_equal(check(&b, HEALTH_FAILED), 0);
	assert_int_equal(check(&b, HEALTH_FAILED), 0);
	assert_int_equal(b.h.state, HEALTH_HEALTHY);
	assert_int_equal(check(&b, HEALTH_FAILED), HEALTH_TELL | HEALTH_ACT);
	assert_int_equal(b.h.state, HEALTH_UNHEALTHY);
	/* as long as it lasts */
	assert_int_equal(check(&b, HEALTH_FAILED), HEALTH_ACT);
	assert_int_equal(b.h.failures, 4);
	assert_int_equal(check(&b, HEALTH_PASSED), HEALTH_TELL);
	assert_int_equal(b.h.state, HEALTH_HEALTHY);
	assert_int_equal(b.h.failures, 0);
}

static void test_start_period(void **state)
{
	struct bed b = begun();

	(void)state;
	b.c.start_period = 60 * SEC;
	b.c.retries = 1;
	while (b.now + 11 * SEC < b.h.begun + 60 * SEC)
		assert_int_equal(check(&b, HEALTH_FAILED), 0);
	assert_int_equal(b.h.state, HEALTH_STARTING);
	assert_int_equal(b.h.failures, 0);
	b.now = b.h.due = b.h.begun + 60 * SEC;
	assert_int_equal(check(&b, HEALTH_FAILED), HEALTH_TELL | HEALTH_ACT);
	/* one that has passed ends the period */
	b = begun();
	b.c.start_period = 60 * SEC;
	b.c.retries = 1;
	check(&b, HEALTH_PASSED);
	assert_int_equal(check(&b, HEALTH_FAILED), HEALTH_TELL | HEALTH_ACT);
}

static void test_timeout(void **state)
{
	struct bed b = begun();

	(void)state;
	b.c.retries = 2;
	assert_int_equal(pass(&b), HEALTH_CHECK);
	assert_int_equal(b.h.due, b.now + 3 * SEC);
	b.now += 2 * SEC;
	assert_int_equal(feed(&b, HEALTH_DUE), 0); /* not yet */
	assert_int_equal(pass(&b), HEALTH_KILL);
	assert_int_equal(b.h.failures, 1);
	/* how the killed one ends does not matter, and the next one waits for it */
	assert_true(b.h.checking);
	assert_int_equal(feed(&b, HEALTH_FAILED), 0);
	assert_int_equal(b.h.failures, 1);
	assert_false(b.h.checking);
	/* nor if it had passed in the very moment */
	assert_int_equal(pass(&b), HEALTH_CHECK);
	assert_int_equal(pass(&b), HEALTH_KILL | HEALTH_TELL | HEALTH_ACT);
	assert_int_equal(feed(&b, HEALTH_PASSED), 0);
	assert_int_equal(b.h.state, HEALTH_UNHEALTHY);
}

static void test_check_that_cannot_be_killed(void **state)
{
	struct bed b = begun();

	(void)state;
	assert_int_equal(pass(&b), HEALTH_CHECK);
	assert_int_equal(pass(&b), HEALTH_KILL);
	assert_int_equal(pass(&b), HEALTH_KILL);
	assert_int_equal(pass(&b), HEALTH_KILL | HEALTH_TELL | HEALTH_ACT);
	assert_int_equal(b.h.failures, 3);
}

static void test_postponed(void **state)
{
	struct bed b = begun();

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pass(&b), HEALTH_CHECK);
		assert_int_equal(feed(&b, HEALTH_POSTPONED), 0);
		assert_int_equal(b.h.due, b.now + SEC);
	}
	assert_int_equal(b.h.failures, 0);
	assert_int_equal(b.h.state, HEALTH_STARTING);
}

static void test_end(void **state)
{
	struct bed b = begun();

	(void)state;
	assert_int_equal(pass(&b), HEALTH_CHECK);
	health_end(&b.h);
	assert_int_equal(b.h.due, USEC_INFINITY);
	assert_int_equal(feed(&b, HEALTH_FAILED), 0);
	assert_int_equal(feed(&b, HEALTH_PASSED), 0);
	assert_int_equal(feed(&b, HEALTH_DUE), 0);
	assert_int_equal(b.h.state, HEALTH_NONE);
	assert_string_equal(health_state_name(b.h.state), "");
	health_begin(&b.h, &b.c, b.now);
	assert_int_equal(b.h.failures, 0);
	assert_int_equal(b.h.due, b.now);
}

static void test_no_interval(void **state)
{
	struct bed b = { .c = config, .now = 100 * SEC };

	(void)state;
	b.c.interval = USEC_INFINITY;
	health_begin(&b.h, &b.c, b.now);
	assert_int_equal(b.h.state, HEALTH_STARTING);
	assert_int_equal(b.h.due, USEC_INFINITY);
}

/* Whatever comes: checks do not overlap, what is under way ends, and ACT means unhealthy. */
static void test_walk(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct bed b = begun();
		unsigned int running = 0;

		b.c.start_period = (usec_t)(round % 5) * 20 * SEC;
		b.c.retries = 1 + (uint32_t)(round % 4);
		for (int i = 0; i < 100; i++) {
			enum health_event event;
			unsigned int answer;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			event = (enum health_event)((seed >> 33) % 4);
			if (event != HEALTH_DUE && !running)
				continue; /* nobody tells of what is not there */
			b.now += (seed >> 40) % (4 * SEC);
			answer = feed(&b, event);
			if (event != HEALTH_DUE)
				running--;
			running += answer & HEALTH_CHECK ? 1 : 0;
			assert_true(running <= 1);
			assert_int_equal(running, b.h.checking);
			assert_true(b.h.due != USEC_INFINITY);
			assert_true(!(answer & HEALTH_ACT) || b.h.state == HEALTH_UNHEALTHY);
			assert_true(!(answer & HEALTH_KILL) || b.h.checking);
			assert_true(b.h.state != HEALTH_UNHEALTHY || b.h.failures >= b.c.retries);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_check_is_at_once),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_start_period),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_check_that_cannot_be_killed),
		cmocka_unit_test(test_postponed),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_no_interval),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
