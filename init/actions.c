/* SPDX-License-Identifier: MIT */
#include "init/actions.h"

#include "cgroupfs/tree.h"
#include "init/cgroups.h"
#include "init/checkup.h"
#include "init/cleanup.h"
#include "init/console.h"
#include "init/fdstore.h"
#include "init/filters.h"
#include "init/forking.h"
#include "init/images.h"
#include "init/ipc.h"
#include "init/kind.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/members.h"
#include "init/network.h"
#include "init/notify.h"
#include "init/pod.h"
#include "init/prepare.h"
#include "init/process.h"
#include "init/terminal.h"
#include "init/ready.h"
#include "init/reactions.h"
#include "init/rootview.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * To the program behind a stub itself. Its number may be another process' since the stub has reaped
 * it (PITFALLS 21): first the pidfd, then a look whether whom it holds belongs to the unit.
 */
static int signal_inner(const struct process *p, int sig)
{
	autoclose int fd = sys_pidfd_open(p->inner_pid, 0);

	if (fd < 0)
		return fd;
	return members_has(p->service, p->inner_pid) ? sys_pidfd_send_signal(fd, sig, NULL, 0)
						     : -ESRCH;
}

static int signal_process(const struct process *p, int sig)
{
	if (p->pid == 0)
		return -ESRCH;
	/*
	 * To the stub, which forwards it to its program: inside the namespace that cannot hit a
	 * stranger (PITFALLS 21). SIGKILL and SIGSTOP cannot be forwarded: they go to the program
	 * itself where its pid is known.
	 */
	if (p->stub && p->inner_pid != 0 && (sig == SIGKILL || sig == SIGSTOP))
		return signal_inner(p, sig);
	return sys_pidfd_send_signal(p->pidfd, sig, NULL, 0);
}

static int signal_all(struct service *s, int sig, bool wake)
{
	autoclose int fd = cgroups_open(s);

	if (fd < 0)
		return fd;
	if (sig == SIGKILL)
		return cgroup_kill(fd);
	/*
	 * A stub with a program would pass it on a second time. One that has none yet keeps it, blocked,
	 * until it has: a stop right after a start must not be lost.
	 */
	const struct process *p = s->main.stub ? &s->main : service_control(s);

	return cgroup_signal_all(fd, sig, wake, p->stub && p->inner_pid != 0 ? p->pid : 0);
}

int service_kill(struct service *s, enum kill_who who, int sig)
{
	switch (who) {
	case KILL_WHO_MAIN: return signal_process(&s->main, sig);
	case KILL_WHO_CONTROL: return signal_process(service_control(s), sig);
	case KILL_WHO_ALL:
		if (s->main.pid == 0 && service_control(s)->pid == 0 && service_anchor(s)->pid == 0)
			return -ESRCH;
		return signal_all(s, sig, false);
	}
	return -EINVAL;
}

/* SIGKILL to a stub takes its whole PID namespace with it: what KillMode=process must spare. */
static void kill_main(struct service *s, int sig)
{
	/* A daemon that cannot be told from its helpers (forking.c): then all of them are main. */
	if (s->main.stub && s->main.exec_ok && s->main.inner_pid == 0 && !s->main.reported_exit)
		signal_all(s, sig, false);
	else
		signal_process(&s->main, sig);
	signal_process(service_control(s), sig);
}

static void stop_signal(struct service *s, enum key key, bool all)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	int sig = (int)unit_u64(u, key);
	bool hangup = unit_bool(u, K_SendSIGHUP) && sig != SIGHUP && key != K_WatchdogSignal;

	/* A stopped process does not see SIGTERM before it goes on (systemd.kill(5)). */
	bool wake = sig != SIGKILL && sig != SIGCONT;

	if (all) {
		signal_all(s, sig, wake);
		if (hangup)
			signal_all(s, SIGHUP, false);
		process_dismiss_anchor(s);
		return;
	}
	kill_main(s, sig);
	if (wake)
		kill_main(s, SIGCONT);
	if (hangup)
		kill_main(s, SIGHUP);
}

/* What asks to stop; for a restart it may be another one. */
static enum key stop_key(const struct service *s)
{
	const struct node *node = manager_node(s->manager, s->index);
	bool restart = node->job && node->job->kind == JOB_RESTART;

	return restart && unit_setting(node->unit, K_RestartKillSignal) ? K_RestartKillSignal
									: K_KillSignal;
}

/* What is left after TimeoutStopSec= gets this; SIGKILL unless somebody hopes for core dumps. */
static int final_signal(const struct service *s)
{
	return (int)unit_u64(manager_node(s->manager, s->index)->unit, K_FinalKillSignal);
}

