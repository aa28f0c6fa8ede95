/* SPDX-License-Identifier: MIT */
#include "init/machine.h"

#include "init/machine_table.h"

static const char *const state_names[S_COUNT] = {
	[S_DEAD] = "dead",
	[S_CONDITION] = "condition",
	[S_START_PRE] = "start-pre",
	[S_START] = "start",
	[S_START_POST] = "start-post",
	[S_RUNNING] = "running",
	[S_EXITED] = "exited",
	[S_RELOAD] = "reload",
	[S_RELOAD_SIGNAL] = "reload-signal",
	[S_RELOAD_NOTIFY] = "reload-notify",
	[S_STOP] = "stop",
	[S_STOP_WATCHDOG] = "stop-watchdog",
	[S_STOP_SIGTERM] = "stop-sigterm",
	[S_STOP_SIGKILL] = "stop-sigkill",
	[S_STOP_POST] = "stop-post",
	[S_FINAL_SIGTERM] = "final-sigterm",
	[S_FINAL_SIGKILL] = "final-sigkill",
	[S_FAILED] = "failed",
	[S_AUTO_RESTART] = "auto-restart",
};

static const char *const event_names[E_COUNT] = {
	[E_START] = "E_START",
	[E_STOP] = "E_STOP",
	[E_RELOAD] = "E_RELOAD",
	[E_SPAWNED] = "E_SPAWNED",
	[E_EXEC_OK] = "E_EXEC_OK",
	[E_READY] = "E_READY",
	[E_RELOADING] = "E_RELOADING",
	[E_STOPPING] = "E_STOPPING",
	[E_NAME_LOST] = "E_NAME_LOST",
	[E_WATCHDOG] = "E_WATCHDOG",
	[E_UNHEALTHY] = "E_UNHEALTHY",
	[E_CONTROL_EXITED] = "E_CONTROL_EXITED",
	[E_MAIN_EXITED] = "E_MAIN_EXITED",
	[E_SPAWN_FAILED] = "E_SPAWN_FAILED",
	[E_EMPTIED] = "E_EMPTIED",
	[E_OOM] = "E_OOM",
	[E_TIMEOUT] = "E_TIMEOUT",
};

static const char *const result_names[RESULT_COUNT] = {
	[RESULT_SUCCESS] = "success",	  [RESULT_RESOURCES] = "resources",
	[RESULT_PROTOCOL] = "protocol",	  [RESULT_TIMEOUT] = "timeout",
	[RESULT_EXIT_CODE] = "exit-code", [RESULT_SIGNAL] = "signal",
	[RESULT_CORE_DUMP] = "core-dump", [RESULT_WATCHDOG] = "watchdog",
	[RESULT_UNHEALTHY] = "unhealthy", [RESULT_START_LIMIT_HIT] = "start-limit-hit",
	[RESULT_OOM_KILL] = "oom-kill",	  [RESULT_EXEC_CONDITION] = "exec-condition",
};

static const char *const slot_names[] = {
	[SLOT_CONDITION] = "ExecCondition", [SLOT_START_PRE] = "ExecStartPre",
	[SLOT_START] = "ExecStart",	    [SLOT_START_POST] = "ExecStartPost",
	[SLOT_RELOAD] = "ExecReload",	    [SLOT_STOP] = "ExecStop",
	[SLOT_STOP_POST] = "ExecStopPost",  [SLOT_HEALTH] = "HealthCmd",
};

const char *service_state_name(enum service_state state)
{
	return state_names[state];
}

const char *service_event_name(enum service_event event)
{
	return event_names[event];
}

const char *service_result_name(enum service_result result)
{
	return result_names[result];
}

const char *command_slot_name(enum command_slot slot)
{
	return slot_names[slot];
}

enum cell_kind machine_cell(enum service_state state, enum service_event event)
{
	cell_fn *fn = machine_table(state, event);

	if (!fn)
		return CELL_NONE;
	if (fn == cell_late)
		return CELL_LATE;
	if (fn == cell_same || fn == cell_already_up || fn == cell_already_down ||
	    fn == cell_join_stop)
		return CELL_SAME;
	return fn == cell_impossible ? CELL_IMPOSSIBLE : CELL_STEP;
}

