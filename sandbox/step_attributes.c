/* SPDX-License-Identifier: MIT */
#include "lib/fd.h"
#include "lib/str.h"
#include "sandbox/attributes.h"
#include "sandbox/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Raw calls where musl has none, or one that only fails (sched_setscheduler: POSIX means threads). */

static const struct attributes *asked_for(const struct child *c, enum attribute which)
{
	const struct attributes *a = c->plan->attributes;

	return a && a->set & which ? a : NULL;
}

int step_scheduler(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_SCHEDULER);

	if (!a)
		return 0;
	const struct sched_param param = { .sched_priority = a->priority };

	return syscall(SYS_sched_setscheduler, 0, a->policy, &param) < 0 ? -errno : 0;
}

int step_affinity(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_AFFINITY);

	if (!a)
		return 0;
	return syscall(SYS_sched_setaffinity, 0, a->affinity_size, a->affinity) < 0 ? -errno : 0;
}

int step_numa(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_NUMA);

	if (!a)
		return 0;
	/* The kernel takes the count of bits to be one too many (set_mempolicy(2), BUGS). */
	return syscall(SYS_set_mempolicy, a->numa_policy, a->numa_nodes,
		       a->numa_nodes ? a->numa_bits + 1 : 0) < 0
		       ? -errno
		       : 0;
}

int step_ioprio(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_IOPRIO);

	if (!a)
		return 0;
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, a->ioprio) < 0 ? -errno : 0;
}

int step_timer_slack(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_TIMER_SLACK);

	if (!a)
		return 0;
	return prctl(PR_SET_TIMERSLACK, a->timer_slack, 0, 0, 0) < 0 ? -errno : 0;
}

int step_personality(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_PERSONALITY);

	if (!a)
		return 0;
	return personality(a->personality) < 0 ? -errno : 0;
}

int step_coredump(struct child *c)
{
	const struct attributes *a = asked_for(c, ATTRIBUTE_COREDUMP);
	char text[24];
	struct strbuf b = STRBUF_INIT(text);

	if (!a)
		return 0;
	strbuf_put_u64(&b, a->coredump_filter);
	return fd_write_file_at(AT_FDCWD, "/proc/self/coredump_filter", text, b.len);
}

/*
 * A session keyring of its own, or what one service puts into it every other one reads: all of
 * them share PID 1's (PITFALLS 50). As the service's user, whose quota it counts against. Kernels
 * without keyrings have nothing to share.
 */
int step_keyring(struct child *c)
{
	if (c->plan->keyring == KEYRING_KEEP)
		return 0;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0)
		return errno == ENOSYS ? 0 : -errno;
	if (c->plan->keyring == KEYRING_OWN)
		return 0;
	return syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING, 0,
		       0) < 0
		       ? -errno
		       : 0;
}
