/* SPDX-License-Identifier: MIT */
#include "ctl/args.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct verb verbs[] = {
	{ "list", NULL, 0, -1, GROUP_LIST, false, NULL, "x" },
	{ "start", NULL, 1, -1, GROUP_JOB, false, "UNIT...", "x" },
	{ "show", NULL, 0, -1, GROUP_SHOW, false, "UNIT...", "x" },
	{ "logs", NULL, 0, -1, GROUP_LOGS, false, NULL, "x" },
	{ "exec", NULL, 1, -1, 0, true, "UNIT", "x" },
	{ "exit", NULL, 0, 1, GROUP_SHUTDOWN, false, NULL, "x" },
	{ "poweroff", NULL, 0, 0, GROUP_SHUTDOWN, false, NULL, "x" },
	{ 0 },
};

static struct args args;
static struct diag diag;
static char words[512];

/* @line: words at spaces; the parser writes into them. */
static int parse_as(const char *line, const char *implied, bool only_implied)
{
	static char *argv[32];
	int argc = 1;

	str_copy(words, sizeof(words), line);
	argv[0] = (char *)(uintptr_t) "berthctl";
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	diag = (struct diag){ 0 };
	return args_parse(&args, argc, argv, verbs, implied, only_implied, &diag);
}

static int parse(const char *line)
{
	return parse_as(line, "list", false);
}

static void test_options_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("--no-block start --job-mode=fail a --quiet b"), 0);
	assert_string_equal(args.verb->name, "start");
	assert_true(args.no_block && args.quiet && !args.json);
	assert_string_equal(args.job_mode, "fail");
	assert_int_equal(args.n_operands, 2);
	assert_string_equal(args.operands[0], "a");
	assert_string_equal(args.operands[1], "b");
}

static void test_no_verb_means_the_implied_one(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_string_equal(args.verb->name, "list");
	assert_int_equal(parse("--all --no-pager"), 0);
	assert_string_equal(args.verb->name, "list");
	assert_true(args.all);
}

static void test_a_value_is_not_taken_for_the_verb(void **state)
{
	(void)state;
	assert_int_equal(parse("-p start show"), 0);
	assert_string_equal(args.verb->name, "show");
	assert_int_equal(args.properties.n, 1);
	assert_string_equal(args.properties.v[0], "start");
	assert_int_equal(args.n_operands, 0);
}

static void test_lists_grow_and_split(void **state)
{
	(void)state;
	assert_int_equal(parse("show -p A,B --property=C -pD u"), 0);
	assert_int_equal(args.properties.n, 4);
	assert_string_equal(args.properties.v[1], "B");
	assert_string_equal(args.properties.v[3], "D");
	assert_int_equal(args.n_operands, 1);
	assert_false(args.value);
	assert_int_equal(parse("show -P MainPID u"), 0);
	assert_true(args.value);
}

static void test_a_letter_means_what_the_verb_says(void **state)
{
	(void)state;
	assert_int_equal(parse("logs -p err -f -n5 -u a"), 0);
	assert_string_equal(args.priority, "err");
	assert_string_equal(args.lines, "5");
	assert_true(args.follow);
	assert_int_equal(args.properties.n, 0);
	assert_int_equal(parse_as("-p -f -f", "poweroff", true), 0);
	assert_true(args.poweroff);
	assert_int_equal(args.force, 2);
}

static void test_flags_join(void **state)
{
	(void)state;
	assert_int_equal(parse("logs -qfn 7"), 0);
	assert_true(args.quiet && args.follow);
	assert_string_equal(args.lines, "7");
}

static void test_exec_leaves_the_command_alone(void **state)
{
	(void)state;
	assert_int_equal(parse("exec web ls -l --json -q"), 0);
	assert_false(args.json || args.quiet);
	assert_int_equal(args.n_operands, 5);
	assert_string_equal(args.operands[2], "-l");
	assert_int_equal(parse("exec --json web -- ls -- -l"), 0);
	assert_true(args.json);
	assert_int_equal(args.n_operands, 4);
	assert_string_equal(args.operands[1], "ls");
	assert_string_equal(args.operands[2], "--");
	assert_int_equal(parse("exec web --"), 0);
	assert_int_equal(args.n_operands, 1);
}

static void test_end_of_options(void **state)
{
	(void)state;
	assert_int_equal(parse("start -- --json"), 0);
	assert_false(args.json);
	assert_string_equal(args.operands[0], "--json");
}

static void test_complaints(void **state)
{
	(void)state;
	assert_int_equal(parse("frobnicate"), -EINVAL);
	assert_string_equal(diag.text, "unknown operation \"frobnicate\"");
	assert_int_equal(parse("start"), -EINVAL);
	assert_string_equal(diag.text, "start needs UNIT...");
	assert_int_equal(parse("exit 1 2"), -EINVAL);
	assert_string_equal(diag.text, "exit: too many operands (\"2\")");
	assert_int_equal(parse("list --frob"), -EINVAL);
	assert_string_equal(diag.text, "unknown option --frob");
	assert_int_equal(parse("list -Z"), -EINVAL);
	assert_int_equal(parse("start a --follow"), -EINVAL); /* an option of another verb */
	assert_int_equal(parse("list --json=1"), -EINVAL);
	assert_string_equal(diag.text, "--json takes no value");
	assert_int_equal(parse("logs -n"), -EINVAL);
	assert_string_equal(diag.text, "-n needs a value");
	assert_int_equal(parse("logs --lines"), -EINVAL);
	assert_string_equal(diag.text, "--lines needs a value");
}

static void test_too_long_a_list(void **state)
{
	char line[256] = "show -p ";

	(void)state;
	for (int i = 0; i < ARGS_MAX_LIST; i++)
		strcat(line, "A,");
	assert_int_equal(parse(line), 0);
	assert_int_equal(args.properties.n, ARGS_MAX_LIST);
	strcat(line, "A");
	assert_int_equal(parse(line), -EINVAL);
}

static void test_help_needs_no_operand(void **state)
{
	(void)state;
	assert_int_equal(parse("start --help"), 0);
	assert_true(args.help);
	assert_false(args.implied);
	assert_int_equal(parse("--help"), 0);
	assert_true(args.help && args.implied);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_anywhere),
		cmocka_unit_test(test_no_verb_means_the_implied_one),
		cmocka_unit_test(test_a_value_is_not_taken_for_the_verb),
		cmocka_unit_test(test_lists_grow_and_split),
		cmocka_unit_test(test_a_letter_means_what_the_verb_says),
		cmocka_unit_test(test_flags_join),
		cmocka_unit_test(test_exec_leaves_the_command_alone),
		cmocka_unit_test(test_end_of_options),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_too_long_a_list),
		cmocka_unit_test(test_help_needs_no_operand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
