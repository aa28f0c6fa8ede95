/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MANAGER_H
#define BERTH_INIT_MANAGER_H

#include "init/jobs.h"
#include "init/service.h"
#include "lib/loop.h"
#include "log/ring.h"
#include "units/set.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What PID 1 knows as a whole. Parts of it are owned by the file that is named beside them; other
 * files reach them through that file's functions.
 */
enum regime {
	REGIME_BOOT, /* a failure may still end in a message and a reboot */
	REGIME_RUN,  /* from here on no path may exit (STYLE 18) */
	REGIME_DOWN, /* shutting down: only shutdown.c enqueues jobs */
};

enum final_action {
	FINAL_NONE,
	FINAL_POWEROFF,
	FINAL_REBOOT,
	FINAL_HALT,
	FINAL_EXIT, /* `berthctl exit N`: power off with a status for the harness */
};

/* Settings of system.conf and the kernel command line, resolved. */
struct manager_config {
	uint8_t default_isolation; /* enum isolation */
	usec_t default_timeout_start, default_timeout_stop, default_restart;
	uint64_t default_tasks_max;
	uint32_t bridge_address; /* host order */
	uint8_t bridge_prefix;
	bool show_status;     /* unit lines on the console */
	bool log_level_given; /* on the kernel command line: system.conf does not change it */
	int exit_port;	      /* I/O port of QEMU's isa-debug-exit; 0: none */
	char default_unit[256];
};

struct network; /* network.c: bridge, pool, host netlink facts */
struct control; /* control.c */
struct reaper;	/* reap.c: pid -> process */

struct manager {
	struct loop *loop;
	enum regime regime;
	struct manager_config config;
	struct unit_set *set;
	struct node *nodes; /* one per unit of the set, same index */
	uint32_t n_nodes;
	struct list jobs; /* jobs.c: all jobs, in order of arrival */
	uint32_t last_job_id;
	struct list jobs_to_check; /* jobs.c: what may have become runnable */
	struct list jobs_held;	   /* jobs.c: runnable starts for which the window has no room */
	struct list job_limits;	   /* job_limits.c */
	struct timer job_timer;
	uint32_t n_checkups;	/* checkup.c: each has a timer of its own */
	unsigned int under_way; /* window.c: children on their way to their program */
	uint32_t first_reaction, last_reaction; /* reactions.c: 1 + index, 0: none */
	struct timer reaction_timer;
	int cgroup_root;      /* O_PATH-like directory descriptor of /sys/fs/cgroup */
	uint32_t controllers; /* CGROUP_* bits that could be enabled */
	struct log_ring ring;
	struct network *network;
	struct control *control;
	struct reaper *reaper;
	enum final_action final_action; /* shutdown.c */
	int exit_status;		/* for FINAL_EXIT */
	usec_t boot_start;		/* CLOCK_MONOTONIC when main() began */
	uint32_t boot_job;		/* of the default target; 0: there is none */
	usec_t boot_done;		/* when the default target was reached; 0: not yet */
	uint32_t n_failed;
	usec_t step_time; /* CLOCK_MONOTONIC as the machine that stepped last was told it */
	uint32_t random;  /* service.c: state of its generator, 0: not seeded */
};

/* The node of a unit by id or alias; NULL if it is not loaded: loading.h reads unit files. */
struct node *manager_find(struct manager *m, const char *name);

static inline struct node *manager_node(struct manager *m, uint32_t index)
{
	return &m->nodes[index];
}

/* Units have come in: makes nodes for them. They may move: no pointer to one lives on. 0 or -ENOMEM. */
int manager_units_loaded(struct manager *m);
/* All units have been replaced, at the same indices. 0 or -ENOMEM. */
int manager_units_reloaded(struct manager *m);

/* The one writer of node->active: records times, tells jobs, console and subscribers. */
void manager_set_active(struct manager *m, struct node *node, enum active_state active);

/* A job has ended: tells waiting clients (control.c) and the console. */
void manager_job_done(struct manager *m, const struct job *job, enum job_result result);

/* A message about a unit: goes to the log ring under its name, and to the console when it is an error. */
__attribute__((format(printf, 4, 5))) void manager_unit_log(struct manager *m,
							    const struct node *node, int priority,
							    const char *fmt, ...);

#endif
