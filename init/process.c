/* SPDX-License-Identifier: MIT */
#include "init/process.h"

#include "init/cgroups.h"
#include "init/checkup.h"
#include "init/denials.h"
#include "init/idle.h"
#include "init/ipc.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/notify.h"
#include "init/places.h"
#include "init/plan_parts.h"
#include "init/pod.h"
#include "init/prepare.h"
#include "init/ready.h"
#include "init/reap.h"
#include "init/rootview.h"
#include "init/terminal.h"
#include "init/window.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "netcfg/apply.h"
#include "sandbox/mounts.h"
#include "sandbox/stub.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The process whose namespaces a further command of the same run enters; NULL: it gets its own. Only
 * the one that made them: setns(2) on a stub that has joined would lead back to the host's PID
 * namespace, which that stub itself has never left.
 */
static struct process *namespaces_of(struct service *s)
{
	struct process *const all[] = { service_anchor(s), &s->main, service_control(s) };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		/* In an empty cgroup the holder is dead, only not reaped yet: nobody can join it. */
		if (all[i]->pid != 0 && all[i]->holder && !all[i]->leaving)
			return cgroups_empty(s) ? NULL : all[i];
	}
	return NULL;
}

const struct process *process_with_namespaces(struct service *s, bool *soon)
{
	const struct process *p = namespaces_of(s);

	if (!p && s->main.pid != 0 && !s->main.stub)
		p = &s->main;
	*soon = p && !p->failed_setup && !(p->stub ? p->view_ready : p->exec_ok);
	return *soon ? NULL : p;
}

/*
 * Until its stub has come to the program a holder may not have its root view: whoever joined it
 * now would see the host's. Such a command waits for the report.
 */
static bool must_wait_inside(struct service *s)
{
	const struct process *holder = namespaces_of(s), *main = &s->main;

	if (holder && !holder->view_ready)
		return true;
	/* $MAINPID is the program's, which its stub tells along with the exec. */
	return main->pid != 0 && main->stub && !main->exec_ok && !main->failed_setup &&
	       !main->reported_exit && !main->exec_reported;
}

/* 1: @s is deferred, by whom is told when it may go on. 0: nothing to wait for. -errno. */
static int wait_for_all(struct service *s, enum command_slot slot, unsigned int command)
{
	bool inside = must_wait_inside(s);
	int r = inside || terminal_is_busy(s) || (!s->run_begun && ipc_must_wait(s))
			? 1
			: prepare_command(s, slot, command);

	if (r <= 0 || slot == SLOT_HEALTH)
		return r;
	s->deferred = true;
	s->deferred_inside = inside;
	s->deferred_slot = (uint8_t)slot;
	s->deferred_command = (uint16_t)command;
	return 1;
}

static bool is_main(const struct service *s, enum command_slot slot)
{
	return slot == SLOT_START && s->config->type != TYPE_FORKING;
}

static struct process *place_of(struct service *s, enum command_slot slot)
{
	if (slot == SLOT_HEALTH)
		return &service_has(s)->checkup->check;
	return is_main(s, slot) ? &s->main : service_control(s);
}

/*
 * Which namespaces: those of the run if there are any; else new ones, with the network namespace
 * kept from the run before. A first command that is not main (ExecStartPre ...) leaves its stub as
 * the anchor that the following ones join.
 */
