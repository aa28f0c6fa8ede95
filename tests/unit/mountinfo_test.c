/* SPDX-License-Identifier: MIT */
#include "init/mountinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_fields(void **state)
{
	char line[] = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root "
		      "rw,errors=continue\n";
	struct mountinfo m;

	(void)state;
	assert_true(mountinfo_parse(line, &m));
	assert_int_equal(m.id, 36);
	assert_int_equal(m.parent, 35);
	assert_string_equal(m.where, "/mnt 2");
	assert_string_equal(m.options, "rw,noatime");
	assert_string_equal(m.type, "ext3");
}

static void test_no_optional_fields(void **state)
{
	char line[] = "1 1 0:2 / / rw - rootfs rootfs rw\n";
	struct mountinfo m;

	(void)state;
	assert_true(mountinfo_parse(line, &m));
	assert_string_equal(m.where, "/");
	assert_string_equal(m.options, "rw");
	assert_string_equal(m.type, "rootfs");
}

static void test_nonsense(void **state)
{
	char *const lines[] = {
		(char[]){ "" },
		(char[]){ "\n" },
		(char[]){ "1 2 3 - ext4" },
		(char[]){ "a 1 0:2 / / rw - rootfs rootfs rw" },
		(char[]){ "1 -1 0:2 / / rw - rootfs rootfs rw" },
		(char[]){ "1 1 0:2 / / rw rootfs rootfs rw" },
	};
	struct mountinfo m;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(mountinfo_parse(lines[i], &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_optional_fields),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
