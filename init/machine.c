/* SPDX-License-Identifier: MIT */
#include "init/machine.h"

#include "init/machine_cells.h"

/*
 * Every state under every event. -Wswitch-enum cannot see a hole in an array, so the unit test
 * does; a pair that cannot happen is named as such, never left to a default.
 */
static cell_fn *const table[S_COUNT][E_COUNT] = {
	[S_DEAD] = { [E_START] = cell_start,
		     [E_STOP] = cell_already_down,
		     [E_RELOAD] = cell_refuse_reload,
		     [E_EXEC_OK] = cell_late,
		     [E_READY] = cell_late,
		     [E_CONTROL_EXITED] = cell_impossible,
		     [E_MAIN_EXITED] = cell_impossible,
		     [E_SPAWN_FAILED] = cell_impossible,
		     [E_EMPTIED] = cell_late,
		     [E_OOM] = cell_late,
		     [E_TIMEOUT] = cell_impossible },
	[S_CONDITION] = { [E_START] = cell_same,
			  [E_STOP] = cell_stop_start,
			  [E_RELOAD] = cell_refuse_reload,
			  [E_EXEC_OK] = cell_late,
			  [E_READY] = cell_late,
			  [E_CONTROL_EXITED] = cell_condition_ended,
			  [E_MAIN_EXITED] = cell_impossible,
			  [E_SPAWN_FAILED] = cell_start_not_spawned,
			  [E_EMPTIED] = cell_late,
			  [E_OOM] = cell_oom_in_start,
			  [E_TIMEOUT] = cell_timeout },
	[S_START_PRE] = { [E_START] = cell_same,
			  [E_STOP] = cell_stop_start,
			  [E_RELOAD] = cell_refuse_reload,
			  [E_EXEC_OK] = cell_late,
			  [E_READY] = cell_late,
			  [E_CONTROL_EXITED] = cell_start_pre_ended,
			  [E_MAIN_EXITED] = cell_impossible,
			  [E_SPAWN_FAILED] = cell_start_not_spawned,
			  [E_EMPTIED] = cell_late,
			  [E_OOM] = cell_oom_in_start,
			  [E_TIMEOUT] = cell_timeout },
	[S_START] = { [E_START] = cell_same,
		      [E_STOP] = cell_stop_start,
		      [E_RELOAD] = cell_refuse_reload,
		      [E_EXEC_OK] = cell_exec_ok,
		      [E_READY] = cell_ready,
		      [E_CONTROL_EXITED] = cell_forked,
		      [E_MAIN_EXITED] = cell_main_ended_in_start,
		      [E_SPAWN_FAILED] = cell_start_not_spawned,
		      [E_EMPTIED] = cell_emptied_in_start,
		      [E_OOM] = cell_oom_in_start,
		      [E_TIMEOUT] = cell_timeout },
	[S_START_POST] = { [E_START] = cell_same,
			   [E_STOP] = cell_stop_start,
			   [E_RELOAD] = cell_refuse_reload,
			   [E_EXEC_OK] = cell_late,
			   [E_READY] = cell_late,
			   [E_CONTROL_EXITED] = cell_start_post_ended,
			   [E_MAIN_EXITED] = cell_main_ended_beside,
			   [E_SPAWN_FAILED] = cell_start_post_not_spawned,
			   [E_EMPTIED] = cell_late,
			   [E_OOM] = cell_oom_in_start,
			   [E_TIMEOUT] = cell_timeout },
	[S_RUNNING] = { [E_START] = cell_already_up,
			[E_STOP] = cell_stop_run,
			[E_RELOAD] = cell_reload,
			[E_EXEC_OK] = cell_late,
			[E_READY] = cell_same,
			[E_CONTROL_EXITED] = cell_impossible,
			[E_MAIN_EXITED] = cell_main_ended,
			[E_SPAWN_FAILED] = cell_main_not_spawned,
			[E_EMPTIED] = cell_emptied_in_run,
			[E_OOM] = cell_oom_in_run,
			[E_TIMEOUT] = cell_runtime_over },
	[S_EXITED] = { [E_START] = cell_already_up,
		       [E_STOP] = cell_stop_run,
		       [E_RELOAD] = cell_reload,
		       [E_EXEC_OK] = cell_late,
		       [E_READY] = cell_late,
		       [E_CONTROL_EXITED] = cell_impossible,
		       [E_MAIN_EXITED] = cell_impossible,
		       [E_SPAWN_FAILED] = cell_impossible,
		       [E_EMPTIED] = cell_late,
		       [E_OOM] = cell_oom_in_run,
		       [E_TIMEOUT] = cell_impossible },
	[S_RELOAD] = { [E_START] = cell_already_up,
		       [E_STOP] = cell_stop_reload,
		       [E_RELOAD] = cell_same,
		       [E_EXEC_OK] = cell_late,
		       [E_READY] = cell_same,
		       [E_CONTROL_EXITED] = cell_reload_ended,
		       [E_MAIN_EXITED] = cell_main_ended_beside,
		       [E_SPAWN_FAILED] = cell_reload_not_spawned,
		       [E_EMPTIED] = cell_late,
		       [E_OOM] = cell_oom_in_reload,
		       [E_TIMEOUT] = cell_reload_timeout },
	[S_STOP] = { [E_START] = cell_impossible,
		     [E_STOP] = cell_join_stop,
		     [E_RELOAD] = cell_refuse_reload,
		     [E_EXEC_OK] = cell_late,
		     [E_READY] = cell_late,
		     [E_CONTROL_EXITED] = cell_stop_ended,
		     [E_MAIN_EXITED] = cell_main_ended_beside,
		     [E_SPAWN_FAILED] = cell_start_not_spawned,
		     [E_EMPTIED] = cell_late,
		     [E_OOM] = cell_oom_in_start,
		     [E_TIMEOUT] = cell_timeout },
	[S_STOP_SIGTERM] = { [E_START] = cell_impossible,
			     [E_STOP] = cell_join_stop,
			     [E_RELOAD] = cell_refuse_reload,
			     [E_EXEC_OK] = cell_late,
			     [E_READY] = cell_late,
			     [E_CONTROL_EXITED] = cell_kill_progress,
			     [E_MAIN_EXITED] = cell_main_ended_in_kill,
			     [E_SPAWN_FAILED] = cell_impossible,
			     [E_EMPTIED] = cell_kill_progress,
			     [E_OOM] = cell_oom_in_stop,
			     [E_TIMEOUT] = cell_sigterm_timeout },
	[S_STOP_SIGKILL] = { [E_START] = cell_impossible,
			     [E_STOP] = cell_join_stop,
			     [E_RELOAD] = cell_refuse_reload,
			     [E_EXEC_OK] = cell_late,
			     [E_READY] = cell_late,
			     [E_CONTROL_EXITED] = cell_kill_progress,
			     [E_MAIN_EXITED] = cell_main_ended_in_kill,
			     [E_SPAWN_FAILED] = cell_impossible,
			     [E_EMPTIED] = cell_kill_progress,
			     [E_OOM] = cell_oom_in_sigkill,
			     [E_TIMEOUT] = cell_sigkill_timeout },
	[S_STOP_POST] = { [E_START] = cell_impossible,
			  [E_STOP] = cell_join_stop,
			  [E_RELOAD] = cell_refuse_reload,
			  [E_EXEC_OK] = cell_late,
			  [E_READY] = cell_late,
			  [E_CONTROL_EXITED] = cell_stop_post_ended,
			  [E_MAIN_EXITED] = cell_impossible,
			  [E_SPAWN_FAILED] = cell_stop_post_not_spawned,
			  [E_EMPTIED] = cell_late,
			  [E_OOM] = cell_oom_in_stop,
			  [E_TIMEOUT] = cell_stop_post_timeout },
	[S_FINAL_SIGTERM] = { [E_START] = cell_impossible,
			      [E_STOP] = cell_join_stop,
			      [E_RELOAD] = cell_refuse_reload,
			      [E_EXEC_OK] = cell_late,
			      [E_READY] = cell_late,
			      [E_CONTROL_EXITED] = cell_kill_progress,
			      [E_MAIN_EXITED] = cell_impossible,
			      [E_SPAWN_FAILED] = cell_impossible,
			      [E_EMPTIED] = cell_kill_progress,
			      [E_OOM] = cell_oom_in_stop,
			      [E_TIMEOUT] = cell_sigterm_timeout },
	[S_FINAL_SIGKILL] = { [E_START] = cell_impossible,
			      [E_STOP] = cell_join_stop,
			      [E_RELOAD] = cell_refuse_reload,
			      [E_EXEC_OK] = cell_late,
			      [E_READY] = cell_late,
			      [E_CONTROL_EXITED] = cell_kill_progress,
			      [E_MAIN_EXITED] = cell_impossible,
			      [E_SPAWN_FAILED] = cell_impossible,
			      [E_EMPTIED] = cell_kill_progress,
			      [E_OOM] = cell_oom_in_sigkill,
			      [E_TIMEOUT] = cell_sigkill_timeout },
	[S_FAILED] = { [E_START] = cell_start,
		       [E_STOP] = cell_already_down,
		       [E_RELOAD] = cell_refuse_reload,
		       [E_EXEC_OK] = cell_late,
		       [E_READY] = cell_late,
		       [E_CONTROL_EXITED] = cell_impossible,
		       [E_MAIN_EXITED] = cell_impossible,
		       [E_SPAWN_FAILED] = cell_impossible,
		       [E_EMPTIED] = cell_late,
		       [E_OOM] = cell_late,
		       [E_TIMEOUT] = cell_impossible },
	[S_AUTO_RESTART] = { [E_START] = cell_start,
			     [E_STOP] = cell_cancel_restart,
			     [E_RELOAD] = cell_refuse_reload,
			     [E_EXEC_OK] = cell_late,
			     [E_READY] = cell_late,
			     [E_CONTROL_EXITED] = cell_impossible,
			     [E_MAIN_EXITED] = cell_impossible,
			     [E_SPAWN_FAILED] = cell_impossible,
			     [E_EMPTIED] = cell_late,
			     [E_OOM] = cell_late,
			     [E_TIMEOUT] = cell_ask_start },
};

