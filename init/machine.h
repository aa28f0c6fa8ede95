/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MACHINE_H
#define BERTH_INIT_MACHINE_H

#include "init/restart.h"
#include "lib/clock.h"
#include "units/enums.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The life of one service, as a pure state machine: it makes no system call, takes time as an
 * argument and answers with actions, so that every cell of its table is tested in microseconds.
 *
 * Words. A service runs one *main* process (ExecStart; with Type=forking the daemon that is left)
 * and at most one *control* process at a time (ExecCondition, ExecStartPre, ExecStart of
 * Type=forking, ExecStartPost, ExecReload, ExecStop, ExecStopPost). Both live in the unit's
 * cgroup. The states carry systemd's sub-state names, since scripts read them.
 *
 *   dead            nothing runs, nothing is wrong; also the state after a clean end
 *   condition       ExecCondition runs
 *   start-pre       ExecStartPre runs
 *   start           main is made, or was and is not ready yet (exec, notify), a oneshot's
 *                   commands run, or Type=forking's ExecStart runs
 *   start-post      ExecStartPost runs; main is there
 *   running         main runs and is ready
 *   exited          main ended well and RemainAfterExit=yes keeps the unit active
 *   reload          ExecReload runs beside main
 *   reload-signal   Type=notify-reload: ReloadSignal was sent, RELOADING=1 is waited for
 *   reload-notify   main said RELOADING=1 (asked or of its own accord), READY=1 is waited for
 *   stop            ExecStop runs
 *   stop-watchdog   WatchdogSignal was sent, waiting for main, control and the cgroup to end
 *   stop-sigterm    KillSignal was sent (or main said STOPPING=1), waiting likewise
 *   stop-sigkill    the same with SIGKILL; what survives even that is told and left behind
 *   stop-post       ExecStopPost runs
 *   final-sigterm   like stop-sigterm, for what ExecStopPost left over
 *   final-sigkill   like stop-sigkill
 *   failed          nothing runs; the result says why; a start leaves it
 *   auto-restart    nothing runs; a timer will ask for a start job
 *
 * Who decides. Jobs decide when a service should be up or down (E_START, E_STOP, E_RELOAD);
 * the machine decides how to get there; restart.c decides, when a run has ended, whether and
 * after what delay it is tried again. Dependencies are not known here: a start job reaches the
 * machine only when its turn has come.
 *
 * Priority when several things are known at once: the report pipe (exec done or set-up failed)
 * before the OOM counters before the exit of a process; otherwise the reason is lost behind the
 * exit. That the cgroup is empty is but a fact while the end of a process is still to be told: it
 * may be fed before that end or after it.
 *
 * The first bad result of a run is kept: a service that timed out and was then killed by us
 * failed with "timeout", not with "signal".
 *
 * What main says (READY=1, RELOADING=1, STOPPING=1) is remembered: said while a control process
 * runs, it is acted upon when that has ended. The watchdog runs beside the state's deadline, from
 * start-post on and as long as main is up.
 *
 * Health checks run beside all this (checkup.h): the machine hears of them when they have failed
 * often enough, and acts upon it while the service runs.
 *
 * Forbidden: a state without a deadline that waits for something other than main's own life; a
 * spawn while a control process lives; leaving stop-sigkill with the cgroup populated unless its
 * deadline has passed.
 */
enum service_state {
	S_DEAD,
	S_CONDITION,
	S_START_PRE,
	S_START,
	S_START_POST,
	S_RUNNING,
	S_EXITED,
	S_RELOAD,
	S_RELOAD_SIGNAL,
	S_RELOAD_NOTIFY,
	S_STOP,
	S_STOP_WATCHDOG,
	S_STOP_SIGTERM,
	S_STOP_SIGKILL,
	S_STOP_POST,
	S_FINAL_SIGTERM,
	S_FINAL_SIGKILL,
	S_FAILED,
	S_AUTO_RESTART,
	S_COUNT,
};

enum service_event {
	E_START,     /* a start job's turn */
	E_STOP,	     /* a stop job's turn, or a restart's first half */
	E_RELOAD,    /* a reload job's turn */
	E_SPAWNED,   /* simple, idle: main was made; may be a while after ACT_SPAWN (prepare.h) */
	E_EXEC_OK,   /* main's execve succeeded */
	E_READY,     /* READY=1, or what the type counts as ready */
	E_RELOADING, /* RELOADING=1; info->since */
	E_STOPPING,  /* STOPPING=1 */
	E_NAME_LOST, /* dbus: nobody owns BusName= any more */
	E_WATCHDOG,  /* the watchdog's deadline has passed, or info->asked for it */
	E_UNHEALTHY, /* its health checks failed too often; info->health */
	E_CONTROL_EXITED, /* info->exit */
	E_MAIN_EXITED,	  /* info->exit */
	E_SPAWN_FAILED,	  /* no process could be made; info->result says why */
	E_EMPTIED,	  /* no process is left in the cgroup */
	E_OOM,		  /* the kernel killed something in the cgroup for memory */
	E_TIMEOUT,	  /* the state's deadline has passed */
	E_COUNT,
};

