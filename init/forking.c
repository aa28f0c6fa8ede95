/* SPDX-License-Identifier: MIT */
#include "init/forking.h"

#include "init/errand.h"
#include "init/manager.h"
#include "init/members.h"
#include "init/pid_file.h"
#include "init/plan.h"
#include "init/process.h"
#include "init/reap.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a process that is not our child ------------------------------------------------------ */

/* Some other process' child, until that one dies too: only its pidfd tells when it ends, not how. */
static bool is_our_child(pid_t pid)
{
	siginfo_t si;

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void on_end(struct source *source, uint32_t revents)
{
	struct process *p = container_of(source, struct process, report);

	(void)revents;
	close(loop_del(p->service->manager->loop, source));
	/* It has become ours meanwhile: SIGCHLD is on its way, one owner of reaping (PITFALLS 22). */
	if (!is_our_child(p->pid))
		reaper_vanished(p);
}

static int watch_end(struct process *p)
{
	int fd = fcntl(p->pidfd, F_DUPFD_CLOEXEC, SPAWN_LOW_FDS);

	if (fd < 0)
		return -errno;
	p->report = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_end };
	int r = loop_add(p->service->manager->loop, &p->report);

	if (r < 0) {
		close(fd);
		p->report.fd = -1;
	}
	return r;
}

/* Makes @pid the main process. A former one becomes an ordinary member of the unit. */
static int adopt(struct service *s, pid_t pid)
{
	struct manager *m = s->manager;
	int r = pid == 0 ? -ESRCH : reaper_reserve(m);
	int fd = r < 0 ? r : sys_pidfd_open(pid, 0);

	if (fd >= 0)
		fd = spawn_lift_fd(fd);
	if (fd < 0)
		return fd;
	if (!members_has(s, pid)) {
		close(fd);
		return -EXDEV;
	}
	process_forget(&s->main);
	s->main = (struct process){
		.service = s,
		.pid = pid,
		.pidfd = fd,
		.slot = SLOT_START,
		.exec_ok = true,
		.start = clock_now(CLOCK_REALTIME),
		.report = { .fd = -1 },
	};
	reaper_add(m, &s->main);
	r = is_our_child(pid) ? 0 : watch_end(&s->main);
	if (r < 0)
		process_forget(&s->main);
	return r;
}

/* --- PIDFile= ----------------------------------------------------------------------------- */

static struct source files = { .fd = -1 }; /* inotify; only while somebody waits for a file */
static struct manager *manager;

static bool awaits_file(const struct service *s)
{
	return s->config->type == TYPE_FORKING && service_state(s) == S_START &&
	       service_control(s)->pid == 0 && s->main.pid == 0 && !s->deferred;
}

static const char *pid_file(const struct service *s)
{
	return unit_str(manager_node(s->manager, s->index)->unit, K_PIDFile);
}

/*
 * Where a look may wait for a disk (pid_file.h) an errand takes it, and what it finds comes as the news of
 * a file that was awaited; of a service in a namespace of its own, as the name of the daemon.
 */
#define LOOK_LIMIT (5 * USEC_PER_SEC) /* of a daemon that runs: for its name alone */

struct look {
	struct errand errand;
	struct service *service;
	bool again;  /* something has happened since it began */
	bool inside; /* in its own root: while it looks, the daemon runs without a name */
	struct look_shared {
		pid_t pid;  /* what the file says, 0: nothing */
		pid_t root; /* in the root of this process; 0: of the host */
		char path[512];
	} * shared;
};

static int look(void *arg, int watch)
{
	struct look_shared *l = arg;
	char path[40];
	struct strbuf b = STRBUF_INIT(path);

	if (l->root == 0) {
		l->pid = pid_file_look(-1, l->path, watch);
		return 0;
	}
	strbuf_printf(&b, "/proc/%d/root", (int)l->root);
	autoclose int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	l->pid = root < 0 ? 0 : pid_file_look(root, l->path, -1);
	return 0;
}

void forking_forget(struct service *s)
{
	struct look *l = s->extra ? s->extra->look : NULL;

	if (!l)
		return;
	errand_cancel(&l->errand);
	munmap(l->shared, sizeof(*l->shared));
	free(l);
	s->extra->look = NULL;
}

static void name_daemon(struct service *s, pid_t number);

