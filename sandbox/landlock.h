/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_LANDLOCK_H
#define BERTH_SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Landlock: a second wall behind read-only and noexec mounts, which a process cannot take down even
 * with the privilege to mount (K: userspace-api/landlock.rst). Its rules only ever allow: what is written to,
 * or executed, lies beneath one of some directories. So it can hold what is denied for "/" as a
 * whole, with exceptions, and nothing else.
 */
struct landlock_rules {
	const char *const *write,
		*const *exec; /* relative to the root; missing ones are left out */
	size_t n_write, n_exec;
	bool writes, execs; /* which of the two are restricted at all */
};

/* The first whose moves between directories can be allowed (LANDLOCK_ACCESS_FS_REFER): Linux 5.19. */
#define LANDLOCK_ABI 2

/* What the kernel has, 0: no Landlock, or it is not switched on (lsm=). Asks each time. */
int landlock_abi(void);

#endif
