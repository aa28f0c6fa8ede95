/* SPDX-License-Identifier: MIT */
#include "init/status_rows.h"
#include "init/status.h"
#include "cgroupfs/events.h"
#include "cgroupfs/usage.h"
#include "init/cgroups.h"
#include "init/kind.h"
#include "init/setting_text.h"
#include "lib/fd.h"
#include "lib/parse.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

const char *status_sub_state(const struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);

	if (kind->sub_state)
		return kind->sub_state(node);
	return node->active == ACTIVE_INACTIVE ? "dead" : active_state_name(node->active);
}

static void put_id(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, s->unit->id);
}

static void put_names(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, s->unit->id);
	for (uint32_t i = 0; i < s->unit->aliases.n; i++)
		strbuf_printf(b, " %s", s->unit->aliases.v[i]);
}

static void put_description(const struct snapshot *s, int arg, struct strbuf *b)
{
	const char *text = unit_str(s->unit, K_Description);

	(void)arg;
	strbuf_put(b, text ? text : s->unit->id);
}

static const char *load_state_name(enum load_state state)
{
	switch (state) {
	case LOAD_LOADED: return "loaded";
	case LOAD_NOT_FOUND: return "not-found";
	case LOAD_BAD_SETTING: return "bad-setting";
	case LOAD_ERROR: return "error";
	case LOAD_MASKED: return "masked";
	}
	return "error";
}

static void put_load_state(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, load_state_name(s->unit->load_state));
}

static void put_load_error(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->unit->load_error)
		strbuf_put(b, s->unit->load_error);
}

static void put_active_state(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, active_state_name(s->node->active));
}

static void put_sub_state(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, status_sub_state(s->node));
}

static void put_result(const struct snapshot *s, int arg, struct strbuf *b)
{
	const struct unit_kind *kind = unit_kind_of(s->node);

	(void)arg;
	strbuf_put(b, kind->result ? kind->result(s->node) : service_result_name(RESULT_SUCCESS));
}

static void put_condition_result(const struct snapshot *s, int assertion, struct strbuf *b)
{
	bool held = assertion ? s->node->assert_result : s->node->condition_result;

	strbuf_put(b, held ? "yes" : "no");
}

/* Enabled: one of the targets it names in [Install] does pull it in. */
static bool is_pulled_in(const struct snapshot *s, enum dep_kind kind, enum key key)
{
	const struct strings *targets = unit_list(s->unit, key);
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(s->m->set, s->unit->index, kind, &n);

	for (uint32_t i = 0; i < targets->n; i++) {
		int target = unit_set_find(s->m->set, targets->v[i]);

		for (uint32_t d = 0; target >= 0 && d < n; d++)
			if (deps[d].unit == (uint32_t)target)
				return true;
	}
	return false;
}

static void put_file_state(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->unit->load_state == LOAD_MASKED)
		strbuf_put(b, "masked");
	else if (!s->unit->path)
		return;
	else if (is_pulled_in(s, DEP_WANTED_BY, K_WantedBy) ||
		 is_pulled_in(s, DEP_REQUIRED_BY, K_RequiredBy))
		strbuf_put(b, "enabled");
	else if (unit_list(s->unit, K_WantedBy)->n || unit_list(s->unit, K_RequiredBy)->n)
		strbuf_put(b, "disabled");
	else
		strbuf_put(b, "static");
}

static void put_fragment(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->unit->path)
		strbuf_put(b, s->unit->path);
}

static void put_dropins(const struct snapshot *s, int arg, struct strbuf *b)
{
	uint32_t first = s->unit->path || s->unit->builtin
				 ? 1
				 : 0; /* behind the main file, or berth's own text */

	(void)arg;
	for (uint32_t i = first; i < s->unit->files.n; i++)
		strbuf_printf(b, "%s%s", i > first ? " " : "", s->unit->files.v[i]);
}

static void put_job(const struct snapshot *s, int kind, struct strbuf *b)
{
	const struct job *job = s->node->job;

	if (job && kind)
		strbuf_put(b, job_kind_name(job->kind));
	else if (job)
		strbuf_put_u64(b, job->id);
	else if (!kind)
		strbuf_put(b, "0");
}

/* -- processes -- */

enum process_arg {
	PROCESS_MAIN_PID,
	PROCESS_CONTROL_PID,
	PROCESS_EXEC_PID,
	PROCESS_EXEC_CODE,
	PROCESS_EXEC_STATUS,
	PROCESS_EXEC_START,
	PROCESS_EXEC_EXIT,
};

/* systemd's timestamp form; UTC, since reading a time zone file is not PID 1's business. */
static void put_time(struct strbuf *b, usec_t realtime)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	time_t t = (time_t)(realtime / USEC_PER_SEC);
	struct tm tm;

	if (realtime == 0 || !gmtime_r(&t, &tm))
		return;
	strbuf_printf(b, "%s %04d-%02d-%02d %02d:%02d:%02d UTC", days[tm.tm_wday],
		      tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
}

