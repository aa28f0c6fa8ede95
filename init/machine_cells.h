/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MACHINE_CELLS_H
#define BERTH_INIT_MACHINE_CELLS_H

#include "init/machine_flow.h"

/*
 * What the cells of machine_table.c's table do: one short function per meaning of an event. The facts
 * that the event tells (a process is gone, the cgroup is empty) are noted before a cell runs.
 */
typedef void cell_fn(struct step *s);

cell_fn cell_start, cell_already_up, cell_already_down, cell_stop_start, cell_stop_reload,
	cell_stop_run, cell_join_stop, cell_cancel_restart, cell_reload, cell_refuse_reload,
	cell_spawned, cell_exec_ok, cell_ready, cell_condition_ended, cell_start_pre_ended,
	cell_forked, cell_start_post_ended, cell_reload_ended, cell_stop_ended,
	cell_stop_post_ended, cell_kill_progress, cell_main_ended_in_start, cell_main_ended_beside,
	cell_main_ended, cell_main_ended_in_kill, cell_emptied_in_start, cell_emptied_in_run,
	cell_start_not_spawned, cell_start_post_not_spawned, cell_reload_not_spawned,
	cell_stop_post_not_spawned, cell_oom_in_start, cell_oom_in_reload, cell_oom_in_run,
	cell_oom_in_stop, cell_oom_in_sigkill, cell_timeout, cell_reload_timeout,
	cell_sigterm_timeout, cell_sigkill_timeout, cell_stop_post_timeout, cell_ask_start,
	cell_runtime_over, cell_name_lost, cell_watchdog, cell_watchdog_in_reload, cell_unhealthy,
	cell_reloading, cell_reloading_answered, cell_reloaded, cell_stopping,
	cell_stopping_in_reload, cell_main_ended_in_reload, cell_emptied_in_reload,
	cell_reload_unanswered, cell_late, cell_same, cell_impossible;

#endif
