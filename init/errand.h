/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ERRAND_H
#define BERTH_INIT_ERRAND_H

#include "lib/clock.h"
#include "lib/list.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * What may sleep on a disk, a server or a slow computation is not done by PID 1 but by a child of
 * it: an errand. PID 1 forks, goes on, and hears of the end through the reaper, in the loop. An
 * errand that hangs in the kernel is sent SIGKILL at its limit and left behind: its owner is told
 * -ETIMEDOUT, nobody else notices.
 *
 * The child is a copy of PID 1 in which nothing has been executed: it may use malloc and the C
 * library, sees heap and static memory as they were at the fork, and must not look at anything
 * from lib/pool (which it does not have), nor log: messages go back to the owner. It has /dev/null
 * as 0 to 2, and no other descriptor but ->fd. Results come back through the status (an errno) and
 * through memory that the owner mapped MAP_SHARED before; a parser that crashes costs an errand,
 * not the machine.
 */
struct errand {
	const char *what;		/* for messages: "reading the unit files" */
	usec_t limit;			/* how long it may take once it runs */
	int (*work)(void *arg, int fd); /* in the child; 0 or -errno (below 256) */
	void *arg;			/* heap, static or shared memory; not from the pool */
	/*
	 * In the loop: what work() returned, -ETIMEDOUT, -EIO (it crashed or was killed), or why it
	 * could not be begun. The errand may be started again, and its memory may go.
	 */
	void (*done)(struct errand *e, int result);
	int fd; /* kept for the child, stays the owner's; -1: none */
	/*
	 * It waits for something that may come late or never (a device, a server): it takes none of the
	 * ERRANDS_AT_ONCE, so nobody waits behind it.
	 */
	bool patient;
	/* errand.c */
	struct list link;
	pid_t pid;
	usec_t deadline;
};

struct loop;

/* How many run at once; the others wait for their turn. */
#define ERRANDS_AT_ONCE 4
/* How many patient ones run at once; so many devices are waited for. */
#define ERRANDS_PATIENT 64
/* How many may hang in the kernel before no further one is begun. */
#define ERRANDS_STUCK 16

/* Takes one timer of the loop. Before any other call; also empties what was left by a former one. */
void errands_open(struct loop *loop);

/*
 * Begins @e or queues it; it must stay where it is until done(), which is never called from in
 * here. 0, or -errno when it cannot be begun (done() is not called then): fork's, or -EBUSY when
 * too many hang in the kernel.
 */
int errand_start(struct errand *e);

/*
 * Forks a helper that lives on its own and is nobody's errand: no limit, no done(). It is called @name
 * and ends when work() returns, which it is to do when the other end of @fd is closed. 0 or -errno.
 */
int errand_helper(const char *name, int (*work)(void *arg, int fd), void *arg, int fd);

/* Forgets @e: its child is killed, done() is not called. Nothing if it is not under way. */
void errand_cancel(struct errand *e);
bool errand_is_under_way(const struct errand *e);

/* From the reaper, after @pid was reaped: true when it was an errand's child. */
bool errand_reaped(pid_t pid, const siginfo_t *si);

#endif
