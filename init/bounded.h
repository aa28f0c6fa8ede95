/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_BOUNDED_H
#define BERTH_INIT_BOUNDED_H

#include "lib/clock.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * For the few system calls that may sleep for ever in a dead device or server (umount, sync, swapoff,
 * finit_module): they are made by a child, and only it hangs (PITFALLS 147). For boot and shutdown,
 * where PID 1 has nothing else to do; never from the running loop.
 */

/*
 * Runs @fn(@arg) in a forked child and waits, at most @limit. Returns what @fn returned (0 or
 * -errno), -ETIMEDOUT after leaving the child to itself (with SIGKILL pending), -EIO when it was killed.
 */
int bounded_run(int (*fn)(const void *arg), const void *arg, usec_t limit);

/*
 * Waits until child @pid has ended and takes up its status (as of waitpid(2)) into *@status.
 * 0, -ETIMEDOUT or -errno; in both latter cases the child has been sent SIGKILL.
 */
int bounded_wait(pid_t pid, usec_t limit, int *status);

#endif
