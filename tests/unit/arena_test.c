/* SPDX-License-Identifier: MIT */
#include "lib/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_alloc(void **state)
{
	struct arena a = { 0 };
	char *p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		size_t size = i * 37 % 300 + 1;

		p[i] = arena_alloc(&a, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)i, size);
		assert_non_null(arena_strdup(&a, "x")); /* unaligned neighbours */
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t k = 0; k < i * 37 % 300 + 1; k++)
			assert_int_equal((unsigned char)p[i][k], i);
	}
	arena_free(&a);
	assert_null(a.head);
	assert_int_equal(a.used, 0);
}

static void test_copies(void **state)
{
	static const int numbers[] = { 1, 2, 3 };
	struct arena a = { 0 };
	char *s = arena_strdup(&a, "hello");
	char *n = arena_strndup(&a, "hello", 3);
	char *all = arena_strndup(&a, "hi", 10);
	int *m = arena_memdup(&a, numbers, sizeof(numbers));

	(void)state;
	assert_string_equal(s, "hello");
	assert_string_equal(n, "hel");
	assert_string_equal(all, "hi");
	assert_memory_equal(m, numbers, sizeof(numbers));
	assert_int_equal(a.used, 6 + 4 + 3 + sizeof(numbers));
	assert_non_null(arena_memdup(&a, NULL, 0));
	arena_free(&a);
}

static void test_large_and_impossible(void **state)
{
	struct arena a = { 0 };
	char *p = arena_alloc(&a, 100000);

	(void)state;
	assert_non_null(p);
	memset(p, 1, 100000);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 16));
	assert_non_null(arena_alloc(&a, 8));
	arena_free(&a);
	arena_free(&a); /* empty is fine */
}

static void test_begins_in_lent_memory(void **state)
{
	_Alignas(16) char memory[256];
	struct arena a = { 0 };

	(void)state;
	for (int round = 0; round < 3; round++) {
		memset(memory, 0xff, sizeof(memory));
		arena_begin_in(&a, memory, sizeof(memory));

		char *p = arena_alloc(&a, 64);

		assert_true(p > memory && p + 64 <= memory + sizeof(memory));
		for (int i = 0; i < 64; i++)
			assert_int_equal(p[i], 0);
		/* What does not fit is the arena's own; both go with it. */
		char *q = arena_alloc(&a, 1000);

		assert_non_null(q);
		assert_true(q < memory || q >= memory + sizeof(memory));
		memset(q, 1, 1000);
		arena_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_large_and_impossible),
		cmocka_unit_test(test_begins_in_lent_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
