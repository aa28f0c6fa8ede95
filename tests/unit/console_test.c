/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "init/console.h"
#include "lib/fd.h"
#include "lib/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The device is a FIFO: it fills up, hangs up and comes back, as a serial line does. */
static char dir[] = "/tmp/berth-console-XXXXXX";
static char path[64];
static int reader = -1;
static char got[65536];

/* What has arrived, with its time stamps replaced: "[  1.873]" -> "[T]". */
static const char *arrived(void)
{
	static char raw[65536];
	size_t len = 0, out = 0;
	ssize_t n;

	while ((n = read(reader, raw + len, sizeof(raw) - 1 - len)) > 0)
		len += (size_t)n;
	raw[len] = '\0';
	for (size_t i = 0; i < len;) {
		unsigned int sec, ms;
		int used = 0;

		if (raw[i] == '[' && sscanf(raw + i, "[%u.%3u]%n", &sec, &ms, &used) == 2 && used) {
			memcpy(got + out, "[T]", 3);
			out += 3;
			i += (size_t)used;
		} else {
			got[out++] = raw[i++];
		}
	}
	got[out] = '\0';
	return got;
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/console", dir);
	return mkfifo(path, 0600);
}

static int open_device(void **state)
{
	(void)state;
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	console_configure(true, true);
	return console_open(path);
}

static int close_device(void **state)
{
	(void)state;
	console_flush(0);
	console_close();
	fd_close(&reader);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void test_unit_lines(void **state)
{
	(void)state;
	console_unit_line("db.service", "Guestbook database", "started", 12345);
	console_unit_line("multi-user.target", NULL, "reached", USEC_INFINITY);
	console_unit_line("slow.service", "", "stopped", 75 * USEC_PER_SEC);
	assert_string_equal(
		arrived(),
		"[T] started   db.service (12 ms)                    Guestbook database\n"
		"[T] reached   multi-user.target\n"
		"[T] stopped   slow.service (75 s)\n");
}

static void test_errors_are_full_and_indented(void **state)
{
	(void)state;
	console_configure(false, true);
	console_unit_line("db.service", "not shown", "started", 1);
	console_unit_error("x.service", "FAILED", "executable /nope: No such file\nsecond line\n");
	assert_string_equal(arrived(), "[T] FAILED    x.service: executable /nope: No such file\n"
				       "          second line\n");
}

static void test_control_characters(void **state)
{
	(void)state;
	console_line("a\033[2Jb\rc\td\x7f");
	assert_string_equal(arrived(), "[T] a?[2Jb?c\td?\n");
}

static void test_own_messages(void **state)
{
	(void)state;
	console_outlet.line(&console_outlet, LOG_ERR, "bad", 3);
	console_outlet.line(&console_outlet, LOG_WARNING, "odd", 3);
	console_outlet.line(&console_outlet, LOG_NOTICE, "so", 2);
	assert_string_equal(arrived(), "[T] error: bad\n[T] warning: odd\n[T] so\n");
}

static void test_long_line_ends(void **state)
{
	static char text[4000];
	size_t n;

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	console_line(text);
	n = strlen(arrived());
	assert_true(n > 1000 && n < 1400);
	assert_int_equal(got[n - 1], '\n');
}

/* Everything that is under way, round by round as the pipe takes it. */
static const char *all_arrived(void)
{
	static char all[65536];

	all[0] = '\0';
	while (*arrived()) {
		strcat(all, got);
		console_flush(0);
	}
	return all;
}

/* Fills the pipe and the buffer, then lets all through: order is kept, what is missing is told. */
static void test_full_device(void **state)
{
	unsigned int expected = 0, dropped = 0;
	const char *all, *pos;
	char text[300];

	(void)state;
	assert_true(fcntl(reader, F_SETPIPE_SZ, 4096) >= 4096);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line %u %0250d", i, 0);
		console_line(text);
	}
	all = all_arrived();
	for (pos = all; (pos = strstr(pos, "] line ")); pos += 7)
		assert_int_equal(atoi(pos + 7), expected++);
	/* 4096 and 8192 bytes hold about 44 of them */
	assert_in_range(expected, 40, 50);
	assert_null(strstr(all, "dropped"));
	console_line("after");
	assert_int_equal(sscanf(arrived(), "[%u lines were dropped here]\n", &dropped), 1);
	assert_int_equal(expected + dropped, 100);
	assert_non_null(strstr(got, "]\n[T] after\n"));
}

static void test_drains_by_the_loop(void **state)
{
	struct loop *loop = loop_new();
	char text[300];
	unsigned int n = 0;

	(void)state;
	assert_non_null(loop);
	assert_true(fcntl(reader, F_SETPIPE_SZ, 4096) >= 4096);
	console_attach(loop);
	for (unsigned int i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "loop %0250u", i);
		console_line(text);
	}
	arrived();
	for (const char *p = got; (p = strstr(p, "loop ")); p += 5)
		n++;
	for (int round = 0; n < 30 && round < 30; round++) {
		assert_int_equal(loop_run_once(loop), 0);
		arrived();
		for (const char *p = got; (p = strstr(p, "loop ")); p += 5)
			n++;
	}
	assert_int_equal(n, 30);
	console_attach(NULL);
	loop_free(loop);
}

static void test_hang_up(void **state)
{
	(void)state;
	console_line("one");
	assert_string_equal(arrived(), "[T] one\n");
	close(reader);
	console_line("lost or kept"); /* EPIPE: closed */
	assert_int_equal(console_fd(), -1);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	/* not opened again within a second, but kept */
	console_line("two");
	assert_int_equal(console_open(path), 0);
	console_line("three");
	assert_non_null(strstr(arrived(), "[T] two\n[T] three\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_device, close_device)
		T(test_unit_lines),	    T(test_errors_are_full_and_indented),
		T(test_control_characters), T(test_own_messages),
		T(test_long_line_ends),	    T(test_full_device),
		T(test_drains_by_the_loop), T(test_hang_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
