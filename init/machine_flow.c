/* SPDX-License-Identifier: MIT */
#include "init/machine_flow.h"

#include <signal.h>

/* --- small parts -------------------------------------------------------------------------- */

static void act_on(struct step *s, enum action_kind kind, enum command_slot slot, uint16_t command)
{
	if (s->out->n == MACHINE_MAX_ACTIONS) {
		s->out->impossible = true;
		return;
	}
	s->out->v[s->out->n++] = (struct action){ .kind = kind, .slot = slot, .command = command };
}

void flow_act(struct step *s, enum action_kind kind)
{
	act_on(s, kind, SLOT_START, 0);
}

void flow_enter(struct step *s, enum service_state state, usec_t deadline)
{
	s->m->state = state;
	s->m->deadline = deadline;
}

/* The first bad result of a run is kept: what follows it is mostly our own killing. */
void flow_note(struct step *s, enum service_result result)
{
	if (s->m->result == RESULT_SUCCESS)
		s->m->result = result;
}

bool flow_went_well(const struct exit_info *exit)
{
	return exit->clean || exit->ignored;
}

enum service_result flow_result_of(const struct machine *m, const struct exit_info *exit)
{
	if (flow_went_well(exit))
		return RESULT_SUCCESS;
	if (exit->code == CLD_EXITED)
		return RESULT_EXIT_CODE;
	if (exit->code == CLD_DUMPED)
		return RESULT_CORE_DUMP;
	return m->oom_seen && exit->status == SIGKILL ? RESULT_OOM_KILL : RESULT_SIGNAL;
}

static enum end_cause cause_of(enum service_result result)
{
	switch (result) {
	case RESULT_SUCCESS:
	case RESULT_EXEC_CONDITION: return END_CLEAN;
	case RESULT_EXIT_CODE: return END_UNCLEAN_CODE;
	case RESULT_SIGNAL:
	case RESULT_CORE_DUMP: return END_UNCLEAN_SIGNAL;
	case RESULT_TIMEOUT: return END_TIMEOUT;
	case RESULT_UNHEALTHY:
	case RESULT_WATCHDOG: return END_WATCHDOG;
	case RESULT_OOM_KILL: return END_OOM;
	case RESULT_RESOURCES:
	case RESULT_PROTOCOL:
	case RESULT_START_LIMIT_HIT:
	case RESULT_COUNT: break;
	}
	return END_ERROR;
}

/* --- spawning ----------------------------------------------------------------------------- */

/* Each command has its whole timeout, as systemd.service(5) says of ExecStop=. */
static void spawn(struct step *s, enum command_slot slot, uint16_t command)
{
	struct machine *m = s->m;
	bool down = slot == SLOT_STOP || slot == SLOT_STOP_POST;

	m->slot = slot;
	m->command = command;
	m->populated = true;
	if (slot == SLOT_START && s->c->type != TYPE_FORKING)
		m->main_alive = true;
	else
		m->control_alive = true;
	m->deadline = usec_add(s->now, down ? s->c->timeout_stop : s->c->timeout_start);
	act_on(s, ACT_SPAWN, slot, command);
}

/* Enters @state with the first command of @slot; false when there is none. */
bool flow_first_command(struct step *s, enum command_slot slot, enum service_state state)
{
	if (s->c->n_commands[slot] == 0)
		return false;
	s->m->state = state;
	spawn(s, slot, 0);
	return true;
}

/* The next command of the list under way; false when it was the last. */
bool flow_next_command(struct step *s)
{
	struct machine *m = s->m;

	if (m->command + 1 >= s->c->n_commands[m->slot])
		return false;
	spawn(s, m->slot, (uint16_t)(m->command + 1));
	return true;
}

/* --- the way down ------------------------------------------------------------------------- */

void flow_forget_processes(struct step *s, enum action_kind why)
{
	struct machine *m = s->m;

	m->main_alive = m->control_alive = m->populated = false;
	flow_act(s, why);
}

