/* SPDX-License-Identifier: MIT */
/* What children say over their report channels, and what follows from it. */
#include "init/process.h"

#include "init/checkup.h"
#include "init/control.h"
#include "init/denials.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/notify.h"
#include "init/plan_parts.h"
#include "init/pod.h"
#include "init/reap.h"
#include "init/window.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The failed step in words: its name, what it was at, and where the unit asks for it. */
static void tell_failed_step(struct process *p, const struct report *r)
{
	static const struct {
		enum step_id step;
		enum key key;
	} places[] = {
		{ STEP_TUNABLES, K_Sysctl },
		{ STEP_CWD, K_WorkingDirectory },
		{ STEP_MAKE_USERS, K_PrivateUsers },
		{ STEP_ENTER_USERS, K_PrivateUsers },
		{ STEP_USER, K_User },
		{ STEP_GROUP, K_Group },
		{ STEP_NICE, K_Nice },
		{ STEP_SCHEDULER, K_CPUSchedulingPolicy },
		{ STEP_AFFINITY, K_CPUAffinity },
		{ STEP_NUMA, K_NUMAPolicy },
		{ STEP_IOPRIO, K_IOSchedulingClass },
		{ STEP_TIMER_SLACK, K_TimerSlackNSec },
		{ STEP_PERSONALITY, K_Personality },
		{ STEP_COREDUMP, K_CoredumpFilter },
		{ STEP_KEYRING, K_KeyringMode },
		{ STEP_SECURE_BITS, K_SecureBits },
		{ STEP_LANDLOCK_RULES, K_Landlock },
		{ STEP_LANDLOCK, K_Landlock },
		{ STEP_SECCOMP, K_SystemCallFilter },
		{ STEP_BOUNDING, K_CapabilityBoundingSet },
		{ STEP_CAPABILITIES, K_AmbientCapabilities },
		{ STEP_OOM, K_OOMScoreAdjust },
		{ STEP_NETWORK, K_Isolation },
		{ STEP_MOUNTS, K_Isolation },
		{ STEP_NETNS, K_NetworkNamespacePath },
		{ STEP_IPCNS, K_IPCNamespacePath },
		{ STEP_TIME, K_TimeNamespaceMonotonicOffset },
	};
	struct service *s = p->service;
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct command *cmd = plan_command(u, p->slot, p->command);
	struct diag diag = { .file = "" };
	char text[SPAWN_TEXT];

	str_copy(text, sizeof(text), r->text);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (places[i].step == p->step)
			plan_place(&diag, u, places[i].key);
	}
	if ((p->step == STEP_MOUNTS || p->step == STEP_DIRECTORIES || p->step == STEP_OPEN ||
	     p->step == STEP_CREDENTIALS || p->step == STEP_TERMINAL) &&
	    p->item > 0 && p->item < K_COUNT)
		plan_place(&diag, u, (enum key)p->item);
	if (p->step == STEP_TIME && !unit_setting(u, K_TimeNamespaceMonotonicOffset))
		plan_place(&diag, u, K_TimeNamespaceBoottimeOffset);
	if (p->step == STEP_WORK) {
		if (u->type == UNIT_SOCKET)
			plan_place(&diag, u, K_ListenStream);
		diag.key[0] = '\0'; /* the text has the right one of all that fill this list */
		diag_set(&diag, DIAG_ERROR, p->err, "%s", text);
	} else if (p->step == STEP_EXEC) {
		plan_place_command(&diag, u, p->slot);
		diag_set(&diag, DIAG_ERROR, p->err, "cannot execute %s", cmd ? cmd->path : "?");
	} else if (p->step == STEP_CWD) {
		diag_set(&diag, DIAG_ERROR, p->err, "step %s: %s", step_name(p->step),
			 unit_str(u, K_WorkingDirectory) ? unit_str(u, K_WorkingDirectory) : "/");
	} else if (text[0] != '\0') {
		diag_set(&diag, DIAG_ERROR, p->err, "step %s: %s", step_name(p->step), text);
	} else {
		diag_set(&diag, DIAG_ERROR, p->err, "step %s, item %u", step_name(p->step),
			 p->item);
	}
	process_tell(s, p->slot, &diag);
}

