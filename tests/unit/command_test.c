/* SPDX-License-Identifier: MIT */
#include "units/command.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static const struct specifiers specifiers = { .root = "", .unit = "web@a-b.service" };
static const char *why, *note;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* Words joined by "|", commands by " ; ", flags left out. */
static const char *parse(const char *text)
{
	static char out[1024];
	struct strbuf b = STRBUF_INIT(out);
	struct command_list list = { 0 };

	out[0] = '\0';
	if (command_parse(text, &specifiers, &arena, &list, &why, &note) < 0)
		return NULL;
	for (uint32_t i = 0; i < list.n; i++) {
		strbuf_put(&b, i ? " ; " : "");
		for (uint16_t k = 0; k < list.v[i].argc; k++) {
			strbuf_put(&b, k ? "|" : "");
			strbuf_put(&b, list.v[i].argv[k]);
		}
		assert_null(list.v[i].argv[list.v[i].argc]);
	}
	return out;
}

static struct command one(const char *text)
{
	struct command_list list = { 0 };

	assert_int_equal(command_parse(text, &specifiers, &arena, &list, &why, &note), 0);
	assert_int_equal(list.n, 1);
	return list.v[0];
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(parse("/bin/a b  c\td"), "/bin/a|b|c|d");
	assert_string_equal(parse("/bin/a \"b c\" 'd e'"), "/bin/a|b c|d e");
	assert_string_equal(parse("/bin/a a\"b c\"d"), "/bin/a|ab cd");
	assert_string_equal(parse("/bin/a \"\" ''"), "/bin/a||");
	assert_string_equal(parse("/bin/a \"it's\" 'say \"x\"'"), "/bin/a|it's|say \"x\"");
	assert_string_equal(parse("/usr/sbin/nginx -g 'daemon off;'"),
			    "/usr/sbin/nginx|-g|daemon off;");
}

static void test_escapes(void **state)
{
	(void)state;
	assert_string_equal(parse("/bin/a x\\ty \"x\\ty\" 'x\\ty'"), "/bin/a|x\ty|x\ty|x\ty");
	assert_string_equal(parse("/bin/a \\x41\\101\\u0041\\s\\\\"), "/bin/a|AAA \\");
	assert_string_equal(parse("/bin/a \\u00e4\\U0001F600"), "/bin/a|\xc3\xa4\xf0\x9f\x98\x80");
	assert_null(note);
	assert_string_equal(parse("/bin/a \\q"), "/bin/a|\\q");
	assert_non_null(note);
	/* a NUL by escape would cut the word */
	assert_string_equal(parse("/bin/a \\x00b"), "/bin/a|\\x00b");
	assert_string_equal(parse("/bin/a \\ud800"), "/bin/a|\\ud800");
}

static void test_separators(void **state)
{
	(void)state;
	assert_string_equal(parse("/bin/a b ; /bin/c d"), "/bin/a|b ; /bin/c|d");
	assert_string_equal(parse("/bin/a \\; b"), "/bin/a|;|b");
	assert_string_equal(parse("/bin/a \"c;d\" f;g ';'"), "/bin/a|c;d|f;g|;");
	assert_string_equal(parse("/bin/a ;"), "/bin/a");
	assert_string_equal(parse("/bin/a # b ; -/bin/c"), "/bin/a|#|b ; /bin/c");
}

static void test_prefixes(void **state)
{
	struct command c;

	(void)state;
	assert_int_equal(one("/bin/a").flags, 0);
	assert_int_equal(one("-/bin/a").flags, COMMAND_IGNORE_FAILURE);
	assert_int_equal(one("-+/bin/a").flags, COMMAND_IGNORE_FAILURE | COMMAND_FULL_PRIVILEGES);
	assert_int_equal(one("+-/bin/a").flags, COMMAND_IGNORE_FAILURE | COMMAND_FULL_PRIVILEGES);
	assert_int_equal(one("!/bin/a").flags, COMMAND_NO_SETUID);
	assert_int_equal(one("!!/bin/a").flags, COMMAND_AMBIENT);
	assert_int_equal(one(":/bin/a").flags, COMMAND_NO_EXPAND);
	c = one("@/bin/a zero one");
	assert_int_equal(c.flags, COMMAND_ARGV0);
	assert_string_equal(c.path, "/bin/a");
	assert_string_equal(c.argv[0], "zero");
	assert_int_equal(c.argc, 2);
	c = one("name x");
	assert_string_equal(c.path, "name");
}