/* systemd.exec(5) RuntimeDirectoryPreserve=: "restart" means those by hand, too. */
static bool keeps_runtime(const struct service *s, bool restarting)
{
	const struct node *node = manager_node(s->manager, s->index);

	switch ((enum preserve)unit_u64(node->unit, K_RuntimeDirectoryPreserve)) {
	case PRESERVE_NO: return false;
	case PRESERVE_YES: return true;
	case PRESERVE_RESTART: break;
	}
	return restarting || (node->job && node->job->kind == JOB_RESTART);
}

/* systemd.service(5) FileDescriptorStorePreserve=: by default as long as another run follows. */
static bool keeps_fds(const struct service *s, bool restarting)
{
	const struct node *node = manager_node(s->manager, s->index);

	switch ((enum preserve)unit_u64(node->unit, K_FileDescriptorStorePreserve)) {
	case PRESERVE_NO: return false;
	case PRESERVE_YES: return true;
	case PRESERVE_RESTART: break;
	}
	return restarting ||
	       (node->job && (node->job->kind == JOB_RESTART || node->job->kind == JOB_START));
}

/* The run is over: what belonged to it goes; what a restart would only make again stays. */
static void release(struct service *s, bool restarting)
{
	s->deferred = false;
	prepare_give_up(s);
	forking_forget(s);
	process_forget(service_control(s));
	checkup_drop(s);
	prepare_done(s, SLOT_HEALTH);
	process_dismiss_anchor(s);
	process_forget(service_anchor(s));
	notify_close(s);
	ready_close(s);
	if (!keeps_fds(s, restarting))
		fdstore_drop(s);
	s->run_begun = s->run_spawned = false;
	/*
	 * On the way down nothing is taken apart: the machine goes off. Each network namespace that was
	 * let go would keep the kernel busy for longer than the rest of its service's stop.
	 */
	if (s->manager->regime == REGIME_DOWN)
		return;
	if (!keeps_runtime(s, restarting))
		cleanup_runtime(s);
	if (!pod_tmp(s, NULL, NULL))
		cleanup_private_tmp(s);
	ipc_remove(s);
	pod_tell(s);
	terminal_clean_up(s);
	if (restarting)
		return;
	pod_leave(s);
	if (s->netns >= 0)
		close(s->netns);
	s->netns = -1;
	cgroups_remove(s);
}

static void leave_behind(struct service *s, bool stuck)
{
	if (stuck)
		manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_ERR,
				 "processes survive SIGKILL; their cgroup is left behind");
	s->deferred = false;
	prepare_give_up(s);
	forking_forget(s);
	process_dismiss_anchor(s);
	process_forget(&s->main);
	process_forget(service_control(s));
	checkup_drop(s);
	prepare_done(s, SLOT_HEALTH);
	process_forget(service_anchor(s));
	cgroups_abandon(s);
}

static void describe_timeout(struct service *s, struct strbuf *b)
{
	const struct machine *m = &s->machine;
	char span[40];

	format_span(m->started ? s->config->timeout_stop : s->config->timeout_start, span,
		    sizeof(span));
	if (m->started)
		strbuf_printf(b, "did not stop within TimeoutStopSec=%s", span);
	else if (s->config->type == TYPE_DBUS)
		strbuf_printf(b, "nobody owned BusName= within TimeoutStartSec=%s", span);
	else if (s->config->type == TYPE_NOTIFY || s->config->type == TYPE_NOTIFY_RELOAD)
		strbuf_printf(b, "no READY=1 within TimeoutStartSec=%s", span);
	else
		strbuf_printf(b, "did not start within TimeoutStartSec=%s", span);
}

static void describe_watchdog(const struct service *s, struct strbuf *b)
{
	char span[40];

	format_span(s->machine.watchdog_span, span, sizeof(span));
	if (s->machine.watchdog_span == USEC_INFINITY)
		strbuf_put(b, "asked for it by WATCHDOG=trigger");
	else
		strbuf_printf(b, "no WATCHDOG=1 within %s", span);
}

static void describe_signal(const struct service *s, struct strbuf *b)
{
	const struct last_exit *last = &s->last;
	const char *name = last->code == CLD_EXITED ? NULL : signal_name(last->status);

	if (s->machine.result == RESULT_OOM_KILL && !name)
		strbuf_put(b, "a process of it was killed");
	else if (!s->main_ended && s->failed_slot != SLOT_START)
		strbuf_printf(b, "%s was killed by a signal", command_slot_name(s->failed_slot));
	else
		strbuf_printf(b, "killed by signal %s", name ? name : "?");
	if (s->machine.result == RESULT_OOM_KILL)
		strbuf_printf(b, " for memory (%s)", oom_cause_text(s->oom_cause));
}