static void looked(struct errand *e, int result)
{
	struct look *l = container_of(e, struct look, errand);
	struct service *s = l->service;

	if (l->inside) {
		bool there = s->main.pid == l->shared->root;
		pid_t number = result == 0 ? l->shared->pid : 0;

		forking_forget(s);
		if (there)
			name_daemon(s, number);
	} else if (!awaits_file(s)) {
		forking_forget(s);
	} else if (result == 0 && adopt(s, l->shared->pid) == 0) {
		forking_forget(s);
		service_step(s, E_READY, &(struct event_info){ .main_alive = true });
	} else if (l->again) {
		l->again = false;
		if (errand_start(e) < 0)
			forking_forget(s); /* the start's timeout ends it */
	}
}

/* First the watch, then the look: what comes in between is not missed. 0 or -errno. */
static int begin(struct service *s, bool inside)
{
	struct service_extra *extra = service_extra(s);
	struct look *l;

	if (extra && extra->look && extra->look->inside != inside)
		forking_forget(s);
	if (extra && extra->look) {
		l = extra->look;
		l->again = errand_is_under_way(&l->errand);
		return l->again ? 0 : errand_start(&l->errand);
	}
	l = extra ? calloc(1, sizeof(*l)) : NULL;
	if (!l)
		return -ENOMEM;
	l->service = s;
	l->inside = inside;
	l->shared = mmap(NULL, sizeof(*l->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (l->shared == MAP_FAILED) {
		free(l);
		return -ENOMEM;
	}
	l->shared->root = inside ? s->main.pid : 0;
	str_copy(l->shared->path, sizeof(l->shared->path), pid_file(s));
	l->errand = (struct errand){ .what = "looking for a PIDFile=",
				     /* else the start's own holds */
				     .limit = inside ? LOOK_LIMIT : USEC_INFINITY,
				     .work = look,
				     .arg = l->shared,
				     .done = looked,
				     .fd = inside ? -1 : files.fd,
				     .patient = true };
	extra->look = l;
	int r = errand_start(&l->errand);

	if (r < 0)
		forking_forget(s);
	return r;
}

static int begin_look(struct service *s)
{
	return begin(s, false);
}

/* A former run's file, or one that is not written yet, names nobody of this cgroup: not yet. */
static bool try_file(struct service *s)
{
	pid_t pid = pid_file_read(-1, pid_file(s));

	if (pid == -EXDEV)
		(void)begin_look(s); /* in vain: the start's timeout ends it */
	return pid > 0 && adopt(s, pid) == 0;
}

static void on_files(struct source *source, uint32_t revents)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct manager *m = manager;
	bool any = false;

	(void)revents;
	while (read(source->fd, buf, sizeof(buf)) > 0)
		; /* which file it was is found out by looking at all: they are few */
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = m->nodes[i].service;

		if (s && s->extra && s->extra->look && !s->extra->look->inside && !awaits_file(s))
			forking_forget(s);
		if (!s || !awaits_file(s) || !pid_file(s))
			continue;
		if (!pid_file_in_memory(pid_file(s))) {
			(void)begin_look(s); /* in vain: the start's timeout ends it */
			any = true;
			continue;
		}
		pid_file_watch(files.fd, pid_file(s));
		if (try_file(s))
			service_step(s, E_READY, &(struct event_info){ .main_alive = true });
		else
			any = true;
	}
	/* With the descriptor all its watches go: none is left behind by a start that was given up. */
	if (!any)
		close(loop_del(m->loop, source));
}

static int open_files(struct manager *m)
{
	if (files.fd >= 0)
		return 0;
	manager = m;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	fd = spawn_lift_fd(fd);
	if (fd < 0)
		return fd;
	files = (struct source){ .fd = fd, .events = EPOLLIN, .fn = on_files };
	int r = loop_add(m->loop, &files);

	if (r < 0) {
		close(fd);
		files.fd = -1;
	}
	return r;
}

static bool find_by_file(struct service *s, bool *awaited)
{
	bool direct = pid_file_in_memory(pid_file(s));
	int r = open_files(s->manager);

	if (r == 0 && !direct)
		r = begin_look(s);
	else if (r == 0) /* first the watch, then the look, here too */
		pid_file_watch(files.fd, pid_file(s));
	if (direct && try_file(s))
		return true;
	*awaited = r == 0;
	if (r < 0)
		manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_ERR,
				 "waiting for %s: %s", pid_file(s), diag_errno(-r));
	return false;
}

