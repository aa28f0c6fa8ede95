/* SPDX-License-Identifier: MIT */
#include "init/memory_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MB ((uint64_t)1 << 20)

static void test_passed(void **state)
{
	(void)state;
	assert_true(memory_mark_passed(16 * MB, 16 * MB, 0, 0));
	assert_true(memory_mark_passed(16 * MB, 40 * MB, 0, 0));
	/* a batch of charges below */
	assert_true(memory_mark_passed(16 * MB, 15 * MB, 0, 0));
	assert_false(memory_mark_passed(16 * MB, 14 * MB, 0, 0));
	/* the kernel can have the page cache back */
	assert_false(memory_mark_passed(16 * MB, 16 * MB, 12 * MB, 0));
	assert_true(memory_mark_passed(16 * MB, 30 * MB, 12 * MB, 0));
	/* what is swapped out is still the service's */
	assert_true(memory_mark_passed(16 * MB, 10 * MB, 0, 8 * MB));
	/* files that were read one after the other need not agree */
	assert_false(memory_mark_passed(16 * MB, 4 * MB, 12 * MB, 0));
	assert_true(memory_mark_passed(16 * MB, 4 * MB, 12 * MB, 16 * MB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
