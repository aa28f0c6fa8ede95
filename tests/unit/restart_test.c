/* SPDX-License-Identifier: MIT */
#include "init/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SEC USEC_PER_SEC

/* The table of systemd.service(5) under Restart=; the columns are enum end_cause. */
static void test_policy(void **state)
{
	static const struct {
		enum restart_policy policy;
		bool wanted[END_COUNT];
	} rows[] = {
		/*                        clean, code, signal, timeout, watchdog, oom, error */
		{ RESTART_NO, { false, false, false, false, false, false, false } },
		{ RESTART_ALWAYS, { true, true, true, true, true, true, true } },
		{ RESTART_ON_SUCCESS, { true, false, false, false, false, false, false } },
		{ RESTART_ON_FAILURE, { false, true, true, true, true, true, true } },
		{ RESTART_ON_ABNORMAL, { false, false, true, true, true, true, true } },
		{ RESTART_ON_ABORT, { false, false, true, false, false, true, false } },
		{ RESTART_ON_WATCHDOG, { false, false, false, false, true, false, false } },
		{ RESTART_ON_OOM, { false, false, false, false, false, true, false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (enum end_cause cause = 0; cause < END_COUNT; cause++)
			if (restart_wanted(rows[i].policy, cause) != rows[i].wanted[cause])
				fail_msg("policy %d, cause %d", (int)rows[i].policy, (int)cause);
}

static void test_limit(void **state)
{
	const struct restart_config c = { .limit_burst = 3, .limit_interval = 10 * SEC };
	struct restart_history h = { 0 };
	usec_t now = 5; /* the clock may be young */

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(restart_count_start(&h, &c, now + (usec_t)i * SEC));
	assert_false(restart_count_start(&h, &c, now + 3 * SEC));
	assert_false(restart_count_start(&h, &c, now + 10 * SEC)); /* still within */
	assert_true(restart_count_start(&h, &c, now + 10 * SEC + 1));
	assert_int_equal(h.window_count, 1);
}

static void test_no_limit(void **state)
{
	const struct restart_config no_burst = { .limit_interval = 10 * SEC };
	const struct restart_config no_interval = { .limit_burst = 1 };
	struct restart_history h = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(restart_count_start(&h, &no_burst, 1));
		assert_true(restart_count_start(&h, &no_interval, 1));
	}
}

static void test_constant_delay(void **state)
{
	const struct restart_config c = { .delay = SEC / 10,
					  .max_delay = USEC_INFINITY,
					  .reset_after = USEC_INFINITY };
	struct restart_history h = { 0 };

	(void)state;
	for (int i = 0; i < 70000; i++)
		assert_int_equal(restart_next_delay(&h, &c, 1, 0), SEC / 10);
	assert_int_equal(h.step, UINT16_MAX);
}

/* systemd.service(5) RestartSteps=: from RestartSec to RestartMaxDelaySec in that many steps. */
static void test_growing_delay(void **state)
{
	const struct restart_config c = {
		.delay = SEC, .max_delay = 16 * SEC, .steps = 4, .reset_after = USEC_INFINITY
	};
	static const usec_t wanted[] = { SEC, 2 * SEC, 4 * SEC, 8 * SEC, 16 * SEC, 16 * SEC };
	struct restart_history h = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		usec_t delay = restart_next_delay(&h, &c, 1, 0);

		assert_true(delay + 2 >= wanted[i] && delay <= wanted[i] + 2);
	}
}

static void test_growing_delay_extremes(void **state)
{
	struct restart_config c = { .delay = 1,
				    .max_delay = USEC_INFINITY - 1,
				    .steps = UINT16_MAX,
				    .reset_after = USEC_INFINITY };
	struct restart_history h = { 0 };
	usec_t last = 0;

	(void)state;
	for (int i = 0; i <= UINT16_MAX; i += 1) {
		usec_t delay;

		if (i % 1000 != 0 && i < UINT16_MAX - 3) {
			h.step++;
			continue;
		}
		delay = restart_next_delay(&h, &c, 1, 0);
		assert_true(delay >= last);
		last = delay;
	}
	assert_int_equal(restart_next_delay(&h, &c, 1, 0), USEC_INFINITY - 1);
	c.max_delay = 0; /* below the delay: constant */
	h.step = 5;
	assert_int_equal(restart_next_delay(&h, &c, 1, 0), 1);
}

static void test_reset(void **state)
{
	const struct restart_config c = {
		.delay = SEC, .max_delay = 16 * SEC, .steps = 1, .reset_after = 60 * SEC
	};
	struct restart_history h = { .run_start = 100 * SEC, .step = 1 };

	(void)state;
	assert_int_equal(restart_next_delay(&h, &c, 159 * SEC, 0), 16 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, 160 * SEC, 0), SEC);
	assert_int_equal(h.step, 1);
	h.run_start = 0; /* never was up */
	assert_int_equal(restart_next_delay(&h, &c, 1000 * SEC, 0), 16 * SEC);
	h.restarts = 7;
	restart_forget(&h);
	assert_int_equal(h.step, 0);
	assert_int_equal(h.restarts, 0);
}

static void test_jitter(void **state)
{
	struct restart_config c = { .delay = 10 * SEC,
				    .max_delay = USEC_INFINITY,
				    .jitter_percent = 20,
				    .reset_after = USEC_INFINITY };
	struct restart_history h = { 0 };

	(void)state;
	assert_int_equal(restart_next_delay(&h, &c, 1, 0), 10 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, 1, UINT32_MAX), 12 * SEC);
	assert_in_range(restart_next_delay(&h, &c, 1, UINT32_MAX / 2), 11 * SEC - 10,
			11 * SEC + 10);
	c.delay = USEC_INFINITY;
	assert_int_equal(restart_next_delay(&h, &c, 1, UINT32_MAX), USEC_INFINITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),	      cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_limit),      cmocka_unit_test(test_constant_delay),
		cmocka_unit_test(test_growing_delay), cmocka_unit_test(test_growing_delay_extremes),
		cmocka_unit_test(test_reset),	      cmocka_unit_test(test_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
