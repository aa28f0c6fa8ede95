/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_SPAWN_H
#define BERTH_SANDBOX_SPAWN_H

#include "sandbox/child.h"
#include "sandbox/plan.h"
#include "sandbox/share.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * PID 1's side of a spawn.
 *
 * Descriptors. A copy of PID 1's table costs the child in proportion to what PID 1 holds (four
 * per service), once to copy and once more to close at exec; with a thousand services that is
 * more than all the rest of a start. So the table is not copied: it is shared (CLONE_FILES), and
 * the child's first act is close_range(SPAWN_LOW_FDS, ~0, CLOSE_RANGE_UNSHARE), for which the
 * kernel copies only the part below. It follows that
 *  - PID 1 lifts every long-lived descriptor to SPAWN_LOW_FDS or above (spawn_lift_fd),
 *  - what a child needs lies below and stays open until the child is known to have left the
 *    shared table: spawn_settled() closes it then.
 * When the low numbers have run out the child gets an ordinary copy of the whole table instead; so
 * does one that is handed sockets (plan->fds), which are PID 1's own and lie above.
 */
#define SPAWN_LOW_FDS 64

/* Descriptors of one child under way, closed by spawn_settled(). */
struct spawn_lent {
	int fds[SPAWN_MAX_LENT];
	unsigned int n;
	bool high; /* one of them is not low: the table has to be copied */
};

struct spawned {
	pid_t pid;
	int pidfd;  /* lifted, ours to close */
	int report; /* our end of the report channel: lifted, non-blocking, ours to close */
};

/* Moves @fd to a number that no child sees, close-on-exec. The new number or -errno (then @fd is closed). */
int spawn_lift_fd(int fd);

/* Lends @fd (close-on-exec) to the child; ownership moves to @lent. -EMFILE if there are too many. */
int spawn_lend(struct spawn_lent *lent, int fd);

/*
 * Clones a child that carries out @plan. Returns at once; how it went arrives on ->report
 * (spawn_read_report). 0 or -errno: -EAGAIN is a pids limit (PITFALLS 12), -EBUSY a cgroup with
 * controllers for children, -EOPNOTSUPP a threaded or dead cgroup (PITFALLS 28). On failure
 * nothing is left but @lent, which the caller settles. The child may do it in @room, in our memory
 * (share.h): then @plan is not ours until the room is free again. NULL: it gets a copy.
 */
int spawn_start(struct spawn_plan *plan, struct share_room *room, struct spawn_lent *lent,
		struct spawned *out);

/* The child has its own table (first report, or death): closes what was lent. Idempotent. */
void spawn_settled(struct spawn_lent *lent);

/*
 * Next record of the channel of a child with (@stub) or without a stub: 1 and @out (with *@pid the
 * program's pid for REPORT_EXECED), 0 at end of file, -EAGAIN if there is none yet, other -errno.
 */
int spawn_read_report(int report, bool stub, struct report *out, pid_t *pid);

#endif
