/* SPDX-License-Identifier: MIT */
#include "sandbox/share.h"

#include "sandbox/child.h"
#include "sandbox/openings.h"
#include "sandbox/spawn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct share_room room;
static char *const no_environment[] = { NULL };

static struct spawn_plan plan_for(const char *const *paths, char *const *argv)
{
	return (struct spawn_plan){
		.cgroup = -1,
		.join_pidfd = -1,
		.netns = -1,
		.notify_from = -1,
		.idle = -1,
		.host_netlink = -1,
		.stdio = { -1, -1, -1 },
		.umask = 022,
		.paths = paths,
		.argv = argv,
		.envp = no_environment,
	};
}

static struct spawned start(struct spawn_plan *plan, struct spawn_lent *lent)
{
	struct spawned child;

	assert_int_equal(spawn_start(plan, &room, lent, &child), 0);
	return child;
}

/* The child's last report before the end of the channel; kind 0: none. Who speaks needs nothing lent any more. */
static struct report last_report(int fd, struct spawn_lent *lent)
{
	struct report last = { .kind = 0 }, next;
	pid_t pid;
	int r;

	while ((r = spawn_read_report(fd, false, &next, &pid)) != 0) {
		if (r == 1) {
			last = next;
			spawn_settled(lent);
			continue;
		}
		assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, -1), 1);
	}
	return last;
}

/* How it ended; its descriptors are closed. */
static int finish(struct spawned *child, struct spawn_lent *lent)
{
	int status;

	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	spawn_settled(lent);
	close(child->report);
	close(child->pidfd);
	return status;
}

static void test_child_executes(void **state)
{
	(void)state;
	const char *const paths[] = { "/bin/sh", NULL };
	char *const argv[] = { "sh", "-c", "exit 7", NULL };
	struct spawn_plan plan = plan_for(paths, argv);
	struct spawn_lent lent = { .n = 0 };

	for (int i = 0; i < 20; i++) {
		struct spawned child = start(&plan, &lent);

		assert_int_equal(last_report(child.report, &lent).kind, REPORT_EXEC);
		assert_true(share_room_is_free(&room)); /* the end of the channel says so, too */
		assert_int_equal(WEXITSTATUS(finish(&child, &lent)), 7);
	}
}

static void test_failure_is_told_and_errno_stays(void **state)
{
	(void)state;
	const char *const paths[] = { "/nowhere/at/all", NULL };
	char *const argv[] = { "all", NULL };
	struct spawn_plan plan = plan_for(paths, argv);
	struct spawn_lent lent = { .n = 0 };
	struct spawned child = start(&plan, &lent);
	int status;

	errno = ELIBSCN; /* nobody else's */
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_int_equal(errno, ELIBSCN);
	spawn_settled(&lent);
	assert_true(share_room_is_free(&room));
	assert_int_equal(WEXITSTATUS(status), step_exit_status(STEP_EXEC));
	struct report r = last_report(child.report, &lent);

	assert_int_equal(r.kind, REPORT_FAILED);
	assert_int_equal(r.step, STEP_EXEC);
	assert_int_equal(r.err, ENOENT);
	close(child.report);
	close(child.pidfd);
}

/* An output that is a FIFO without a reader: the child hangs in its set-up. */
static void test_killed_during_setup(void **state)
{
	(void)state;
	char dir[] = "/tmp/berth-share-XXXXXX", fifo[64];
	const char *const paths[] = { "/bin/sh", NULL };
	char *const argv[] = { "sh", NULL };
	struct spawn_plan plan = plan_for(paths, argv);
	struct spawn_lent lent = { .n = 0 };

	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	const struct openings openings = {
		.v[1] = { .kind = OPENING_FILE, .path = fifo, .flags = O_WRONLY }
	};
	plan.openings = &openings;

	struct spawned child = start(&plan, &lent);

	assert_int_equal(share_room_is_free(&room), !share_allowed(&plan));
	kill(child.pid, SIGKILL);
	assert_int_equal(WTERMSIG(finish(&child, &lent)), SIGKILL);
	assert_true(share_room_is_free(&room));
	unlink(fifo);
	rmdir(dir);
}

static void test_who_gets_a_copy(void **state)
{
	(void)state;
	const char *const paths[] = { "/bin/true", NULL };
	char *const argv[] = { "true", NULL };
	const struct spawn_plan plain = plan_for(paths, argv);
	struct spawn_plan p;

#if defined(__GLIBC__)
	assert_false(share_allowed(&plain)); /* the sanitizers' runtime is not known well enough */
#else
	assert_true(share_allowed(&plain));
#endif
#define GETS_A_COPY(change)                                                                        \
	p = plain;                                                                                 \
	p.change;                                                                                  \
	assert_false(share_allowed(&p))
	GETS_A_COPY(stub = STUB_EXIT);
	GETS_A_COPY(namespaces = CLONE_FS);
	GETS_A_COPY(join_pidfd = 3);
	GETS_A_COPY(netns = 3);
	GETS_A_COPY(idle = 3);
	GETS_A_COPY(n_mounts = 1);
	GETS_A_COPY(n_directories = 1);
	GETS_A_COPY(root = "run");
	GETS_A_COPY(set_oom_score_adj = true);
	GETS_A_COPY(set_user = true);
	GETS_A_COPY(slow_cgroup = true);
	GETS_A_COPY(attributes = (const struct attributes *)(const void *)paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child_executes),
		cmocka_unit_test(test_failure_is_told_and_errno_stays),
		cmocka_unit_test(test_killed_during_setup),
		cmocka_unit_test(test_who_gets_a_copy),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
