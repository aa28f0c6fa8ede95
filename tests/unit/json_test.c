/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *text;
static size_t size;

static struct json begin(void)
{
	return json_to(open_memstream(&text, &size));
}

static void expect(struct json *j, const char *expected)
{
	fclose(j->out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_structure(void **state)
{
	struct json j = begin();

	(void)state;
	json_array_open(&j);
	json_object_open(&j);
	json_key(&j, "a");
	json_u64(&j, UINT64_MAX);
	json_key(&j, "b");
	json_array_open(&j);
	json_array_close(&j);
	json_key(&j, "c");
	json_null(&j);
	json_object_close(&j);
	json_bool(&j, true);
	json_bool(&j, false);
	json_text(&j, NULL);
	json_array_close(&j);
	json_line(&j);
	json_object_open(&j);
	json_object_close(&j);
	expect(&j, "[{\"a\":18446744073709551615,\"b\":[],\"c\":null},true,false,null]\n{}");
}

static void expect_text(const char *s, size_t n, const char *expected)
{
	struct json j = begin();

	json_text_n(&j, s, n);
	expect(&j, expected);
}

static void test_escapes(void **state)
{
	(void)state;
	expect_text("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
	expect_text("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
	expect_text("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
	expect_text("", 0, "\"\"");
}

static void test_utf8_stays(void **state)
{
	(void)state;
	expect_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2", 9,
		    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2\"");
}

#define BAD "\xef\xbf\xbd"

static void test_what_is_not_utf8_is_replaced(void **state)
{
	(void)state;
	expect_text("a\xff"
		    "b",
		    3, "\"a" BAD "b\"");
	expect_text("\xc3", 1, "\"" BAD "\"");
	expect_text("\xe2\x82", 2, "\"" BAD BAD "\"");		       /* cut in the middle */
	expect_text("\xc0\x80", 2, "\"" BAD BAD "\"");		       /* overlong NUL */
	expect_text("\xed\xa0\x80", 3, "\"" BAD BAD BAD "\"");	       /* surrogate */
	expect_text("\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\""); /* past U+10FFFF */
}

static void test_keys_are_escaped(void **state)
{
	struct json j = begin();

	(void)state;
	json_object_open(&j);
	json_key(&j, "a\"b");
	json_text(&j, "c");
	json_object_close(&j);
	expect(&j, "{\"a\\\"b\":\"c\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_utf8_stays),
		cmocka_unit_test(test_what_is_not_utf8_is_replaced),
		cmocka_unit_test(test_keys_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
