/* SPDX-License-Identifier: MIT */
#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

static char dir[64];
static int dirfd;

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/berth-fd-test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlinkat(dirfd, "f", 0);
	unlinkat(dirfd, "fifo", 0);
	fd_close(&dirfd);
	return rmdir(dir);
}

static void put_file(const char *name, const char *text)
{
	autoclose int fd = openat(dirfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static void test_close_and_take(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int number = fd;
	int taken;

	(void)state;
	taken = fd_take(&fd);
	assert_int_equal(taken, number);
	assert_int_equal(fd, -1);
	errno = EPERM;
	fd_close(&taken);
	fd_close(&taken);
	fd_close(&fd);
	assert_int_equal(errno, EPERM);
	assert_int_equal(taken, -1);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	{
		autoclose int scoped = open("/dev/null", O_RDONLY | O_CLOEXEC);

		number = scoped;
	}
	assert_int_equal(fcntl(number, F_GETFD), -1);
}

static void test_read(void **state)
{
	char buf[6];

	(void)state;
	put_file("f", "12345");
	assert_int_equal(fd_read_file_at(dirfd, "f", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "12345");
	assert_int_equal(fd_read_file_at(dirfd, "f", buf, 5), -E2BIG);
	assert_int_equal(fd_read_file_at(dirfd, "f", buf, 0), -EINVAL);
	assert_int_equal(fd_read_file_at(dirfd, "none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(fd_read_file_at(dirfd, ".", buf, sizeof(buf)), -EISDIR);
	assert_int_equal(mkfifoat(dirfd, "fifo", 0600), 0);
	assert_int_equal(fd_read_file_at(dirfd, "fifo", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
}

static void test_write(void **state)
{
	char buf[16];
	int pipe_fds[2];
	char block[4096] = { 0 };
	int r = 0;

	(void)state;
	assert_int_equal(fd_write_file_at(dirfd, "f", "1", 1), -ENOENT); /* never creates */
	put_file("f", "");
	assert_int_equal(fd_write_file_at(dirfd, "f", "max", 3), 0);
	assert_int_equal(fd_read_file_at(dirfd, "f", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "max");
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	for (int i = 0; r == 0 && i < 1000; i++)
		r = fd_write_all(pipe_fds[1], block, sizeof(block));
	assert_int_equal(r, -EAGAIN);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(fd_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(fd_write_all(-1, "x", 0), 0);
}

/* Of the raw calls, those that need no privilege: result and -errno come through. */
static void test_sys(void **state)
{
	uint32_t word = 5;
	struct timespec soon = { .tv_nsec = 1000000 };
	int fd;

	(void)state;
	fd = sys_pidfd_open(getpid(), 0);
	assert_true(fd >= 0);
	assert_int_equal(sys_pidfd_send_signal(fd, 0, NULL, 0), 0);
	close(fd);
	assert_int_equal(sys_pidfd_open(-1, 0), -EINVAL);
	assert_int_equal(sys_futex_wait(&word, 4, NULL), -EAGAIN);
	assert_int_equal(sys_futex_wait(&word, 5, &soon), -ETIMEDOUT);
	assert_int_equal(sys_futex_wake(&word, 1), 0);
	fd = sys_openat2(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0, 0);
	assert_true(fd >= 0);
	assert_int_equal(sys_close_range((unsigned int)fd, (unsigned int)fd, 0), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(sys_setresuid(getuid(), (uid_t)-1, (uid_t)-1), 0);
	assert_int_equal(sys_fsconfig(-1, 0, NULL, NULL, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_and_take),
		cmocka_unit_test_setup_teardown(test_read, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_write, make_dir, remove_dir),
		cmocka_unit_test(test_sys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