static void choose_namespaces(struct service *s, enum command_slot slot, struct spawn_plan *p)
{
	const uint64_t all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			     CLONE_NEWCGROUP | CLONE_NEWNET;
	struct process *with = namespaces_of(s);

	if (!with && plan_owns_network(s)) {
		p->users_namespaces = p->namespaces & CLONE_NEWNET;
		p->namespaces &= ~p->users_namespaces;
	}
	if (p->stub == STUB_NONE) {
		if (s->netns >= 0)
			p->namespaces &= ~(uint64_t)CLONE_NEWNET;
		p->netns = s->netns;
		return;
	}
	if (with) {
		p->join_pidfd = with->pidfd;
		p->join_namespaces = (p->namespaces & all) | p->pod_namespaces;
		p->pod_namespaces = 0;
		/* Their files may not be there in the view that is joined; who made it has entered them. */
		p->join_namespaces |=
			(p->netns_path ? CLONE_NEWNET : 0) | (p->ipcns_path ? CLONE_NEWIPC : 0);
		if (p->monotonic_offset || p->boottime_offset)
			p->join_namespaces |= CLONE_NEWTIME;
		p->monotonic_offset = p->boottime_offset = 0;
		p->netns_path = p->ipcns_path = NULL;
		p->namespaces = 0;
		p->network = NULL;
		p->n_directories = p->n_tunables = 0;
		p->hostname = NULL;
		return;
	}
	if (s->netns >= 0) {
		p->namespaces &= ~(uint64_t)CLONE_NEWNET;
		p->netns = s->netns;
		p->network = NULL;
	}
	if (!is_main(s, slot) && slot != SLOT_STOP_POST && slot != SLOT_STOP)
		p->stub = slot == SLOT_START ? STUB_EXIT : STUB_ANCHOR;
	if (is_main(s, slot) && s->config->n_commands[SLOT_START] > 1)
		p->stub = STUB_ANCHOR;
}

/* Lends the child what it needs below the cut (spawn.h); each is ours to close if this fails. */
static int lend(struct spawn_lent *lent, int fd)
{
	if (fd < 0)
		return fd;
	int r = spawn_lend(lent, fd);

	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int lend_copy(struct spawn_lent *lent, int fd)
{
	return lend(lent, sys_dup_from(fd, 3));
}

/* Of descriptors 0-2 what is not opened by the child (plan_stdio.c): the log's pipe, what is handed. */
static int open_stdio(struct service *s, struct service_plan *plan, struct spawn_lent *lent)
{
	struct spawn_plan *p = &plan->spawn;
	int log = plan->to_log ? lend(lent, logs_open_pipe(s)) : -1;

	if (plan->to_log && log < 0)
		return log;
	for (unsigned int i = 0; i < 3; i++) {
		if (plan->to_log >> i & 1)
			p->stdio[i] = log;
		if (plan->std_from[i] < 0)
			continue;
		for (unsigned int k = 0; k < i; k++) {
			if (plan->std_from[k] == plan->std_from[i])
				p->stdio[i] = p->stdio[k];
		}
		if (p->stdio[i] < 0)
			p->stdio[i] = lend_copy(lent, plan->std_from[i]);
		if (p->stdio[i] < 0)
			return p->stdio[i];
	}
	return 0;
}

static int open_descriptors(struct service *s, struct service_plan *plan, struct spawn_lent *lent)
{
	struct spawn_plan *p = &plan->spawn;
	int r = p->work ? 0 : open_stdio(s, plan, lent);

	if (r < 0)
		return r;
	if (plan->work_fd >= 0) {
		p->work_fd = lend_copy(lent, plan->work_fd);
		if (p->work_fd < 0)
			return p->work_fd;
	}
	if (p->network && p->network_spec == &plan->net) {
		p->host_netlink = lend(lent, net_host_socket());
		if (p->host_netlink < 0)
			return p->host_netlink;
	}
	if (p->netns >= 0) {
		p->netns = lend_copy(lent, p->netns);
		if (p->netns < 0)
			return p->netns;
	}
	for (size_t i = 0; i < POD_KINDS; i++) {
		if (p->pod[i] < 0)
			continue;
		p->pod[i] = lend_copy(lent, p->pod[i]);
		if (p->pod[i] < 0)
			return p->pod[i];
	}
	if (p->join_pidfd >= 0) {
		p->join_pidfd = lend_copy(lent, p->join_pidfd);
		if (p->join_pidfd < 0)
			return p->join_pidfd;
	}
	return 0;
}

/* What main's type is about: another way to tell that it is ready, another time to be executed. */
static int open_for_type(struct service *s, struct spawn_plan *p, struct spawn_lent *lent,
			 struct diag *diag)
{
	int fd, r = ready_open(s, &fd, diag);

	if (r < 0)
		return r;
	if (fd >= 0) {
		const struct unit *u = manager_node(s->manager, s->index)->unit;

		p->notify_from = lend(lent, fd);
		p->notify_to = (int)unit_u64(u, K_NotifyFD);
		if (p->notify_from < 0)
			return p->notify_from;
		if (p->notify_to < 3 + (int)p->n_fds) {
			plan_place(diag, u, K_NotifyFD);
			return diag_set(diag, DIAG_ERROR, EBUSY,
					"%d descriptors are handed over from 3 on", (int)p->n_fds);
		}
	}
	if (s->config->type == TYPE_IDLE) {
		p->idle = lend(lent, idle_wait_fd());
		if (p->idle < 0)
			return p->idle;
	}
	return 0;
}

struct id_stock {
	uint8_t bytes[256];
	size_t left;
};

/* The next 16 of a stock: no secret, and one call serves many starts. */
void process_new_id(const struct service *s, uint8_t id[16])
{
	static struct id_stock *stock; /* in memory that no child copies pages of */

	if (!stock)
		stock = pool_alloc(sizeof(*stock));
	if (stock && stock->left == 0 &&
	    getrandom(stock->bytes, sizeof(stock->bytes), GRND_NONBLOCK) == sizeof(stock->bytes))
		stock->left = sizeof(stock->bytes);
	if (!stock || stock->left == 0) {
		/* The pool is not ready: the clock has to do, waiting is out of question. */
		uint64_t parts[2] = { clock_now(CLOCK_REALTIME),
				      clock_now(CLOCK_MONOTONIC) ^ s->index };

		memcpy(id, parts, sizeof(parts));
		return;
	}
	stock->left -= 16;
	memcpy(id, stock->bytes + stock->left, 16);
}

void process_id_text(const uint8_t id[16], char text[33])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < 16; i++) {
		text[2 * i] = hex[id[i] >> 4];
		text[2 * i + 1] = hex[id[i] & 15];
	}
	text[32] = '\0';
}