static void answer_start(struct step *s)
{
	switch ((enum service_result)s->m->result) {
	case RESULT_SUCCESS:
		/* A oneshot that ran and is gone, or a service that ended well in start-post. */
		flow_act(s, ACT_START_DONE);
		return;
	case RESULT_EXEC_CONDITION: flow_act(s, ACT_START_SKIPPED); return;
	case RESULT_RESOURCES:
	case RESULT_PROTOCOL:
	case RESULT_TIMEOUT:
	case RESULT_EXIT_CODE:
	case RESULT_SIGNAL:
	case RESULT_CORE_DUMP:
	case RESULT_WATCHDOG:
	case RESULT_UNHEALTHY:
	case RESULT_START_LIMIT_HIT:
	case RESULT_OOM_KILL:
	case RESULT_COUNT: flow_act(s, ACT_START_FAILED); return;
	}
}

static void run_ended(struct step *s)
{
	struct machine *m = s->m;
	bool skipped = m->result == RESULT_EXEC_CONDITION;
	/* systemd: first what prevents, then what forces, then Restart=. */
	bool again =
		!m->stop_wanted && !skipped &&
		(m->restart_wanted || (!m->restart_prevented &&
				       (m->restart_forced || restart_wanted(s->c->restart.policy,
									    cause_of(m->result)))));

	if (m->populated || m->main_alive || m->control_alive)
		flow_forget_processes(s, ACT_LEAVE);
	flow_act(s, again ? ACT_RELEASE_RUN : ACT_RELEASE);
	if (again) {
		usec_t delay = restart_next_delay(&m->history, &s->c->restart, cause_of(m->result),
						  s->now, s->random);

		flow_enter(s, S_AUTO_RESTART, usec_add(s->now, delay));
	} else {
		flow_enter(s, m->result == RESULT_SUCCESS || skipped ? S_DEAD : S_FAILED,
			   USEC_INFINITY);
	}
	if (m->stop_wanted)
		flow_act(s, ACT_STOP_DONE);
	/* RestartMode=direct: the start goes on with the next run. */
	else if (!m->started && !(again && s->c->restart.mode == RESTART_MODE_DIRECT))
		answer_start(s);
}

bool flow_is_final(enum service_state state)
{
	return state == S_FINAL_SIGTERM || state == S_FINAL_SIGKILL;
}

/* The end of a kill stage: of stop-* the post commands follow, of final-* nothing. */
void flow_stage_ended(struct step *s, enum service_state state)
{
	/* Spared or stuck: nothing may be spawned beside a live control process. */
	if (s->m->main_alive || s->m->control_alive)
		flow_forget_processes(s, ACT_LEAVE);
	if (flow_is_final(state))
		run_ended(s);
	else if (!flow_first_command(s, SLOT_STOP_POST, S_STOP_POST))
		flow_enter_sigterm(s, S_FINAL_SIGTERM);
}

/* What KillMode= makes a kill stage wait for, systemd.kill(5). */
static bool must_wait(const struct step *s)
{
	const struct machine *m = s->m;

	switch ((enum kill_mode)s->c->kill_mode) {
	case KILL_CONTROL_GROUP:
	case KILL_MIXED: return m->main_alive || m->control_alive || m->populated;
	case KILL_PROCESS: return m->main_alive || m->control_alive;
	case KILL_NONE: break;
	}
	return false;
}

/* The SIGKILL stage is bounded even if the user set no bound: it waits for the kernel, not for
 * them. */
void flow_enter_sigkill(struct step *s, bool final, enum action_kind how)
{
	const usec_t bound = 90 * USEC_PER_SEC;
	usec_t span = s->c->timeout_stop == USEC_INFINITY ? bound : s->c->timeout_stop;
	enum service_state state = final ? S_FINAL_SIGKILL : S_STOP_SIGKILL;

	flow_act(s, how);
	flow_enter(s, state, usec_add(s->now, span));
	if (!must_wait(s))
		flow_stage_ended(s, state);
}

/* After SIGTERM was not enough, or where it is not sent. */
void flow_escalate(struct step *s, bool final)
{
	if (!s->c->send_sigkill)
		flow_stage_ended(s, final ? S_FINAL_SIGTERM : S_STOP_SIGTERM);
	else
		flow_enter_sigkill(s, final,
				   s->c->kill_mode == KILL_PROCESS ? ACT_SIGKILL_MAIN
								   : ACT_SIGKILL_ALL);
}

/* KillMode=mixed: the rest gets SIGKILL as soon as main and control are gone, not at the timeout.
 */
