/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MACHINE_FLOW_H
#define BERTH_INIT_MACHINE_FLOW_H

#include "init/machine.h"

/*
 * The ways through a service's life that the cells of the machine's table share. A state in which
 * there is nothing to do is passed through within the step: flow_enter_X() may end anywhere
 * further along the way. Private to machine*.c.
 */
struct step {
	struct machine *m;
	const struct machine_config *c;
	const struct event_info *info; /* never NULL */
	usec_t now;
	uint32_t random;
	struct actions *out;
};

void flow_act(struct step *s, enum action_kind kind);
/* Sets state and deadline; the other flow_enter_X() also do what the state begins with. */
void flow_enter(struct step *s, enum service_state state, usec_t deadline);
/* Keeps @result if it is the run's first bad one. */
void flow_note(struct step *s, enum service_result result);

bool flow_went_well(const struct exit_info *exit);
enum service_result flow_result_of(const struct machine *m, const struct exit_info *exit);

/* Enters @state with the first command of @slot; false when there is none. */
bool flow_first_command(struct step *s, enum command_slot slot, enum service_state state);
/* Spawns the next command of the list under way; false when it was the last. */
bool flow_next_command(struct step *s);

void flow_enter_start_pre(struct step *s);
void flow_enter_start(struct step *s);
void flow_enter_start_post(struct step *s);
void flow_enter_running(struct step *s);

/* The run goes down: with ExecStop, from the signal on, for a reason that is noted first. */
void flow_enter_stop(struct step *s);
void flow_enter_sigterm(struct step *s, enum service_state state);
/* Main goes by itself: as flow_enter_sigterm(), but for the signal. */
void flow_enter_stopping(struct step *s);
void flow_fail(struct step *s, enum service_result result);

/* The kill stages, stop-* and final-*. @how: ACT_SIGKILL_MAIN or ACT_SIGKILL_ALL. */
bool flow_is_final(enum service_state state);
void flow_enter_sigkill(struct step *s, bool final, enum action_kind how);
void flow_escalate(struct step *s, bool final);
void flow_kill_progress(struct step *s);
void flow_stage_ended(struct step *s, enum service_state state);
/* @why: ACT_STUCK or ACT_LEAVE. */
void flow_forget_processes(struct step *s, enum action_kind why);

#endif