/* How the run ended, for the one line that people read. */
static void describe_end(struct service *s, char *buf, size_t size)
{
	enum service_result result = s->machine.result;
	struct strbuf b;

	strbuf_init(&b, buf, size);
	/* A failed step or plan has been told in full: with file, line and key. */
	if ((result == RESULT_RESOURCES || s->last.status >= 200) && s->reason && s->reason_fresh)
		strbuf_put(&b, s->reason);
	else if (result == RESULT_SIGNAL || result == RESULT_CORE_DUMP || result == RESULT_OOM_KILL)
		describe_signal(s, &b);
	else if (result == RESULT_EXIT_CODE && s->failed_slot != SLOT_START)
		strbuf_printf(&b, "%s failed", command_slot_name(s->failed_slot));
	else if (result == RESULT_EXIT_CODE)
		strbuf_printf(&b, "exited with status %d", s->last.status);
	else if (result == RESULT_START_LIMIT_HIT)
		strbuf_printf(&b, "started %u times within StartLimitIntervalSec=, not tried again",
			      s->config->restart.limit_burst);
	else if (result == RESULT_UNHEALTHY && service_has(s)->checkup)
		strbuf_printf(&b, "HealthCmd= failed %u times in a row",
			      service_has(s)->checkup->config.retries);
	else if (result == RESULT_TIMEOUT)
		describe_timeout(s, &b);
	else if (result == RESULT_WATCHDOG)
		describe_watchdog(s, &b);
	else if (result == RESULT_PROTOCOL)
		strbuf_put(&b, s->config->type == TYPE_FORKING ? "no main process was left behind"
							       : "ended before it was ready");
	else
		strbuf_put(&b, service_result_name(result));
}

static void tell_failure(struct service *s)
{
	char text[400];
	struct node *node = manager_node(s->manager, s->index);

	describe_end(s, text, sizeof(text));
	manager_unit_log(s->manager, node, LOG_WARNING, "failed: %s", text);
	service_set_reason(s, text);
}

static void tell_restart(struct service *s)
{
	char text[400], span[40];
	struct node *node = manager_node(s->manager, s->index);
	/* As decided: what has passed since, on a machine that is busy, is nobody's interest. */
	usec_t now = s->manager->step_time, delay = s->machine.deadline;

	if (service_state(s) != S_AUTO_RESTART)
		return;
	delay = delay > now ? (delay - now + USEC_PER_MSEC - 1) / USEC_PER_MSEC * USEC_PER_MSEC : 0;
	describe_end(s, text, sizeof(text));
	format_span(delay, span, sizeof(span));
	manager_unit_log(s->manager, node, LOG_NOTICE, "ended (%s), restart %u in %s", text,
			 s->machine.history.restarts + 1, span);
	service_set_reason(s, text);
	if (s->manager->config.show_status)
		console_unit_line(node->unit->id, text, "restart", USEC_INFINITY);
}

static bool stop_is_pending(const struct node *node)
{
	return node->job && (node->job->kind == JOB_STOP || node->job->kind == JOB_RESTART);
}

/* A main process that has stopped does not see it before it goes on (systemd.kill(5)). */
static void signal_reload(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	signal_process(&s->main, (int)unit_u64(u, K_ReloadSignal));
	signal_process(&s->main, SIGCONT);
}