static void on_report(struct source *source, uint32_t revents)
{
	struct process *p = container_of(source, struct process, report);

	(void)revents;
	process_read_reports(p);
}

/* The kernel's word for it says little: which limit, or which option it was built without. */
static int clone_failed(struct service *s, const struct spawn_plan *p, int err, struct diag *diag)
{
	const char *why = "";

	if (err == -EAGAIN)
		why = ": too many processes (pids limit)";
	else if (p->namespaces != 0 && err == -ENOSPC)
		why = ": no more namespaces of one kind (user.max_*_namespaces)";
	else if (p->namespaces != 0 && err == -EINVAL)
		why = ": a kernel without one of CONFIG_UTS_NS, CONFIG_IPC_NS, CONFIG_PID_NS, "
		      "CONFIG_NET_NS";
	if (p->namespaces != 0)
		plan_place(diag, manager_node(s->manager, s->index)->unit, K_Isolation);
	return diag_set(diag, DIAG_ERROR, -err, "clone3%s", why);
}

/* A stub that has ended already hears nothing, and cannot be joined either. */
static void announce(int stub)
{
	siginfo_t si = { .si_signo = STUB_NAME_PROGRAM, .si_code = SI_QUEUE };

	si.si_value.sival_int = STUB_JOINED;
	(void)sys_pidfd_send_signal(stub, si.si_signo, &si, 0);
}

static int start(struct service *s, struct process *proc, enum command_slot slot,
		 struct service_plan *plan, struct share_room *room, struct diag *diag)
{
	struct manager *m = s->manager;
	struct spawned child = { .pid = 0, .pidfd = -1, .report = -1 };
	autoclose int cgroup = cgroups_enter(s, diag);
	autoclose int below = -1;