/*
 * From now on a restart finds the network as it was: namespace, veth pair, address (PITFALLS 105). One that
 * belongs to a user namespace ends with it: the next one would have no power there.
 */
static void keep_netns(struct process *p)
{
	struct service *s = p->service;
	char path[40];
	struct strbuf b = STRBUF_INIT(path);

	if (s->netns >= 0 || p != &s->main || !plan_has_netns(s) || pod_has_network(s) ||
	    plan_owns_network(s))
		return;
	strbuf_printf(&b, "/proc/%d/ns/net", (int)p->pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		fd = spawn_lift_fd(fd);
	s->netns = fd >= 0 ? fd : -1;
}

/*
 * What the program said before its end comes before the end (PITFALLS 133). False: then it was not
 * the end of this process: it has handed over with its last words (MAINPID=).
 */
static bool hear_out(struct process *p, const struct report *r)
{
	struct service *s = p->service;
	pid_t was = p->inner_pid;

	logs_hear_out(s);
	notify_drain(s);
	return p->report.fd >= 0 && !(r->remaining && p->inner_pid != 0 && p->inner_pid != was);
}

static void take_report(struct process *p, const struct report *r, pid_t pid)
{
	struct service *s = p->service;

	window_leave(p->service->manager, p); /* whoever speaks has a descriptor table of its own */
	switch ((enum report_kind)r->kind) {
	case REPORT_EXEC:
		p->exec_reported = true; /* the end of file that follows says whether it worked */
		return;
	case REPORT_WAITING:
		p->view_ready = true;
		process_spawn_deferred(s);
		return;
	case REPORT_EXECED:
		p->view_ready = true;
		if (p->failed_setup) {
			notify_resume(s);
			return;
		}
		p->inner_pid = pid;
		p->exec_ok = true;
		notify_resume(s); /* who speaks for the unit is known only now */
		keep_netns(p);
		break;
	case REPORT_FAILED:
		p->failed_setup = true;
		p->step = r->step;
		p->item = r->item;
		p->err = (int16_t)r->err;
		tell_failed_step(p, r);
		return;
	case REPORT_EXITED:
		if (p == service_anchor(s))
			return; /* its program's end was told before it became the anchor */
		if (!hear_out(p, r))
			return;
		p->reported_exit = true;
		p->exit_code = r->code;
		p->exit_status = r->status;
		denials_ended(p, p->inner_pid, r->code, r->status);
		if (p == &s->main)
			s->last.pid = p->inner_pid;
		p->inner_pid = 0;
		if (service_has(s)->checkup && p == &service_has(s)->checkup->check)
			checkup_program_ended(s);
		else if (p->anchor || r->remaining)
			reaper_program_ended(p, r->remaining != 0);
		return;
	}
	if (p == &s->main)
		service_step(s, E_EXEC_OK, NULL);
	process_spawn_deferred(s);
	pod_tell(s);
	checkup_view_ready(s);
}

void process_read_reports(struct process *p)
{
	struct service *s = p->service;

	for (;;) {
		struct report r = { .kind = 0 };
		pid_t pid;
		int n = spawn_read_report(p->report.fd, p->stub, &r, &pid);

		if (n == 1) {
			/* May move or forget @p: then its descriptor here is gone. */
			take_report(p, &r, pid);
			if (p == &s->main && !service_awaits_number(s))
				control_unit_named(s->manager, s->index);
			if (p->report.fd < 0)
				return;
			continue;
		}
		if (n == -EAGAIN)
			return;
		close(loop_del(p->service->manager->loop, &p->report));
		/* End of file without a stub: the pipe was closed by exec, or by death during set-up. */
		if (n == 0 && !p->stub && !p->failed_setup && p->exec_reported) {
			p->exec_ok = true;
			keep_netns(p);
			pod_tell(p->service);
			if (p == &p->service->main)
				service_step(p->service, E_EXEC_OK, NULL);
		}
		return;
	}
}