static void put_process(const struct snapshot *s, int arg, struct strbuf *b)
{
	static const struct last_exit never;
	const struct last_exit *last = s->service ? &s->service->last : &never;
	pid_t main_pid = s->service ? service_main_pid(s->service) : 0;

	switch ((enum process_arg)arg) {
	case PROCESS_MAIN_PID: strbuf_put_u64(b, (uint64_t)main_pid); return;
	case PROCESS_CONTROL_PID:
		strbuf_put_u64(b, s->service ? (uint64_t)s->service->control.pid : 0);
		return;
	case PROCESS_EXEC_PID:
		strbuf_put_u64(b, (uint64_t)(main_pid ? main_pid : last->pid));
		return;
	case PROCESS_EXEC_CODE: /* of the last end; 0 while one runs, as systemd has it */
		strbuf_put_u64(b, main_pid ? 0 : (uint64_t)last->code);
		return;
	case PROCESS_EXEC_STATUS: strbuf_put_u64(b, main_pid ? 0 : (uint64_t)last->status); return;
	case PROCESS_EXEC_START:
		put_time(b, main_pid ? s->service->main.start : last->start);
		return;
	case PROCESS_EXEC_EXIT: put_time(b, main_pid ? 0 : last->end); return;
	}
}

/* Until then the main process is still building its sandbox: nobody should take it as a model. */
static void put_main_executed(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b,
		   s->service && s->service->main.pid && s->service->main.exec_ok ? "yes" : "no");
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
	if (s->service && s->service->status_text)
		strbuf_put(b, s->service->status_text);
}

static void put_invocation(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service)
		strbuf_put(b, s->service->invocation);
}

/* In words what Result, ExecMainCode and ExecMainStatus say in numbers, with file, step and errno. */
static void put_reason(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	if (s->service && s->service->reason)
		strbuf_put(b, s->service->reason);
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

/* -- the cgroup -- */

enum usage_arg {
	USAGE_MEMORY,
	USAGE_MEMORY_PEAK,
	USAGE_MEMORY_MAX,
	USAGE_TASKS,
	USAGE_TASKS_MAX,
	USAGE_CPU,
};

static void put_cgroup(const struct snapshot *s, int arg, struct strbuf *b)
{
	char path[512];

	(void)arg;
	if (!s->service || !s->service->cgroup_made)
		return;
	service_cgroup_path(s->service, path, sizeof(path));
	strbuf_printf(b, "/%s", path);
}

/* Only the one file that is asked for: a list of a thousand units reads a thousand files, not five. */
static bool read_cgroup(const struct snapshot *s, const char *file, char *text, size_t size)
{
	char group[400], path[512];
	struct strbuf b = STRBUF_INIT(path);

	if (!s->service || !s->service->cgroup_made)
		return false;
	service_cgroup_path(s->service, group, sizeof(group));
	strbuf_printf(&b, "%s/%s", group, file);
	return !b.cut && fd_read_file_at(s->m->cgroup_root, path, text, size) >= 0;
}

static void put_usage(const struct snapshot *s, int arg, struct strbuf *b)
{
	static const char *const files[] = {
		[USAGE_MEMORY] = "memory.current", [USAGE_MEMORY_PEAK] = "memory.peak",
		[USAGE_MEMORY_MAX] = "memory.max", [USAGE_TASKS] = "pids.current",
		[USAGE_TASKS_MAX] = "pids.max",
	};
	char text[32];

	if (read_cgroup(s, files[arg], text, sizeof(text))) {
		uint64_t n;

		text[strcspn(text, "\n")] = '\0';
		if (arg == USAGE_TASKS_MAX && parse_u64(text, 0, UINT64_MAX, &n) == 0)
			strbuf_put_u64(b, n - cgroups_stubs(s->service));
		else
			strbuf_put(b, str_eq(text, "max") ? "infinity" : text);
	} else if (arg == USAGE_MEMORY_MAX)
		setting_put_value(s->unit, K_MemoryMax, b);
	else if (arg == USAGE_TASKS_MAX)
		setting_put_value(s->unit, K_TasksMax, b);
	else
		strbuf_put(b, "[not set]");
}

static void put_cpu(const struct snapshot *s, int arg, struct strbuf *b)
{
	uint64_t usec = CGROUP_USAGE_UNKNOWN;
	char text[2048];

	(void)arg;
	if (read_cgroup(s, "cpu.stat", text, sizeof(text)))
		usec = cgroup_stat_value(text, "usage_usec");
	if (usec == CGROUP_USAGE_UNKNOWN)
		strbuf_put(b, "[not set]");
	else
		strbuf_put_u64(b, usec * 1000);
}

/* -- times -- */

enum time_arg {
	TIME_INACTIVE_EXIT,
	TIME_ACTIVE_ENTER,
	TIME_ACTIVE_EXIT,
	TIME_INACTIVE_ENTER,
	TIME_STATE_CHANGE,
	TIME_MONOTONIC = 16,
};

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static usec_t unit_time(const struct node *n, enum time_arg which)
{
	if (which == TIME_INACTIVE_EXIT)
		return n->inactive_exit;
	if (which == TIME_ACTIVE_ENTER)
		return n->active_enter;
	if (which == TIME_ACTIVE_EXIT)
		return n->active_exit;
	if (which == TIME_INACTIVE_ENTER)
		return n->inactive_enter;
	return later(later(n->inactive_exit, n->active_enter),
		     later(n->active_exit, n->inactive_enter));
}

static void put_unit_time(const struct snapshot *s, int arg, struct strbuf *b)
{
	usec_t at = unit_time(s->node, arg & ~TIME_MONOTONIC);

	if (arg & TIME_MONOTONIC)
		strbuf_put_u64(b, at);
	else if (at)
		put_time(b, clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC) + at);
}

