/* SPDX-License-Identifier: MIT */
#include "init/errand.h"

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct loop *loop;
static struct errand last[24];
static int results[24];
static unsigned int n_done;
static unsigned int lines; /* that berth said in this process */
static bool again;	   /* done() starts the same errand once more */

static void count_line(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	(void)outlet, (void)priority, (void)text, (void)len;
	lines++;
}

static struct log_outlet outlet = { .line = count_line, .max_priority = LOG_DEBUG };

static void on_done(struct errand *e, int result)
{
	assert_false(errand_is_under_way(e));
	results[e - last] = result;
	n_done++;
	if (again) {
		again = false;
		assert_int_equal(errand_start(e), 0);
	}
}

static struct errand *errand(int i, int (*work)(void *, int), void *arg)
{
	last[i] = (struct errand){ .what = "testing",
				   .limit = USEC_INFINITY,
				   .work = work,
				   .arg = arg,
				   .done = on_done,
				   .fd = -1 };
	results[i] = 1;
	return &last[i];
}

static int setup(void **state)
{
	(void)state;
	loop = loop_new();
	n_done = lines = 0;
	log_forget_outlets();
	log_add_outlet(&outlet);
	errands_open(loop);
	return loop && loop_reserve_timers(loop, 4) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	log_forget_outlets();
	return 0;
}

/* What the reaper does for one child. False: there is none. */
static bool reap(void)
{
	siginfo_t si;

	if (waitid(P_ALL, 0, &si, WEXITED) < 0)
		return false;
	assert_true(errand_reaped(si.si_pid, &si));
	return true;
}

static int answer(void *arg, int fd)
{
	assert_int_equal(fd, -1);
	return *(const int *)arg;
}

static int write_shared(void *arg, int fd)
{
	(void)fd;
	log_err("nobody hears this");
	*(int *)arg = 42;
	return 0;
}

static int crash(void *arg, int fd)
{
	(void)arg, (void)fd;
	raise(SIGKILL);
	return 0;
}

static int hang(void *arg, int fd)
{
	(void)arg, (void)fd;
	pause();
	return 0;
}

/* 0: the descriptor that was meant, and no other. */
static int look_at_descriptors(void *arg, int fd)
{
	char c;

	(void)arg;
	if (fd != 3 || read(fd, &c, 1) != 1 || c != 'x')
		return -EINVAL;
	for (int i = 4; i < 100; i++) {
		if (fcntl(i, F_GETFD) >= 0)
			return -EMFILE;
	}
	return 0;
}

static void test_results(void **state)
{
	static int values[] = { 0, -ENOENT, -ENOMEM };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(errand_start(errand(i, answer, &values[i])), 0);
	assert_true(errand_is_under_way(&last[0]));
	for (int i = 0; i < 3; i++)
		assert_true(reap());
	assert_int_equal(n_done, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(results[i], values[i]);
	assert_false(reap());
}

static void test_shared_memory_and_silence(void **state)
{
	int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(shared != MAP_FAILED);
	assert_int_equal(errand_start(errand(0, write_shared, shared)), 0);
	assert_true(reap());
	assert_int_equal(results[0], 0);
	assert_int_equal(*shared, 42);
	munmap(shared, 4096);
}

static void test_crash(void **state)
{
	(void)state;
	assert_int_equal(errand_start(errand(0, crash, NULL)), 0);
	assert_true(reap());
	assert_int_equal(results[0], -EIO);
	assert_int_equal(lines, 1);
}

static void test_descriptors(void **state)
{
	int fds[2], others[4];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 4; i++)
		others[i] = dup(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), 1);
	errand(0, look_at_descriptors, NULL)->fd = others[2];
	assert_int_equal(errand_start(&last[0]), 0);
	assert_true(reap());
	assert_int_equal(results[0], 0);
	/* The owner's is still there. */
	assert_true(fcntl(others[2], F_GETFD) >= 0);
	for (int i = 0; i < 4; i++)
		close(others[i]);
	close(fds[0]);
	close(fds[1]);
}

