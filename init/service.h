/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SERVICE_H
#define BERTH_INIT_SERVICE_H

#include "cgroupfs/events.h"
#include "init/machine.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "log/lines.h"
#include "sandbox/spawn.h"
#include "units/unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct manager;
struct service;
struct ready;
struct stored_fd;
struct ipc_removal;
struct pod;

enum active_state {
	ACTIVE_INACTIVE,
	ACTIVE_ACTIVATING,
	ACTIVE_ACTIVE,
	ACTIVE_RELOADING,
	ACTIVE_DEACTIVATING,
	ACTIVE_FAILED,
};

/*
 * The run-time side of a unit: one per unit of the set, at the same index. Small on purpose; what
 * only services have hangs on ->service.
 */
struct node {
	const struct unit *unit;
	struct service *service; /* NULL for other types and for units that failed to load */
	void *own;	    /* run-time state of other types, their file's (kind.h); NULL: none */
	struct job *job;    /* at most one, NULL: none */
	uint8_t active : 4; /* enum active_state; written by node_set_active() alone */
	bool condition_result : 1,
		assert_result : 1; /* of the last start that looked (conditions.c) */
	bool renewed : 1;	/* ->unit is another one, its kind has not been told (manager.c) */
	uint8_t reactions;	/* reactions.c: what is to be looked at */
	uint16_t upheld_at;	/* low bits of the second in which Upholds= last started it */
	uint32_t next_reaction; /* 1 + index of the next in the list, 0: the last */
	/* Boot-chart times, CLOCK_MONOTONIC, 0: never */
	usec_t inactive_exit, active_enter, active_exit, inactive_enter;
};

/* One process of a service that PID 1 cloned: main, or a control process. */
struct process {
	struct service *service; /* its owner */
	pid_t pid;	 /* of our direct child: the reaping stub where there is one; 0: none */
	pid_t inner_pid; /* of the program behind a stub, as seen from here; 0: unknown or no stub */
	int pidfd;	 /* of pid; -1: none */
	uint16_t command; /* index in its list */
	uint8_t slot;	  /* enum command_slot */
	uint8_t step;	  /* enum step_id of ->failed_setup */
	bool stub : 1;
	bool holder : 1; /* it made the run's namespaces; those that joined them live partly elsewhere */
	bool anchor : 1;	/* the stub stays when its program has ended */
	bool exec_reported : 1; /* set-up done, about to exec */
	bool exec_ok : 1;
	bool view_ready : 1; /* a stub: its namespaces are complete, whatever became of its program */
	bool leaving : 1;    /* an anchor that was told to go: nobody joins it any more */
	bool reported_exit : 1; /* the stub told how the program ended; exit_* below */
	bool vanished : 1;	/* another process' child: nobody tells us how it ended */
	bool failed_setup : 1;	/* a step failed: step, item, err below */
	bool in_window : 1;	/* counted by window.c */
	uint8_t exit_code : 3;	/* CLD_* */
	uint16_t item;
	int16_t err;	      /* errno of the failed step */
	int16_t exit_status;  /* or signal */
	usec_t start;	      /* CLOCK_REALTIME, for ExecMainStartTimestamp */
	struct source report; /* the report channel; fd -1: closed */
	struct spawn_lent
		*lent; /* descriptors the child needs until it has its own table; NULL: none */
};

/* What status shows of the last main process after it is gone. */
struct last_exit {
	pid_t pid;
	uint8_t code;	   /* CLD_*; 0: never ran, or nobody knows */
	uint8_t oom_cause; /* enum oom_cause of that run */
	int16_t status;	   /* exit status or signal */
	usec_t start, end; /* CLOCK_REALTIME */
};

/* What cgroup_oom_cause() looks at of a sample; a whole one per service would be thrice as large. */
struct oom_mark {
	uint32_t kills, group_kills; /* memory.events */
	uint32_t oom, local_oom;     /* memory.events, memory.events.local */
};

/* Processes beside main, which a plain service never has. */
struct helpers {
	struct process control;
	struct process anchor; /* keeps the namespaces while no main runs (after ExecStartPre) */
};

/* What few services have. */
struct service_extra {
	struct service *service;  /* its owner */
	struct helpers *helpers;  /* NULL: never needed so far; see service_control() */
	struct checkup *checkup;  /* health checks; NULL: none */
	struct source notify;	  /* readiness socket; fd -1: none */
	struct ready *ready;	  /* ready.c; NULL: none */
	struct stored_fd *stored; /* fdstore.c; NULL: none */
	struct pod *pod;	  /* pod.c; NULL: none */
	char *status_text;	  /* STATUS= of sd_notify; NULL: none */
	int status_errno;	  /* ERRNO= of sd_notify; 0: none */
	struct ipc_removal *ipc;  /* ipc.c; NULL: none */
	struct preparation
		*prepared[2]; /* prepare.c: what the next command, or check, needs; NULL: nothing */
	char *denied; /* system call that a filter killed a process for (denials.c); NULL: none */
	struct look *look; /* forking.c: for its PIDFile=; NULL: none */
	const int *fds;	   /* handed to the program from descriptor 3 on; the owner's, lifted */
	unsigned int n_fds;
	bool view_asked; /* its job waits for the root view (rootview.c) */
};