enum service_result {
	RESULT_SUCCESS,
	RESULT_RESOURCES, /* could not be tried: plan, clone, cgroup */
	RESULT_PROTOCOL,  /* ended or misbehaved before it was ready */
	RESULT_TIMEOUT,
	RESULT_EXIT_CODE,
	RESULT_SIGNAL,
	RESULT_CORE_DUMP,
	RESULT_WATCHDOG,
	RESULT_UNHEALTHY, /* berth's own: HealthOnFailure= */
	RESULT_START_LIMIT_HIT,
	RESULT_OOM_KILL,
	RESULT_EXEC_CONDITION, /* skipped by ExecCondition; not a failure */
	RESULT_COUNT,
};

/* Which list of commands a process came from; also names the process in messages. */
enum command_slot {
	SLOT_CONDITION,
	SLOT_START_PRE,
	SLOT_START,
	SLOT_START_POST,
	SLOT_RELOAD,
	SLOT_STOP,
	SLOT_STOP_POST,
	SLOT_COUNT,		  /* of those that the machine knows */
	SLOT_HEALTH = SLOT_COUNT, /* beside them all: checkup.c */
};

/* How a process ended, as waitid(2) told; @clean: counted as success by the unit's settings. */
struct exit_info {
	int code;   /* CLD_EXITED, CLD_KILLED, CLD_DUMPED */
	int status; /* exit status or signal */
	bool clean;
	bool ignored; /* a "-" prefix: a failure does not count */
};

struct event_info {
	struct exit_info exit;
	enum service_result result; /* E_SPAWN_FAILED */
	enum command_slot slot;	    /* E_SPAWN_FAILED: of which list */
	usec_t since;		    /* E_RELOADING: its MONOTONIC_USEC=, 0: none */
	bool asked;		    /* E_WATCHDOG: by WATCHDOG=trigger */
	uint8_t health;		    /* E_UNHEALTHY: enum health_on_failure, but for none */
	/* E_MAIN_EXITED: what RestartPreventExitStatus= and RestartForceExitStatus= say of it */
	bool prevents_restart, forces_restart;
	/* forking, E_CONTROL_EXITED of ExecStart or a later E_READY: a main process was found */
	bool main_alive;
	/* forking, E_CONTROL_EXITED of ExecStart: PIDFile= is not there yet, E_READY will follow */
	bool main_awaited;
};

/* What the unit's settings mean to the machine; filled once per load. */
struct machine_config {
	uint8_t type;	    /* enum service_type */
	uint8_t kill_mode;  /* enum kill_mode */
	uint8_t oom_policy; /* enum oom_policy */
	bool remain_after_exit;
	bool send_sigkill;
	uint16_t n_commands[SLOT_COUNT];
	usec_t timeout_start;
	usec_t timeout_stop;
	usec_t timeout_abort;
	usec_t runtime_max; /* USEC_INFINITY: none */
	usec_t watchdog;    /* USEC_INFINITY: none */
	struct restart_config restart;
};

/* The last that main has said of itself. */
enum machine_told {
	TOLD_NOTHING,
	TOLD_READY,
	TOLD_RELOADING,
	TOLD_RELOADED, /* READY=1 after RELOADING=1 */
	TOLD_STOPPING,
};

/* The machine's own facts; the owner reads, machine_step() alone writes. */
struct machine {
	uint8_t state;	    /* enum service_state */
	uint8_t result;	    /* enum service_result: the first bad one of this run */
	uint8_t slot;	    /* enum command_slot of the command under way */
	uint8_t told;	    /* enum machine_told */
	uint16_t command;   /* index in its list */
	bool name_lost : 1; /* dbus */
	bool main_alive : 1;
	bool mainless : 1; /* forking: no main process could be told, the cgroup stands for it */
	bool control_alive : 1;
	bool populated : 1;	   /* the cgroup may hold processes */
	bool populated_before : 1; /* the same before the last step, for when its spawn fails */
	bool stop_wanted : 1;	   /* this end was asked for: no automatic restart */
	bool oom_seen : 1;	   /* in this run */
	bool restart_prevented : 1, restart_forced : 1; /* by how main ended, in this run */
	bool restart_wanted : 1; /* HealthOnFailure=restart ends this run, whatever Restart= says */
	bool started : 1;	 /* this run had been up: its end is an end, not a failed start */
	usec_t deadline;	 /* of the state, USEC_INFINITY for none */
	usec_t watchdog;	 /* its deadline, USEC_INFINITY: it does not run */
	usec_t watchdog_span;	 /* WatchdogSec=, or what main has asked for since */
	usec_t reload_begun;	 /* when ReloadSignal was sent: only what is newer answers it */
	struct restart_history history;
};

