/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

/*
 * The new mount namespace is a copy of PID 1's, the prepared root tree included (init/rootview.c):
 * the private parts are mounted onto that copy, then it becomes the root and everything else is
 * let go. Two system calls a private mount instead of two dozen for the common tree.
 */
static int enter_root(const char *root)
{
	/* pivot_root(".", ".") stacks the old root on the new one; pivot_root(2) NOTES. */
	if (chdir(root) < 0)
		return -errno;
	int r = sys_pivot_root(".", ".");

	if (r < 0)
		return r;
	if (umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chdir("/") < 0 ? -errno : 0;
}

int step_mounts(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	if (!p->root && p->n_mounts == 0)
		return 0;
	/* Nothing of ours may reach the host, whatever "/" was set to (PITFALLS 87). */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	if (chdir(p->root ? p->root : "/") < 0)
		return -errno;
	for (size_t i = 0; i < p->n_mounts; i++) {
		c->item = (uint16_t)i;
		int r = mount_op_run(&p->mounts[i]);

		if (r < 0) {
			struct strbuf b = STRBUF_INIT(c->text);

			strbuf_put(&b, mount_kind_name(p->mounts[i].kind));
			strbuf_put(&b, " /");
			strbuf_put(&b, p->mounts[i].target);
			return r;
		}
	}
	if (!p->root)
		return 0;
	int r = enter_root(p->root);

	if (r < 0)
		str_copy(c->text, sizeof(c->text), "pivot_root");
	return r;
}