/* --- a daemon in a namespace of its own --------------------------------------------------- */

/*
 * The file lies in the service's own root and counts in its own numbers. A link in there leads nowhere
 * else. -EXDEV: an errand has to look.
 */
static pid_t number_in_file(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	char path[40];
	struct strbuf b = STRBUF_INIT(path);

	if (!pid_file(s))
		return 0;
	if (!pid_file_in_own_run(u, pid_file(s)))
		return -EXDEV;
	strbuf_printf(&b, "/proc/%d/root", (int)s->main.pid);
	autoclose int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? 0 : pid_file_read(root, pid_file(s));
}

static void name_daemon(struct service *s, pid_t number)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	pid_t pid = number > 0 ? members_by_number(s, number) : 0;
	siginfo_t si = { .si_signo = STUB_NAME_PROGRAM, .si_code = SI_QUEUE };

	if (pid == 0 && unit_bool(u, K_GuessMainPID))
		pid = members_only(s);
	si.si_value.sival_int = pid != 0 ? (int)members_pid_inside(pid) : 0;
	if (si.si_value.sival_int > 0 &&
	    sys_pidfd_send_signal(s->main.pidfd, si.si_signo, &si, 0) == 0)
		s->main.inner_pid = pid;
	else /* main lives as long as anything of it does; the end of all is what the stub then tells */
		sys_pidfd_send_signal(s->main.pidfd, SIGTERM, NULL, 0);
}

void forking_name_daemon(struct service *s)
{
	s->main.slot = SLOT_START;
	s->main.command = 0;
	s->main.reported_exit = false; /* of the daemon, nothing is known yet */
	s->main.inner_pid = 0;
	pid_t number = number_in_file(s);

	if (number != -EXDEV || begin(s, true) < 0)
		name_daemon(s, number);
}

bool forking_find_main(struct service *s, bool *awaited)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	bool by_file = pid_file(s) && plan_isolation(s) == ISOLATION_NONE;
	pid_t pid;

	*awaited = false;
	if (by_file)
		return find_by_file(s, awaited);
	if (service_anchor(s)->pid != 0) {
		/* The daemon has become a child of the namespace's stub, which hears how it ends. */
		process_move(service_anchor(s), &s->main);
		forking_name_daemon(s);
		return true;
	}
	pid = unit_bool(u, K_GuessMainPID) ? members_only(s) : 0;
	return pid != 0 && adopt(s, pid) == 0;
}

/*
 * In a namespace of its own a service counts in its own numbers, and its stub is to take the end of
 * another process for that of the program: at once if that is a child of the stub, else when the
 * program has ended.
 */
static int adopt_inside(struct service *s, pid_t number)
{
	siginfo_t si = { .si_signo = STUB_NAME_PROGRAM, .si_code = SI_QUEUE };
	pid_t pid = members_by_number(s, number);
	int r;

	if (pid == 0 || pid == s->main.pid)
		return -EXDEV;
	if (!s->main.stub || pid == s->main.inner_pid)
		return s->main.stub ? 0 : -EOPNOTSUPP;
	si.si_value.sival_int = (int)number;
	r = sys_pidfd_send_signal(s->main.pidfd, si.si_signo, &si, 0);
	if (r == 0)
		s->main.inner_pid = pid;
	return r;
}

void forking_main_told(struct service *s, pid_t pid)
{
	const struct node *node = manager_node(s->manager, s->index);
	bool awaited = awaits_file(s), isolated = plan_isolation(s) != ISOLATION_NONE;
	int r;

	if (!(s->machine.main_alive || awaited) ||
	    (!isolated && (pid == service_main_pid(s) || pid == service_control(s)->pid)))
		return;
	r = isolated ? adopt_inside(s, pid) : adopt(s, pid);
	if (r < 0)
		manager_unit_log(s->manager, node, LOG_WARNING, "MAINPID=%d is not heeded: %s",
				 (int)pid,
				 r == -EXDEV ? "not a process of this unit" : diag_errno(-r));
	else if (awaited && !isolated)
		service_step(s, E_READY, &(struct event_info){ .main_alive = true });
}
