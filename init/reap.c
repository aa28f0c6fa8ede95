/* SPDX-License-Identifier: MIT */
#include "init/reap.h"

#include "init/cgroups.h"
#include "init/checkup.h"
#include "init/control.h"
#include "init/denials.h"
#include "init/errand.h"
#include "init/forking.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/notify.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "init/ready.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

/*
 * How many are reaped before everybody else has a turn: a fork bomb whose orphans fall to us must
 * not keep PID 1 from the rest (PITFALLS 18).
 */
#define BATCH 128

/* Open addressing, pid as key; at most three processes per service. */
struct reaper {
	struct process **slots;
	uint32_t mask; /* size - 1 */
	uint32_t n;
};

int reaper_open(struct manager *m)
{
	struct reaper *r = pool_alloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->mask = 255;
	r->slots = pool_alloc((r->mask + 1) * sizeof(struct process *));
	m->reaper = r;
	return r->slots ? 0 : -ENOMEM;
}

static uint32_t slot_of(const struct reaper *r, pid_t pid)
{
	uint32_t i = (uint32_t)pid * 2654435761u & r->mask;

	while (r->slots[i] && r->slots[i]->pid != pid)
		i = (i + 1) & r->mask;
	return i;
}

static int grow(struct reaper *r)
{
	struct reaper bigger = { .mask = r->mask * 2 + 1, .n = r->n };

	bigger.slots = pool_alloc((bigger.mask + 1) * sizeof(struct process *));
	if (!bigger.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i <= r->mask; i++) {
		if (r->slots[i])
			bigger.slots[slot_of(&bigger, r->slots[i]->pid)] = r->slots[i];
	}
	pool_free(r->slots, (r->mask + 1) * sizeof(struct process *));
	*r = bigger;
	return 0;
}

int reaper_reserve(struct manager *m)
{
	struct reaper *r = m->reaper;

	if ((r->n + 1) * 4 <= r->mask * 3 || grow(r) == 0)
		return 0;
	/* Without memory: fuller is only slower, but the last free slot ends every search. */
	return r->n + 1 < r->mask ? 0 : -ENOMEM;
}

void reaper_add(struct manager *m, struct process *p)
{
	struct reaper *r = m->reaper;
	uint32_t i = slot_of(r, p->pid);

	if (!r->slots[i])
		r->n++;
	r->slots[i] = p;
}

void reaper_remove(struct manager *m, struct process *p)
{
	struct reaper *r = m->reaper;
	uint32_t i = slot_of(r, p->pid);

	if (r->slots[i] != p)
		return;
	r->slots[i] = NULL;
	r->n--;
	/* Whoever had been pushed past this slot moves up. */
	for (uint32_t k = (i + 1) & r->mask; r->slots[k]; k = (k + 1) & r->mask) {
		struct process *moved = r->slots[k];

		r->slots[k] = NULL;
		r->slots[slot_of(r, moved->pid)] = moved;
	}
}

/* systemd.service(5) SuccessExitStatus=: 0, and the signals that ask to end. */
static bool is_clean(const struct service *s, int code, int status)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct setting *set = unit_setting(u, K_SuccessExitStatus);
	const struct exit_set *also = set ? set->value.p : NULL;

	if (code == CLD_EXITED)
		return status == 0 || exit_set_has_code(also, (unsigned int)status);
	if (code == CLD_KILLED &&
	    (status == SIGHUP || status == SIGINT || status == SIGTERM || status == SIGPIPE))
		return s->config->type != TYPE_ONESHOT || exit_set_has_signal(also, status);
	return exit_set_has_signal(also, status);
}

/* A restart is settled by the way main has ended, whatever Restart= says. */
static bool is_in_set(const struct service *s, enum key key, int code, int status)
{
	const struct setting *setting = unit_setting(manager_node(s->manager, s->index)->unit, key);
	const struct exit_set *set = setting ? setting->value.p : NULL;

	return code == CLD_EXITED ? exit_set_has_code(set, (unsigned int)status)
				  : exit_set_has_signal(set, status);
}

