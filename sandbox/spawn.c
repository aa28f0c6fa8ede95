/* SPDX-License-Identifier: MIT */
#include "sandbox/spawn.h"

#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

int spawn_lift_fd(int fd)
{
	if (fd >= SPAWN_LOW_FDS)
		return fd;
	int high = sys_dup_from(fd, SPAWN_LOW_FDS);

	close(fd);
	return high;
}

int spawn_lend(struct spawn_lent *lent, int fd)
{
	if (lent->n == SPAWN_MAX_LENT)
		return -EMFILE;
	lent->high |= fd >= SPAWN_LOW_FDS;
	lent->fds[lent->n++] = fd;
	return 0;
}

void spawn_settled(struct spawn_lent *lent)
{
	while (lent->n > 0)
		close(lent->fds[--lent->n]);
	lent->high = false;
}

/*
 * A stub speaks over a socket, since it sends credentials (the program's pid, translated into our
 * PID namespace by the kernel); a plain child over a pipe, which is cheaper. Every record fits
 * the buffer, so the child never blocks on us.
 */
static int open_channel(bool stub, int fds[2])
{
	if (!stub)
		return pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	const int on = 1;

	if (setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0) {
		int err = errno;

		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	return 0;
}

/* Into the plan: of PID 1's memory the child sees no more than that (lib/pool.h). */
static void list_kept(struct spawn_plan *plan, const struct spawn_lent *lent)
{
	memcpy(plan->keep, lent->fds, lent->n * sizeof(plan->keep[0]));
	plan->n_keep = lent->n;
}

/* Never CLONE_VFORK: PID 1 waits for no child (PITFALLS 29). */
static pid_t clone_child(struct spawn_plan *plan, struct share_room *room, struct clone_args *args,
			 int report)
{
	if (room && share_allowed(plan))
		return share_clone(room, args, plan, report);
	pid_t pid = sys_clone3(args, sizeof(*args));

	if (pid == 0)
		child_run(plan, report);
	return pid;
}

int spawn_start(struct spawn_plan *plan, struct share_room *room, struct spawn_lent *lent,
		struct spawned *out)
{
	int channel[2];
	int pidfd = -1;
	int r = open_channel(plan->stub != STUB_NONE, channel);

	if (r < 0)
		return r;
	r = spawn_lend(lent, channel[1]);
	if (r < 0) {
		close(channel[0]);
		close(channel[1]);
		return r;
	}
	out->report = spawn_lift_fd(channel[0]);
	if (out->report < 0)
		return out->report;

	plan->shares_table = !lent->high && plan->n_fds == 0;
	list_kept(plan, lent);
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | plan->namespaces |
			 (plan->shares_table ? CLONE_FILES : 0),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};

	if (plan->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)plan->cgroup;
	}
	pid_t pid = clone_child(plan, room, &args, channel[1]);

	if (pid < 0) {
		close(out->report);
		return pid;
	}
	out->pid = pid;
	out->pidfd = spawn_lift_fd(pidfd);
	if (out->pidfd < 0) {
		/* Nobody could signal it any more; not reaped yet, so the number still is this child. */
		kill(pid, SIGKILL);
		close(out->report);
		return out->pidfd;
	}
	return 0;
}

int spawn_read_report(int report, bool stub, struct report *out, pid_t *pid)
{
	struct iovec iov = { out, sizeof(*out) };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = stub ? recvmsg(report, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
			 : read(report, out, sizeof(*out));

	*pid = 0;
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (n != sizeof(*out))
		return -EPROTO;
	out->text[sizeof(out->text) - 1] = '\0';
	if (!stub)
		return 1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct ucred cred;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		*pid = cred.pid;
	}
	return 1;
}
