/* SPDX-License-Identifier: MIT */
#include "lib/diag.h"
#include "lib/log.h"

#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_format(void **state)
{
	struct diag d = { 0 };
	char text[512];
	size_t len;

	(void)state;
	assert_int_equal(diag_set(&d, DIAG_ERROR, ENOENT, "cannot open %s", "/x"), -ENOENT);
	diag_format(&d, text, sizeof(text));
	assert_string_equal(text, "error: cannot open /x: No such file or directory");
	diag_place(&d, "/etc/berth/units/a.service", 12, "ExecStart");
	len = diag_format(&d, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "/etc/berth/units/a.service:12: error: ExecStart: cannot open "
				  "/x: No such file or directory");
	assert_int_equal(diag_set(&d, DIAG_WARNING, 0, "odd"), -EINVAL);
	diag_place(&d, "a", 0, NULL);
	diag_format(&d, text, sizeof(text));
	assert_string_equal(text, "a: warning: odd");
	diag_format_plain(&d, text, sizeof(text));
	assert_string_equal(text, "a: odd");
	d.level = DIAG_NOTE;
	diag_place(&d, NULL, 5, NULL);
	diag_format(&d, text, sizeof(text));
	assert_string_equal(text, "note: odd");
}

static void test_bounds(void **state)
{
	static char longer[1000];
	struct diag d = { 0 };
	char text[10];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 2);
	longer[sizeof(longer) - 2] = 'E';
	diag_set(&d, DIAG_ERROR, 0, "%s", longer);
	diag_place(&d, longer, 1, longer);
	assert_int_equal(strlen(d.text), sizeof(d.text) - 1);
	assert_int_equal(strlen(d.file), sizeof(d.file) - 1);
	assert_true(str_starts(d.file, "...x") && str_ends(d.file, "xE"));
	assert_int_equal(strlen(d.key), sizeof(d.key) - 1);
	assert_int_equal(diag_format(&d, text, sizeof(text)), 9);
	assert_int_equal(strlen(text), 9);
}

static void test_errno(void **state)
{
	(void)state;
	assert_string_equal(diag_errno(EACCES), "Permission denied");
	assert_string_equal(diag_errno(EUCLEAN), "Structure needs cleaning");
	assert_string_equal(diag_errno_name(ENOENT), "ENOENT");
	assert_string_equal(diag_errno_name(EWOULDBLOCK), "EAGAIN");
	assert_string_equal(diag_errno_name(133), "EHWPOISON");
	assert_null(diag_errno_name(0));
	assert_null(diag_errno_name(41)); /* a hole in the numbers */
	assert_null(diag_errno_name(134));
	assert_null(diag_errno_name(-1));
	assert_string_equal(diag_errno(4095), "Unknown error");
	assert_string_equal(diag_errno(-2), "Unknown error");
}

struct capture {
	struct log_outlet outlet;
	char text[1100];
	size_t len;
	int lines;
};

static void capture_line(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	struct capture *c = (struct capture *)outlet;

	(void)priority;
	c->lines++;
	c->len = len;
	memcpy(c->text, text, len);
	c->text[len] = '\0';
	log_err("from within"); /* must not come back */
	errno = EBADF;
}

static void test_log(void **state)
{
	static struct capture all = { .outlet = { capture_line, LOG_DEBUG, NULL } };
	static struct capture few = { .outlet = { capture_line, LOG_WARNING, NULL } };
	static char longer[2000];

	(void)state;
	log_add_outlet(&all.outlet);
	log_add_outlet(&few.outlet);
	errno = ENOENT;
	log_info("%s: %m", "a");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(all.text, "a: No such file or directory");
	assert_int_equal(all.lines, 1);
	assert_int_equal(few.lines, 0);
	log_warn("b");
	assert_int_equal(few.lines, 1);
	memset(longer, 'x', sizeof(longer) - 1);
	log_err("%s", longer);
	assert_int_equal(all.len, 1023);
	assert_true(str_ends(all.text, "x..."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
