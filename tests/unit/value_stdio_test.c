/* SPDX-License-Identifier: MIT */
#include "units/value_stdio.h"

#include "lib/base64.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static const struct specifiers specifiers = { .root = "", .unit = "web@x.service" };
static struct value_context context;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static int assign(enum key key, struct draft_setting *d, const char *text)
{
	context = (struct value_context){ .arena = &arena, .sp = &specifiers };
	return value_assign(&context, key_info(key), d, text);
}

static const char *word(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	assert_int_equal(assign(key, &d, text), 0);
	return d.s;
}

static void bad(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	assert_int_equal(assign(key, &d, text), -EINVAL);
	assert_non_null(context.why);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(word(K_StandardInput, "tty-force"), "tty-force");
	assert_string_equal(word(K_StandardOutput, "append:/var//log/%p"), "append:/var/log/web");
	assert_string_equal(word(K_StandardInput, "fd:feed"), "fd:feed");
	assert_string_equal(word(K_StandardError, "fd"), "fd");
	bad(K_StandardInput, "journal");
	bad(K_StandardInput, "append:/x");
	bad(K_StandardOutput, "data");
	bad(K_StandardOutput, "file:relative");
	bad(K_StandardOutput, "file:");
	bad(K_StandardOutput, "file");
	bad(K_StandardInput, "fd:");
	bad(K_StandardInput, "fd:a b");
	bad(K_StandardInput, "nonsense");
	assert_non_null(strstr(context.why, "tty-fail"));
}

/* The descriptors that @in, @out, @err (NULL: not written) come to. */
static void resolve(const char *in, const char *out, const char *err, struct stdio v[3])
{
	static struct setting settings[3];
	const char *const text[] = { in, out, err };
	const enum key keys[] = { K_StandardInput, K_StandardOutput, K_StandardError };
	struct unit u = { .settings = settings };

	for (int i = 0; i < 3; i++) {
		if (text[i])
			settings[u.n_settings++] =
				(struct setting){ .key = keys[i], .value.s = text[i] };
	}
	unit_stdio(&u, v);
}

static void check(const struct stdio *v, enum std_kind kind, int same)
{
	assert_int_equal(v->kind, kind);
	assert_int_equal(v->same, same);
}

static void test_defaults_and_what_is_inherited(void **state)
{
	struct stdio v[3];

	(void)state;
	resolve(NULL, NULL, NULL, v);
	check(&v[0], STD_NULL, -1);
	check(&v[1], STD_LOG, -1);
	check(&v[2], STD_LOG, 1);
	resolve("tty", NULL, NULL, v);
	check(&v[1], STD_TTY, 0);
	check(&v[2], STD_TTY, 0);
	resolve("tty-fail", "tty", "journal", v);
	check(&v[1], STD_TTY, 0);
	check(&v[2], STD_LOG, -1);
	resolve("socket", NULL, "journal", v);
	check(&v[1], STD_SOCKET, 0);
	/* no sense in a default that writes to what is read */
	resolve("file:/in", NULL, NULL, v);
	check(&v[1], STD_LOG, -1);
	resolve("file:/in", "inherit", NULL, v);
	check(&v[1], STD_FILE, 0);
	resolve("null", "inherit", NULL, v);
	check(&v[1], STD_NULL, -1);
	check(&v[2], STD_NULL, -1);
	resolve("fd:feed", NULL, NULL, v);
	check(&v[1], STD_FD, 0);
	assert_string_equal(v[1].arg, "feed");
}

static void test_one_file_is_opened_once(void **state)
{
	struct stdio v[3];

	(void)state;
	resolve("file:/x", "file:/x", "file:/x", v);
	check(&v[1], STD_FILE, 0);
	check(&v[2], STD_FILE, 0);
	resolve(NULL, "truncate:/x", "truncate:/x", v);
	check(&v[1], STD_TRUNCATE, -1);
	check(&v[2], STD_TRUNCATE, 1);
	resolve(NULL, "append:/x", "append:/y", v);
	check(&v[2], STD_APPEND, -1);
	resolve(NULL, "append:/x", "file:/x", v);
	check(&v[2], STD_FILE, -1);
}

static void test_input(void **state)
{
	struct draft_setting d = { 0 };
	unsigned char out[64];

	(void)state;
	assert_int_equal(assign(K_StandardInputText, &d, "a\\tb %p \\x41\\n"), 0);
	assert_int_equal(assign(K_StandardInputData, &d, "AP8="), 0);
	assert_int_equal(assign(K_StandardInputData, &d, "not base64!"), -EINVAL);
	assert_int_equal(assign(K_StandardInputText, &d, "\\q"), -EINVAL);
	const struct strings list = { d.list.n, d.list.v };
	struct setting s = { .key = K_StandardInputText, .value.list = &list };
	const struct unit u = { .settings = &s, .n_settings = 1 };
	struct stdio v[3];

	assert_int_equal(unit_input(&u, NULL), 13);
	assert_int_equal(unit_input(&u, out), 13);
	assert_memory_equal(out, "a\tb web A\n\n\0\xff", 13);
	unit_stdio(&u, v);
	check(&v[0], STD_DATA, -1);
	check(&v[1], STD_LOG, -1);
}

static void test_base64(void **state)
{
	unsigned char out[16];

	(void)state;
	assert_int_equal(base64_decode("", out), 0);
	assert_int_equal(base64_decode("Zg==", out), 1);
	assert_memory_equal(out, "f", 1);
	assert_int_equal(base64_decode("Zm8=", out), 2);
	assert_int_equal(base64_decode("Zm8", out), 2);
	assert_int_equal(base64_decode("Zm9v YmFy", out), 6);
	assert_memory_equal(out, "foobar", 6);
	assert_int_equal(base64_decode("Z", out), -EINVAL);
	assert_int_equal(base64_decode("Zg=", out), -EINVAL);
	assert_int_equal(base64_decode("Zg===", out), -EINVAL);
	assert_int_equal(base64_decode("Zg==Zg==", out), -EINVAL);
	assert_int_equal(base64_decode("Z*", out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_defaults_and_what_is_inherited),
		cmocka_unit_test(test_one_file_is_opened_once),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
