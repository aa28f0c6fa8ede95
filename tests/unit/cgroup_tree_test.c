/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "cgroupfs/tree.h"
#include "cgroupfs/watch.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Plain directories in the place of cgroups: what needs the real thing is in the boot tests. */
struct fake {
	char path[64];
	int fd;
};

static int setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/cgroup_tree.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_DIRECTORY | O_RDONLY);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;
	char command[128];

	close(f->fd);
	snprintf(command, sizeof(command), "rm -r %s", f->path);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void test_controllers(void **state)
{
	(void)state;
	assert_int_equal(cgroup_controllers_parse("cpuset cpu io memory pids\n"),
			 CGROUP_CPUSET | CGROUP_CPU | CGROUP_IO | CGROUP_MEMORY | CGROUP_PIDS);
	assert_int_equal(cgroup_controllers_parse("cpus memoryx dmem hugetlb"), CGROUP_HUGETLB);
	assert_int_equal(cgroup_controllers_parse("\n"), 0);
	assert_string_equal(cgroup_controller_name(CGROUP_MEMORY), "memory");
	assert_string_equal(cgroup_controller_name(CGROUP_MISC), "misc");
	assert_null(cgroup_controller_name(CGROUP_MEMORY | CGROUP_CPU));
	for (uint32_t bit = 1; bit <= CGROUP_MISC; bit <<= 1)
		assert_int_equal(cgroup_controllers_parse(cgroup_controller_name(bit)), bit);
}

static void test_no_cgroup_file_system(void **state)
{
	struct fake *f = *state;
	struct cgroup_root root;

	assert_int_equal(cgroup_root_setup(f->path, "init", CGROUP_MEMORY, &root), -EMEDIUMTYPE);
	assert_int_equal(cgroup_root_setup("/nonexistent", "init", 0, &root), -ENOENT);
}

static void test_make_leaf_and_slice(void **state)
{
	struct fake *f = *state;
	bool reused = true;
	char text[64] = "";
	int fd = cgroup_make(f->fd, "leaf", 0, &reused);

	assert_true(fd >= 0);
	assert_false(reused);
	close(fd);
	assert_int_equal(mkdirat(f->fd, "slice", 0755), 0);
	fd = openat(f->fd, "slice", O_RDONLY | O_DIRECTORY);
	put_file(fd, "cgroup.subtree_control", "");
	close(fd);
	fd = cgroup_make(f->fd, "slice", CGROUP_MEMORY | CGROUP_PIDS, &reused);
	assert_true(fd >= 0);
	assert_true(reused);
	close(fd);
	fd = openat(f->fd, "slice/cgroup.subtree_control", O_RDONLY);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_string_equal(text, "+memory +pids ");
}

static void test_make_refuses_a_populated_leaf(void **state)
{
	struct fake *f = *state;
	int fd = cgroup_make(f->fd, "leaf", 0, NULL);

	put_file(fd, "cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(cgroup_populated(fd), 1);
	assert_int_equal(cgroup_make(f->fd, "leaf", 0, NULL), -EBUSY);
	put_file(fd, "cgroup.events", "populated 0\nfrozen 0\n");
	assert_int_equal(cgroup_populated(fd), 0);
	close(fd);
}

static void test_remove(void **state)
{
	struct fake *f = *state;

	close(cgroup_make(f->fd, "leaf", 0, NULL));
	assert_int_equal(cgroup_remove(f->fd, "leaf"), 0);
	assert_int_equal(cgroup_remove(f->fd, "leaf"), 0);
	assert_int_equal(faccessat(f->fd, "leaf", F_OK, 0), -1);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* not left behind when the test fails */
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void expect_signalled(pid_t pid, int sig)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), sig);
}

static void test_signal_all(void **state)
{
	struct fake *f = *state;
	pid_t own = sleeper(), spared = sleeper(), inner = sleeper();
	char text[64];
	int sub;

	/* 0 is how a process of another pid namespace reads: kill(0) would hit our whole group. */
	assert_int_equal(setpgid(0, 0), 0);
	snprintf(text, sizeof(text), "0\n%d\n%d\n%d\n", own, spared, getpid());
	put_file(f->fd, "cgroup.procs", text);
	assert_int_equal(mkdirat(f->fd, "sub", 0755), 0);
	sub = openat(f->fd, "sub", O_RDONLY | O_DIRECTORY);
	snprintf(text, sizeof(text), "%d\n", inner);
	put_file(sub, "cgroup.procs", text);
	close(sub);

	assert_int_equal(cgroup_signal_all(f->fd, SIGTERM, false, spared), 2);
	expect_signalled(own, SIGTERM);
	expect_signalled(inner, SIGTERM);
	assert_int_equal(waitpid(spared, NULL, WNOHANG), 0);
	kill(spared, SIGKILL);
	expect_signalled(spared, SIGKILL);
}

