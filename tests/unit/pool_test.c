/* SPDX-License-Identifier: MIT */
#include "lib/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_zeroed_and_aligned(void **state)
{
	(void)state;
	for (size_t size = 0; size < 9000; size += 37) {
		unsigned char *p = pool_alloc(size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
		pool_free(p, size);
	}
}

static void test_blocks_are_used_again(void **state)
{
	(void)state;
	void *a = pool_alloc(120);

	pool_free(a, 120);
	assert_ptr_equal(pool_alloc(114), a); /* the same step of 16 */
	assert_ptr_not_equal(pool_alloc(114), a);
}

static void test_realloc_keeps_content(void **state)
{
	(void)state;
	char *p = pool_alloc(10);

	memcpy(p, "123456789", 10);
	p = pool_realloc(p, 10, 5000);
	assert_string_equal(p, "123456789");
	p = pool_realloc(p, 5000, 300000);
	assert_string_equal(p, "123456789");
	p = pool_realloc(p, 300000, 4);
	assert_memory_equal(p, "1234", 4);
	pool_free(p, 4);
	assert_null(pool_alloc(SIZE_MAX - 10));
}

/* The point of it: the pages are not there in a child. mincore(2) says ENOMEM for what is not mapped. */
static void test_children_do_not_get_it(void **state)
{
	(void)state;
	char *p = pool_alloc(64);
	uintptr_t page = (uintptr_t)p / 4096 * 4096;
	unsigned char vec;

	assert_int_equal(mincore((void *)page, 4096, &vec), 0);
	pid_t pid = fork();

	if (pid == 0)
		_exit(mincore((void *)page, 4096, &vec) == 0 ? 1 : 0);
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_and_aligned),
		cmocka_unit_test(test_blocks_are_used_again),
		cmocka_unit_test(test_realloc_keeps_content),
		cmocka_unit_test(test_children_do_not_get_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