static bool act(struct service *s, const struct action *a)
{
	struct manager *m = s->manager;
	struct diag diag = { 0 };
	uint32_t job;
	int r;

	switch (a->kind) {
	case ACT_SPAWN:
		r = process_spawn(s, a->slot, a->command);
		if (r == 0) {
			process_tell_spawned(s, a->slot);
			return true;
		}
		service_step(s, E_SPAWN_FAILED,
			     &(struct event_info){ .result = RESULT_RESOURCES, .slot = a->slot });
		return false; /* what was to follow a spawn does not */
	case ACT_KILL_MAIN:
	case ACT_KILL_ALL: stop_signal(s, stop_key(s), a->kind == ACT_KILL_ALL); break;
	case ACT_ABORT_MAIN:
	case ACT_ABORT_ALL: stop_signal(s, K_WatchdogSignal, a->kind == ACT_ABORT_ALL); break;
	case ACT_SIGNAL_RELOAD: signal_reload(s); break;
	case ACT_SIGKILL_MAIN: kill_main(s, final_signal(s)); break;
	case ACT_SIGKILL_ALL: signal_all(s, final_signal(s), false); break;
	case ACT_SIGKILL_CONTROL: signal_process(service_control(s), SIGKILL); break;
	case ACT_START_DONE:
	case ACT_START_SKIPPED:
		jobs_finish(m, s->index, JOB_START,
			    a->kind == ACT_START_DONE ? JOB_DONE : JOB_SKIPPED);
		break;
	case ACT_START_FAILED:
		tell_failure(s);
		jobs_finish(m, s->index, JOB_START,
			    s->machine.result == RESULT_TIMEOUT ? JOB_TIMEOUT : JOB_FAILED);
		break;
	case ACT_STOP_DONE: jobs_finish(m, s->index, JOB_STOP, JOB_DONE); break;
	case ACT_RELOAD_DONE:
	case ACT_RELOAD_FAILED:
		jobs_finish(m, s->index, JOB_RELOAD,
			    a->kind == ACT_RELOAD_DONE ? JOB_DONE : JOB_FAILED);
		break;
	case ACT_ASK_START:
		/* A stop that was asked for in this very moment must not be displaced. */
		if (stop_is_pending(manager_node(m, s->index)))
			break;
		/* One that is under way since before the last run (RestartMode=direct). */
		jobs_retry(m, s->index);
		r = jobs_enqueue(m, JOB_START, s->index, JOB_MODE_REPLACE, &job, &diag);
		if (r < 0)
			manager_unit_log(m, manager_node(m, s->index), LOG_ERR, "restart: %s",
					 diag.text);
		break;
	case ACT_RELEASE:
	case ACT_RELEASE_RUN:
		if (a->kind == ACT_RELEASE_RUN)
			tell_restart(s);
		/* A start that failed is told by its own answer. */
		else if (service_state(s) == S_FAILED &&
			 (s->machine.started || s->machine.stop_wanted))
			tell_failure(s);
		release(s, a->kind == ACT_RELEASE_RUN);
		break;
	case ACT_STUCK:
	case ACT_LEAVE: leave_behind(s, a->kind == ACT_STUCK); break;
	/* The failed start that follows says it. */
	case ACT_START_LIMIT: reactions_start_limit(m, s->index); break;
	}
	return true;
}

static bool is_kill(enum action_kind kind)
{
	return kind == ACT_KILL_MAIN || kind == ACT_KILL_ALL || kind == ACT_ABORT_MAIN ||
	       kind == ACT_ABORT_ALL || kind == ACT_SIGKILL_MAIN || kind == ACT_SIGKILL_ALL ||
	       kind == ACT_SIGKILL_CONTROL;
}

void service_act(struct service *s, const struct actions *actions)
{
	bool killed = false;

	for (unsigned int i = 0; i < actions->n; i++) {
		killed |= is_kill(actions->v[i].kind);
		if (!act(s, &actions->v[i]))
			return;
	}
	if (!killed || !s->deferred)
		return;
	process_end_deferred(s);
}

/* --- a service as a kind of unit (kind.h) -------------------------------------------------- */

static int make(struct manager *m, struct node *node)
{
	if (!node->service)
		node->service = service_new(m, node);
	return node->service ? 0 : -ENOMEM;
}

/* Without memory when it was loaded: nothing to start, nothing that could run. */
static int start(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	if (!node->service)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "%s", node->unit->id);
	if (filters_prepare(node->service) > 0 || network_prepare(node->service) > 0 ||
	    rootview_prepare(node->service) > 0 || images_prepare(node->service) > 0)
		return UNIT_WAITS;
	int r = pod_prepare(node->service, diag);

	if (r != 0)
		return r < 0 ? r : UNIT_WAITS;
	service_step(node->service, E_START, NULL);
	return 0;
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	(void)diag;
	if (!node->service)
		return 1;
	service_step(node->service, E_STOP, NULL);
	return 0;
}

static int reload(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	(void)diag;
	service_step(node->service, E_RELOAD, NULL);
	return 0;
}

static bool can_reload(const struct node *node)
{
	return node->service && (node->service->config->n_commands[SLOT_RELOAD] > 0 ||
				 node->service->config->type == TYPE_NOTIFY_RELOAD);
}

static const char *sub_state(const struct node *node)
{
	return service_state_name(node->service ? service_state(node->service) : S_DEAD);
}

static const char *result(const struct node *node)
{
	return service_result_name(node->service ? node->service->machine.result : RESULT_SUCCESS);
}

static void replaced(struct manager *m, struct node *node)
{
	(void)m;
	if (node->service)
		service_reconfigure(node->service, node);
}

const struct unit_kind service_kind = {
	.make = make,
	.replaced = replaced,
	.start = start,
	.stop = stop,
	.reload = reload,
	.can_reload = can_reload,
	.sub_state = sub_state,
	.result = result,
};