static struct event_info exit_event(struct process *p)
{
	struct service *s = p->service;
	const struct command *cmd =
		plan_command(manager_node(s->manager, s->index)->unit, p->slot, p->command);

	return (struct event_info){
		.exit = { .code = p->exit_code,
			  .status = p->exit_status,
			  .clean = is_clean(s, p->exit_code, p->exit_status),
			  .ignored = cmd && (cmd->flags & COMMAND_IGNORE_FAILURE) },
		.prevents_restart =
			is_in_set(s, K_RestartPreventExitStatus, p->exit_code, p->exit_status),
		.forces_restart =
			is_in_set(s, K_RestartForceExitStatus, p->exit_code, p->exit_status),
	};
}

static void remember_main(struct process *p)
{
	struct last_exit *last = &p->service->last;

	p->service->main_ended = true;

	/* What a stub reported has its program's number already (reports.c). */
	if (!p->stub || !p->reported_exit)
		last->pid = p->pid;
	last->code = p->vanished ? 0 : p->exit_code;
	last->status = p->exit_status;
	last->start = p->start;
	last->end = clock_now(CLOCK_REALTIME);
	denials_main_ended(p->service);
	control_unit_named(p->service->manager, p->service->index);
}

static bool is_kill_stage(enum service_state state)
{
	return state == S_STOP_WATCHDOG || state == S_STOP_SIGTERM || state == S_STOP_SIGKILL ||
	       state == S_FINAL_SIGTERM || state == S_FINAL_SIGKILL;
}

static bool is_last(const struct service *s)
{
	return s->main.pid == 0 && service_control(s)->pid == 0 && service_anchor(s)->pid == 0;
}

/*
 * OOM counters before the exit, emptiness after it (machine.h "Priority"). The counters tell of
 * any unclean end: a shell whose child was killed says so with an exit status (PITFALLS 67).
 */
static void feed_exit(struct service *s, enum service_event event, const struct event_info *info)
{
	bool unclean = info->exit.code != CLD_EXITED || info->exit.status != 0;
	struct cgroup_end end = cgroups_look_at_end(s, is_last(s), unclean);

	if (end.oom)
		service_step(s, E_OOM, NULL);
	bool empty = end.empty && is_last(s);

	/* First the fact, then the event that acts on it: nothing has to wait for what is so already. */
	if (empty)
		service_step(s, E_EMPTIED, NULL);
	service_step(s, event, info);
	if (!empty && s->machine.populated && s->main.pid == 0 && service_control(s)->pid == 0) {
		cgroups_watch_empty(s);
		if (service_anchor(s)->pid == 0 && cgroups_empty(s))
			service_step(s, E_EMPTIED, NULL);
	}
	/* Where only the cgroup can tell that a service has ended, nothing of ours may stay in it for good. */
	if (s->main.pid == 0 && (s->machine.mainless || is_kill_stage(service_state(s))))
		process_dismiss_anchor(s);
}

/* A command that waits for the namespaces of a process that is gone will never have them. */
static void drop_deferred(struct service *s)
{
	if (!s->deferred || !s->deferred_inside || s->main.pid != 0 || service_control(s)->pid != 0)
		return;
	s->deferred = false;
	service_step(s, E_SPAWN_FAILED,
		     &(struct event_info){ .result = RESULT_RESOURCES, .slot = s->deferred_slot });
}

static bool is_forking_start(const struct process *p)
{
	return p == service_control(p->service) && p->slot == SLOT_START;
}

void reaper_program_ended(struct process *p, bool remaining)
{
	struct service *s = p->service;
	struct event_info info = exit_event(p);
	bool main = p == &s->main;

	info.main_alive = is_forking_start(p) && remaining;
	if (main)
		remember_main(p);
	else if (!info.exit.clean)
		s->failed_slot = p->slot;
	process_move(p, info.main_alive ? &s->main : service_anchor(s));
	if (info.main_alive)
		forking_name_daemon(s);
	feed_exit(s, main ? E_MAIN_EXITED : E_CONTROL_EXITED, &info);
	drop_deferred(s);
}

