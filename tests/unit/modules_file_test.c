/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "init/modules.h"

#include <string.h>

static void test_groups_and_order(void **state)
{
	char text[] = "# made by mkimage\n"
		      "boot /lib/a.ko\n"
		      "nft /lib/n1.ko\n"
		      "\n"
		      "  boot\t /lib/b c.ko\n"
		      "#boot /lib/no.ko\n"
		      "nft /lib/n2.ko\r\n"
		      "boots /lib/no.ko\n"
		      "boot /lib/last.ko";
	char copy[sizeof(text)], *pos = memcpy(copy, text, sizeof(text));
	unsigned int bad = 0;

	(void)state;
	assert_string_equal(modules_next(&pos, "boot", &bad), "/lib/a.ko");
	assert_string_equal(modules_next(&pos, "boot", &bad), "/lib/b c.ko");
	assert_string_equal(modules_next(&pos, "boot", &bad), "/lib/last.ko");
	assert_null(modules_next(&pos, "boot", &bad));
	assert_null(modules_next(&pos, "boot", &bad));
	pos = text;
	assert_string_equal(modules_next(&pos, "nft", &bad), "/lib/n1.ko");
	assert_string_equal(modules_next(&pos, "nft", &bad), "/lib/n2.ko");
	assert_null(modules_next(&pos, "nft", &bad));
	assert_int_equal(bad, 0);
}

static void test_bad_lines_are_counted(void **state)
{
	char text[] = "boot\nboot relative.ko\nboot \n/lib/a.ko\nboot /lib/good.ko\n";
	char copy[sizeof(text)], *pos = memcpy(copy, text, sizeof(text));
	unsigned int bad = 0;

	(void)state;
	assert_string_equal(modules_next(&pos, "boot", &bad), "/lib/good.ko");
	assert_int_equal(bad, 4);
	pos = text;
	assert_string_equal(modules_next(&pos, "boot", NULL), "/lib/good.ko");
}

static void test_empty(void **state)
{
	char text[] = "", *pos = text;

	(void)state;
	assert_null(modules_next(&pos, "boot", NULL));
	pos = NULL;
	assert_null(modules_next(&pos, "boot", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_and_order),
		cmocka_unit_test(test_bad_lines_are_counted),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
