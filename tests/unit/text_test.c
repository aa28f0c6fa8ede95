/* SPDX-License-Identifier: MIT */
#include "units/text.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Everything the parser says, one line each: "SECTION.KEY=VALUE@LINE" or "!WHAT@LINE". */
struct record {
	struct text_handler handler;
	char text[4096];
	struct strbuf out;
	size_t longest;
	unsigned int n;
};

static int on_assign(struct text_handler *h, const char *section, const char *key,
		     const char *value, unsigned int line)
{
	struct record *r = (struct record *)h;

	r->n++;
	if (strlen(value) > r->longest)
		r->longest = strlen(value);
	strbuf_printf(&r->out, "%s.%s=%.80s@%u\n", section, key, value, line);
	return 0;
}

static void on_problem(struct text_handler *h, const char *what, unsigned int line)
{
	struct record *r = (struct record *)h;

	strbuf_printf(&r->out, "!%s@%u\n", what, line);
}

static int parse(struct record *r, const char *text, size_t n)
{
	*r = (struct record){ .handler = { on_assign, on_problem } };
	r->out = STRBUF_INIT(r->text);
	return text_parse(text, n, &r->handler);
}

static void expect(const char *text, const char *result)
{
	struct record r;

	assert_int_equal(parse(&r, text, strlen(text)), 0);
	assert_string_equal(r.text, result);
}

static void test_plain(void **state)
{
	(void)state;
	expect("[Unit]\nA=1\n\n# c\n; d\nB = 2 \n[Service]\nC=x=y\n[Unit]\nD=\n",
	       "Unit.A=1@2\nUnit.B=2@6\nService.C=x=y@8\nUnit.D=@10\n");
	expect("", "");
	expect("[Unit]\nA=no newline at end", "Unit.A=no newline at end@2\n");
	expect("\xef\xbb\xbf[Unit]\r\nA=1\r\n", "Unit.A=1@2\n");
	expect("  [Unit]\n\tA=1\n   B=2\n", "Unit.A=1@2\nUnit.B=2@3\n");
}

static void test_no_inline_comments(void **state)
{
	(void)state;
	expect("[S]\nA=a # b ; c\nB=;x\nC=#y\n", "S.A=a # b ; c@2\nS.B=;x@3\nS.C=#y@4\n");
}

static void test_continuation(void **state)
{
	(void)state;
	expect("[S]\nA=a\\\nb\nB=1\n", "S.A=a b@2\nS.B=1@4\n");
	expect("[S]\nA=a\\\n# dropped \\\n; too\n  b\nB=1\n", "S.A=a b@2\nS.B=1@6\n");
	/* an empty line ends it */
	expect("[S]\nA=a\\\n\nB=1\n", "S.A=a@2\nS.B=1@4\n");
	/* an even number of backslashes is no continuation */
	expect("[S]\nA=a\\\\\nB=1\n", "S.A=a\\\\@2\nS.B=1@3\n");
	expect("[S]\nA=a\\\\\\\nb\n", "S.A=a\\\\ b@2\n");
	/* a comment never continues */
	expect("[S]\n# c \\\nA=1\n", "S.A=1@3\n");
	expect("[S]\nA=a\\", "S.A=a@2\n");
	/* nothing in front of the continuation */
	expect("[S]\n\\\nA=1\n", "S.A=1@2\n");
	expect("\\\n[S]\nA=1\n", "S.A=1@3\n");
}

static void test_problems(void **state)
{
	(void)state;
	expect("A=1\n[S]\nnonsense\n=x\nA:B=c\n:\nB=2\n",
	       "!assignment outside of any section@1\n!no \"=\" in the line@3\n"
	       "!no name before \"=\"@4\n!\":\" in the name@5\n!no \"=\" in the line@6\nS.B=2@7\n");
	expect("[S]\nA=\xff\nB=1\n", "!invalid UTF-8, line ignored@2\nS.B=1@3\n");
}

static void fatal(const char *text, size_t n, const char *result)
{
	struct record r;

	assert_int_equal(parse(&r, text, n), -EBADMSG);
	assert_string_equal(r.text, result);
}

static void test_fatal(void **state)
{
	(void)state;
	fatal("[S]\nA=1\n[Broken\nB=1\n", 20, "S.A=1@2\n!broken section header@3\n");
	fatal("[]\nA=1\n", 7, "!broken section header@1\n");
	fatal("[S]x\nA=1\n", 9, "!broken section header@1\n");
	fatal("[S]\nA=1\nB=\0\n", 12, "S.A=1@2\n!NUL byte@3\n");
}

static void test_long(void **state)
{
	size_t n = TEXT_MAX;
	char *text = malloc(n + 16), name[71];
	struct record r;

	(void)state;
	assert_non_null(text);
	/* 64 KiB in one line */
	memset(text, 'x', n + 16);
	memcpy(text, "[S]\nA=", 6);
	assert_int_equal(parse(&r, text, 65536 + 6), 0);
	assert_int_equal(r.longest, 65536);
	/* a whole file in one line */
	assert_int_equal(parse(&r, text, n), 0);
	assert_int_equal(r.longest, n - 6);
	assert_int_equal(parse(&r, text, n + 1), -EBADMSG);
	assert_non_null(strstr(r.text, "file larger than 1 MiB"));
	/* inih would cut a section's name at 49 bytes and take what is left for another section */
	memset(name, 'y', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, n, "[%s]\nA=1\n", name);
	assert_int_equal(parse(&r, text, strlen(text)), 0);
	assert_int_equal(r.n, 1);
	assert_non_null(strstr(r.text, "yyyy~.A=1@2"));
	free(text);
}

static void test_many(void **state)
{
	size_t n = 100000;
	char *text = malloc(n * 4 + 8);
	struct record r;

	(void)state;
	assert_non_null(text);
	memcpy(text, "[S]\n", 4);
	for (size_t i = 0; i < n; i++)
		memcpy(text + 4 + i * 4, "A=1\n", 4);
	assert_int_equal(parse(&r, text, n * 4 + 4), 0);
	assert_int_equal(r.n, n);
	free(text);
}

static int stop(struct text_handler *h, const char *section, const char *key, const char *value,
		unsigned int line)
{
	(void)on_assign(h, section, key, value, line);
	return -ENOMEM;
}

static void test_handler_stops(void **state)
{
	struct record r = { .handler = { stop, on_problem } };

	(void)state;
	r.out = STRBUF_INIT(r.text);
	assert_int_equal(text_parse("[S]\nA=1\nB=2\n", 12, &r.handler), -ENOMEM);
	assert_string_equal(r.text, "S.A=1@2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	     cmocka_unit_test(test_no_inline_comments),
		cmocka_unit_test(test_continuation), cmocka_unit_test(test_problems),
		cmocka_unit_test(test_fatal),	     cmocka_unit_test(test_long),
		cmocka_unit_test(test_many),	     cmocka_unit_test(test_handler_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
