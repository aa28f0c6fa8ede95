/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PROCESS_H
#define BERTH_INIT_PROCESS_H

#include "init/machine.h"
#include "init/service.h"
#include "lib/diag.h"

#include <sys/types.h>

/*
 * Spawns the command as main or control process of @s. On failure the reason has been logged
 * with file, line and key. 0 or -errno.
 */
int process_spawn(struct service *s, enum command_slot slot, unsigned int command);

/*
 * The command that waits (->deferred: for the namespaces of another, for what prepare.h fetches, ...) is
 * tried again. Harmless when there is none, or it has to wait on.
 */
void process_spawn_deferred(struct service *s);

/* After a spawn of @slot: the machine is told where that is an event. */
void process_tell_spawned(struct service *s, enum command_slot slot);
/* The spawn of @slot that the machine has asked for some time ago cannot be. */
void process_not_spawned(struct service *s, enum command_slot slot);
/* The command that waits is to be killed: it ends by not being made. */
void process_end_deferred(struct service *s);

/* A number that no two runs have in common, nor anybody can guess. */
void process_new_id(const struct service *s, uint8_t id[16]);
/* In hexadecimal. */
void process_id_text(const uint8_t id[16], char text[33]);

/*
 * Whose namespaces are complete and can be entered by others; NULL: none, or not yet (*@soon is set then).
 */
const struct process *process_with_namespaces(struct service *s, bool *soon);

/* A start that cannot be, into the unit's log and as its reason. */
void process_tell(struct service *s, enum command_slot slot, struct diag *diag);

/* reports.c: reads what the child has reported so far; feeds E_EXEC_OK. Also called right before its exit is looked at. */
void process_read_reports(struct process *p);

/* Closes what belongs to the process and forgets it. */
void process_forget(struct process *p);

/*
 * Tells the anchor to go as soon as nothing is left in its namespace. A signal of its own: an anchor
 * has no program to pass KillSignal= on to, and that may be another one.
 */
void process_dismiss_anchor(struct service *s);

/* The stub of @from goes on as @to: its program has ended, others in its namespaces have not. */
void process_move(struct process *from, struct process *to);

#endif
