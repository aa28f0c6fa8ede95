/* SPDX-License-Identifier: MIT */
#include "init/reap.h"

#include "init/cgroups.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "lib/pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

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

/* Without memory the table stays as it is: at 3/4 full it still works, only slower. */
static void grow(struct reaper *r)
{
	struct reaper bigger = { .mask = r->mask * 2 + 1, .n = r->n };

	bigger.slots = pool_alloc((bigger.mask + 1) * sizeof(struct process *));
	if (!bigger.slots)
		return;
	for (uint32_t i = 0; i <= r->mask; i++) {
		if (r->slots[i])
			bigger.slots[slot_of(&bigger, r->slots[i]->pid)] = r->slots[i];
	}
	pool_free(r->slots, (r->mask + 1) * sizeof(struct process *));
	*r = bigger;
}

void reaper_add(struct manager *m, struct process *p)
{
	struct reaper *r = m->reaper;
	uint32_t i = slot_of(r, p->pid);

	if (!r->slots[i]) {
		r->n++;
		if (r->n * 4 > r->mask * 3) {
			grow(r);
			i = slot_of(r, p->pid);
		}
	}
	/* The last free slot ends every search; it is never given away. */
	if (r->n <= r->mask)
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
	if (code == CLD_KILLED && (status == SIGHUP || status == SIGINT || status == SIGTERM || status == SIGPIPE))
		return s->config.type != TYPE_ONESHOT || exit_set_has_signal(also, status);
	return exit_set_has_signal(also, status);
}

static struct event_info exit_event(struct process *p)
{
	struct service *s = p->service;
	const struct command *cmd =
		plan_command(manager_node(s->manager, s->index)->unit, p->slot, p->command);

	return (struct event_info){ .exit = {
		.code = p->exit_code,
		.status = p->exit_status,
		.clean = is_clean(s, p->exit_code, p->exit_status),
		.ignored = cmd && (cmd->flags & COMMAND_IGNORE_FAILURE),
	} };
}

static void remember_main(struct process *p)
{
	struct last_exit *last = &p->service->last;

	last->pid = p->stub && p->inner_pid != 0 ? p->inner_pid : p->pid;
	last->code = p->exit_code;
	last->status = p->exit_status;
	last->start = p->start;
	last->end = clock_now(CLOCK_REALTIME);
}

/* OOM counters before the exit, emptiness after it (machine.h "Priority"). */
static void feed_exit(struct service *s, enum service_event event, const struct event_info *info)
{
	if (info->exit.code == CLD_KILLED && info->exit.status == SIGKILL && cgroups_check_oom(s))
		service_step(s, E_OOM, NULL);
	bool empty = s->main.pid == 0 && s->control.pid == 0 && s->anchor.pid == 0 && cgroups_empty(s);

	/* First the fact, then the event that acts on it: nothing has to wait for what is so already. */
	if (empty)
		service_step(s, E_EMPTIED, NULL);
	service_step(s, event, info);
	if (!empty && s->machine.populated && s->main.pid == 0 && s->control.pid == 0) {
		cgroups_watch_empty(s);
		if (s->anchor.pid == 0 && cgroups_empty(s))
			service_step(s, E_EMPTIED, NULL);
	}
}

void reaper_program_ended(struct process *p, bool remaining)
{
	struct service *s = p->service;
	struct event_info info = exit_event(p);
	bool main = p == &s->main;

	info.main_alive = !main && p->slot == SLOT_START && remaining;
	if (main)
		remember_main(p);
	else if (!info.exit.clean)
		s->failed_slot = p->slot;
	process_move(p, info.main_alive ? &s->main : &s->anchor);
	s->main.reported_exit = false; /* of the daemon, nothing is known yet */
	feed_exit(s, main ? E_MAIN_EXITED : E_CONTROL_EXITED, &info);
}

static void child_died(struct manager *m, struct process *p, const siginfo_t *si)
{
	struct service *s = p->service;

	if (p->report.fd >= 0)
		process_read_reports(p);
	if (p->pid != si->si_pid) {
		/* Reading the reports has moved the stub on: to its new place. */
		p = m->reaper->slots[slot_of(m->reaper, si->si_pid)];
		if (!p)
			return;
	}
	if (!p->reported_exit) {
		p->exit_code = si->si_code;
		p->exit_status = si->si_status;
	}
	enum service_event event = p == &s->main ? E_MAIN_EXITED : E_CONTROL_EXITED;
	bool anchor = p == &s->anchor;
	struct event_info info = exit_event(p);

	if (p == &s->main)
		remember_main(p);
	else if (!info.exit.clean)
		s->failed_slot = p->slot;
	process_forget(p);
	if (!anchor)
		feed_exit(s, event, &info);
	if (s->deferred && s->main.pid == 0 && s->control.pid == 0) {
		/* What it waited for will never be there. */
		s->deferred = false;
		service_step(s, E_SPAWN_FAILED,
			     &(struct event_info){ .result = RESULT_RESOURCES, .slot = s->deferred_slot });
	}
	if (!anchor)
		return;
	if (s->machine.populated && s->main.pid == 0 && s->control.pid == 0 && cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
}

void reaper_run(struct manager *m)
{
	for (;;) {
		siginfo_t si = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
			return;
		pid_t pid = si.si_pid;
		struct process *p = m->reaper->slots[slot_of(m->reaper, pid)];

		/*
		 * Reports and counters are read while the pid is still taken; the reaping comes before the
		 * machine's step, which looks whether the cgroup is empty: a zombie does not count there.
		 */
		siginfo_t gone;

		if (p)
			child_died(m, p, &si);
		waitid(P_PID, (id_t)pid, &gone, WEXITED | WNOHANG);
	}
}
