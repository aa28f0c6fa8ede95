/* SPDX-License-Identifier: MIT */
#include "ctl/enter.h"
#include "ctl/pty.h"
#include "ctl/relay.h"
#include "ctl/verbs.h"
#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * `exec UNIT [CMD...]`: a command inside a running service. Done here, by root, and not by PID 1:
 * it needs nothing that PID 1 alone has, and PID 1 does not wait for anybody's shell.
 */

static const char *const exec_wants[] = { "LoadState", "ActiveState", "MainPID", "MainExecuted",
					  NULL };

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

/* All that makes a command in the service. */
struct session {
	struct enter_facts facts;
	struct relay relay;
	struct pty pty;
	int cgroup;
	char **argv;
};

/* Its own terminal, unless nothing of ours is one. */
static int make_terminal(struct session *s)
{
	int r = pty_open(&s->pty, s->facts.uid);

	if (r == 0)
		r = relay_connect(&s->relay, s->pty.master, s->pty.slave);
	if (r < 0)
		fprintf(stderr, "No terminal can be made for the command: %s\n", diag_errno(-r));
	else if (s->pty.nameless)
		fprintf(stderr,
			"Note: the service has no /dev/pts; in there the terminal has no name.\n");
	return r;
}

__attribute__((noreturn)) static void become_command(struct session *s)
{
	int r = relay_become_command(&s->relay);

	if (r < 0)
		fprintf(stderr, "Entering the service: terminal: %s\n", diag_errno(-r));
	if (r < 0 || enter_cgroup_namespace(&s->facts) < 0 || enter_identity(&s->facts) < 0 ||
	    enter_filter(&s->facts) < 0)
		_exit(126);
	execvpe(s->argv[0], s->argv, s->facts.environment);
	fprintf(stderr, "%s: %s\n", s->argv[0], diag_errno(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* What only a process that is in no namespace of the service's can do. */
static int prepare(const struct enter_target *t, struct session *s)
{
	int r = relay_init(&s->relay);

	if (r == 0)
		r = pty_prepare(&s->pty);
	if (r < 0) {
		fprintf(stderr, "Looking at standard input and output: %s\n", diag_errno(-r));
		return r;
	}
	r = enter_read_facts(t, &s->facts);
	if (r < 0)
		return r;
	s->cgroup = enter_open_cgroup(t);
	return s->cgroup < 0 ? s->cgroup : 0;
}

static int run(const struct enter_target *t, int filter, char **argv)
{
	static struct session s;
	struct clone_args args = { .exit_signal = SIGCHLD };
	int pidfd = -1, status = 0, r = prepare(t, &s);
	pid_t pid;

	s.argv = argv;
	s.facts.filter = filter;
	if (r < 0 || enter_namespaces(t) < 0 || (s.relay.terminal >= 0 && make_terminal(&s) < 0))
		return 1;
	if (s.facts.seccomp && filter < 0)
		fprintf(stderr,
			"Note: the program's own system call filter does not apply here.\n");
	/* Only a child is in the new PID namespace (setns(2)). */
	args.flags = CLONE_PIDFD | CLONE_INTO_CGROUP;
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	args.cgroup = (uint64_t)s.cgroup;
	pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		become_command(&s);
	if (pid < 0) {
		fprintf(stderr, "clone3: %s%s\n", diag_errno(-pid),
			pid == -EAGAIN ? " (the unit's TasksMax=?)" : "");
		return 1;
	}
	r = relay_run(&s.relay, pid, pidfd, &status);
	if (r < 0)
		return 128 + SIGHUP;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