static const char *const state_names[S_COUNT] = {
	[S_DEAD] = "dead",
	[S_CONDITION] = "condition",
	[S_START_PRE] = "start-pre",
	[S_START] = "start",
	[S_START_POST] = "start-post",
	[S_RUNNING] = "running",
	[S_EXITED] = "exited",
	[S_RELOAD] = "reload",
	[S_STOP] = "stop",
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
	[E_EXEC_OK] = "E_EXEC_OK",
	[E_READY] = "E_READY",
	[E_CONTROL_EXITED] = "E_CONTROL_EXITED",
	[E_MAIN_EXITED] = "E_MAIN_EXITED",
	[E_SPAWN_FAILED] = "E_SPAWN_FAILED",
	[E_EMPTIED] = "E_EMPTIED",
	[E_OOM] = "E_OOM",
	[E_TIMEOUT] = "E_TIMEOUT",
};

static const char *const result_names[RESULT_COUNT] = {
	[RESULT_SUCCESS] = "success",
	[RESULT_RESOURCES] = "resources",
	[RESULT_PROTOCOL] = "protocol",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_EXIT_CODE] = "exit-code",
	[RESULT_SIGNAL] = "signal",
	[RESULT_CORE_DUMP] = "core-dump",
	[RESULT_WATCHDOG] = "watchdog",
	[RESULT_START_LIMIT_HIT] = "start-limit-hit",
	[RESULT_OOM_KILL] = "oom-kill",
	[RESULT_EXEC_CONDITION] = "exec-condition",
};

static const char *const slot_names[SLOT_COUNT] = {
	[SLOT_CONDITION] = "ExecCondition", [SLOT_START_PRE] = "ExecStartPre",
	[SLOT_START] = "ExecStart",	    [SLOT_START_POST] = "ExecStartPost",
	[SLOT_RELOAD] = "ExecReload",	    [SLOT_STOP] = "ExecStop",
	[SLOT_STOP_POST] = "ExecStopPost",
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
	cell_fn *fn = table[state][event];

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
	*m = (struct machine){ .state = S_DEAD, .deadline = USEC_INFINITY };
}

void machine_extend(struct machine *m, usec_t until)
{
	/* Never to none: only running services go without one, unless RuntimeMaxSec= bounds them. */
	if (m->deadline != USEC_INFINITY && until > m->deadline && until != USEC_INFINITY)
		m->deadline = until;
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
	case E_START:
	case E_STOP:
	case E_RELOAD:
	case E_EXEC_OK:
	case E_READY:
	case E_SPAWN_FAILED:
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
	table[before][event](&s);
	m->populated_before = populated;
	return m->state != before;
}