void machine_init(struct machine *m)
{
	*m = (struct machine){ .state = S_DEAD,
			       .deadline = USEC_INFINITY,
			       .watchdog = USEC_INFINITY,
			       .watchdog_span = USEC_INFINITY };
}

void machine_extend(struct machine *m, usec_t until)
{
	/* Never to none: only running services go without one, unless RuntimeMaxSec= bounds them. */
	if (m->deadline != USEC_INFINITY && until > m->deadline && until != USEC_INFINITY)
		m->deadline = until;
}

void machine_pet(struct machine *m, usec_t now)
{
	if (m->watchdog != USEC_INFINITY)
		m->watchdog = usec_add(now, m->watchdog_span);
}

static bool is_watched(const struct machine *m)
{
	enum service_state s = m->state;

	return (s == S_START_POST || s == S_RUNNING || s == S_RELOAD || s == S_RELOAD_SIGNAL ||
		s == S_RELOAD_NOTIFY) &&
	       (m->main_alive || m->mainless);
}

void machine_watchdog(struct machine *m, usec_t span, usec_t now)
{
	m->watchdog_span = span;
	m->watchdog = is_watched(m) ? usec_add(now, span) : USEC_INFINITY;
}

void machine_blame(struct machine *m, enum service_result result)
{
	if (m->result == RESULT_SUCCESS)
		m->result = (uint8_t)result;
}

bool machine_reset_failed(struct machine *m)
{
	bool failed = m->state == S_FAILED;

	m->history.window_count = 0;
	restart_forget(&m->history);
	if (failed) {
		m->state = S_DEAD;
		m->result = RESULT_SUCCESS;
	}
	return failed;
}

/*
 * Facts hold whatever the state makes of them. False when the event contradicts them: a process
 * that is not there cannot end, a deadline that is not due cannot pass.
 */
static bool note_facts(struct machine *m, enum service_event event, const struct event_info *info,
		       usec_t now)
{
	bool answered;

	switch (event) {
	case E_CONTROL_EXITED:
		if (!m->control_alive)
			return false;
		m->control_alive = false;
		return true;
	case E_MAIN_EXITED:
		if (!m->main_alive)
			return false;
		m->main_alive = false;
		m->restart_prevented = info->prevents_restart;
		m->restart_forced = info->forces_restart;
		return true;
	case E_EMPTIED: m->populated = false; return true;
	case E_OOM: m->oom_seen = true; return true;
	case E_TIMEOUT: return now >= m->deadline;
	case E_WATCHDOG: return info->asked || now >= m->watchdog;
	case E_READY:
		m->told = m->told == TOLD_RELOADING ? TOLD_RELOADED : TOLD_READY;
		m->name_lost = false;
		return true;
	case E_RELOADING:
		/* A reload that had begun before we asked for one has not read what we mean. */
		answered = m->reload_begun == 0 || info->since >= m->reload_begun;
		if (answered)
			m->told = TOLD_RELOADING;
		return true;
	case E_STOPPING: m->told = TOLD_STOPPING; return true;
	case E_NAME_LOST: m->name_lost = true; return true;
	case E_START:
	case E_STOP:
	case E_RELOAD:
	case E_SPAWNED:
	case E_EXEC_OK:
	case E_SPAWN_FAILED:
	case E_UNHEALTHY:
	case E_COUNT: break;
	}
	return true;
}

bool machine_step(struct machine *m, const struct machine_config *config, enum service_event event,
		  const struct event_info *info, usec_t now, uint32_t random, struct actions *out)
{
	static const struct event_info nothing;
	struct step s = { m, config, info ? info : &nothing, now, random, out };
	enum service_state before = m->state;
	bool populated = m->populated;

	*out = (struct actions){ .n = 0 };
	if (!note_facts(m, event, s.info, now)) {
		out->impossible = true;
		return false;
	}
	machine_table(before, event)(&s);
	m->populated_before = populated;
	if (!is_watched(m))
		m->watchdog = USEC_INFINITY;
	if (m->state != S_RELOAD && m->state != S_RELOAD_SIGNAL)
		m->reload_begun = 0;
	return m->state != before;
}
