/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/sys.h"
#include "sandbox/openings.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <unistd.h>

/* The lowest descriptor from @from on that stays, ~0: none. */
static unsigned int next_kept(const struct spawn_plan *p, unsigned int from)
{
	unsigned int best = ~0U;

	for (unsigned int i = 0; i < p->n_keep + p->n_fds; i++) {
		unsigned int fd =
			(unsigned int)(i < p->n_keep ? p->keep[i] : p->fds[i - p->n_keep]);

		if (fd >= from && fd < best)
			best = fd;
	}
	return best;
}

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
	while (r == 0 && from <= top) {
		unsigned int kept = next_kept(p, from);

		if (kept == ~0U || kept > top)
			return sys_close_range(from, top, 0);
		if (kept > from)
			r = sys_close_range(from, kept - 1, 0);
		from = kept + 1;
	}
	return r;
}

/* A socket's blocking is shared by all who have it: it is set as this program wants it, in either way. */
static int set_blocking(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

/* Descriptors from 3 on. What lies where they go, and they themselves, move up first (PITFALLS 36). */
static int pass_descriptors(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int top = 3 + (int)p->n_fds;

	if (p->n_fds == 0)
		return 0;
	c->report = fcntl(c->report, F_DUPFD_CLOEXEC, top);
	if (c->report < 0)
		return -errno;
	for (unsigned int i = 0; i < p->n_fds; i++) {
		c->item = (uint16_t)(3 + i);
		p->fds[i] = fcntl(p->fds[i], F_DUPFD_CLOEXEC, top);
		if (p->fds[i] < 0)
			return -errno;
	}
	for (unsigned int i = 0; i < p->n_fds; i++) {
		int r = i < p->n_sockets ? set_blocking(p->fds[i], p->nonblock) : 0;

		c->item = (uint16_t)(3 + i);
		if (r < 0)
			return r;
		if (dup2(p->fds[i], 3 + (int)i) < 0)
			return -errno;
	}
	return 0;
}

/* NotifyFD=: out of the way of what is handed, and that out of its own. */
static int pass_notify(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	int top = p->notify_to + 1, fd = p->notify_from, r;

	if (fd < 0)
		return pass_descriptors(c);
	if (top < 3 + (int)p->n_fds)
		top = 3 + (int)p->n_fds;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, top);
	c->report = fcntl(c->report, F_DUPFD_CLOEXEC, top);
	r = fd < 0 || c->report < 0 ? -errno : pass_descriptors(c);
	if (r < 0)
		return r;
	c->item = (uint16_t)p->notify_to;
	return dup2(fd, p->notify_to) < 0 ? -errno : 0;
}

/* Standard descriptors. Sources lie above 2 by construction, so no dup2 clobbers another. */
int step_stdio(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	for (int i = 0; i < 3; i++) {
		int from = c->opened[i] >= 0 ? c->opened[i] : p->stdio[i];

		if (p->openings && p->openings->v[i].kind == OPENING_SAME)
			from = p->openings->v[i].same;
		c->item = (uint16_t)i;
		if (from >= 0 && dup2(from, i) < 0)
			return -errno;
	}
	return pass_notify(c);
}
