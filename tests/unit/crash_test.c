/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "init/crash.h"
#include "init/mountinfo.h"
#include "init/unmount.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_sent_or_fault(void **state)
{
	siginfo_t i;

	(void)state;
	memset(&i, 0, sizeof(i));
	i.si_code = SEGV_MAPERR;
	assert_false(crash_was_sent(&i, 1));
	i.si_code = SI_KERNEL; /* a general protection fault has no better code */
	assert_false(crash_was_sent(&i, 1));
	i.si_code = SI_USER;
	i.si_pid = 77;
	assert_true(crash_was_sent(&i, 1));
	i.si_pid = 0; /* from outside our pid namespace */
	assert_true(crash_was_sent(&i, 1));
	i.si_code = SI_TKILL;
	i.si_pid = 1; /* our own abort() */
	assert_false(crash_was_sent(&i, 1));
	i.si_code = SI_QUEUE;
	i.si_pid = 77;
	assert_true(crash_was_sent(&i, 1));
}

static void test_message(void **state)
{
	char buf[128], little[20];
	siginfo_t i;

	(void)state;
	memset(&i, 0, sizeof(i));
	i.si_code = SEGV_MAPERR;
	i.si_addr = (void *)0x10;
	crash_message(buf, sizeof(buf), SIGSEGV, &i, 0x4014e1);
	assert_string_equal(buf, "berth: PID 1 crashed: SIGSEGV at address 0x10, pc 0x4014e1");
	i.si_code = SI_TKILL;
	crash_message(buf, sizeof(buf), SIGABRT, &i, 0);
	assert_string_equal(buf, "berth: PID 1 crashed: SIGABRT, pc 0x0");
	assert_true(crash_message(little, sizeof(little), SIGABRT, &i, 0) < sizeof(little));
}

/* Anything but PID 1 dies of its faults as usual: a child between fork and exec has our handlers. */
static void test_others_die(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(crash_install(), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		raise(SIGBUS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void test_kernel_file_systems(void **state)
{
	(void)state;
	assert_true(unmount_is_kernel_fs("tmpfs"));
	assert_true(unmount_is_kernel_fs("cgroup2"));
	assert_false(unmount_is_kernel_fs("ext4"));
	assert_false(unmount_is_kernel_fs("overlay"));
	assert_false(unmount_is_kernel_fs("fuse"));
	assert_false(unmount_is_kernel_fs("nfs4"));
	assert_false(unmount_is_kernel_fs(""));
}

static void test_unescape(void **state)
{
	char blank[] = "/a\\040b\\134c\\011", plain[] = "/a\\9\\04", none[] = "";

	(void)state;
	mountinfo_unescape(blank);
	assert_string_equal(blank, "/a b\\c\t");
	mountinfo_unescape(plain);
	assert_string_equal(plain, "/a\\9\\04");
	mountinfo_unescape(none);
	assert_string_equal(none, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent_or_fault), cmocka_unit_test(test_message),
		cmocka_unit_test(test_others_die),    cmocka_unit_test(test_kernel_file_systems),
		cmocka_unit_test(test_unescape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