static void test_specifiers(void **state)
{
	(void)state;
	assert_string_equal(parse("/bin/a %i %I %n %p %N %%"),
			    "/bin/a|a-b|a/b|web@a-b.service|web|web@a-b|%");
	assert_string_equal(parse("/bin/%p %t/x %- 100%"), "/bin/web|/run/x|%-|100%");
	assert_null(parse("/bin/a %Q"));
	assert_int_equal(strncmp(why, "unknown %", 9), 0);
}

static void test_errors(void **state)
{
	static const char *const bad[] = {
		"/bin/a \"b", "/bin/a 'b", "./a",  "a/b",	 "..",	       "/bin/", "/bin/../a",
		"-",	      "@/bin/a",   "\"\"", "/bin/a\\nb", "/bin/a ; -", "@",
	};
	struct command_list list = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_null(parse(bad[i]));
		assert_non_null(why);
	}
	/* what was there stays */
	assert_int_equal(command_parse("/bin/a", &specifiers, &arena, &list, &why, &note), 0);
	assert_int_equal(command_parse("/bin/b ; ./c", &specifiers, &arena, &list, &why, &note),
			 -EINVAL);
	assert_int_equal(list.n, 1);
}

/* The argv of @text with a fixed environment, words joined by "|". */
static const char *expand(const char *text)
{
	static const char *const env[] = {
		"X=old", "X=one two", "EMPTY=", "QUOTED='a b' c", "P.y=dotted", "PLAIN=p",
	};
	static char out[512];
	struct strbuf b = STRBUF_INIT(out);
	struct strings strings = { ARRAY_SIZE(env), env };
	struct command c = one(text);
	char **argv;

	out[0] = '\0';
	assert_int_equal(command_argv(&c, &strings, &arena, &argv), 0);
	for (; *argv; argv++) {
		strbuf_put(&b, b.len ? "|" : "");
		strbuf_put(&b, *argv);
	}
	return out;
}

static void test_expansion(void **state)
{
	(void)state;
	assert_string_equal(expand("/a ${X}"), "/a|one two");
	assert_string_equal(expand("/a b${X}c${PLAIN}"), "/a|bone twocp");
	assert_string_equal(expand("/a $X"), "/a|one|two");
	assert_string_equal(expand("/a \"$X\" '$X'"), "/a|one|two|one|two");
	assert_string_equal(expand("/a $QUOTED"), "/a|a b|c");
	assert_string_equal(expand("/a $UNSET b $EMPTY c"), "/a|b|c");
	assert_string_equal(expand("/a x${UNSET}y"), "/a|xy");
	assert_string_equal(expand("/a x$PLAIN"), "/a|x$PLAIN");
	assert_string_equal(expand("/a $PLAIN.y"), "/a");
	assert_string_equal(expand("/a $P.y"), "/a|dotted");
	assert_string_equal(expand("/a $$ x$$y $${X}"), "/a|$|x$y|${X}");
	assert_string_equal(expand("/a ${X:-d}"), "/a|${X:-d}");
	assert_string_equal(expand("/a ${X"), "/a|${X");
	assert_string_equal(expand("/a $ $1 $(ls)"), "/a");
	assert_string_equal(expand(":/a $X ${X} $$"), "/a|$X|${X}|$$");
	assert_string_equal(expand("@/a $PLAIN b"), "p|b");
	/* an empty argv would be rewritten by the kernel */
	assert_string_equal(expand("@/a $UNSET"), "/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	   cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_separators), cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_specifiers), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_expansion),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
