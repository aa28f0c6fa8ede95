/* SPDX-License-Identifier: MIT */
#include "units/value_credentials.h"

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

static const char *kept(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	context = (struct value_context){ .arena = &arena, .sp = &specifiers };
	assert_int_equal(value_assign(&context, key_info(key), &d, text), 0);
	assert_int_equal(d.list.n, 1);
	return *(const char *const *)d.list.v;
}

static void bad(enum key key, const char *text)
{
	struct draft_setting d = { 0 };

	context = (struct value_context){ .arena = &arena, .sp = &specifiers };
	assert_int_equal(value_assign(&context, key_info(key), &d, text), -EINVAL);
	assert_null(strstr(context.why, "hush"));
}

static void test_load(void **state)
{
	(void)state;
	assert_string_equal(kept(K_LoadCredential, "a:/x//y/"), "a:/x/y");
	assert_string_equal(kept(K_LoadCredential, "%p.key:/etc/%i"), "web.key:/etc/x");
	assert_string_equal(kept(K_LoadCredential, "a"), "a:a");
	assert_string_equal(kept(K_LoadCredential, "a:b"), "a:b");
	bad(K_LoadCredential, "a:b/c");
	bad(K_LoadCredential, "a:");
	bad(K_LoadCredential, ":/x");
	bad(K_LoadCredential, "../a:/x");
	bad(K_LoadCredential, "a b:/x");
	bad(K_LoadCredential, "a:/x/../y");
}

static void test_set(void **state)
{
	(void)state;
	assert_string_equal(kept(K_SetCredential, "a:%d \\x41\\n:b"), "a:%d A\n:b");
	assert_string_equal(kept(K_SetCredential, "a:"), "a:");
	bad(K_SetCredential, "hush");
	bad(K_SetCredential, "a/b:hush");
	bad(K_SetCredential, "a:hush \\q");
}

static void test_secret(void **state)
{
	struct secret s;
	const char *why;

	(void)state;
	assert_int_equal(secret_parse("key", &s, &why), 0);
	assert_string_equal(s.target, "key");
	assert_false(s.environment || s.has_mode || s.has_uid);
	assert_int_equal(secret_parse("key,type=env,target=KEY_1", &s, &why), 0);
	assert_true(s.environment);
	assert_string_equal(s.target, "KEY_1");
	assert_int_equal(secret_parse("key,target=x.pem,mode=0440,uid=5,gid=0", &s, &why), 0);
	assert_true(s.has_mode && s.has_uid && s.has_gid);
	assert_int_equal(s.mode, 0440);
	assert_int_equal(s.uid, 5);
	bad(K_Secret, "a/b");
	bad(K_Secret, "key,type=pipe");
	bad(K_Secret, "key,target=/etc/../x");
	bad(K_Secret, "key,target=/etc/");
	bad(K_Secret, "key,target=/");
	bad(K_Secret, "key,target=etc/x");
	bad(K_Secret, "key,type=env,target=/etc/x");
	bad(K_Secret, "key,type=env,target=1X");
	bad(K_Secret, "key,type=env,mode=0400");
	bad(K_Secret, "key,uid=-1");
	bad(K_Secret, "key,hush");
	bad(K_Secret, "key,hush=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
