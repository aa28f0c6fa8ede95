/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MEMBERS_H
#define BERTH_INIT_MEMBERS_H

#include <stdbool.h>
#include <sys/types.h>

struct service;

/*
 * Which processes belong to a service: those in its cgroup, whatever they say of themselves
 * (PITFALLS 132). Reads of /proc and of the cgroup only, nothing here waits.
 */

/*
 * Whether @pid is in the unit's cgroup or below it. With a pidfd opened before the look, what the
 * pidfd holds is either that process or dead already.
 */
bool members_has(const struct service *s, pid_t pid);

/* The one process in the cgroup besides our stubs; 0 when there are none or several. */
pid_t members_only(const struct service *s);

/* The one whose number in its own PID namespace is @inside; 0 when there is none. */
pid_t members_by_number(const struct service *s, pid_t inside);

/* The number that @pid has in its own PID namespace, the innermost one; 0 when it is gone. */
pid_t members_pid_inside(pid_t pid);

#endif
