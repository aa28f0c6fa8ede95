/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cgroupfs/limits.h"
#include "cgroupfs/tree.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A plain directory stands for a cgroup: interface files are there beforehand, as in cgroupfs. */
struct fake {
	char path[64];
	int fd;
};

static void put_file(struct fake *f, const char *name, const char *text)
{
	int fd = openat(f->fd, name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *get_file(struct fake *f, const char *name)
{
	static char buf[256];
	int fd = openat(f->fd, name, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	return buf;
}

static int setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/cgroup_limits.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_DIRECTORY | O_RDONLY);
	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++)
		put_file(f, cgroup_limit_file(i), "");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;

	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++)
		unlinkat(f->fd, cgroup_limit_file(i), 0);
	close(f->fd);
	rmdir(f->path);
	free(f);
	return 0;
}

static void expect_text(const struct cgroup_limits *l, enum cgroup_limit which, const char *text)
{
	char buf[CGROUP_LIMIT_TEXT];

	assert_int_equal(cgroup_limit_format(l, which, 0, buf), strlen(text));
	assert_string_equal(buf, text);
}

static void test_format(void **state)
{
	struct cgroup_limits l = { 0 };

	(void)state;
	cgroup_limits_set(&l, CGROUP_MEMORY_MAX, 33554432);
	expect_text(&l, CGROUP_MEMORY_MAX, "33554432");
	cgroup_limits_set(&l, CGROUP_MEMORY_MAX, CGROUP_MAX);
	expect_text(&l, CGROUP_MEMORY_MAX, "max");
	cgroup_limits_set(&l, CGROUP_CPU_QUOTA, 50000);
	expect_text(&l, CGROUP_CPU_QUOTA, "50000 100000");
	l.cpu_period = 10000;
	expect_text(&l, CGROUP_CPU_QUOTA, "50000 10000");
	cgroup_limits_set(&l, CGROUP_IO_WEIGHT, 250);
	expect_text(&l, CGROUP_IO_WEIGHT, "default 250");
}

static void test_every_default_has_a_text(void **state)
{
	static const char *const defaults[CGROUP_LIMIT_COUNT] = {
		[CGROUP_MEMORY_MIN] = "0",	    [CGROUP_MEMORY_LOW] = "0",
		[CGROUP_MEMORY_HIGH] = "max",	    [CGROUP_MEMORY_MAX] = "max",
		[CGROUP_SWAP_MAX] = "max",	    [CGROUP_ZSWAP_MAX] = "max",
		[CGROUP_OOM_GROUP] = "0",	    [CGROUP_TASKS_MAX] = "max",
		[CGROUP_CPU_WEIGHT] = "100",	    [CGROUP_CPU_QUOTA] = "max 100000",
		[CGROUP_IO_WEIGHT] = "default 100",
	};
	struct cgroup_limits l = { 0 };

	(void)state;
	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++) {
		assert_non_null(cgroup_limit_file(i));
		expect_text(&l, i, defaults[i]);
	}
}

static void test_fresh_writes_only_what_is_set(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;

	cgroup_limits_set(&l, CGROUP_MEMORY_MAX, 1 << 20);
	cgroup_limits_set(&l, CGROUP_MEMORY_MIN, 0);
	assert_int_equal(cgroup_limits_apply(f->fd, &l, CGROUP_FRESH, ~0U, &failed), 0);
	assert_null(failed);
	assert_string_equal(get_file(f, "memory.max"), "1048576");
	assert_string_equal(get_file(f, "memory.min"), "0");
	assert_string_equal(get_file(f, "memory.high"), "");
	assert_string_equal(get_file(f, "pids.max"), "");
}

static void test_reused_writes_everything(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;

	cgroup_limits_set(&l, CGROUP_TASKS_MAX, 16);
	/* Another kernel: no zswap. What was never there cannot be left over. */
	unlinkat(f->fd, "memory.zswap.max", 0);
	assert_int_equal(cgroup_limits_apply(f->fd, &l, CGROUP_REUSED, ~0U, &failed), 0);
	assert_string_equal(get_file(f, "pids.max"), "16");
	assert_string_equal(get_file(f, "memory.max"), "max");
	assert_string_equal(get_file(f, "cpu.max"), "max 100000");
}