enum action_kind {
	ACT_SPAWN,	/* slot, command: main if slot is SLOT_START and the type is not forking */
	ACT_KILL_MAIN,	/* KillSignal to main and control */
	ACT_KILL_ALL,	/* KillSignal to every process of the cgroup */
	ACT_ABORT_MAIN, /* WatchdogSignal to main and control */
	ACT_ABORT_ALL,	/* WatchdogSignal to every process of the cgroup */
	ACT_SIGNAL_RELOAD,   /* ReloadSignal to main */
	ACT_SIGKILL_MAIN,    /* SIGKILL to main and control only */
	ACT_SIGKILL_ALL,     /* cgroup.kill */
	ACT_SIGKILL_CONTROL, /* SIGKILL to control only: a reload took too long */
	ACT_START_DONE,	     /* the start job succeeded */
	ACT_START_SKIPPED,   /* ExecCondition did not hold: neither success nor failure */
	ACT_START_FAILED,    /* it did not; result says why */
	ACT_STOP_DONE,	     /* the unit is down (dead or failed) */
	ACT_RELOAD_DONE,
	ACT_RELOAD_FAILED,
	ACT_ASK_START,	 /* auto-restart is due: enqueue a start job */
	ACT_RELEASE,	 /* the run is over: drop namespaces, private mounts, cgroup */
	ACT_RELEASE_RUN, /* as above, but a restart follows: keep cgroup and network namespace */
	/* Both: forget main and control, abandon the cgroup (the next spawn makes a new one) ... */
	ACT_STUCK,	 /* ... because processes survive SIGKILL: say so */
	ACT_LEAVE,	 /* ... because KillMode or SendSIGKILL spare what is left */
	ACT_START_LIMIT, /* the start limit was hit: say so */
};

struct action {
	enum action_kind kind;
	enum command_slot slot;
	uint16_t command;
};

#define MACHINE_MAX_ACTIONS 8

struct actions {
	unsigned int n;
	bool impossible; /* the event cannot happen in this state: a bug, worth a message */
	struct action v[MACHINE_MAX_ACTIONS];
};

/* What a cell of the table does with its event. */
enum cell_kind {
	CELL_NONE,	 /* a hole: there is none */
	CELL_STEP,	 /* acts on it */
	CELL_LATE,	 /* notes the fact; the news does not matter here (any more, or yet) */
	CELL_SAME,	 /* asks for what is so, or under way, already */
	CELL_IMPOSSIBLE, /* a bug: tells so and changes nothing */
};

void machine_init(struct machine *m);

/*
 * One step. @now is CLOCK_MONOTONIC. @info may be NULL for events that need none. @random is any
 * number, used for the restart delay's jitter. Returns true when the state changed; @out receives
 * what has to be done, in order.
 *
 * When an ACT_SPAWN cannot be carried out, the caller drops the rest of the list and feeds
 * E_SPAWN_FAILED with the slot. It may take its time with it: then it feeds that, or E_SPAWNED, later; who
 * is killed before has ended. A process that ended is fed once; one that was given up by
 * ACT_STUCK or ACT_LEAVE not at all. E_EMPTIED is best fed just before the exit that emptied the
 * cgroup, then a run that leaves nothing behind ends in one step; just after it does as well, with
 * a pass through stop-sigterm.
 */
bool machine_step(struct machine *m, const struct machine_config *config, enum service_event event,
		  const struct event_info *info, usec_t now, uint32_t random, struct actions *out);

/* The service asks for more time: puts off the state's deadline, if there is one, to @until. */
void machine_extend(struct machine *m, usec_t until);

/* WATCHDOG=1: main is alive. */
void machine_pet(struct machine *m, usec_t now);
/* WATCHDOG_USEC=: another span (USEC_INFINITY: none), which begins now if main is up. */
void machine_watchdog(struct machine *m, usec_t span, usec_t now);
/* The next time at which something is due: E_TIMEOUT or E_WATCHDOG. */
static inline usec_t machine_due(const struct machine *m)
{
	return m->deadline < m->watchdog ? m->deadline : m->watchdog;
}

/* The run, which is to be stopped now, is a failure for a reason that no event tells. */
void machine_blame(struct machine *m, enum service_result result);

/* reset-failed: from failed to dead; forgets result, back-off, start limit. True: state changed. */
bool machine_reset_failed(struct machine *m);

/* For the tests and the generated page: what the table holds. */
enum cell_kind machine_cell(enum service_state state, enum service_event event);

/* "start-pre" etc. */
const char *service_state_name(enum service_state state);
/* "E_START" etc. */
const char *service_event_name(enum service_event event);
/* "exit-code" etc., systemd's Result property. */
const char *service_result_name(enum service_result result);
/* "ExecStartPre" etc. */
const char *command_slot_name(enum command_slot slot);

#endif
