/* SPDX-License-Identifier: MIT */
#include "init/machine_cells.h"

#include <signal.h>

/* --- cells: jobs -------------------------------------------------------------------------- */

static void refuse_start(struct step *s, bool again)
{
	s->m->result = RESULT_START_LIMIT_HIT;
	flow_enter(s, S_FAILED, USEC_INFINITY);
	if (again)
		flow_act(s, ACT_RELEASE);
	flow_act(s, ACT_START_LIMIT);
	flow_act(s, ACT_START_FAILED);
}

void cell_start(struct step *s)
{
	struct machine *m = s->m;
	bool again = m->state == S_AUTO_RESTART;

	m->stop_wanted = m->started = m->oom_seen = m->mainless = false;
	m->watchdog_span = s->c->watchdog;
	m->restart_prevented = m->restart_forced = m->restart_wanted = false;
	m->history.run_start = 0;
	if (!again)
		restart_forget(&m->history);
	if (!restart_count_start(&m->history, &s->c->restart, s->now)) {
		refuse_start(s, again);
		return;
	}
	if (again)
		m->history.restarts++;
	m->result = RESULT_SUCCESS;
	if (!flow_first_command(s, SLOT_CONDITION, S_CONDITION))
		flow_enter_start_pre(s);
}

void cell_already_up(struct step *s)
{
	flow_act(s, ACT_START_DONE);
}

void cell_already_down(struct step *s)
{
	flow_act(s, ACT_STOP_DONE);
}

/* Before it is up there is nothing that ExecStop could talk to. */
void cell_stop_start(struct step *s)
{
	s->m->stop_wanted = true;
	flow_enter_sigterm(s, S_STOP_SIGTERM);
}

/* As systemd does: a command is under way, so straight to the signal. */
void cell_stop_reload(struct step *s)
{
	flow_act(s, ACT_RELOAD_FAILED);
	cell_stop_start(s);
}

void cell_stop_run(struct step *s)
{
	s->m->stop_wanted = true;
	flow_enter_stop(s);
}

void cell_join_stop(struct step *s)
{
	s->m->stop_wanted = true;
}

void cell_cancel_restart(struct step *s)
{
	flow_enter(s, S_DEAD, USEC_INFINITY);
	flow_act(s, ACT_RELEASE);
	flow_act(s, ACT_STOP_DONE);
}

void cell_refuse_reload(struct step *s)
{
	flow_act(s, ACT_RELOAD_FAILED);
}

/* --- cells: what processes tell ----------------------------------------------------------- */

void cell_spawned(struct step *s)
{
	if (s->c->type == TYPE_SIMPLE || s->c->type == TYPE_IDLE)
		flow_enter_start_post(s);
}

void cell_exec_ok(struct step *s)
{
	if (s->c->type == TYPE_EXEC)
		flow_enter_start_post(s);
}

/* systemd.service(5) ExecCondition=: 1 to 254 skip the start, 255 and signals fail it. */
void cell_condition_ended(struct step *s)
{
	const struct exit_info *exit = &s->info->exit;

	if (!flow_went_well(exit)) {
		bool skip = exit->code == CLD_EXITED && exit->status != 255;

		flow_fail(s, skip ? RESULT_EXEC_CONDITION : flow_result_of(s->m, exit));
	} else if (!flow_next_command(s)) {
		flow_enter_start_pre(s);
	}
}

void cell_start_pre_ended(struct step *s)
{
	if (!flow_went_well(&s->info->exit))
		flow_fail(s, flow_result_of(s->m, &s->info->exit));
	else if (!flow_next_command(s))
		flow_enter_start(s);
}

/* Type=forking: the command of ExecStart ended and should have left a daemon. */
void cell_forked(struct step *s)
{
	struct machine *m = s->m;

	if (!flow_went_well(&s->info->exit)) {
		flow_fail(s, flow_result_of(m, &s->info->exit));
		return;
	}
	m->main_alive = s->info->main_alive;
	if (!m->main_alive && !m->populated) {
		flow_fail(s, RESULT_PROTOCOL);
		return;
	}
	if (s->info->main_awaited && !m->main_alive)
		return; /* the deadline of ExecStart goes on */
	m->mainless = !m->main_alive;
	flow_enter_start_post(s);
}

void cell_start_post_ended(struct step *s)
{
	if (!flow_went_well(&s->info->exit))
		flow_fail(s, flow_result_of(s->m, &s->info->exit));
	else if (!flow_next_command(s))
		flow_enter_running(s);
}

void cell_stop_ended(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
	if (!flow_went_well(&s->info->exit) || !flow_next_command(s))
		flow_enter_sigterm(s, S_STOP_SIGTERM);
}

void cell_stop_post_ended(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
	if (!flow_went_well(&s->info->exit) || !flow_next_command(s))
		flow_enter_sigterm(s, S_FINAL_SIGTERM);
}

/* A control process that ends in a kill stage ends because of us: its status means nothing. */
void cell_kill_progress(struct step *s)
{
	flow_kill_progress(s);
}

void cell_main_ended_in_start(struct step *s)
{
	const struct exit_info *exit = &s->info->exit;

	if (!flow_went_well(exit))
		flow_fail(s, flow_result_of(s->m, exit));
	else if (s->c->type != TYPE_ONESHOT)
		flow_fail(s, RESULT_PROTOCOL); /* it was never ready and never will be */
	else if (!flow_next_command(s))
		flow_enter_start_post(s);
}

/* Beside a control process: it is let finish, then flow_enter_running() or the kill stage looks. */
void cell_main_ended_beside(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
}

void cell_main_ended(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
	flow_enter_running(s);
}

void cell_main_ended_in_kill(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
	flow_kill_progress(s);
}

