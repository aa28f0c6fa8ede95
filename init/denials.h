/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_DENIALS_H
#define BERTH_INIT_DENIALS_H

#include <sys/types.h>

struct manager;
struct process;
struct service;

/*
 * Which system call a filter has killed a process for. A death by SIGSYS tells its parent nothing of
 * it (PITFALLS 55); the kernel tells it in an audit record (AUDIT_SECCOMP), which it sends to who listens
 * to the multicast group of such records, whether or not auditing is on. The record may come before
 * or after the death is seen. The name of the call is looked up by berth-seccomp, which has the tables.
 *
 * Of the unit's own commands, ExecStart= and the others, the number is known, and their ends are
 * told here. Any other process is looked for by its cgroup, which can be read until its parent has
 * taken note of its end; after that by its user, if there is one service alone with a filter that runs
 * as that. Else the machine's log tells of it without a unit.
 *
 * From then on the property SeccompDenied, `status` and a line of the log tell it.
 */

/* Before the first filter is used; idempotent. A kernel without CONFIG_AUDIT leaves deaths unnamed. */
void denials_listen(struct manager *m);

/* The program @pid of a command has ended as waitid(2) tells it. */
void denials_ended(const struct process *p, pid_t pid, int code, int status);

/* The main process has ended: what the one before was killed for is past. */
void denials_main_ended(struct service *s);

/* A new run begins. */
void denials_forget(struct service *s);

#endif