static void test_reused_leaves_out_what_cannot_be_there(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;

	cgroup_limits_set(&l, CGROUP_IO_WEIGHT, 50);
	assert_int_equal(cgroup_limits_apply(f->fd, &l, CGROUP_REUSED, CGROUP_MEMORY, &failed), 0);
	assert_string_equal(get_file(f, "memory.max"), "max");
	assert_string_equal(get_file(f, "io.weight"), "default 50");
	assert_string_equal(get_file(f, "cpu.max"), "");
	assert_string_equal(get_file(f, "pids.max"), "");
}

static void test_failure_names_the_file(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;

	unlinkat(f->fd, "memory.max", 0);
	cgroup_limits_set(&l, CGROUP_MEMORY_MAX, 1 << 20);
	assert_int_equal(cgroup_limits_apply(f->fd, &l, CGROUP_FRESH, ~0U, &failed), -ENOENT);
	assert_string_equal(failed, "memory.max");
	assert_string_equal(cgroup_file_controller(failed), "memory");
	assert_string_equal(cgroup_kernel_option(failed), "CONFIG_MEMCG");
}

static void test_verify_knows_rounding(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;
	char rounded[32];
	long page = sysconf(_SC_PAGESIZE);

	cgroup_limits_set(&l, CGROUP_MEMORY_MAX, (uint64_t)page * 100 + 17);
	snprintf(rounded, sizeof(rounded), "%ld\n", page * 100);
	put_file(f, "memory.max", rounded);
	cgroup_limits_set(&l, CGROUP_MEMORY_HIGH, UINT64_MAX - 5);
	put_file(f, "memory.high", "max\n");
	cgroup_limits_set(&l, CGROUP_IO_WEIGHT, 100);
	put_file(f, "io.weight", "default 100\n8:0 200\n");
	assert_int_equal(cgroup_limits_verify(f->fd, &l, &failed), 0);
	put_file(f, "memory.max", "4096\n");
	assert_int_equal(cgroup_limits_verify(f->fd, &l, &failed), -ERANGE);
	assert_string_equal(failed, "memory.max");
}

static void test_verify_wants_the_whole_number(void **state)
{
	struct fake *f = *state;
	struct cgroup_limits l = { 0 };
	const char *failed = NULL;

	cgroup_limits_set(&l, CGROUP_TASKS_MAX, 16);
	put_file(f, "pids.max", "160\n");
	assert_int_equal(cgroup_limits_verify(f->fd, &l, &failed), -ERANGE);
	assert_string_equal(failed, "pids.max");
}

static void test_kernel_options(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CGROUP_LIMIT_COUNT; i++) {
		assert_non_null(cgroup_file_controller(cgroup_limit_file(i)));
		assert_non_null(cgroup_kernel_option(cgroup_limit_file(i)));
	}
	assert_string_equal(cgroup_file_controller("cpu.max"), "cpu");
	assert_string_equal(cgroup_file_controller("cpuset.cpus"), "cpuset");
	assert_string_equal(cgroup_kernel_option("pids"), "CONFIG_CGROUP_PIDS");
	assert_string_equal(cgroup_kernel_option("cpu.max"), "CONFIG_CFS_BANDWIDTH");
	assert_null(cgroup_file_controller("cgroup.procs"));
	assert_null(cgroup_kernel_option("nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_every_default_has_a_text),
		cmocka_unit_test_setup_teardown(test_fresh_writes_only_what_is_set, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_reused_writes_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reused_leaves_out_what_cannot_be_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_failure_names_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verify_knows_rounding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verify_wants_the_whole_number, setup,
						teardown),
		cmocka_unit_test(test_kernel_options),
	};

	return cmocka_run_group_tests_name("cgroup_limits", tests, NULL, NULL);
}
