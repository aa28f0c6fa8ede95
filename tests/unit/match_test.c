/* SPDX-License-Identifier: MIT */
#include "lib/match.h"

#include "lib/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's own says what is right. */
static void check(const char *pattern, const char *text)
{
	static const struct {
		unsigned int ours;
		int theirs;
	} flags[] = { { 0, 0 },
		      { MATCH_NO_ESCAPE, FNM_NOESCAPE },
		      { MATCH_ANY_CASE, FNM_CASEFOLD } };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		bool expected = fnmatch(pattern, text, flags[i].theirs) == 0;

		if (match_text(pattern, text, flags[i].ours) == expected)
			continue;
		print_error("'%s' '%s' flags %u: expected %d\n", pattern, text, flags[i].ours,
			    expected);
		fail();
	}
}

static void test_as_fnmatch(void **state)
{
	static const char *const patterns[] = {
		"",
		"*",
		"**",
		"a",
		"a*",
		"*a",
		"*a*b",
		"a?c",
		"?",
		"??",
		"[abc]",
		"[a-c]x",
		"[!a-c]",
		"[^a]*",
		"[]]",
		"[]a]b",
		"[!]]",
		"[a-]",
		"[-a]",
		"\\*",
		"\\a\\b",
		"*\\?",

		"[[:digit:]]*",
		"[[:alpha:][:digit:]_]",
		"*.service",
		"web@*.service",
		"*a*a*a*a*b",
		"a/b*",
		"*/b",
		"A*C",
		"[A-C]",
		"web-?.*",
	};
	static const char *const texts[] = {
		"",
		"a",
		"b",
		"ab",
		"abc",
		"axc",
		"ax",
		"]",
		"]b",
		"-",
		"*",
		"?",
		"x?",
		"\\a",
		"7up",
		"_",
		"z_",
		"web.service",
		"web@1.service",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaac",
		"a/b/c",
		"a/b",
		"AxC",
		"B",
		".hidden",
		"web-1.socket",
		"\\",
		"\\*",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
			check(patterns[i], texts[k]);
	}
}

/* Where libraries differ: an unclosed bracket is a character, an escape holds in brackets (as in glibc). */
static void test_unclosed(void **state)
{
	(void)state;
	assert_true(match_text("[a", "[a", 0));
	assert_false(match_text("[a", "a", 0));
	assert_true(match_text("a\\", "a\\", 0));
	assert_false(match_text("[", "", 0));
	assert_true(match_text("[\\]]", "]", 0));
}

static char root[64];

static bool count(void *ctx, const char *path)
{
	assert_int_equal(access(path, F_OK), 0);
	++*(size_t *)ctx;
	return true;
}

static bool stop(void *ctx, const char *path)
{
	(void)path;
	++*(size_t *)ctx;
	return false;
}

static void check_paths(const char *pattern)
{
	char full[256];
	glob_t found = { 0 };
	size_t n = 0, first = 0;

	snprintf(full, sizeof(full), "%s/%s", root, pattern);
	int r = glob(full, GLOB_NOSORT, NULL, &found);

	assert_int_equal(match_paths(full, count, &n), r == 0);
	assert_int_equal(n, r == 0 ? found.gl_pathc : 0);
	match_paths(full, stop, &first);
	assert_int_equal(first, n > 0);
	globfree(&found);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void test_as_glob(void **state)
{
	static const char *const made[] = { "one", "one/a.conf", "one/b.conf", "one/.c.conf",
					    "two", "two/a.conf", "two/st*r",   "three" };
	char path[256];

	(void)state;
	strcpy(root, "/tmp/berth-match-XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, made[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	check_paths("*");
	check_paths("*/*.conf");
	check_paths("*/a.conf");
	check_paths("t*/[ab].conf");
	check_paths("one/*");
	check_paths("one/.*.conf");
	check_paths("one//a.conf");
	check_paths("two/st\\*r");
	check_paths("two/st\\*?");
	check_paths("nowhere/*");
	check_paths("*/nothing");
	check_paths("one");
	check_paths("one/a.conf/*");
	assert_false(match_paths("relative", stop, NULL));
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_fnmatch),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_as_glob),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
