/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_SHARE_H
#define BERTH_SANDBOX_SHARE_H

#include "sandbox/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/sched.h>

/*
 * Children that run in PID 1's own memory until they exec.
 *
 * An ordinary clone copies page tables and write-protects PID 1's memory; the page faults that
 * follow, in PID 1 for each page that it writes next and in the child, and the taking down of the
 * copy at exec, are a third of a plain start. A child that does nothing but some system calls and
 * exec needs none of it: CLONE_VM, but never CLONE_VFORK, for PID 1 waits for no child (PITFALLS 29).
 *
 * What keeps PID 1 safe from such a child (PITFALLS 30):
 *  - it has a stack of its own, with a guard page below (init/places.c), and a copy of the C
 *    library's thread block, so that errno is its own; it calls nothing that keeps other state;
 *  - it writes nothing but that; it is a process, no thread: a signal or a fault ends it alone;
 *    CLONE_CLEAR_SIGHAND: no handler of PID 1's ever runs in it;
 *  - the kernel clears ->tid when the child has left our memory, by exec or by death, whatever
 *    killed it and wherever: only then are stack and plan anybody else's;
 *  - who lives on without exec (the stub), and who changes what belongs to the memory and not to
 *    the process, gets a clone with a copy: share_allowed() is the list.
 */
#define SHARE_STACK                                                                                \
	((size_t)4 * 4096 + 2432) /* so that the part in use and the plan share a page */
#define SHARE_THREAD 256	  /* of the thread block, to either side of the pointer */

struct share_room {
	_Alignas(16) char stack[SHARE_STACK];
	_Alignas(16) char thread[2 * SHARE_THREAD];
	uint32_t tid;		 /* 0: nobody is in here; written by the kernel */
	int report;		 /* for the child */
	struct spawn_plan *plan; /* likewise */
};

/* Whether the child that was cloned from this room has left it, or there was none. */
static inline bool share_room_is_free(const struct share_room *room)
{
	return __atomic_load_n(&room->tid, __ATOMIC_ACQUIRE) == 0;
}

/* Whether a child that does what @plan says may do it in our memory. */
bool share_allowed(const struct spawn_plan *plan);

/*
 * clone3 with @args into @room, which must be free; the child runs child_run(). Returns in the
 * parent alone: the pid or -errno.
 */
pid_t share_clone(struct share_room *room, struct clone_args *args, struct spawn_plan *plan,
		  int report);

#endif
