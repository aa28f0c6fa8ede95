/* SPDX-License-Identifier: MIT */
#include "init/cleanup.h"

#include "init/manager.h"
#include "init/plan.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 64

/* Without following links and without leaving the file system: what is mounted there is not ours. */
static void remove_tree(int parent, const char *name, int depth)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT || depth == MAX_DEPTH)
		return;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir) {
		struct dirent *e;

		while ((e = readdir(dir))) {
			if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
				remove_tree(fd, e->d_name, depth + 1);
		}
		closedir(dir);
	}
	unlinkat(parent, name, AT_REMOVEDIR);
}

void cleanup_runtime(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const struct strings *names = unit_list(u, K_RuntimeDirectory);
	struct clone_args args = { .exit_signal = SIGCHLD };

	if (names->n == 0 || plan_isolation(s) != ISOLATION_NONE)
		return;
	/* A copy of PID 1 with memory of its own: the C library works as ever (reaped as a stranger). */
	pid_t pid = sys_clone3(&args, sizeof(args));

	if (pid < 0)
		log_warn("%s: RuntimeDirectory= not removed: %s", u->id, diag_errno(-pid));
	if (pid != 0)
		return;
	int run = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (uint32_t i = 0; run >= 0 && i < names->n; i++)
		remove_tree(run, names->v[i], 0);
	_exit(0);
}