	if (cgroup < 0)
		return cgroup;
	plan->spawn.cgroup = cgroup;
	if (slot == SLOT_HEALTH) {
		/* It would make namespaces of its own for what is not there any more. */
		if (plan->spawn.stub != STUB_NONE && plan->spawn.join_pidfd < 0)
			return -EINPROGRESS;
		below = checkup_cgroup(cgroup);
		if (below < 0)
			return below == -EBUSY ? -EINPROGRESS
					       : diag_set(diag, DIAG_ERROR, -below, "cgroup");
		plan->spawn.cgroup = below;
	}
	int r = reaper_reserve(m);

	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "process table");
	if (plan->spawn.join_pidfd >= 0)
		announce(plan->spawn.join_pidfd);
	proc->lent = pool_alloc(sizeof(*proc->lent));
	r = proc->lent ? open_descriptors(s, plan, proc->lent) : -ENOMEM;
	if (r == 0 && is_main(s, slot))
		r = open_for_type(s, &plan->spawn, proc->lent, diag);
	if (r == 0)
		r = spawn_start(&plan->spawn, room, proc->lent, &child);
	if (r < 0) {
		window_leave(m, proc);
		if (diag->text[0] != '\0')
			return r;
		return clone_failed(s, &plan->spawn, r, diag);
	}
	proc->service = s;
	proc->pid = child.pid;
	proc->pidfd = child.pidfd;
	proc->slot = (uint8_t)slot;
	proc->stub = plan->spawn.stub != STUB_NONE;
	proc->anchor = plan->spawn.stub == STUB_ANCHOR;
	proc->holder = proc->stub && plan->spawn.join_pidfd < 0;
	proc->start = clock_now(CLOCK_REALTIME);
	proc->report = (struct source){ .fd = child.report, .events = EPOLLIN, .fn = on_report };
	window_enter(m, proc);
	reaper_add(m, proc);
	r = loop_add(m->loop, &proc->report);
	if (r == 0)
		return 0;
	/* The machine will hear that there is no process: so there must be none. */
	sys_pidfd_send_signal(proc->pidfd, SIGKILL, NULL, 0);
	process_forget(proc);
	return diag_set(diag, DIAG_ERROR, -r, "watching the child");
}

void process_tell(struct service *s, enum command_slot slot, struct diag *diag)
{
	char text[512];
	const struct node *node = manager_node(s->manager, s->index);

	if (diag->file[0] == '\0')
		diag_place(diag, node->unit->path ? node->unit->path : node->unit->id, 0,
			   plan_command_name(node->unit, slot));
	diag_format_plain(diag, text, sizeof(text));
	manager_unit_log(s->manager, node, LOG_ERR, "%s", text);
	if (slot == SLOT_HEALTH)
		return; /* no reason for an end */
	service_set_reason(s, text);
	s->reason_fresh = true;
}

int process_spawn(struct service *s, enum command_slot slot, unsigned int command)
{
	struct manager *m = s->manager;
	struct diag diag = { 0 };
	int r = 0;

	if (slot == SLOT_HEALTH && service_has(s)->checkup->check.pid != 0)
		return -EINPROGRESS;
	r = wait_for_all(s, slot, command);
	if (r > 0)
		return slot == SLOT_HEALTH ? -EINPROGRESS : 0;
	if (r < 0)
		diag_set(&diag, DIAG_ERROR, -r, "preparing");
	if (r == 0 && !s->run_begun) {
		s->run_begun = true;
		denials_forget(s);
		s->main_ended = false;
		s->reason_fresh = s->failure_told = false;
		s->failed_slot = SLOT_START;
		process_new_id(s, s->invocation);
		r = notify_open(s);
		if (r < 0)
			diag_set(&diag, DIAG_ERROR, -r, "notify socket");
		else if ((r = ipc_prepare(s)) < 0)
			diag_set(&diag, DIAG_ERROR, -r, "RemoveIPC=");
	}
	if (r < 0) {
		process_tell(s, slot, &diag);
		return r;
	}
	/* A stub that outlives its program becomes the anchor: then there is no time to look for memory. */
	if (!is_main(s, slot) || plan_isolation(s) != ISOLATION_NONE)
		r = service_reserve_helpers(s);
	struct process *proc = place_of(s, slot);
	struct share_room *room;
	struct service_plan *plan = places_take(&room);

	r = r < 0 ? diag_set(&diag, DIAG_ERROR, -r, "process table")
		  : plan_make(m, s, slot, command, plan, &diag);
	if (r == 0) {
		choose_namespaces(s, slot, &plan->spawn);
		r = pod_descriptors(s, &plan->spawn);
		if (r < 0)
			diag_set(&diag, DIAG_ERROR, -r, "the namespaces of its pod");
		else if (plan->spawn.join_pidfd < 0)
			r = rootview_check(s, &diag);
	}
	if (r == 0) {
		proc->command = (uint16_t)command;
		r = start(s, proc, slot, plan, room, &diag);
	}
	fd_close(&plan->work_fd);
	prepare_done(s, slot);
	if (r < 0 && r != -EINPROGRESS)
		process_tell(s, slot, &diag);
	return r;
}

