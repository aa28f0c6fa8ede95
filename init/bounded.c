/* SPDX-License-Identifier: MIT */
#include "init/bounded.h"

#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static int wait_readable(int fd, usec_t limit)
{
	usec_t deadline = usec_add(clock_now(CLOCK_MONOTONIC), limit), now;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int r;

	do {
		now = clock_now(CLOCK_MONOTONIC);
		if (now >= deadline)
			return -ETIMEDOUT;
		r = poll(&p, 1, (int)((deadline - now) / USEC_PER_MSEC) + 1);
		if (r < 0 && errno != EINTR)
			return -errno;
	} while (r <= 0);
	return 0;
}

int bounded_wait(pid_t pid, usec_t limit, int *status)
{
	autoclose int pidfd = sys_pidfd_open(pid, 0);
	int r = pidfd < 0 ? pidfd : wait_readable(pidfd, limit);

	*status = 0;
	if (r == 0 && waitpid(pid, status, 0) != pid)
		r = -errno;
	if (r < 0)
		kill(pid,
		     SIGKILL); /* in vain if it hangs in the kernel; taken up whenever it ends */
	return r;
}

int bounded_run(int (*fn)(const void *arg), const void *arg, usec_t limit)
{
	int status, r;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-fn(arg)); /* Linux' errno values are below 256 */
	r = bounded_wait(pid, limit, &status);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}
