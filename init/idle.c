/* SPDX-License-Identifier: MIT */
#include "init/idle.h"

#include "init/manager.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Both ends are kept: the reading one is handed out again and again. */
static int ends[2] = { -1, -1 };

int idle_wait_fd(void)
{
	int fresh[2];

	if (ends[0] < 0) {
		if (pipe2(fresh, O_CLOEXEC) < 0)
			return -errno;
		ends[0] = spawn_lift_fd(fresh[0]);
		ends[1] = spawn_lift_fd(fresh[1]);
	}
	if (ends[0] < 0 || ends[1] < 0) {
		idle_run(NULL);
		return -EMFILE;
	}
	return sys_dup_from(ends[0], 3);
}

void idle_run(const struct manager *m)
{
	if (m && !list_empty(&m->jobs))
		return;
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
}
