/* SPDX-License-Identifier: MIT */
#include "lib/burst.h"

#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/mman.h>

#define SIZE 56
#define MANY 1000

static bool is_mapped(const void *p)
{
	unsigned char there;

	return mincore((void *)((uintptr_t)p & ~(uintptr_t)4095), 4096, &there) == 0;
}

static void check_zeroed(const unsigned char *p)
{
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 16, 0);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(p[i], 0);
}

/* All are apart, zeroed, and gone afterwards but for one page; in any order of freeing, again and again. */
static void test_burst(void **state)
{
	static unsigned char *all[MANY];
	struct burst b = BURST_INIT(SIZE);

	(void)state;
	/* None has a factor in common with MANY: each order frees each once. */
	static const unsigned int multiplier[] = { 1, 3, 7, 501, 999 };

	for (size_t round = 0; round < ARRAY_SIZE(multiplier); round++) {
		unsigned int left = 0;

		for (unsigned int i = 0; i < MANY; i++) {
			all[i] = burst_alloc(&b);
			check_zeroed(all[i]);
			memset(all[i], (int)i | 1, SIZE);
		}
		for (unsigned int i = 0; i < MANY; i++) {
			for (size_t k = 0; k < SIZE; k++)
				assert_int_equal(all[i][k], (unsigned char)(i | 1));
		}
		for (unsigned int i = 0; i < MANY; i++)
			burst_free(&b, all[i * multiplier[round] % MANY]);
		for (unsigned int i = 0; i < MANY; i++)
			left += is_mapped(all[i]) && (i == 0 || !is_mapped(all[i - 1]));
		assert_true(left <= 1);
	}
}

static void test_single_ones_stay_in_a_page(void **state)
{
	struct burst b = BURST_INIT(SIZE);
	void *first = burst_alloc(&b);

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		burst_free(&b, first);
		assert_true(is_mapped(first));
		assert_ptr_equal(burst_alloc(&b), first);
	}
	burst_free(&b, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_single_ones_stay_in_a_page),
	};

	return cmocka_run_group_tests_name("burst", tests, NULL, NULL);
}
