/* SPDX-License-Identifier: MIT */
#include "units/fstab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void test_lines(void **state)
{
	const char *at = "# comment\n\n/dev/vda1 / ext4 rw 0 1\n  UUID=1-2\t/srv/a\\040b/ ext4 "
			 "ro,nofail 0 0\nshort line\n/dev/vda2 none swap sw 0 0\n"
			 "server:/x /net nfs4 noauto\nx relative tmpfs\nlast /l tmpfs";
	struct fstab_entry e;

	(void)state;
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.name, "-.mount");
	assert_false(e.automatic);
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.what, "UUID=1-2");
	assert_string_equal(e.where, "/srv/a b");
	assert_string_equal(e.name, "srv-a\\x20b.mount");
	assert_string_equal(e.options, "ro,nofail");
	assert_true(e.automatic && e.nofail && e.target == FSTAB_LOCAL);
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.name, "dev-vda2.swap");
	assert_true(e.automatic && !e.nofail && e.target == FSTAB_SWAP);
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.where, "/net");
	assert_true(e.target == FSTAB_REMOTE && !e.automatic);
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.options, "defaults");
	assert_false(fstab_next(&at, &e));
}

/* Each line that is no mount says why, save comments. */
static void test_why(void **state)
{
	const char *at = "  # c\n\n/dev/x none swap sw,loop\nshort\nx /a/../b tmpfs\nx /a tmpfs\n",
		   *why;
	struct fstab_entry e;

	(void)state;
	assert_true(fstab_next_line(&at, &e, &why));
	assert_string_equal(why, "");
	assert_true(fstab_next_line(&at, &e, &why));
	assert_string_equal(why, "");
	assert_true(fstab_next_line(&at, &e, &why));
	assert_non_null(strstr(why, "options of a swap"));
	assert_true(fstab_next_line(&at, &e, &why));
	assert_non_null(strstr(why, "three fields"));
	assert_true(fstab_next_line(&at, &e, &why));
	assert_non_null(strstr(why, "named after"));
	assert_true(fstab_next_line(&at, &e, &why));
	assert_null(why);
	assert_false(fstab_next_line(&at, &e, &why));
}

static void test_unit(void **state)
{
	const char *at = "50%\\040off /p tmpfs size=10%";
	struct fstab_entry e;
	char text[512];

	(void)state;
	assert_true(fstab_next(&at, &e));
	assert_true(fstab_unit(&e, text, sizeof(text)));
	assert_string_equal(text, "[Unit]\nSourcePath=/etc/fstab\n[Mount]\nWhat=50%% off\n"
				  "Where=/p\nType=tmpfs\nOptions=size=10%%\n");
	assert_false(fstab_unit(&e, text, 20));
}

static void test_swap(void **state)
{
	const char *at = "LABEL=a\\040b none swap pri=7,discard=once,nofail\nUUID=1-2 swap swap";
	struct fstab_entry e;
	char text[512];

	(void)state;
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.name, "dev-disk-by\\x2dlabel-a\\x5cx20b.swap");
	assert_true(fstab_unit(&e, text, sizeof(text)));
	assert_string_equal(text, "[Unit]\nSourcePath=/etc/fstab\n[Swap]\nWhat=LABEL=a b\n"
				  "Options=pri=7,discard=once,nofail\n");
	assert_true(fstab_next(&at, &e));
	assert_string_equal(e.name, "dev-disk-by\\x2duuid-1\\x2d2.swap");
	assert_null(fstab_swap_options("sw,pri=32767,discard,x-any=1,,"));
	assert_non_null(fstab_swap_options("pri=32768"));
	assert_non_null(fstab_swap_options("pri=-2"));
	assert_non_null(fstab_swap_options("discard=all"));
}

static void test_options(void **state)
{
	(void)state;
	assert_true(fstab_has_option("a,nofail,b", "nofail"));
	assert_true(fstab_has_option("nofail", "nofail"));
	assert_true(fstab_has_option("x=1", "x"));
	assert_false(fstab_has_option("nofailure", "nofail"));
	assert_false(fstab_has_option("", "nofail"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_why),
		cmocka_unit_test(test_unit),	cmocka_unit_test(test_swap),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
