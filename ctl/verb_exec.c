/* SPDX-License-Identifier: MIT */
#include "ctl/enter.h"
#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * `exec UNIT [CMD...]`: a command inside a running service. Done here, by root, and not by PID 1:
 * it needs nothing that PID 1 alone has, and PID 1 does not wait for anybody's shell.
 */

static const char *const exec_wants[] = { "LoadState",	  "ActiveState",  "MainPID",
					  "MainExecuted", "ControlGroup", NULL };

static int look_up_once(struct client *c, const char *unit, struct props *p)
{
	struct failure failure = { 0 };

	if (client_show(c, unit, exec_wants, p, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", unit, failure.text);
		return failure_status(&failure);
	}
	if (str_eq(props_get(p, "LoadState"), "not-found")) {
		fprintf(stderr, "Unit %s could not be found.\n", unit);
		return EXIT_NOT_FOUND;
	}
	/* Behind a stub the program has no number yet while it is made. */
	if (props_number(p, "MainPID", 0) == 0 && !str_eq(props_get(p, "MainExecuted"), "no")) {
		fprintf(stderr, "Unit %s has no main process (it is %s).\n", unit,
			props_get(p, "ActiveState"));
		return EXIT_DEAD;
	}
	return 0;
}

/*
 * A process that is still on the way to its program has namespaces half made and is still root:
 * what is taken over from it would be more than the service has. That is a matter of milliseconds.
 */
static int look_up(struct client *c, const char *unit, struct props *p)
{
	for (int tries = 0; tries < 1000; tries++) {
		int r = look_up_once(c, unit, p);

		if (r || str_eq(props_get(p, "MainExecuted"), "yes"))
			return r;
		props_free(p);
		poll(NULL, 0, 5);
	}
	fprintf(stderr, "Unit %s does not get to its program; see \"berthctl status %s\".\n", unit,
		unit);
	return 1;
}

/*
 * The process of the unit, held by a pidfd. The pid is asked for again once it is held: if it is
 * still the unit's, it cannot have been somebody else's when it was opened (PITFALLS 21).
 */
static int open_target(struct client *c, const char *unit, struct enter_target *t)
{
	struct props p = { 0 };
	pid_t again;
	int r = look_up(c, unit, &p);

	if (r == 0) {
		t->pid = (pid_t)props_number(&p, "MainPID", 0);
		str_copy(t->cgroup, sizeof(t->cgroup), props_get(&p, "ControlGroup"));
		t->pidfd = sys_pidfd_open(t->pid, 0);
	}
	props_free(&p);
	if (r)
		return r;
	r = look_up(c, unit, &p);
	again = (pid_t)props_number(&p, "MainPID", 0);
	props_free(&p);
	if (r)
		return r;
	if (t->pidfd < 0 || again != t->pid) {
		fprintf(stderr, "Unit %s was just restarted; try again.\n", unit);
		return 1;
	}
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * The filter that PID 1 has for the unit, a descriptor; -1: none. It refuses one that should be there
 * and is not.
 */
static int get_filter(struct client *c, const char *unit, int *fd)
{
	struct proto_writer w = client_begin(c, OP_FILTER, 0);
	struct failure failure = { 0 };
	struct reply reply = { .fd = -1 };

	proto_put_text(&w, TAG_UNIT, unit);
	if (client_call(c, &w, &reply, &failure) < 0) {
		fprintf(stderr, "%s: %s\n", unit, failure.text);
		return failure_status(&failure);
	}
	*fd = reply.fd;
	return 0;
}

static int run(const struct enter_target *t, int filter, char **argv)
{
	static struct enter_facts facts;
	pid_t pid;

	facts.filter = filter;

	if (enter_read_facts(t, &facts) < 0 || enter_cgroup(t) < 0 || enter_namespaces(t) < 0)
		return 1;
	if (facts.seccomp && filter < 0)
		fprintf(stderr,
			"Note: the program's own system call filter does not apply here.\n");
	/* The terminal sends these to both of us; the command decides. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	/* Only a child is in the new PID namespace (setns(2)). */
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "fork: %s%s\n", diag_errno(errno),
			errno == EAGAIN ? " (the unit's TasksMax=?)" : "");
		return 1;
	}
	if (pid > 0)
		return wait_for(pid);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (enter_identity(&facts) < 0 || enter_filter(&facts) < 0)
		_exit(126);
	execvpe(argv[0], argv, facts.environment);
	fprintf(stderr, "%s: %s\n", argv[0], diag_errno(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int verb_exec(const struct args *args)
{
	static char shell[] = "/bin/sh";
	static char *shell_argv[] = { shell, NULL };
	const char *unit = full_unit_name(args->operands[0]);
	struct enter_target target = { .pidfd = -1 };
	struct client *c;
	int status, filter = -1;

	if (geteuid() != 0) {
		fprintf(stderr, "Only root can enter a service.\n");
		return EXIT_REFUSED;
	}
	c = client_open(args->socket);
	if (!c)
		return 1;
	status = open_target(c, unit, &target);
	if (status == 0)
		status = get_filter(c, unit, &filter);
	client_close(c);
	if (status == 0)
		status = run(&target, filter,
			     args->n_operands > 1 ? args->operands + 1 : shell_argv);
	fd_close(&target.pidfd);
	return status;
}