/* Type=forking waited for its PID file and all of it died meanwhile. */
void cell_emptied_in_start(struct step *s)
{
	const struct machine *m = s->m;

	if (s->c->type == TYPE_FORKING && !m->control_alive && !m->main_alive)
		flow_fail(s, RESULT_PROTOCOL);
}

void cell_emptied_in_run(struct step *s)
{
	if (s->m->mainless)
		flow_enter_running(s);
}

/* --- cells: spawns that failed ------------------------------------------------------------ */

static enum service_result spawn_result(const struct step *s)
{
	return s->info->result == RESULT_SUCCESS ? RESULT_RESOURCES : s->info->result;
}

/* The only process that the last step made was not made. */
static void undo_spawn(struct step *s)
{
	struct machine *m = s->m;

	if (m->slot == SLOT_START && s->c->type != TYPE_FORKING)
		m->main_alive = false;
	else
		m->control_alive = false;
	m->populated = m->populated_before;
}

void cell_start_not_spawned(struct step *s)
{
	undo_spawn(s);
	flow_fail(s, spawn_result(s));
}

void cell_start_post_not_spawned(struct step *s)
{
	s->m->control_alive = false;
	flow_fail(s, spawn_result(s));
}

void cell_reload_not_spawned(struct step *s)
{
	undo_spawn(s);
	flow_act(s, ACT_RELOAD_FAILED);
	flow_enter_running(s);
}

void cell_stop_post_not_spawned(struct step *s)
{
	undo_spawn(s);
	flow_note(s, spawn_result(s));
	flow_enter_sigterm(s, S_FINAL_SIGTERM);
}

/* --- cells: memory ------------------------------------------------------------------------ */

static void oom_kill(struct step *s)
{
	flow_note(s, RESULT_OOM_KILL);
	/* Whatever KillMode says: the kernel has killed one of a group that is to die as one. */
	flow_enter_sigkill(s, s->m->state == S_STOP_POST || flow_is_final(s->m->state),
			   ACT_SIGKILL_ALL);
}

void cell_oom_in_start(struct step *s)
{
	switch ((enum oom_policy)s->c->oom_policy) {
	case OOM_CONTINUE: return;
	case OOM_STOP: flow_fail(s, RESULT_OOM_KILL); return;
	case OOM_KILL: oom_kill(s); return;
	}
}

void cell_oom_in_reload(struct step *s)
{
	if (s->c->oom_policy != OOM_CONTINUE)
		flow_act(s, ACT_RELOAD_FAILED);
	cell_oom_in_start(s);
}

void cell_oom_in_run(struct step *s)
{
	if (s->c->oom_policy == OOM_STOP) {
		flow_note(s, RESULT_OOM_KILL);
		flow_enter_stop(s);
	} else if (s->c->oom_policy == OOM_KILL) {
		oom_kill(s);
	}
}

void cell_oom_in_stop(struct step *s)
{
	if (s->c->oom_policy != OOM_CONTINUE)
		oom_kill(s);
}

void cell_oom_in_sigkill(struct step *s)
{
	if (s->c->oom_policy != OOM_CONTINUE)
		flow_note(s, RESULT_OOM_KILL);
}

/* --- cells: health ------------------------------------------------------------------------ */

/* podman-run(1) --health-on-failure; after kill and stop Restart= decides, as it says of systemd. */
void cell_unhealthy(struct step *s)
{
	flow_note(s, RESULT_UNHEALTHY);
	s->m->restart_wanted = s->info->health == HEALTH_ON_FAILURE_RESTART;
	if (s->info->health == HEALTH_ON_FAILURE_KILL)
		flow_enter_sigkill(s, false, ACT_SIGKILL_ALL);
	else
		flow_enter_stop(s);
}

/* --- cells: deadlines --------------------------------------------------------------------- */

void cell_timeout(struct step *s)
{
	flow_fail(s, RESULT_TIMEOUT);
}

/* systemd.service(5) RuntimeMaxSec=: an end like any other timeout, ExecStop= and all. */
void cell_runtime_over(struct step *s)
{
	flow_note(s, RESULT_TIMEOUT);
	flow_enter_stop(s);
}

/* The state stays until the killed process is reaped, so that no second one runs beside it. */
void cell_reload_timeout(struct step *s)
{
	flow_act(s, ACT_SIGKILL_CONTROL);
	flow_act(s, ACT_RELOAD_FAILED);
	flow_enter(s, S_RELOAD, usec_add(s->now, s->c->timeout_start));
}

void cell_sigterm_timeout(struct step *s)
{
	flow_note(s, RESULT_TIMEOUT);
	flow_escalate(s, flow_is_final(s->m->state));
}

void cell_sigkill_timeout(struct step *s)
{
	flow_note(s, RESULT_TIMEOUT);
	flow_forget_processes(s, ACT_STUCK);
	flow_stage_ended(s, s->m->state);
}

void cell_stop_post_timeout(struct step *s)
{
	flow_note(s, RESULT_TIMEOUT);
	flow_enter_sigterm(s, S_FINAL_SIGTERM);
}

/*
 * Asks again while no start job comes of it: what it requires may be down now and up later. Not
 * sooner than that, since each asking tries what is required again, past its own back-off.
 */
void cell_ask_start(struct step *s)
{
	const usec_t pause = 10 * USEC_PER_SEC;
	usec_t delay = s->c->restart.curve.delay;

	flow_act(s, ACT_ASK_START);
	s->m->deadline = usec_add(s->now, delay > pause ? delay : pause);
}

/* --- the table ---------------------------------------------------------------------------- */

void cell_late(struct step *s)
{
	(void)s;
}

void cell_same(struct step *s)
{
	(void)s;
}

void cell_impossible(struct step *s)
{
	s->out->impossible = true;
}
