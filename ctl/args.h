/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_ARGS_H
#define BERTH_CTL_ARGS_H

#include "lib/diag.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The command line: one table of options (args.c), one of verbs (main.c), and help made from both.
 * Options may stand before and after the verb and its operands, as with systemctl.
 */
#define ARGS_MAX_LIST 32

struct arg_list {
	unsigned int n;
	const char *v[ARGS_MAX_LIST];
};

/* Which options a verb takes; one letter may mean different things to different groups. */
enum option_group {
	GROUP_COMMON = 1 << 0,
	GROUP_JOB = 1 << 1,
	GROUP_SHOW = 1 << 2,
	GROUP_LIST = 1 << 3,
	GROUP_KILL = 1 << 4,
	GROUP_LOGS = 1 << 5,
	GROUP_SHUTDOWN = 1 << 6,
	GROUP_WAIT = 1 << 7,
	GROUP_SYSTEM = 1 << 8,
	GROUP_STATUS = 1 << 9,
	GROUP_FILES = 1 << 10,	 /* looks at unit files, not at a running berth */
	GROUP_INSTALL = 1 << 11, /* changes links to unit files */
	GROUP_UNIT_FILES = 1 << 12,
	GROUP_TREE = 1 << 13,
	GROUP_SECURITY = 1 << 14,
	GROUP_IMPORT = 1 << 15,
};

struct args;

struct verb {
	const char *name;
	int (*run)(const struct args *args); /* returns the exit status */
	int min, max;			     /* operands; max -1: any number */
	unsigned int groups;		     /* GROUP_COMMON is implied */
	bool command; /* what follows the first operand is somebody else's command line */
	const char *operands, *help; /* help NULL: an alias, not listed */
};

/* As given; NULL, false, 0 where an option is not there. Strings belong to argv. */
struct args {
	const struct verb *verb;
	bool implied;	 /* no verb was written */
	char **operands; /* NULL behind the last */
	int n_operands;
	bool origin, json, quiet, no_block, all, failed, value, follow, no_legend, full, help,
		version;
	bool wait, reboot, poweroff, halt, runtime, plain, now, no_reload, reverse, after, before;
	int force; /* how often */
	const char *signal, *kill_who, *job_mode, *type, *state, *output, *since, *until;
	const char *priority, *lines, *timeout, *socket, *root, *threshold;
	const char *reboot_argument, *name;
	bool lax;
	struct arg_list properties, units;
};

/*
 * Reads @argv; reorders it so that ->operands is a part of it. @verbs ends with a NULL name;
 * @implied: the verb when none is named (by argv[0], or for a bare call). 0, or -EINVAL with @diag.
 */
int args_parse(struct args *args, int argc, char **argv, const struct verb *verbs,
	       const char *implied, bool only_implied, struct diag *diag);

void args_print_help(FILE *out, const char *program, const struct verb *verbs);
void args_print_verb_help(FILE *out, const char *program, const struct verb *verb);

#endif
