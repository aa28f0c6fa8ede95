/* SPDX-License-Identifier: MIT */
#include "init/errand.h"

#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct loop *loop;
static struct list running = LIST_INIT(running), waiting = LIST_INIT(waiting);
static unsigned int n_running, n_patient;
static struct timer timer;
/* Killed, but not dead yet: in the kernel, or about to be reaped. */
static LARGE_STATIC struct {
	const char *what;
	pid_t pid;
	bool told, patient;
} stuck[2 * ERRANDS_STUCK];
static unsigned int n_stuck;

static void begin_waiting(void);

static bool has_room(const struct errand *e)
{
	return e->patient ? n_patient < ERRANDS_PATIENT : n_running < ERRANDS_AT_ONCE;
}

/* Patient ones that hang (a server for each mount) do not keep the others from being begun. */
static bool too_many_stuck(const struct errand *e)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < n_stuck; i++)
		n += stuck[i].patient == e->patient;
	return n >= ERRANDS_STUCK - ERRANDS_AT_ONCE;
}

/* -- the child ----------------------------------------------------------------------------- */

/*
 * PID 1's descriptors are not for an errand that may hang for hours: a client would wait for the
 * end of a connection, a service for that of its pipe.
 */
static void keep_only(int fd)
{
	unsigned int first = 3;

	if (fd >= 0 && dup2(fd, 3) == 3)
		first = 4;
	sys_close_range(first, UINT_MAX, 0);
}

static _Noreturn void run_child(const char *name, int (*work)(void *, int), void *arg, int fd)
{
	sigset_t none;
	int r;

	log_forget_outlets();
	keep_only(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, name);
	/* PID 1 is spared by the OOM killer; what eats memory in its name is not. */
	(void)fd_write_file_at(AT_FDCWD, "/proc/self/oom_score_adj", "0", 1);
	r = work(arg, fd >= 0 ? 3 : -1);
	_exit(r < 0 ? -r & 255 : 0);
}

/* -- PID 1 --------------------------------------------------------------------------------- */

static void arm(void)
{
	usec_t first = USEC_INFINITY;
	const struct list *pos;

	list_for_each (pos, &running) {
		const struct errand *e = list_entry(pos, struct errand, link);

		first = e->deadline < first ? e->deadline : first;
	}
	loop_arm(loop, &timer, first);
}

static int begin(struct errand *e)
{
	/* The owner may live in the pool, which the child does not have. */
	int (*work)(void *, int) = e->work;
	void *arg = e->arg;
	int fd = e->fd;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child("berth-errand", work, arg, fd);
	e->pid = pid;
	e->deadline = usec_add(clock_now(CLOCK_MONOTONIC), e->limit);
	list_append(&running, &e->link);
	*(e->patient ? &n_patient : &n_running) += 1;
	arm();
	return 0;
}

int errand_helper(const char *name, int (*work)(void *, int), void *arg, int fd)
{
	pid_t pid = fork();

	if (pid == 0)
		run_child(name, work, arg, fd);
	return pid < 0 ? -errno : 0; /* the reaper reaps whom nobody knows */
}

static void take_out(struct errand *e)
{
	list_remove(&e->link);
	*(e->patient ? &n_patient : &n_running) -= e->pid != 0;
	e->pid = 0;
}

/*
 * There is room: errand_start() begins nothing without, and only what runs gets here. Patient ones
 * are many, but end at once unless they hang; what there is no room for is reaped without a word.
 */
static void leave_behind(struct errand *e, bool told)
{
	kill(e->pid, SIGKILL);
	if (n_stuck == ARRAY_SIZE(stuck))
		return;
	stuck[n_stuck].patient = e->patient;
	stuck[n_stuck].pid = e->pid;
	stuck[n_stuck].what = e->what;
	stuck[n_stuck++].told = told;
}

static void on_timer(struct timer *t, usec_t now)
{
	struct list late = LIST_INIT(late), *pos, *tmp;

	(void)t;
	list_for_each_safe (pos, tmp, &running) {
		struct errand *e = list_entry(pos, struct errand, link);

		if (e->deadline > now)
			continue;
		log_warn("%s takes longer than %llu s and is given up", e->what,
			 (unsigned long long)(e->limit / USEC_PER_SEC));
		leave_behind(e, true);
		take_out(e);
		list_append(&late, &e->link);
	}
	arm();
	begin_waiting();
	while (!list_empty(&late)) {
		struct errand *e = list_entry(late.next, struct errand, link);

		list_remove(&e->link);
		e->done(e, -ETIMEDOUT);
	}
}

/* The first for which there is room. */
static struct errand *next_waiting(void)
{
	const struct list *pos;

	list_for_each (pos, &waiting) {
		struct errand *e = list_entry(pos, struct errand, link);

		if (has_room(e))
			return e;
	}
	return NULL;
}

static void begin_waiting(void)
{
	struct errand *e;

	while ((e = next_waiting())) {
		int r = too_many_stuck(e) ? -EBUSY : 0;

		list_remove(&e->link);
		if (r == 0)
			r = begin(e);
		if (r < 0)
			e->done(e, r);
	}
}

void errands_open(struct loop *l)
{
	loop = l;
	list_init(&running);
	list_init(&waiting);
	n_running = n_patient = n_stuck = 0;
	timer = (struct timer)TIMER_INIT(on_timer);
}

int errand_start(struct errand *e)
{
	list_init(&e->link);
	e->pid = 0;
	if (too_many_stuck(e))
		return -EBUSY;
	if (has_room(e))
		return begin(e);
	list_append(&waiting, &e->link);
	return 0;
}

bool errand_is_under_way(const struct errand *e)
{
	return e->link.next && !list_empty(&e->link);
}

void errand_cancel(struct errand *e)
{
	if (!errand_is_under_way(e))
		return;
	if (e->pid != 0)
		leave_behind(e, false);
	take_out(e);
	arm();
	/* Whoever waits for the slot gets it when the child is reaped, or with the next errand. */
}

static bool reaped_stuck(pid_t pid)
{
	for (unsigned int i = 0; i < n_stuck; i++) {
		if (stuck[i].pid != pid)
			continue;
		if (stuck[i].told)
			log_notice("%s: the process that was given up has ended", stuck[i].what);
		stuck[i] = stuck[--n_stuck];
		begin_waiting();
		return true;
	}
	return false;
}

static int result_of(const struct errand *e, const siginfo_t *si)
{
	if (si->si_code == CLD_EXITED)
		return -si->si_status;
	log_err("%s: the process was killed by signal %d", e->what, si->si_status);
	return -EIO;
}

bool errand_reaped(pid_t pid, const siginfo_t *si)
{
	struct list *pos;

	list_for_each (pos, &running) {
		struct errand *e = list_entry(pos, struct errand, link);

		if (e->pid != pid)
			continue;
		take_out(e);
		arm();
		begin_waiting();
		e->done(e, result_of(e, si));
		return true;
	}
	return reaped_stuck(pid);
}