void process_move(struct process *from, struct process *to)
{
	struct loop *loop = from->service->manager->loop;

	int fd = loop_del(loop, &from->report);

	*to = *from;
	to->report.fd = fd;
	if (fd >= 0)
		loop_add(loop, &to->report);
	reaper_add(to->service->manager, to);
	memset(from, 0, sizeof(*from));
	from->service = to->service;
	from->pidfd = from->report.fd = -1;
}

void process_forget(struct process *p)
{
	struct service *s = p->service;

	if (p->pid == 0)
		return;
	window_leave(s->manager, p);
	if (p->report.fd >= 0)
		close(loop_del(s->manager->loop, &p->report));
	if (p->pidfd >= 0)
		close(p->pidfd);
	reaper_remove(s->manager, p);
	memset(p, 0, sizeof(*p));
	p->service = s;
	p->pidfd = p->report.fd = -1;
}

void process_dismiss_anchor(struct service *s)
{
	if (service_anchor(s)->pid == 0)
		return;
	sys_pidfd_send_signal(service_anchor(s)->pidfd, SIGTERM, NULL, 0);
	/* It may be gone any moment: an ExecStopPost that counted on joining it would fail. */
	service_anchor(s)->leaving = true;
}

/* Type=simple and idle count as up with their spawn. */
void process_tell_spawned(struct service *s, enum command_slot slot)
{
	if (slot == SLOT_START && !s->deferred &&
	    (s->config->type == TYPE_SIMPLE || s->config->type == TYPE_IDLE))
		service_step(s, E_SPAWNED, NULL);
}

void process_spawn_deferred(struct service *s)
{
	enum command_slot slot = (enum command_slot)s->deferred_slot;

	if (!s->deferred)
		return;
	s->deferred = false;
	if (process_spawn(s, slot, s->deferred_command) == 0)
		process_tell_spawned(s, slot);
	else
		process_not_spawned(s, slot);
}

void process_not_spawned(struct service *s, enum command_slot slot)
{
	service_step(s, E_SPAWN_FAILED,
		     &(struct event_info){ .result = RESULT_RESOURCES, .slot = slot });
	/* The machine has reckoned with it since it asked: it may be all that it waits for. */
	if (s->machine.populated && s->main.pid == 0 && service_control(s)->pid == 0 &&
	    service_anchor(s)->pid == 0 && cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
}

void process_end_deferred(struct service *s)
{
	bool main = is_main(s, (enum command_slot)s->deferred_slot);
	/* It was to be ended, and is: nothing that would have to be told as a failure. */
	const struct event_info info = {
		.exit = { .code = CLD_KILLED, .status = SIGTERM, .clean = main }
	};

	s->deferred = false;
	prepare_give_up(s);
	if (s->main.pid == 0 && service_control(s)->pid == 0 && service_anchor(s)->pid == 0 &&
	    cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
	service_step(s, main ? E_MAIN_EXITED : E_CONTROL_EXITED, &info);
}