static void put_deps(const struct snapshot *s, int kind, struct strbuf *b)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(s->m->set, s->unit->index, kind, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (i > 0)
			strbuf_put(b, " ");
		strbuf_put(b, unit_set_at(s->m->set, deps[i].unit)->id);
	}
}

#define TIMES(name, arg)                                                                           \
	{ name "Timestamp", put_unit_time, arg },                                                  \
	{                                                                                          \
		name "TimestampMonotonic", put_unit_time, (arg) | TIME_MONOTONIC                   \
	}

const struct status_row status_rows[] = {
	{ "Id", put_id, 0 },
	{ "Names", put_names, 0 },
	{ "Description", put_description, 0 },
	{ "LoadState", put_load_state, 0 },
	{ "LoadError", put_load_error, 0 },
	{ "ActiveState", put_active_state, 0 },
	{ "SubState", put_sub_state, 0 },
	{ "Result", put_result, 0 },
	{ "ConditionResult", put_condition_result, 0 },
	{ "AssertResult", put_condition_result, 1 },
	{ "UnitFileState", put_file_state, 0 },
	{ "FragmentPath", put_fragment, 0 },
	{ "DropInPaths", put_dropins, 0 },
	{ "Job", put_job, 0 },
	{ "JobType", put_job, 1 },
	{ "MainPID", put_process, PROCESS_MAIN_PID },
	{ "ControlPID", put_process, PROCESS_CONTROL_PID },
	{ "ExecMainPID", put_process, PROCESS_EXEC_PID },
	{ "ExecMainCode", put_process, PROCESS_EXEC_CODE },
	{ "ExecMainStatus", put_process, PROCESS_EXEC_STATUS },
	{ "ExecMainStartTimestamp", put_process, PROCESS_EXEC_START },
	{ "ExecMainExitTimestamp", put_process, PROCESS_EXEC_EXIT },
	{ "LastExit", put_last_exit, 0 },
	{ "MainExecuted", put_main_executed, 0 },
	{ "NRestarts", put_restarts, 0 },
	{ "InvocationID", put_invocation, 0 },
	{ "StatusText", put_status_text, 0 },
	{ "Reason", put_reason, 0 },
	{ "MemoryCurrent", put_usage, USAGE_MEMORY },
	{ "MemoryPeak", put_usage, USAGE_MEMORY_PEAK },
	{ "MemoryMax", put_usage, USAGE_MEMORY_MAX },
	{ "TasksCurrent", put_usage, USAGE_TASKS },
	{ "TasksMax", put_usage, USAGE_TASKS_MAX },
	{ "CPUUsageNSec", put_cpu, 0 },
	{ "ControlGroup", put_cgroup, 0 },
	TIMES("InactiveExit", TIME_INACTIVE_EXIT),
	TIMES("ActiveEnter", TIME_ACTIVE_ENTER),
	TIMES("ActiveExit", TIME_ACTIVE_EXIT),
	TIMES("InactiveEnter", TIME_INACTIVE_ENTER),
	TIMES("StateChange", TIME_STATE_CHANGE),
	{ "Requires", put_deps, DEP_REQUIRES },
	{ "RequiredBy", put_deps, DEP_REQUIRED_BY },
	{ "Wants", put_deps, DEP_WANTS },
	{ "WantedBy", put_deps, DEP_WANTED_BY },
	{ "Conflicts", put_deps, DEP_CONFLICTS },
	{ "RequisiteOf", put_deps, DEP_REQUISITE_OF },
	{ "BoundBy", put_deps, DEP_BOUND_BY },
	{ "ConsistsOf", put_deps, DEP_CONSISTS_OF },
	{ "UpheldBy", put_deps, DEP_UPHELD_BY },
	{ "After", put_deps, DEP_AFTER },
	{ "Before", put_deps, DEP_BEFORE },
	{ "IPAddress", put_address, 0 },
	{ "NetworkNamespace", put_namespace, 0 },
	{ "OOMKills", put_oom, 0 },
	{ "OOMCause", put_oom, 1 },
};

_Static_assert(ARRAY_SIZE(status_rows) <= 64, "struct status_want has one bit per row");

const size_t n_status_rows = ARRAY_SIZE(status_rows);
