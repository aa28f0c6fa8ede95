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
	const struct restart_config c = { .curve = { SEC / 10, USEC_INFINITY, 0 },
					  .reset_after = USEC_INFINITY };
	struct restart_history h = { 0 };

	(void)state;
	for (int i = 0; i < 70000; i++)
		assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, 0), SEC / 10);
	assert_int_equal(h.step, UINT16_MAX);
}

/* systemd.service(5) RestartSteps=: from RestartSec to RestartMaxDelaySec in that many steps. */
static void test_growing_delay(void **state)
{
	const struct restart_config c = { .curve = { SEC, 16 * SEC, 4 },
					  .reset_after = USEC_INFINITY };
	static const usec_t wanted[] = { SEC, 2 * SEC, 4 * SEC, 8 * SEC, 16 * SEC, 16 * SEC };
	struct restart_history h = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		usec_t delay = restart_next_delay(&h, &c, END_ERROR, 1, 0);

		assert_true(delay + 2 >= wanted[i] && delay <= wanted[i] + 2);
	}
}

static void test_growing_delay_extremes(void **state)
{
	struct restart_config c = { .curve = { 1, USEC_INFINITY - 1, UINT16_MAX },
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
		delay = restart_next_delay(&h, &c, END_ERROR, 1, 0);
		assert_true(delay >= last);
		last = delay;
	}
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, 0), USEC_INFINITY - 1);
	c.curve.max_delay = 0; /* below the delay: constant */
	h.step = 5;
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, 0), 1);
}

static void test_reset(void **state)
{
	const struct restart_config c = { .curve = { SEC, 16 * SEC, 1 }, .reset_after = 60 * SEC };
	struct restart_history h = { .run_start = 100 * SEC, .step = 1 };

	(void)state;
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 159 * SEC, 0), 16 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 160 * SEC, 0), SEC);
	assert_int_equal(h.step, 1);
	h.run_start = 0; /* never was up */
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1000 * SEC, 0), 16 * SEC);
	h.restarts = 7;
	restart_forget(&h);
	assert_int_equal(h.step, 0);
	assert_int_equal(h.restarts, 0);
}

/* Two curves, two counts; a stable run and a wanted start set both back. */
static void test_oom_curve(void **state)
{
	struct restart_curve oom = { 2 * SEC, 32 * SEC, 4 };
	struct restart_config c = { .curve = { SEC, 16 * SEC, 4 }, .reset_after = 60 * SEC };
	struct restart_history h = { .run_start = 100 * SEC };

	(void)state;
	/* none written: a cause like any other */
	assert_int_equal(restart_next_delay(&h, &c, END_OOM, 101 * SEC, 0), SEC);
	assert_int_equal(restart_next_delay(&h, &c, END_UNCLEAN_CODE, 101 * SEC, 0), 2 * SEC);
	restart_forget(&h);
	c.oom = &oom;
	assert_int_equal(restart_next_delay(&h, &c, END_OOM, 101 * SEC, 0), 2 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, END_OOM, 101 * SEC, 0), 4 * SEC);
	for (enum end_cause cause = 0; cause < END_COUNT; cause++) {
		if (cause == END_OOM)
			continue;
		assert_int_equal(restart_next_delay(&h, &c, cause, 101 * SEC, 0), SEC);
		h.step = 0;
	}
	assert_int_equal(restart_next_delay(&h, &c, END_OOM, 101 * SEC, 0), 8 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, END_OOM, 160 * SEC, 0), 2 * SEC);
	assert_int_equal(h.oom_step, 1);
	assert_int_equal(h.step, 0);
	restart_forget(&h);
	assert_int_equal(h.oom_step, 0);
}

/* The formula of systemd 254: delay * (max / delay) ^ (n / steps), for n restarts before. */
static void test_curve_of_systemd(void **state)
{
	static const struct {
		struct restart_curve curve;
		usec_t wanted[7];
	} rows[] = {
		{ { SEC / 10, 10 * SEC, 2 }, { 100000, 1000000, 10000000, 10000000 } },
		{ { SEC, 300 * SEC, 5 },
		  { 1000000, 3129135, 9791483, 30638870, 95873152, 300000000, 300000000 } },
		{ { SEC, 4 * SEC, 1 }, { 1000000, 4000000, 4000000 } },
		{ { 0, 4 * SEC, 3 }, { 0, 0, 0 } },
		{ { 5 * SEC, 4 * SEC, 3 }, { 5000000, 5000000 } },
		{ { SEC, USEC_INFINITY, 3 }, { 1000000, 1000000 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct restart_config c = { .curve = rows[i].curve,
						  .reset_after = USEC_INFINITY };
		struct restart_history h = { 0 };

		for (int n = 0; n < 7 && (n == 0 || rows[i].wanted[n]); n++) {
			usec_t delay = restart_next_delay(&h, &c, END_UNCLEAN_CODE, 1, 0);

			assert_in_range(delay, rows[i].wanted[n] - (n > 0),
					rows[i].wanted[n] + (n > 0));
		}
	}
}

static void test_jitter(void **state)
{
	struct restart_config c = { .curve = { 10 * SEC, USEC_INFINITY, 0 },
				    .jitter_percent = 20,
				    .reset_after = USEC_INFINITY };
	struct restart_history h = { 0 };

	(void)state;
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, 0), 10 * SEC);
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, UINT32_MAX), 12 * SEC);
	assert_in_range(restart_next_delay(&h, &c, END_ERROR, 1, UINT32_MAX / 2), 11 * SEC - 10,
			11 * SEC + 10);
	c.curve.delay = USEC_INFINITY;
	assert_int_equal(restart_next_delay(&h, &c, END_ERROR, 1, UINT32_MAX), USEC_INFINITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),	      cmocka_unit_test(test_limit),
		cmocka_unit_test(test_no_limit),      cmocka_unit_test(test_constant_delay),
		cmocka_unit_test(test_growing_delay), cmocka_unit_test(test_growing_delay_extremes),
		cmocka_unit_test(test_reset),	      cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_oom_curve),     cmocka_unit_test(test_curve_of_systemd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
