/* SPDX-License-Identifier: MIT */
#include "lib/trim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The call itself, with all that a caller has on its stack still there. */
static void check_calls(void)
{
	char text[64] = "written before", read_back[64] = "";
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	const long write_args[6] = { fds[1], (long)(uintptr_t)text, sizeof(text) };
	const long read_args[6] = { fds[0], (long)(uintptr_t)read_back, sizeof(read_back) };
	const long bad_args[6] = { -1, (long)(uintptr_t)text, 1 };

	assert_int_equal(trim_syscall(SYS_write, write_args), sizeof(text));
	assert_int_equal(trim_syscall(SYS_read, read_args), sizeof(text));
	assert_string_equal(read_back, "written before");
	assert_int_equal(trim_syscall(SYS_write, bad_args), -EBADF);
	close(fds[0]);
	close(fds[1]);
}

static void test_before_init(void **state)
{
	(void)state;
	check_calls();
}

/* From a disk nothing is given back, from a tmpfs it is: what is called afterwards is there again. */
static void test_after_init(void **state)
{
	(void)state;
	trim_init();
	for (int i = 0; i < 3; i++)
		check_calls();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_init),
		cmocka_unit_test(test_after_init),
	};

	return cmocka_run_group_tests_name("trim", tests, NULL, NULL);
}