static bool only_rest_of_mixed(const struct step *s)
{
	return s->c->kill_mode == KILL_MIXED && !s->m->main_alive && !s->m->control_alive;
}

/* Enters stop-watchdog, stop-sigterm or final-sigterm, or passes through when there is nothing to end. */
void flow_enter_sigterm(struct step *s, enum service_state state)
{
	bool all = s->c->kill_mode == KILL_CONTROL_GROUP, abort = state == S_STOP_WATCHDOG;

	if (!must_wait(s)) {
		flow_stage_ended(s, state);
	} else if (only_rest_of_mixed(s)) {
		flow_escalate(s, flow_is_final(state));
	} else {
		if (abort)
			flow_act(s, all ? ACT_ABORT_ALL : ACT_ABORT_MAIN);
		else
			flow_act(s, all ? ACT_KILL_ALL : ACT_KILL_MAIN);
		flow_enter(s, state,
			   usec_add(s->now, abort ? s->c->timeout_abort : s->c->timeout_stop));
	}
}

void flow_enter_stopping(struct step *s)
{
	/* KillMode=none waits for nothing: main is let end where it is. */
	if (must_wait(s))
		flow_enter(s, S_STOP_SIGTERM, usec_add(s->now, s->c->timeout_stop));
}

/* Something ended while a kill stage waits. */
void flow_kill_progress(struct step *s)
{
	enum service_state state = s->m->state;
	bool sigterm =
		state == S_STOP_SIGTERM || state == S_FINAL_SIGTERM || state == S_STOP_WATCHDOG;

	if (!must_wait(s))
		flow_stage_ended(s, state);
	else if (sigterm && only_rest_of_mixed(s))
		flow_escalate(s, flow_is_final(state));
}

void flow_fail(struct step *s, enum service_result result)
{
	flow_note(s, result);
	flow_enter_sigterm(s, S_STOP_SIGTERM);
}

void flow_enter_stop(struct step *s)
{
	if (!flow_first_command(s, SLOT_STOP, S_STOP))
		flow_enter_sigterm(s, S_STOP_SIGTERM);
}

/* --- the way up --------------------------------------------------------------------------- */

/* Also the way back from a reload, and the place where main's end is noticed. */
void flow_enter_running(struct step *s)
{
	struct machine *m = s->m;
	bool up = m->main_alive || (m->mainless && m->populated);

	if (m->result != RESULT_SUCCESS) {
		/* ExecStop is for services that live: systemd skips it after a crash, too. */
		flow_enter_sigterm(s, S_STOP_SIGTERM);
		return;
	}
	if (!up && !s->c->remain_after_exit) {
		flow_enter_stop(s);
		return;
	}
	if (!m->started) {
		m->started = true;
		m->history.run_start = s->now;
		flow_act(s, ACT_START_DONE);
	}
	/* RuntimeMaxSec= counts from there, whatever reloads came between. */
	flow_enter(s, up ? S_RUNNING : S_EXITED,
		   up ? usec_add(m->history.run_start, s->c->runtime_max) : USEC_INFINITY);
	/* Said meanwhile, while a control process ran. */
	if (up && m->told == TOLD_RELOADING)
		flow_enter(s, S_RELOAD_NOTIFY, usec_add(s->now, s->c->timeout_start));
	else if (up && m->told == TOLD_STOPPING)
		flow_enter_stopping(s);
	else if (up && m->name_lost)
		flow_enter_stop(s);
}

void flow_enter_start_post(struct step *s)
{
	if (s->m->main_alive || s->m->mainless)
		s->m->watchdog = usec_add(s->now, s->m->watchdog_span);
	if (!flow_first_command(s, SLOT_START_POST, S_START_POST))
		flow_enter_running(s);
}

void flow_enter_start(struct step *s)
{
	s->m->name_lost = false;
	s->m->told = TOLD_NOTHING; /* whoever has spoken so far was not main */
	if (!flow_first_command(s, SLOT_START, S_START)) {
		/* Only a oneshot may do without; anything else lost its command to a reload. */
		if (s->c->type == TYPE_ONESHOT)
			flow_enter_start_post(s);
		else
			flow_fail(s, RESULT_RESOURCES);
	}
}

void flow_enter_start_pre(struct step *s)
{
	if (!flow_first_command(s, SLOT_START_PRE, S_START_PRE))
		flow_enter_start(s);
}
