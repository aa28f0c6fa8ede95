/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_CHILD_H
#define BERTH_SANDBOX_CHILD_H

#include "sandbox/plan.h"

#include <stdint.h>

/* The child's side of a spawn: walk the steps, report, exec. See steps.def for the order. */

enum step_id {
#define STEP(id, name, status, phase, fn) STEP_##id,
#include "sandbox/steps.def"
#undef STEP
	STEP_COUNT,
};

/* "mounts" */
const char *step_name(enum step_id step);
/* Exit status of a child that failed there, numbers of systemd.exec(5). */
int step_exit_status(enum step_id step);

/* What travels over the report channel, one fixed-size record per message. */
enum report_kind {
	REPORT_EXEC = 1, /* set-up is done, execve comes next; end of file after it: it worked */
	REPORT_EXECED, /* from the stub: the program has been executed (credentials carry its pid) */
	REPORT_WAITING, /* by step idle: all is made that others may join, the program is for later */
	REPORT_FAILED, /* a step failed */
	REPORT_EXITED, /* from the stub: the program ended */
};

struct report {
	uint8_t kind;
	uint8_t step;	       /* FAILED */
	uint16_t item;	       /* FAILED: which mount, limit, ... of the step */
	int32_t err;	       /* FAILED: positive errno */
	int32_t code, status;  /* EXITED: CLD_*, exit status or signal */
	uint8_t remaining;     /* EXITED: other processes are left in the namespace */
	char text[SPAWN_TEXT]; /* FAILED: what the step was at, NUL-terminated, may be "" */
};

/* Everything a step sees. */
struct child {
	const struct spawn_plan *plan;
	int report;	    /* our end of the report channel */
	int users;	    /* its user namespace, -1: the host's */
	int exit_status;    /* set by a step that has more than one; 0: that of steps.def */
	int opened[3];	    /* by step open, for step stdio; -1: none */
	int landlock;	    /* its rules, by step landlock-rules for step landlock; -1: none */
	int credentials[3]; /* by step credentials, for step mounts: mounts; -1: none */
	int layers[EXTENSIONS_MAX]; /* of extensions, by the first MOUNT_OVERLAY */
	size_t n_layers;
	uint16_t item;	       /* set by a step as it goes, for the report */
	char text[SPAWN_TEXT]; /* filled by a step that fails, for the report */
};

/* Runs in the cloned process and never returns. Only raw system calls: no heap, no stdio, no NSS. */
__attribute__((noreturn)) void child_run(const struct spawn_plan *plan, int report);

/* What step credentials has made, at its places; @root NULL: the host's. 0 or -errno. [child] */
int credentials_attach(struct child *c, const char *root);

/* steps.def's functions: 0 or -errno. */
#define STEP(id, name, status, phase, fn) int fn(struct child *c);
#include "sandbox/steps.def"
#undef STEP

#endif
