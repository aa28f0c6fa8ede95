/* SPDX-License-Identifier: MIT */
#include "init/fdstore.h"
#include "init/status_rows.h"

#include "cgroupfs/events.h"
#include "init/checkup.h"
#include "init/kind.h"
#include "init/plan_parts.h"
#include "lib/parse.h"

#include <stdio.h>
#include <unistd.h>

/* What services tell of their processes and of how they ended. */

enum process_arg {
	PROCESS_MAIN_PID,
	PROCESS_CONTROL_PID,
	PROCESS_EXEC_PID,
	PROCESS_EXEC_CODE,
	PROCESS_EXEC_STATUS,
	PROCESS_EXEC_START,
	PROCESS_EXEC_EXIT,
};

static void put_process(const struct snapshot *s, int arg, struct strbuf *b)
{
	static const struct last_exit never;
	const struct last_exit *last = s->service ? &s->service->last : &never;
	pid_t main_pid = s->service ? service_main_pid(s->service) : 0;

	switch ((enum process_arg)arg) {
	case PROCESS_MAIN_PID: strbuf_put_u64(b, (uint64_t)main_pid); return;
	case PROCESS_CONTROL_PID:
		strbuf_put_u64(b, s->service ? (uint64_t)service_control(s->service)->pid : 0);
		return;
	case PROCESS_EXEC_PID:
		strbuf_put_u64(b, (uint64_t)(main_pid ? main_pid : last->pid));
		return;
	case PROCESS_EXEC_CODE: /* of the last end; 0 while one runs, as systemd has it */
		strbuf_put_u64(b, main_pid ? 0 : (uint64_t)last->code);
		return;
	case PROCESS_EXEC_STATUS: strbuf_put_u64(b, main_pid ? 0 : (uint64_t)last->status); return;
	case PROCESS_EXEC_START:
		status_put_time(b, main_pid ? s->service->main.start : last->start);
		return;
	case PROCESS_EXEC_EXIT: status_put_time(b, main_pid ? 0 : last->end); return;
	}
}

static void put_health(const struct snapshot *s, int streak, struct strbuf *b)
{
	if (!streak)
		strbuf_put(b, s->service ? checkup_state(s->service) : "");
	else
		strbuf_put_u64(b, s->service && service_has(s->service)->checkup
					  ? service_has(s->service)->checkup->health.failures
					  : 0);
}

/* Until then the main process is still building its sandbox: nobody should take it as a model. */
static void put_main_executed(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service && s->service->main.pid)
		strbuf_put(b, s->service->main.exec_ok ? "yes" : "no");
}

static void put_last_exit(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (!s->service || !s->service->last.code)
		return;
	/* how the run before the present one ended: what status explains restarts with */
	strbuf_printf(b, "%d/%d", s->service->last.code, s->service->last.status);
}

static void put_restarts(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put_u64(b, s->service ? s->service->machine.history.restarts : 0);
}

static void put_status_text(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service && service_has(s->service)->status_text)
		strbuf_put(b, service_has(s->service)->status_text);
}

static void put_status_errno(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put_u64(b, s->service ? (uint64_t)service_has(s->service)->status_errno : 0);
}

static void put_stored(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put_u64(b, s->service ? fdstore_count(s->service) : 0);
}

static void put_invocation(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	char text[33];

	if (s->service)
		strbuf_put(b, service_invocation(s->service, text));
}

/* In words what Result, ExecMainCode and ExecMainStatus say in numbers, with file, step and errno. */
static void put_reason(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service && s->service->reason)
		strbuf_put(b, s->service->reason);
}

static void put_denied(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service && service_has(s->service)->denied)
		strbuf_put(b, service_has(s->service)->denied);
}

static void put_oom(const struct snapshot *s, int cause, struct strbuf *b)
{
	if (!cause)
		strbuf_put_u64(b, s->service ? s->service->oom_kills : 0);
	else if (s->service && s->service->oom_kills)
		strbuf_put(b, oom_cause_text(s->service->oom_cause));
}

static void put_address(const struct snapshot *s, int arg, struct strbuf *b)
{
	char text[16];

	(void)arg;
	if (!s->service || !s->service->address)
		return;
	format_ipv4(s->service->address, text, sizeof(text));
	strbuf_put(b, text);
}

static void put_namespace(const struct snapshot *s, int arg, struct strbuf *b)
{
	pid_t pid = s->service ? service_main_pid(s->service) : 0;
	char path[48], text[64];
	ssize_t n;

	(void)arg;
	if (!pid)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	n = readlink(path, text, sizeof(text));
	if (n > 0)
		strbuf_put_n(b, text, (size_t)n);
}

static void put_landlock(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)s, (void)arg;
	strbuf_put_u64(b, (uint64_t)plan_landlock_abi());
}

static const struct status_row rows[] = {
	{ "MainPID", put_process, PROCESS_MAIN_PID },
	{ "ControlPID", put_process, PROCESS_CONTROL_PID },
	{ "ExecMainPID", put_process, PROCESS_EXEC_PID },
	{ "ExecMainCode", put_process, PROCESS_EXEC_CODE },
	{ "ExecMainStatus", put_process, PROCESS_EXEC_STATUS },
	{ "SeccompDenied", put_denied, 0 },
	{ "ExecMainStartTimestamp", put_process, PROCESS_EXEC_START },
	{ "ExecMainExitTimestamp", put_process, PROCESS_EXEC_EXIT },
	{ "LastExit", put_last_exit, 0 },
	{ "MainExecuted", put_main_executed, 0 },
	{ "NRestarts", put_restarts, 0 },
	{ "InvocationID", put_invocation, 0 },
	{ "StatusText", put_status_text, 0 },
	{ "StatusErrno", put_status_errno, 0 },
	{ "NFileDescriptorStore", put_stored, 0 },
	{ "Reason", put_reason, 0 },
	{ "IPAddress", put_address, 0 },
	{ "NetworkNamespace", put_namespace, 0 },
	{ "LandlockABI", put_landlock, 0 },
	{ "Health", put_health, 0 },
	{ "HealthFailingStreak", put_health, 1 },
	{ "OOMKills", put_oom, 0 },
	{ "OOMCause", put_oom, 1 },
};

const struct status_group status_process = STATUS_GROUP(rows, STATUS_SERVICES);
