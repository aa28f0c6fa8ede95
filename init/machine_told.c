/* SPDX-License-Identifier: MIT */
/* The cells of what the service tells of itself (sd_notify(3)), of reloads and of the watchdog. */
#include "init/machine_cells.h"

#include <signal.h>

void cell_ready(struct step *s)
{
	struct machine *m = s->m;

	switch ((enum service_type)s->c->type) {
	case TYPE_FORKING:
		if (m->control_alive)
			return;
		m->main_alive = s->info->main_alive;
		m->mainless = !m->main_alive;
		flow_enter_start_post(s);
		return;
	case TYPE_NOTIFY:
	case TYPE_NOTIFY_RELOAD:
	case TYPE_DBUS: flow_enter_start_post(s); return;
	case TYPE_SIMPLE:
	case TYPE_EXEC:
	case TYPE_ONESHOT:
	case TYPE_IDLE: return;
	}
}

/* --- reloading ---------------------------------------------------------------------------- */

/*
 * systemd.service(5) Type=notify-reload: the signal, and ExecReload= beside it if there is one. The
 * answer has to be newer than the question.
 */
void cell_reload(struct step *s)
{
	bool ask = s->c->type == TYPE_NOTIFY_RELOAD && s->m->main_alive;

	if (ask) {
		flow_act(s, ACT_SIGNAL_RELOAD);
		s->m->told = TOLD_NOTHING;
		s->m->reload_begun = s->now;
	}
	if (flow_first_command(s, SLOT_RELOAD, S_RELOAD))
		return;
	if (ask)
		flow_enter(s, S_RELOAD_SIGNAL, usec_add(s->now, s->c->timeout_start));
	else
		flow_act(s, ACT_RELOAD_FAILED);
}

static void reload_over(struct step *s, bool well)
{
	flow_act(s, well ? ACT_RELOAD_DONE : ACT_RELOAD_FAILED);
	/* An answer that did not come in time is not waited for any further. */
	if (s->m->told == TOLD_RELOADING)
		s->m->told = TOLD_NOTHING;
	flow_enter_running(s);
}

/* A failed reload is told and otherwise leaves the service as it is. */
void cell_reload_ended(struct step *s)
{
	bool well = flow_went_well(&s->info->exit) && s->m->result == RESULT_SUCCESS;
	bool up = s->m->main_alive || s->m->mainless;
	usec_t deadline = usec_add(s->now, s->c->timeout_start);

	if (well && flow_next_command(s))
		return;
	if (well && up && s->m->told == TOLD_RELOADING)
		flow_enter(s, S_RELOAD_NOTIFY, deadline);
	else if (well && up && s->m->reload_begun != 0 && s->m->told == TOLD_NOTHING)
		flow_enter(s, S_RELOAD_SIGNAL, deadline);
	else
		reload_over(s, well);
}

/* Of its own accord, say after a SIGHUP from somebody else. */
void cell_reloading(struct step *s)
{
	flow_enter(s, S_RELOAD_NOTIFY, usec_add(s->now, s->c->timeout_start));
}

void cell_reloading_answered(struct step *s)
{
	if (s->m->told == TOLD_RELOADING)
		cell_reloading(s);
}

void cell_reloaded(struct step *s)
{
	reload_over(s, true);
}

void cell_reload_unanswered(struct step *s)
{
	reload_over(s, false);
}

void cell_main_ended_in_reload(struct step *s)
{
	flow_note(s, flow_result_of(s->m, &s->info->exit));
	reload_over(s, false);
}

void cell_emptied_in_reload(struct step *s)
{
	if (s->m->mainless)
		reload_over(s, false);
}

/* --- stopping, and being stuck ------------------------------------------------------------ */

void cell_stopping(struct step *s)
{
	flow_enter_stopping(s);
}

void cell_stopping_in_reload(struct step *s)
{
	flow_act(s, ACT_RELOAD_FAILED);
	flow_enter_stopping(s);
}

/* systemd.service(5) Type=dbus: without its name it is of no use to anybody. */
void cell_name_lost(struct step *s)
{
	flow_enter_stop(s);
}

void cell_watchdog(struct step *s)
{
	flow_note(s, RESULT_WATCHDOG);
	flow_enter_sigterm(s, S_STOP_WATCHDOG);
}

void cell_watchdog_in_reload(struct step *s)
{
	flow_act(s, ACT_RELOAD_FAILED);
	cell_watchdog(s);
}
