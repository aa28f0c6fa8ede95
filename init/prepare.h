/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PREPARE_H
#define BERTH_INIT_PREPARE_H

#include "init/machine.h"
#include "lib/diag.h"

struct environment;
struct service;

/*
 * What a command needs that may be on a disk: users and groups (users.h), EnvironmentFile=. It is read
 * right before each command, since the one before may have written it, and not by PID 1: an errand
 * does, while the command is deferred (process.c). A disk that does not answer so holds up this service
 * alone, until its timeout or until somebody stops it.
 */

/*
 * 0: all is there, or why not is, which the plan will tell. 1: not yet; process_spawn_deferred() will
 * be called. -errno: it cannot even be asked for.
 */
int prepare_command(struct service *s, enum command_slot slot, unsigned int command);

/* The variables from files, in their order, into @env. 0 or -errno with @diag. Nothing for a mere look at a plan. */
int prepare_environment(struct service *s, enum command_slot slot, struct environment *env,
			struct diag *diag);

/* The command was made, or will not be; with what the unit's log is told about one that was waited for. */
void prepare_done(struct service *s, enum command_slot slot);
void prepare_give_up(struct service *s);

#endif
