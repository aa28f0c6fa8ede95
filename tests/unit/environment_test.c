/* SPDX-License-Identifier: MIT */
#include "units/environment.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const char *joined(const struct environment *env)
{
	static char out[1024];
	struct strbuf b = STRBUF_INIT(out);

	out[0] = '\0';
	for (uint32_t i = 0; i < env->n; i++) {
		strbuf_put(&b, i ? "|" : "");
		strbuf_put(&b, env->v[i]);
	}
	return out;
}

static const char *words(const char *text, unsigned int expect_skipped)
{
	struct environment env = { .arena = &arena };
	unsigned int skipped;

	if (environment_words(&env, text, &skipped) < 0)
		return NULL;
	assert_int_equal(skipped, expect_skipped);
	return joined(&env);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(words("\"A=x y\" B=z", 0), "A=x y|B=z");
	assert_string_equal(words("A=1 B=2 A=3", 0), "A=3|B=2");
	assert_string_equal(words("A=$B C=", 0), "A=$B|C=");
	assert_string_equal(words("A=x\\ty", 0), "A=x\ty");
	assert_string_equal(words("1A=x nonsense A-B=c OK=1 =x", 4), "OK=1");
	assert_string_equal(words("A=a\\x01b B=1", 1), "B=1");
	assert_null(words("A=\"x", 0));
}

static const char *file_n(const char *text, size_t n, unsigned int expect_skipped)
{
	struct environment env = { .arena = &arena };
	struct environment_skipped skipped;

	if (environment_file(&env, text, n, &skipped) < 0)
		return NULL;
	assert_int_equal(skipped.n, expect_skipped);
	return joined(&env);
}

static const char *file(const char *text, unsigned int expect_skipped)
{
	return file_n(text, strlen(text), expect_skipped);
}

static void test_file(void **state)
{
	(void)state;
	assert_string_equal(file("A=1\nB=2", 0), "A=1|B=2");
	assert_string_equal(file("# c\n; d\n  A = x y  \nB=\n", 0), "A=x y|B=");
	assert_string_equal(file("A=1\r\nB=2\r\n", 0), "A=1|B=2");
	assert_string_equal(file("A=1\nA=2\n", 0), "A=2");
	assert_string_equal(file("nonsense\nA=1\nmore", 2), "A=1");
	assert_string_equal(file("1=x\nexport A=1\nB=2\n", 2), "B=2");
	assert_string_equal(file("A=a # no comment\n", 0), "A=a # no comment");
	assert_string_equal(file("A=$B ${C}\n", 0), "A=$B ${C}");
}

static void test_file_quotes(void **state)
{
	(void)state;
	assert_string_equal(file("A='x  y'\nB=\"x  y\"  \n", 0), "A=x  y|B=x  y");
	assert_string_equal(file("A='a\nb'\nB=\"c\nd\"\n", 0), "A=a\nb|B=c\nd");
	assert_string_equal(file("A=\"\\\"\\$\\`\\\\\\n\"\n", 0), "A=\"$`\\\\n");
	assert_string_equal(file("A='it\\s'\n", 0), "A=it\\s");
	assert_string_equal(file("A=\"a\\\nb\"\n", 0), "A=ab");
	assert_string_equal(file("A='a'\"b\" 'c'\n", 0), "A=abc");
	assert_string_equal(file("A=\"open", 0), "A=open");
	assert_string_equal(file("A=it's\n", 0), "A=it's");
	assert_string_equal(file("A=' x '\n", 0), "A= x ");
}

static void test_file_escapes(void **state)
{
	(void)state;
	assert_string_equal(file("A=a\\ b\\x\n", 0), "A=a bx");
	assert_string_equal(file("A=a\\\nb\n", 0), "A=ab");
	assert_string_equal(file("A=x\\ \n", 0), "A=x ");
	assert_string_equal(file("# c \\\nB=1\nA=1\n", 0), "A=1");
	assert_string_equal(file("A=x\\", 0), "A=x");
}

static void test_file_untrusted(void **state)
{
	(void)state;
	assert_null(file_n("A=1\nB=\0x\n", 9, 0));
	assert_null(file("A=\xff\n", 0));
	assert_string_equal(file("", 0), "");
}

static void test_set(void **state)
{
	struct environment env = { .arena = &arena };

	(void)state;
	assert_int_equal(environment_put(&env, "A=1"), 0);
	assert_int_equal(environment_put(&env, "AB=2"), 0);
	assert_int_equal(environment_put(&env, "novalue"), -EINVAL);
	assert_int_equal(environment_set(&env, "A", 1, "3"), 0);
	assert_string_equal(environment_get(&env, "A"), "3");
	assert_string_equal(environment_get(&env, "AB"), "2");
	assert_null(environment_get(&env, "B"));
	assert_int_equal(env.n, 2);
	for (int i = 0; i < 100; i++) {
		char name[2] = { (char)('a' + i % 26), '\0' };

		assert_int_equal(environment_set(&env, name, 1, "v"), 0);
	}
	assert_int_equal(env.n, 28);
}

static void test_unset(void **state)
{
	struct environment env = { .arena = &arena };

	(void)state;
	assert_int_equal(environment_put(&env, "A=1"), 0);
	assert_int_equal(environment_put(&env, "AB=2"), 0);
	assert_int_equal(environment_put(&env, "C=3"), 0);
	environment_unset(&env, "A");
	environment_unset(&env, "AB=1");
	environment_unset(&env, "C=3");
	environment_unset(&env, "D");
	assert_int_equal(env.n, 1);
	assert_string_equal(env.v[0], "AB=2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	       cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_quotes),    cmocka_unit_test(test_file_escapes),
		cmocka_unit_test(test_file_untrusted), cmocka_unit_test(test_set),
		cmocka_unit_test(test_unset),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
