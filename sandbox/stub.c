/* SPDX-License-Identifier: MIT */
#include "sandbox/stub.h"

#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void stub_prepare(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

void stub_send(int report, const struct report *r, pid_t pid)
{
	struct iovec iov = { (void *)(uintptr_t)r, sizeof(*r) };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct ucred cred = { .pid = pid };

	if (pid == 0) {
		/* A pipe or a socket alike; blocks never: the channel holds every record there is. */
		while (write(report, r, sizeof(*r)) < 0 && errno == EINTR)
			;
		return;
	}
	memset(&control, 0, sizeof(control));
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(c), &cred, sizeof(cred));
	while (sendmsg(report, &msg, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/*
 * Everything but the report channel goes: the stub lives as long as the service and must not hold
 * its log pipe, its namespaces' descriptors or anything of PID 1's (PITFALLS 33, 35).
 */
static void close_all_but(int fd)
{
	if (fd > 0)
		sys_close_range(0, (unsigned int)fd - 1, 0);
	sys_close_range((unsigned int)fd + 1, ~0U, 0);
}

struct stub {
	int report;
	bool namespace_init; /* process 1 of a PID namespace, whose end is everybody's in there */
	pid_t program;	     /* 0: has ended */
	pid_t next; /* MAINPID=: whose place it is when the program has ended; 0: nobody's */
	enum stub_mode mode;
	bool joined; /* others' children have been announced */
	bool lingering; /* only others' children are left in the namespace: their end is told to nobody */
	bool told;	/* the program's end has been reported */
	siginfo_t last; /* the end of the program, or of what was left of it last */
};

static void tell_exit(struct stub *s, const siginfo_t *si, bool remaining)
{
	struct report r = {
		.kind = REPORT_EXITED,
		.code = si->si_code,
		.status = si->si_status,
		.remaining = remaining,
	};

	stub_send(s->report, &r, 0);
}

static bool is_child(pid_t pid)
{
	siginfo_t si;

	return pid > 0 && waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * The program handed over to another process (MAINPID=), which has become a child of ours by its end:
 * that end is nothing to tell. Without such a child it is the end it looks like.
 */
static bool hand_over(struct stub *s)
{
	pid_t next = s->next;

	s->next = 0;
	if (!is_child(next))
		return false;
	s->program = next;
	return true;
}

/*
 * The daemon of Type=forking, or whom MAINPID= names while the program lives: a child of the program
 * is not yet one of ours. Without a program, no child of ours: then the end of all is its end.
 */
static void name_program(struct stub *s, pid_t pid)
{
	if (pid == STUB_JOINED)
		s->joined = true;
	else if (is_child(pid))
		s->program = pid;
	else if (s->program != 0)
		s->next = pid;
	else
		s->mode = STUB_EXIT;
}

static void take_signal(struct stub *s, int sig, const siginfo_t *si)
{
	if (sig == STUB_NAME_PROGRAM && si->si_code == SI_QUEUE)
		name_program(s, si->si_value.sival_int);
	else if (s->program != 0)
		kill(s->program, sig);
	/*
	 * Without a program: an anchor is not needed any more. What the program's end left behind is
	 * signalled by PID 1 itself.
	 */
	else if (sig == SIGTERM)
		s->mode = STUB_EXIT;
}

/*
 * Without children: whether something is left all the same that would die with this stub. The
 * commands that have joined the namespace (ExecStop beside main, main after ExecStartPre) are
 * children of stubs outside. The kernel goes through all processes of the machine to answer: it is
 * asked only where somebody has joined.
 */
static bool others_live(struct stub *s)
{
	static const struct timespec at_once = { 0 };
	sigset_t named;
	siginfo_t si;

	/* SIGCHLD has the lower number, and so comes first of the two. */
	sigemptyset(&named);
	sigaddset(&named, STUB_NAME_PROGRAM);
	while (!s->joined && sigtimedwait(&named, &si, &at_once) > 0)
		take_signal(s, STUB_NAME_PROGRAM, &si);
	s->lingering = s->namespace_init && s->joined && kill(-1, 0) == 0;
	return s->lingering;
}

/* Reaps all that is dead. Returns true when nothing is left that needs this stub. */
static bool reap(struct stub *s)
{
	siginfo_t program = { .si_pid = 0 };
	bool empty;

	for (;;) {
		siginfo_t si = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG) < 0) {
			empty = errno == ECHILD && !others_live(s);
			break;
		}
		if (si.si_pid == 0) {
			empty = false;
			break;
		}
		/* After the program, the last process decides: the daemon of Type=forking. */
		if (s->program == 0 || si.si_pid == s->program)
			s->last = si;
		if (si.si_pid == s->program) {
			s->program = 0;
			program = si;
		}
	}
	/* Its own end, whoever else of its namespace was reaped along with it. */
	if (program.si_pid != 0 && hand_over(s))
		program.si_pid = 0;
	if (program.si_pid != 0)
		tell_exit(s, &program, !empty);
	else if (empty && s->told && s->mode == STUB_EXIT)
		tell_exit(s, &s->last, false);
	s->told |= program.si_pid != 0;
	return empty;
}

/*
 * With the stub its whole PID namespace dies. When memory runs out in the cgroup because of a full
 * tmpfs, all processes are small, and the kernel would as well take the stub as the culprit
 * (PITFALLS 38 is about the reverse: what the program must not inherit). Last, not never: -1000
 * would leave nobody to kill. Without CAP_SYS_RESOURCE (a user namespace) it takes its chance.
 */
static void be_killed_last(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = write(fd, "-999", 4);

	(void)n;
	close(fd);
}

void stub_run(int report, pid_t pid, enum stub_mode mode)
{
	/* PID 1 sends a SIGCHLD when one of those who joined ends; this is in case it cannot. */
	static const struct timespec look_again = { .tv_sec = 1 };
	struct stub s = {
		.report = report, .program = pid, .mode = mode, .namespace_init = getpid() == 1
	};
	struct report execed = { .kind = REPORT_EXECED };
	sigset_t all;

	/* vfork returned: the program was executed, or it failed, said so and is a zombie already. */
	stub_send(report, &execed, pid);
	close_all_but(report);
	be_killed_last();
	prctl(PR_SET_NAME, "berth-stub");
	sigfillset(&all);
	for (;;) {
		siginfo_t si;
		bool ask = s.lingering && s.mode == STUB_EXIT;
		int sig = sigtimedwait(&all, &si, ask ? &look_again : NULL);

		if (sig < 0 && errno != EAGAIN)
			continue;
		if (sig > 0 && sig != SIGCHLD)
			take_signal(&s, sig, &si);
		if (reap(&s) && s.mode == STUB_EXIT)
			_exit(s.last.si_code == CLD_EXITED ? s.last.si_status
							   : 128 + s.last.si_status);
	}
}