static void test_signal_wakes_the_stopped(void **state)
{
	struct fake *f = *state;
	pid_t stopped = sleeper();
	char text[16];

	assert_int_equal(kill(stopped, SIGSTOP), 0);
	snprintf(text, sizeof(text), "%d\n", stopped);
	put_file(f->fd, "cgroup.procs", text);
	assert_int_equal(cgroup_signal_all(f->fd, SIGTERM, true, 0), 1);
	expect_signalled(stopped, SIGTERM);
}

static void test_signal_depth_is_bounded(void **state)
{
	struct fake *f = *state;
	char path[256] = "d";

	put_file(f->fd, "cgroup.procs", "");
	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(mkdirat(f->fd, path, 0755), 0);
		strcat(path, "/d");
	}
	assert_int_equal(cgroup_signal_all(f->fd, SIGTERM, false, 0), -ELOOP);
}

struct seen {
	unsigned int n;
	uint32_t cookie[8];
	enum cgroup_watch_what what[8];
};

static void note(void *ctx, uint32_t cookie, enum cgroup_watch_what what)
{
	struct seen *s = ctx;

	assert_true(s->n < 8);
	s->cookie[s->n] = cookie;
	s->what[s->n++] = what;
}

static void test_watch(void **state)
{
	struct fake *f = *state;
	struct cgroup_watch w;
	struct seen seen = { 0 };
	int fd;

	put_file(f->fd, "memory.events", "oom 0\n");
	put_file(f->fd, "cgroup.events", "populated 0\n");
	assert_int_equal(cgroup_watch_open(&w), 0);
	assert_int_equal(cgroup_watch_add(&w, f->fd, CGROUP_WATCH_MEMORY, 41), 0);
	assert_int_equal(cgroup_watch_add(&w, f->fd, CGROUP_WATCH_STATE, 42), 0);
	assert_int_equal(cgroup_watch_drain(&w, note, &seen), 0);
	assert_int_equal(seen.n, 0);

	fd = openat(f->fd, "memory.events", O_WRONLY);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(cgroup_watch_drain(&w, note, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.cookie[0], 41);
	assert_int_equal(seen.what[0], CGROUP_WATCH_MEMORY);

	/* Removed with the event still queued: it is of nobody. */
	seen.n = 0;
	put_file(f->fd, "cgroup.events", "populated 1\n");
	cgroup_watch_remove(&w, 42);
	assert_int_equal(w.n, 1);
	assert_int_equal(cgroup_watch_drain(&w, note, &seen), 0);
	assert_int_equal(seen.n, 0);

	/* The file goes, and the watch with it. */
	assert_int_equal(unlinkat(f->fd, "memory.events", 0), 0);
	assert_int_equal(cgroup_watch_drain(&w, note, &seen), 0);
	assert_int_equal(w.n, 0);
	assert_int_equal(cgroup_watch_add(&w, f->fd, CGROUP_WATCH_MEMORY, 1), -ENOENT);
	cgroup_watch_close(&w);
}

static void test_many_watches(void **state)
{
	struct fake *f = *state;
	struct cgroup_watch w;
	struct seen seen = { 0 };
	char name[16];
	int fd;

	assert_int_equal(cgroup_watch_open(&w), 0);
	for (uint32_t i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		fd = cgroup_make(f->fd, name, 0, NULL);
		put_file(fd, "cgroup.events", "populated 0\n");
		assert_int_equal(cgroup_watch_add(&w, fd, CGROUP_WATCH_STATE, i), 0);
		close(fd);
	}
	for (uint32_t i = 0; i < 200; i += 2)
		cgroup_watch_remove(&w, i);
	assert_int_equal(w.n, 100);
	fd = openat(f->fd, "c137", O_RDONLY | O_DIRECTORY);
	put_file(fd, "cgroup.events", "");
	close(fd);
	assert_int_equal(cgroup_watch_drain(&w, note, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.cookie[0], 137);
	cgroup_watch_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_controllers),
		cmocka_unit_test_setup_teardown(test_no_cgroup_file_system, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_leaf_and_slice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_make_refuses_a_populated_leaf, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal_wakes_the_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal_depth_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_watches, setup, teardown),
	};

	return cmocka_run_group_tests_name("cgroup_tree", tests, NULL, NULL);
}