static void test_limit(void **state)
{
	(void)state;
	errand(0, hang, NULL)->limit = 1000;
	assert_int_equal(errand_start(&last[0]), 0);
	while (n_done == 0)
		assert_int_equal(loop_run_once(loop), 0);
	assert_int_equal(results[0], -ETIMEDOUT);
	assert_int_equal(lines, 1);
	/* It ends some time later; that is told, and done() is not called again. */
	assert_true(reap());
	assert_int_equal(n_done, 1);
	assert_int_equal(lines, 2);
}

static void test_queue(void **state)
{
	static int zero;

	(void)state;
	for (int i = 0; i < ERRANDS_AT_ONCE; i++)
		assert_int_equal(errand_start(errand(i, hang, NULL)), 0);
	assert_int_equal(errand_start(errand(10, answer, &zero)), 0);
	assert_int_equal(errand_start(errand(11, answer, &zero)), 0);
	assert_true(errand_is_under_way(&last[10]));
	assert_int_equal(last[10].pid, 0);
	errand_cancel(&last[11]);
	assert_false(errand_is_under_way(&last[11]));
	/* One that is cancelled makes room when it is gone. */
	errand_cancel(&last[1]);
	assert_true(reap());
	assert_int_not_equal(last[10].pid, 0);
	assert_true(reap());
	assert_int_equal(n_done, 1);
	assert_int_equal(results[10], 0);
	for (int i = 0; i < ERRANDS_AT_ONCE; i++)
		errand_cancel(&last[i]);
	while (reap())
		;
	assert_int_equal(n_done, 1);
	assert_int_equal(lines, 0);
}

/* Who waits for something that may never come takes nobody's place. */
static void test_patient(void **state)
{
	static int zero;

	(void)state;
	for (int i = 0; i < ERRANDS_AT_ONCE + 2; i++) {
		errand(i, hang, NULL)->patient = true;
		assert_int_equal(errand_start(&last[i]), 0);
		assert_int_not_equal(last[i].pid, 0);
	}
	for (int i = 10; i < 10 + ERRANDS_AT_ONCE; i++) {
		assert_int_equal(errand_start(errand(i, answer, &zero)), 0);
		assert_int_not_equal(last[i].pid, 0);
	}
	while (n_done < ERRANDS_AT_ONCE)
		assert_true(reap());
	for (int i = 0; i < ERRANDS_AT_ONCE + 2; i++)
		errand_cancel(&last[i]);
	while (reap())
		;
	assert_int_equal(n_done, ERRANDS_AT_ONCE);
}

static void test_started_again_from_done(void **state)
{
	static int value = -EAGAIN;

	(void)state;
	again = true;
	assert_int_equal(errand_start(errand(0, answer, &value)), 0);
	assert_true(reap());
	assert_true(reap());
	assert_int_equal(n_done, 2);
	assert_int_equal(results[0], -EAGAIN);
}

/* As with a dead disk: what was killed does not die. */
static void test_too_many_hang(void **state)
{
	int i = 0;

	(void)state;
	for (; i < ERRANDS_STUCK - ERRANDS_AT_ONCE; i++) {
		assert_int_equal(errand_start(errand(i, hang, NULL)), 0);
		errand_cancel(&last[i]);
	}
	assert_int_equal(errand_start(errand(i, hang, NULL)), -EBUSY);
	assert_true(reap());
	assert_int_equal(errand_start(errand(i, hang, NULL)), 0);
	errand_cancel(&last[i]);
	while (reap())
		;
	assert_int_equal(n_done, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_results),
		T(test_shared_memory_and_silence),
		T(test_crash),
		T(test_descriptors),
		T(test_limit),
		T(test_queue),
		T(test_too_many_hang),
		T(test_patient),
		T(test_started_again_from_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
