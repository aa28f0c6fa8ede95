/* SPDX-License-Identifier: MIT */
#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_strbuf(void **state)
{
	char array[16];
	struct strbuf b = STRBUF_INIT(array);

	(void)state;
	strbuf_init(&b, array, sizeof(array));
	assert_string_equal(array, "");
	strbuf_put(&b, "ab");
	strbuf_put_u64(&b, 0);
	strbuf_printf(&b, "%d-%s", 7, "x");
	assert_string_equal(array, "ab07-x");
	assert_int_equal(b.len, 6);
	assert_false(b.cut);
	strbuf_put_n(&b, "123456789zzz", 9);
	assert_string_equal(array, "ab07-x123456789");
	assert_false(b.cut);
	strbuf_put(&b, "");
	assert_false(b.cut);
	strbuf_put(&b, "y");
	assert_true(b.cut);
	strbuf_put_u64(&b, 5);
	strbuf_printf(&b, "%s", "more");
	assert_string_equal(array, "ab07-x123456789");
	assert_int_equal(b.len, 15);
}

static void test_strbuf_printf_cut(void **state)
{
	char array[8];
	struct strbuf b = STRBUF_INIT(array);

	(void)state;
	strbuf_printf(&b, "%s", "1234567");
	assert_false(b.cut);
	b.len = 0;
	strbuf_printf(&b, "%s", "12345678");
	assert_true(b.cut);
	assert_string_equal(array, "1234567");
	assert_int_equal(b.len, 7);
	strbuf_init(&b, array, 0);
	strbuf_put(&b, "x");
	strbuf_printf(&b, "x");
	assert_true(b.cut);
	assert_int_equal(b.len, 0);
}

static void test_u64(void **state)
{
	char array[32];
	struct strbuf b = STRBUF_INIT(array);

	(void)state;
	strbuf_put_u64(&b, UINT64_MAX);
	assert_string_equal(array, "18446744073709551615");
}

static void test_starts_ends_copy(void **state)
{
	char dst[4];

	(void)state;
	assert_true(str_starts("web.service", "web"));
	assert_true(str_starts("web", ""));
	assert_false(str_starts("we", "web"));
	assert_true(str_ends("web.service", ".service"));
	assert_false(str_ends("ice", "service"));
	assert_true(str_copy(dst, sizeof(dst), "abc"));
	assert_string_equal(dst, "abc");
	assert_false(str_copy(dst, sizeof(dst), "wxyz"));
	assert_string_equal(dst, "wxy");
	assert_false(str_copy(dst, 0, ""));
}

static void test_hash_is_fnv1a(void **state)
{
	(void)state;
	/* Published vectors: addresses are drawn from it, so it must never change. */
	assert_int_equal(str_hash(""), 0x811c9dc5);
	assert_int_equal(str_hash("a"), 0xe40c292c);
	assert_int_equal(str_hash("foobar"), 0xbf9cf968);
}

static void test_distance(void **state)
{
	char longer[65];

	(void)state;
	assert_int_equal(str_distance("", "", 9), 0);
	assert_int_equal(str_distance("", "abc", 9), 3);
	assert_int_equal(str_distance("kitten", "sitting", 9), 3);
	assert_int_equal(str_distance("Restrat", "Restart", 9), 1);
	assert_int_equal(str_distance("ExecStart", "ExecStar", 9), 1);
	assert_int_equal(str_distance("abcdef", "ghijkl", 3), 3);
	memset(longer, 'x', 64);
	longer[64] = '\0';
	assert_int_equal(str_distance(longer, "x", 5), 5);
	longer[63] = '\0';
	assert_int_equal(str_distance(longer, longer, 5), 0);
}

static void test_utf8(void **state)
{
	static const char *const good[] = { "",
					    "abc",
					    "\xc3\xa4",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x9a\xa2",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xc3",
					   "\xc0\x80",
					   "\xc1\xbf",
					   "\xe0\x9f\xbf",
					   "\xed\xa0\x80",
					   "\xf0\x8f\xbf\xbf",
					   "\xf4\x90\x80\x80",
					   "\xf5\x80\x80\x80",
					   "\xe2\x82",
					   "\xe2\x28\xa1",
					   "\xff" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(str_utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(str_utf8_valid(bad[i], strlen(bad[i])));
	assert_false(str_utf8_valid("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strbuf),	      cmocka_unit_test(test_strbuf_printf_cut),
		cmocka_unit_test(test_u64),	      cmocka_unit_test(test_starts_ends_copy),
		cmocka_unit_test(test_hash_is_fnv1a), cmocka_unit_test(test_distance),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