static struct process *process_of(struct manager *m, pid_t pid)
{
	return m->reaper->slots[slot_of(m->reaper, pid)];
}

/*
 * What was said before the end comes before the end: reports of the stub, which may move it on to
 * another place, then log lines, READY=1 or MAINPID= (PITFALLS 133). NULL: the process is nobody's
 * any more.
 */
static struct process *hear_out(struct manager *m, pid_t pid)
{
	struct process *p = process_of(m, pid), *before;

	do {
		before = p;
		if (p->report.fd >= 0)
			process_read_reports(p);
		p = process_of(m, pid);
	} while (p && p != before);
	if (!p || p == service_anchor(p->service))
		return p;
	logs_hear_out(p->service);
	notify_drain(p->service);
	if (process_of(m, pid) == p)
		ready_drain(p->service);
	return process_of(m, pid);
}

/* Those who joined are strangers to the stub of their namespace: whether it is needed now it asks itself. */
static void wake_holder(struct service *s)
{
	struct process *const all[] = { &s->main, service_control(s), service_anchor(s) };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->pid != 0 && all[i]->holder)
			sys_pidfd_send_signal(all[i]->pidfd, SIGCHLD, NULL, 0);
	}
}

static void anchor_died(struct service *s)
{
	process_forget(service_anchor(s));
	drop_deferred(s);
	if (s->machine.populated && s->main.pid == 0 && service_control(s)->pid == 0 &&
	    cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
}

static void child_died(struct process *p, const siginfo_t *si)
{
	struct service *s = p->service;
	bool main = p == &s->main;

	if (p == service_anchor(s)) {
		anchor_died(s);
		return;
	}
	if (!p->reported_exit) {
		p->exit_code = si->si_code;
		p->exit_status = si->si_status;
		denials_ended(p, p->pid, si->si_code, si->si_status);
	}
	if (service_has(s)->checkup && p == &service_has(s)->checkup->check) {
		if (p->stub)
			wake_holder(s);
		checkup_ended(p);
		return;
	}
	struct event_info info = exit_event(p);
	bool forked = is_forking_start(p) && info.exit.code == CLD_EXITED &&
		      (info.exit.clean || info.exit.ignored);

	if (main)
		remember_main(p);
	else if (!info.exit.clean)
		s->failed_slot = p->slot;
	if (p->stub && !p->holder)
		wake_holder(s);
	process_forget(p);
	if (forked)
		info.main_alive = forking_find_main(s, &info.main_awaited);
	feed_exit(s, main ? E_MAIN_EXITED : E_CONTROL_EXITED, &info);
	drop_deferred(s);
}

void reaper_vanished(struct process *p)
{
	struct service *s = p->service;

	/*
	 * Its parent alone has waitid(2)'s answer. systemd takes such an end for a success, too; it is at
	 * least not shown as one.
	 */
	manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_NOTICE,
			 "process %d was another one's child: how it ended is unknown", p->pid);
	p->vanished = true;
	child_died(p, &(siginfo_t){ .si_code = CLD_EXITED });
}

bool reaper_run(struct manager *m)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		siginfo_t si = { .si_pid = 0 }, gone;

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
			return false;
		pid_t pid = si.si_pid;
		struct process *p = process_of(m, pid) ? hear_out(m, pid) : NULL;

		/*
		 * All that is to be known is read, and acted upon, while the pid is still taken; for the
		 * cgroup a zombie does not count. Then this very one is reaped (PITFALLS 17, 18).
		 */
		if (p)
			child_died(p, &si);
		waitid(P_PID, (id_t)pid, &gone, WEXITED | WNOHANG);
		if (!p)
			errand_reaped(pid, &si);
	}
	return true;
}
