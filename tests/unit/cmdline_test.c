/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "init/cmdline.h"

#include <string.h>
#include <syslog.h>

static unsigned int told;
static struct diag last;

static void count(struct diag_sink *sink, const struct diag *d)
{
	(void)sink;
	told++;
	last = *d;
}

static struct cmdline parse(const char *text)
{
	struct diag_sink sink = { .emit = count };
	struct cmdline c;

	told = 0;
	cmdline_init(&c);
	cmdline_parse(&c, text, &sink);
	return c;
}

static void test_defaults(void **state)
{
	struct cmdline c = parse("");

	(void)state;
	assert_string_equal(c.default_unit, "");
	assert_string_equal(c.hostname, "");
	assert_int_equal(c.exit_port, 0);
	assert_int_equal(c.log_level, -1);
	assert_true(c.status);
	assert_true(c.color);
	assert_false(c.quiet);
	assert_int_equal(c.crash, CRASH_REBOOT);
	assert_int_equal(told, 0);
}

static void test_everything(void **state)
{
	struct cmdline c =
		parse("BOOT_IMAGE=/vmlinuz console=ttyS0 ro quiet berth.exit_port=0xf4 "
		      "berth.log_level=debug berth.status=no berth.color=0 berth.crash=hang "
		      "systemd.hostname=box systemd.unit=rescue.target\n");

	(void)state;
	assert_int_equal(told, 0);
	assert_int_equal(c.exit_port, 0xf4);
	assert_int_equal(c.log_level, LOG_DEBUG);
	assert_false(c.status);
	assert_false(c.color);
	assert_true(c.quiet);
	assert_int_equal(c.crash, CRASH_HANG);
	assert_string_equal(c.hostname, "box");
	assert_string_equal(c.default_unit, "rescue.target");
}

static void test_last_one_wins(void **state)
{
	(void)state;
	assert_string_equal(parse("systemd.unit=a.target berth.default_unit=b.target").default_unit,
			    "b.target");
	assert_string_equal(parse("single emergency").default_unit, "emergency.target");
	assert_true(parse("berth.status=0 berth.status").status);
}

static void test_short_words(void **state)
{
	static const char *const rescue[] = { "single", "rescue", "s", "S", "1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rescue) / sizeof(*rescue); i++)
		assert_string_equal(parse(rescue[i]).default_unit, "rescue.target");
	assert_string_equal(parse("-b").default_unit, "emergency.target");
	assert_string_equal(parse("single=1 singles").default_unit, "");
}

static void test_quotes(void **state)
{
	struct cmdline c =
		parse("\"berth.hostname=a b\" x=\"berth.status=0 y\" berth.crash=\"hang\"");

	(void)state;
	assert_string_equal(c.hostname, "a b");
	assert_true(c.status);
	assert_int_equal(c.crash, CRASH_HANG);
	/* not closed: all the rest is one word */
	assert_string_equal(parse("\"berth.hostname=z  quiet").hostname, "z  quiet");
}

static void test_bad_values_change_nothing(void **state)
{
	struct cmdline c;

	(void)state;
	c = parse("berth.exit_port=0x10000");
	assert_int_equal(told, 1);
	assert_int_equal(c.exit_port, 0);
	assert_string_equal(last.key, "berth.exit_port");
	assert_non_null(strstr(last.text, "0x10000"));
	parse("berth.exit_port=-1 berth.exit_port= berth.exit_port=9x berth.exit_port");
	assert_int_equal(told, 4);
	parse("berth.log_level=8 berth.log_level=loud berth.crash=maybe berth.status=perhaps");
	assert_int_equal(told, 4);
	c = parse("systemd.unit=nonsense systemd.unit=");
	assert_int_equal(told, 2);
	assert_string_equal(c.default_unit, "");
	assert_int_equal(last.level, DIAG_WARNING);
}

static void test_unknown_words(void **state)
{
	(void)state;
	parse("berth.bogus=1 systemd.whatever=2 foo berth");
	assert_int_equal(told, 1);
	assert_string_equal(last.key, "berth.bogus");
}

static void test_too_long(void **state)
{
	static char text[10000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "quiet ", 6);
	assert_true(parse(text).quiet);
	assert_int_equal(told, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_last_one_wins),
		cmocka_unit_test(test_short_words),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_bad_values_change_nothing),
		cmocka_unit_test(test_unknown_words),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
