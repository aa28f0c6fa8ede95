/* SPDX-License-Identifier: MIT */
#include "init/status_rows.h"

#include "init/actions.h"
#include "init/kind.h"
#include "init/socket_accept.h"
#include "init/status.h"

#include <time.h>

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
	const char *alias;
	uint32_t at = 0;

	(void)arg;
	strbuf_put(b, s->unit->id);
	while ((alias = unit_set_next_alias(s->m->set, s->unit->index, &at)))
		strbuf_printf(b, " %s", alias);
}

static void put_description(const struct snapshot *s, int arg, struct strbuf *b)
{
	const char *text = unit_str(s->unit, K_Description);
	const struct socket_connection *c =
		s->service ? socket_connection_of(s->m, s->service) : NULL;
	char peer[64];
	unsigned int port;

	(void)arg;
	strbuf_put(b, text ? text : s->unit->id);
	if (c && socket_peer(c->fd, peer, sizeof(peer), &port))
		strbuf_printf(b, " (%s:%u)", peer, port);
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

/* Of the files as they were read last: one that runs on without them has the settings it had. */
static void put_load_state(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, load_state_name(unit_set_at(s->m->set, s->unit->index)->load_state));
}

/* Whether the files have changed is for berthctl to see: PID 1 looks at no disk. */
static void put_files_stamp(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put_u64(b, unit_set_at(s->m->set, s->unit->index)->stamp);
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

/* What systemctl may be asked for, not whether it would succeed. */
static void put_can(const struct snapshot *s, int kind, struct strbuf *b)
{
	const struct unit *u = s->unit;
	bool can = u->load_state == LOAD_LOADED;

	if (kind == JOB_RELOAD)
		can = can && unit_can_reload(s->node);
	else
		can = can &&
		      !unit_bool(u, kind == JOB_START ? K_RefuseManualStart : K_RefuseManualStop);
	strbuf_put(b, can ? "yes" : "no");
}

static void put_can_isolate(const struct snapshot *s, int arg, struct strbuf *b)
{
	(void)arg;
	strbuf_put(b, unit_bool(s->unit, K_AllowIsolate) ? "yes" : "no");
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

enum job_field {
	JOB_FIELD_ID,
	JOB_FIELD_TYPE,
	JOB_FIELD_STATE,
};

static void put_job(const struct snapshot *s, int field, struct strbuf *b)
{
	const struct job *job = s->node->job;

	switch ((enum job_field)field) {
	case JOB_FIELD_ID: strbuf_put_u64(b, job ? job->id : 0); return;
	case JOB_FIELD_TYPE: strbuf_put(b, job ? job_kind_name(job->kind) : ""); return;
	case JOB_FIELD_STATE:
		strbuf_put(b, !job ? "" : job->running ? "running" : "waiting");
		return;
	}
}

/* systemd's timestamp form; UTC, since reading a time zone file is not PID 1's business. */
void status_put_time(struct strbuf *b, usec_t realtime)
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
		status_put_time(b, clock_now(CLOCK_REALTIME) - clock_now(CLOCK_MONOTONIC) + at);
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

static const struct status_row rows[] = {
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
	{ "NeedDaemonReload", put_files_stamp, 0 },
	{ "CanStart", put_can, JOB_START },
	{ "CanStop", put_can, JOB_STOP },
	{ "CanReload", put_can, JOB_RELOAD },
	{ "CanIsolate", put_can_isolate, 0 },
	{ "Job", put_job, JOB_FIELD_ID },
	{ "JobType", put_job, JOB_FIELD_TYPE },
	{ "JobState", put_job, JOB_FIELD_STATE },
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
	{ "JoinsNamespaceOf", put_deps, DEP_JOINS_NAMESPACE_OF },
	{ "RequisiteOf", put_deps, DEP_REQUISITE_OF },
	{ "BoundBy", put_deps, DEP_BOUND_BY },
	{ "ConsistsOf", put_deps, DEP_CONSISTS_OF },
	{ "UpheldBy", put_deps, DEP_UPHELD_BY },
	{ "Triggers", put_deps, DEP_TRIGGERS },
	{ "TriggeredBy", put_deps, DEP_TRIGGERED_BY },
	{ "After", put_deps, DEP_AFTER },
	{ "Before", put_deps, DEP_BEFORE },
};

static const struct status_group status_unit = STATUS_GROUP(rows, STATUS_ALL_TYPES);

const struct status_group *const status_groups[] = {
	&status_unit,  &status_process, &status_socket,
	&status_timer, &status_trigger, &status_usage,
};
const size_t n_status_groups = ARRAY_SIZE(status_groups);
