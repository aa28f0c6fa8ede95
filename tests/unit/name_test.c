/* SPDX-License-Identifier: MIT */
#include "units/name.h"

#include "lib/str.h"
#include "units/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_types(void **state)
{
	char name[300];

	(void)state;
	assert_int_equal(unit_type_of_name("web.service"), UNIT_SERVICE);
	assert_int_equal(unit_type_of_name("a.b.target"), UNIT_TARGET);
	assert_int_equal(unit_type_of_name("-.slice"), UNIT_SLICE);
	assert_int_equal(unit_type_of_name("web"), -1);
	assert_int_equal(unit_type_of_name(".service"), -1);
	assert_int_equal(unit_type_of_name("..service"), -1);
	assert_int_equal(unit_type_of_name("@.service"), -1);
	assert_int_equal(unit_type_of_name("a/b.service"), -1);
	assert_int_equal(unit_type_of_name("a b.service"), -1);
	assert_int_equal(unit_type_of_name("a\n.service"), -1);
	assert_int_equal(unit_type_of_name("web.Service"), -1);
	assert_int_equal(unit_type_of_name("sda.device"), -1);
	assert_true(unit_name_is_foreign_type("sda.device"));
	assert_false(unit_name_is_foreign_type("a/b.device"));
	memset(name, 'a', sizeof(name));
	strcpy(name + 247, ".service");
	assert_int_equal(strlen(name), 255);
	assert_int_equal(unit_type_of_name(name), UNIT_SERVICE);
	strcpy(name + 248, ".service");
	assert_int_equal(unit_type_of_name(name), -1);
}

static void test_templates(void **state)
{
	char buf[64];

	(void)state;
	assert_true(unit_name_is_template("getty@.service"));
	assert_false(unit_name_is_template("getty@a.service"));
	assert_false(unit_name_is_template("getty.service"));
	assert_true(unit_name_is_instance("getty@a.service"));
	assert_true(unit_name_is_instance("getty@a.b.service"));
	assert_false(unit_name_is_instance("getty@.service"));
	assert_true(unit_name_template("getty@a.b.service", buf, sizeof(buf)));
	assert_string_equal(buf, "getty@.service");
	assert_false(unit_name_template("getty@.service", buf, sizeof(buf)));
	assert_false(unit_name_template("getty@a.service", buf, 5));
	assert_true(unit_name_replace_instance("getty@.service", "x", buf, sizeof(buf)));
	assert_string_equal(buf, "getty@x.service");
	assert_true(unit_name_prefix("getty@a.service", buf, sizeof(buf)));
	assert_string_equal(buf, "getty");
	assert_true(unit_name_instance("getty@a.b.service", buf, sizeof(buf)));
	assert_string_equal(buf, "a.b");
	assert_true(unit_name_instance("web.service", buf, sizeof(buf)));
	assert_string_equal(buf, "");
}

static void test_escape(void **state)
{
	static const char *const pairs[][2] = {
		{ "a/b", "a-b" },
		{ "a-b", "a\\x2db" },
		{ ".hidden", "\\x2ehidden" },
		{ "a.b_c:d", "a.b_c:d" },
		{ "\xc3\xa4", "\\xc3\\xa4" },
		{ "a\\b", "a\\x5cb" },
		{ "x@y", "x\\x40y" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		assert_true(unit_name_escape(pairs[i][0], buf, sizeof(buf)));
		assert_string_equal(buf, pairs[i][1]);
		assert_true(unit_name_unescape(pairs[i][1], buf, sizeof(buf)));
		assert_string_equal(buf, pairs[i][0]);
	}
	assert_false(unit_name_unescape("a\\x", buf, sizeof(buf)));
	assert_false(unit_name_unescape("a\\x0", buf, sizeof(buf)));
	assert_false(unit_name_unescape("a\\x00", buf, sizeof(buf)));
	assert_false(unit_name_unescape("a\\q", buf, sizeof(buf)));
	assert_false(unit_name_escape("abcdef", buf, 4));
}

static void test_places(void **state)
{
	char buf[UNIT_NAME_MAX + 1], name[UNIT_NAME_MAX + 1];

	(void)state;
	assert_true(unit_name_of_place("a.b.socket", 7, buf));
	assert_string_equal(buf, "a.b@7.service");
	assert_true(unit_name_of_acceptor(buf, name));
	assert_string_equal(name, "a.b.socket");
	assert_true(unit_name_of_place("web@x-1.socket", 12, buf));
	assert_string_equal(buf, "web@x-1-12.service");
	assert_true(unit_name_of_acceptor(buf, name));
	assert_string_equal(name, "web@x-1.socket");
	assert_false(unit_name_of_acceptor("web.service", name));
	assert_false(unit_name_of_acceptor("web7.service", name));
	assert_false(unit_name_of_acceptor("web-7.service", name));
	assert_false(unit_name_of_acceptor("web@.service", name));
	assert_false(unit_name_of_acceptor("web@x7.service", name));
	assert_false(unit_name_of_acceptor("@7.service", name));
}

static void test_slice_path(void **state)
{
	char path[64];

	(void)state;
	assert_true(unit_name_slice_path("a.slice", path, sizeof(path)));
	assert_string_equal(path, "a.slice");
	assert_true(unit_name_slice_path("a-b-cd.slice", path, sizeof(path)));
	assert_string_equal(path, "a.slice/a-b.slice/a-b-cd.slice");
	assert_true(unit_name_slice_path("-.slice", path, sizeof(path)));
	assert_string_equal(path, "");
	assert_false(unit_name_slice_path("-a.slice", path, sizeof(path)));
	assert_false(unit_name_slice_path("a-.slice", path, sizeof(path)));
	assert_false(unit_name_slice_path("a--b.slice", path, sizeof(path)));
	assert_false(unit_name_slice_path(".slice", path, sizeof(path)));
	assert_false(unit_name_slice_path("a.service", path, sizeof(path)));
	assert_false(unit_name_slice_path("a-b-cd.slice", path, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice_path), cmocka_unit_test(test_types),
		cmocka_unit_test(test_templates),  cmocka_unit_test(test_escape),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
