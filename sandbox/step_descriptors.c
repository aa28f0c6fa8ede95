/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/sys.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * Leaves the descriptor table that clone3 shared with PID 1 and keeps only its low part: the
 * kernel copies just what is below the range to be closed (spawn.c has the reason). Of that part,
 * what PID 1 has lent to other children goes at once: a child that hangs in its set-up would hold
 * their report channels open, whose end tells that they have executed (PITFALLS 33).
 */
int step_descriptors(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	unsigned int from = 3, top = ~0U;
	int r = 0;

	if (p->shares_table) {
		r = sys_close_range(SPAWN_LOW_FDS, ~0U, CLOSE_RANGE_UNSHARE);
		top = SPAWN_LOW_FDS - 1;
	}
	for (unsigned int i = 0; i < p->n_keep && r == 0; i++) {
		unsigned int kept = (unsigned int)p->keep[i];

		if (kept > from)
			r = sys_close_range(from, kept - 1, 0);
		from = kept + 1;
	}
	return r == 0 && from <= top ? sys_close_range(from, top, 0) : r;
}

/*
 * The terminal: opened here, by its own process, never by PID 1 (PITFALLS 4). Who reads from it
 * controls it; who only writes does not take it away from anybody.
 */
static int open_terminal(const char *path, unsigned int fds)
{
	int fd = open(path, (fds & 1 ? O_RDWR : O_WRONLY) | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Steal it from a session that died with it open; only root can. */
	if (fds & 1 && ioctl(fd, TIOCSCTTY, 1) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	for (int i = 0; i < 3; i++) {
		if (fds & 1U << i && dup2(fd, i) < 0)
			return -errno;
	}
	if (fd > 2)
		close(fd);
	return 0;
}

/* Descriptors from 3 on. What lies where they go, and they themselves, move up first (PITFALLS 36). */
static int pass_descriptors(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int top = 3 + (int)p->n_fds;
	int up[SPAWN_MAX_LENT];

	if (p->n_fds == 0)
		return 0;
	if (p->n_fds > SPAWN_MAX_LENT)
		return -E2BIG;
	c->report = fcntl(c->report, F_DUPFD_CLOEXEC, top);
	if (c->report < 0)
		return -errno;
	for (unsigned int i = 0; i < p->n_fds; i++) {
		up[i] = fcntl(p->fds[i], F_DUPFD_CLOEXEC, top);
		if (up[i] < 0)
			return -errno;
	}
	for (unsigned int i = 0; i < p->n_fds; i++) {
		c->item = (uint16_t)(3 + i);
		if (dup2(up[i], 3 + (int)i) < 0)
			return -errno;
	}
	return 0;
}

/* Standard descriptors. Sources lie above 2 by construction, so no dup2 clobbers another. */
int step_stdio(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (p->tty) {
		int r = open_terminal(p->tty, p->tty_fds);

		if (r < 0)
			return r;
	}
	for (int i = 0; i < 3; i++) {
		c->item = (uint16_t)i;
		if (p->stdio[i] >= 0 && dup2(p->stdio[i], i) < 0)
			return -errno;
	}
	return pass_descriptors(c);
}
