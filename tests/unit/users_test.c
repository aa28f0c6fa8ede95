/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "init/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/berth-users-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/etc/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	users_set_root(root);
	return mkdir(path_of(""), 0755);
}

static int teardown(void **state)
{
	(void)state;
	users_set_root("");
	unlink(path_of("passwd"));
	unlink(path_of("group"));
	rmdir(path_of(""));
	return rmdir(root);
}

static int reset(void **state)
{
	(void)state;
	put("passwd", "root:x:0:0:root:/root:/bin/sh\n"
		      "# comment:x:1:1::/:\n"
		      "+nis:x:1:1::/:\n"
		      "short:x:7\n"
		      "bad:x:12x:3::/:/bin/sh\n"
		      "none:x:4294967295:3::/:/bin/sh\n"
		      "sixteen:x:65535:3::/:/bin/sh\n"
		      "web:x:1000:1001:Web,,,:/srv/web:/bin/ash\n"
		      "bare:x:5:6\n"
		      "web:x:2000:2001::/other:/bin/other\n"
		      "last:x:9:10::/last:/bin/last");
	put("group", "root:x:0:\n"
		     "www:x:1001:\n"
		     "disk:x:6:webby,web,bare\n"
		     "tty:x:5:web\n"
		     "own:x:1001:web\n"
		     "tail:x:77:bare,web");
	return users_read_here();
}

static void test_by_name(void **state)
{
	struct user_entry u;

	(void)state;
	assert_int_equal(user_lookup("web", &u), 0);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 1001);
	assert_string_equal(u.name, "web");
	assert_string_equal(u.home, "/srv/web");
	assert_string_equal(u.shell, "/bin/ash");
	assert_int_equal(user_lookup("root", &u), 0);
	assert_int_equal(u.uid, 0);
	/* no newline at the end of the file */
	assert_int_equal(user_lookup("last", &u), 0);
	assert_string_equal(u.shell, "/bin/last");
}

static void test_defaults_of_short_lines(void **state)
{
	struct user_entry u;

	(void)state;
	assert_int_equal(user_lookup("bare", &u), 0);
	assert_string_equal(u.home, "/");
	assert_string_equal(u.shell, "/bin/sh");
}

static void test_refused_lines(void **state)
{
	static const char *const names[] = { "we",    "webb", "",	 "# comment", "+nis",
					     "short", "bad",  "sixteen", "none",      "x" };
	struct user_entry u;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(user_lookup(names[i], &u), -ESRCH);
}

static void test_numbers(void **state)
{
	struct user_entry u;

	(void)state;
	assert_int_equal(user_lookup("1000", &u), 0);
	assert_string_equal(u.name, "web");
	assert_int_equal(u.gid, 1001);
	assert_int_equal(user_lookup("4242", &u), 0);
	assert_int_equal(u.uid, 4242);
	assert_int_equal(u.gid, 4242);
	assert_string_equal(u.name, "");
	assert_int_equal(user_lookup("4294967295", &u), -ESRCH);
	assert_int_equal(user_lookup("4294967296", &u), -ESRCH);
	assert_int_equal(user_lookup("65535", &u), -ESRCH);
	assert_int_equal(user_lookup("-1", &u), -ESRCH);
	assert_int_equal(user_lookup("99999999999", &u), -ESRCH);
}

static void test_groups(void **state)
{
	gid_t gid, list[8];

	(void)state;
	assert_int_equal(group_lookup("tty", &gid), 0);
	assert_int_equal(gid, 5);
	assert_int_equal(group_lookup("123", &gid), 0);
	assert_int_equal(gid, 123);
	assert_int_equal(group_lookup("nope", &gid), -ESRCH);
	/* the primary group is there once, first; "webby" is somebody else */
	assert_int_equal(user_groups("web", 1001, list, 8), 4);
	assert_int_equal(list[0], 1001);
	assert_int_equal(list[1], 6);
	assert_int_equal(list[2], 5);
	assert_int_equal(list[3], 77);
	/* more than there is room for: counted, not written */
	list[2] = 999;
	assert_int_equal(user_groups("web", 1001, list, 2), 4);
	assert_int_equal(list[2], 999);
	assert_int_equal(user_groups("nobody", 3, list, 8), 1);
	assert_int_equal(user_groups("", 3, list, 8), 1);
}

/* As a start does it when somebody has changed the files. */
static int look(const char *name, struct user_entry *out)
{
	assert_int_equal(users_read_here(), 0);
	return user_lookup(name, out);
}

static void test_change_is_seen(void **state)
{
	struct user_entry u;

	(void)state;
	assert_int_equal(look("web", &u), 0);
	put("passwd", "web:x:3000:1001::/:/bin/ash\n");
	assert_int_equal(look("web", &u), 0);
	assert_int_equal(u.uid, 3000);
	unlink(path_of("passwd"));
	assert_int_equal(look("web", &u), -ENOENT);
	assert_int_equal(look("12", &u), 0);
	put("passwd", "");
	assert_int_equal(look("web", &u), -ESRCH);
}

static void test_no_regular_file(void **state)
{
	struct user_entry u;
	gid_t list[2];

	(void)state;
	unlink(path_of("passwd"));
	/* must not wait for a writer */
	assert_int_equal(mkfifo(path_of("passwd"), 0600), 0);
	assert_int_equal(look("web", &u), -EINVAL);
	unlink(path_of("passwd"));
	put("passwd", "");
	assert_int_equal(truncate(path_of("passwd"), 1024 * 1024 + 1), 0);
	assert_int_equal(look("web", &u), -EFBIG);
	unlink(path_of("group"));
	assert_int_equal(users_read_here(), 0);
	assert_int_equal(user_groups("web", 3, list, 2), 1);
}

static void test_field_too_long(void **state)
{
	static char line[1200];
	struct user_entry u;

	(void)state;
	snprintf(line, sizeof(line), "web:x:1:1::/%0*d:/bin/sh\n", 300, 0);
	put("passwd", line);
	assert_int_equal(look("web", &u), -ERANGE);
	assert_int_equal(look("1", &u), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_by_name, reset),
		cmocka_unit_test_setup(test_defaults_of_short_lines, reset),
		cmocka_unit_test_setup(test_refused_lines, reset),
		cmocka_unit_test_setup(test_numbers, reset),
		cmocka_unit_test_setup(test_groups, reset),
		cmocka_unit_test_setup(test_change_is_seen, reset),
		cmocka_unit_test_setup(test_no_regular_file, reset),
		cmocka_unit_test_setup(test_field_too_long, reset),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