struct service {
	struct manager *manager;
	const struct machine_config *config; /* shared: service_config.h */
	uint32_t index;			     /* of the node */
	int netns;			     /* kept over restarts; -1: none */
	struct machine machine;		     /* state is written by service_step() alone */
	struct process main;
	struct last_exit last;
	struct timer timer; /* the state's deadline */
	struct source log;  /* read end of the log pipe; fd -1: none */
	struct log_lines lines;
	struct service_extra *extra; /* NULL: none so far; see service_extra() */
	char *reason;		     /* why it last failed or was restarted; NULL: never */
	struct device_set *devices;  /* what its cgroup allows (devices.c); NULL: everything */
	struct filter *filter;	     /* of its system calls (filters.c); NULL: none */
	usec_t start_began;	     /* CLOCK_MONOTONIC of the last E_START */
	uint32_t address;	     /* IPv4, host order; 0: none */
	uint32_t veth_generation;
	int cgroup_fd; /* from the end of a run to its restart, when ->cgroup_clean; -1: none */
	struct oom_mark oom_at_start;
	uint32_t slice_oom_at_start; /* `oom` of the slice's memory.events.local */
	uint32_t oom_kills;	     /* since boot */
	uint16_t id_range;	     /* of PrivateUsers=managed (ranges.c); 0: none yet */
	uint16_t dynamic_id;	     /* of DynamicUser= (dynamic.c); 0: none yet */
	uint16_t cgroup_generation;  /* which of its names the cgroup has (cgroups.c) */
	uint16_t cgroups_left; /* the highest of those whose cgroup was left behind; 0: none */
	/* A command that waits until the namespaces it is to join are complete (process.c) */
	uint16_t deferred_command;
	uint8_t deferred_slot;
	bool deferred : 1;
	bool deferred_inside : 1; /* for a process of its own run, not for something outside */
	uint8_t failed_slot;	  /* enum command_slot whose command failed this run */
	uint8_t oom_cause;
	bool failure_told : 1; /* the console has had its line about this failure */
	bool reason_fresh : 1; /* set while this run's start was tried */
	bool cgroup_made : 1;
	bool cgroup_clean : 1; /* nobody is in it since it was last looked at, its unit is the same */
	bool cgroup_stale : 1;	 /* it has the limits of other settings */
	bool oom_known : 1;	 /* and ->oom_at_start is what it counts now */
	bool state_watched : 1;	 /* cgroup.events (cgroups.c) */
	bool filter_awaited : 1; /* its job waits until it is made */
	bool filter_lacking;	 /* it cannot even be asked for */
	bool run_begun : 1;	 /* invocation and sockets of this run exist */
	bool main_ended : 1;	 /* main of this run has: ->last tells how */
	bool run_spawned : 1; /* a process of this run has been in the cgroup: limits are written */
	uint8_t invocation[16]; /* INVOCATION_ID of this run; zeros: none yet */
};

/* In hexadecimal, as sd_id128_to_string(3); "" before the first run. */
const char *service_invocation(const struct service *s, char text[33]);

struct service *service_new(struct manager *m, struct node *node);
void service_free(struct service *s);
/* The unit of @node has been replaced: takes over what is decided later by its settings. */
void service_reconfigure(struct service *s, const struct node *node);

/* Before one of these is made: then service_control() and service_anchor() are the service's own. */
int service_reserve_helpers(struct service *s);

/* To write to; NULL without memory. */
struct service_extra *service_extra(struct service *s);

extern const struct service_extra no_extra;

/* To look at; never NULL. */
static inline const struct service_extra *service_has(const struct service *s)
{
	return s->extra ? s->extra : &no_extra;
}

/* What stands for those that were never needed: pid 0, no descriptors. */
extern struct process no_process;

/* Control process and anchor; never NULL, pid 0: there is none. */
static inline struct process *service_control(const struct service *s)
{
	return service_has(s)->helpers ? &service_has(s)->helpers->control : &no_process;
}

static inline struct process *service_anchor(const struct service *s)
{
	return service_has(s)->helpers ? &service_has(s)->helpers->anchor : &no_process;
}

/*
 * Feeds one event to the machine and carries out what it asks for. The only writer of state:
 * records times, arms the deadline, publishes the change, tells the job queue.
 */
void service_step(struct service *s, enum service_event event, const struct event_info *info);

/*
 * EXTEND_TIMEOUT_USEC= of sd_notify(3): @span from now on, if that is later than the state's own
 * deadline. A state without one stays so.
 */
void service_extend_deadline(struct service *s, usec_t span);

/* WATCHDOG=1, WATCHDOG_USEC= of sd_notify(3); USEC_INFINITY: no watchdog. */
void service_pet(struct service *s);
void service_watchdog(struct service *s, usec_t span);

/* Keeps @text (a copy) as the reason that status shows. */
void service_set_reason(struct service *s, const char *text);

static inline enum service_state service_state(const struct service *s)
{
	return s->machine.state;
}

/* The pid that users mean: the program's, never the stub's; 0 when none runs, or not yet. */
pid_t service_main_pid(const struct service *s);
/* Type=simple, and main is on the way to its program, whose number is not known yet. */
bool service_awaits_number(const struct service *s);

enum active_state service_active_state(enum service_state state);
const char *active_state_name(enum active_state state);

/* "system.slice/web.service" beneath the cgroup root; NUL-terminated in @buf. */
void service_cgroup_path(const struct service *s, char *buf, size_t size);

#endif
