/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_IPC_H
#define BERTH_INIT_IPC_H

#include <stdbool.h>

struct service;

/*
 * RemoveIPC=: System V objects, POSIX message queues and POSIX shared memory of the unit's user and
 * group go when the last process of a run has. What the service kept in an IPC namespace or a
 * /dev/shm of its own has ended with it; an errand removes the rest (ipc_work.h), and as long as it is at
 * it no unit of that user is started, whose new objects it would take for old ones.
 */

/* A run begins: has ready what its end needs, where memory must not be asked for. 0 or -ENOMEM. */
int ipc_prepare(struct service *s);

/* The run is over. */
void ipc_remove(struct service *s);

/* Whether a command of @s has to wait; process_spawn_deferred() is called in the end. */
bool ipc_must_wait(const struct service *s);

#endif
