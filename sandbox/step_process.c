/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "sandbox/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The mask as a program expects it. Dispositions need nothing: CLONE_CLEAR_SIGHAND has reset the
 * handlers, and PID 1 ignores no signal (it blocks them: init/signals.c), for an ignored one would
 * stay ignored through clone and exec (PITFALLS 14); which is just what IgnoreSIGPIPE= wants.
 */
int step_signals(struct child *c)
{
	sigset_t none;

	if (c->plan->ignore_sigpipe && signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

/*
 * Type=idle: at most five seconds (systemd.service(5)), or until a signal is pending: whoever comes
 * next has it delivered or passes it on. PID 1 is told, since it is not to keep for so long what it
 * has lent.
 */
int step_idle(struct child *c)
{
	struct pollfd p[2] = { { .fd = c->plan->idle }, { .events = POLLIN } };
	struct report r = { .kind = REPORT_WAITING };
	sigset_t all;

	if (c->plan->idle < 0)
		return 0;
	sigfillset(&all);
	p[1].fd = signalfd(-1, &all, SFD_CLOEXEC);
	if (p[1].fd < 0)
		return -errno;
	stub_send(c->report, &r, 0);
	(void)poll(p, 2, 5000);
	close(p[1].fd);
	return 0;
}

int step_session(struct child *c)
{
	(void)c;
	return setsid() < 0 ? -errno : 0;
}

int step_limits(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	for (size_t i = 0; i < p->n_rlimits; i++) {
		c->item = (uint16_t)i;
		if (setrlimit(p->rlimits[i].resource, &p->rlimits[i].limit) < 0)
			return -errno;
	}
	return 0;
}

int step_nice(struct child *c)
{
	if (!c->plan->set_nice)
		return 0;
	return setpriority(PRIO_PROCESS, 0, c->plan->nice) < 0 ? -errno : 0;
}

/* Only where asked for: PID 1 itself runs at 0 (init is never a victim), so the default is inherited. */
int step_oom(struct child *c)
{
	char text[8];
	struct strbuf b = STRBUF_INIT(text);
	int score = c->plan->oom_score_adj;

	if (!c->plan->set_oom_score_adj)
		return 0;
	if (score < 0) {
		strbuf_put(&b, "-");
		score = -score;
	}
	strbuf_put_u64(&b, (uint64_t)score);
	return fd_write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", text, b.len);
}

int step_cwd(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	umask(p->umask);
	if (!p->cwd) /* "/", where PID 1 is and where pivot_root has left us */
		return 0;
	if (chdir(p->cwd) == 0)
		return 0;
	return p->cwd_optional && chdir("/") == 0 ? 0 : -errno;
}

int step_work(struct child *c)
{
	int r;

	if (!c->plan->work)
		return 0;
	r = c->plan->work(c->plan->work_ctx, c->plan->work_fd, c->text);
	if (r < 0)
		return r;
	_exit(0);
}

static void tell_own_pid(const struct spawn_plan *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->own_pid) && p->own_pid[i]; i++) {
		struct strbuf b;

		strbuf_init(&b, p->own_pid[i], PID_TEXT);
		strbuf_put_u64(&b, (uint64_t)getpid());
	}
}

/*
 * Set-up is done but for the filter, which need not let the child write or ask for its pid: end of
 * file after this record means that the program runs (reports.c). A failure can still follow it.
 */
int step_ready(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	struct report r = { .kind = REPORT_EXEC };

	tell_own_pid(p);
	while (p->stub == STUB_NONE && write(c->report, &r, sizeof(r)) < 0 && errno == EINTR)
		;
	return 0;
}

/* Candidates in the order of PATH; only "not there" lets the next one have its turn. */
int step_exec(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int err = ENOENT;

	for (const char *const *path = p->paths; *path; path++) {
		execve(*path, p->argv, p->envp);
		if (errno != ENOENT && errno != ENOTDIR)
			err = errno;
		if (err != ENOENT && err != EACCES)
			break;
	}
	return -err;
}
