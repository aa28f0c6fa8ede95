/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SECCOMP_GROUPS_H
#define BERTH_SECCOMP_GROUPS_H

#include <stddef.h>

/* A named group of system calls, groups.def. */
struct call_group {
	const char *name;    /* "@mount" */
	const char *members; /* names and groups, one blank between them */
};

/* NULL when there is none of that name. */
const struct call_group *group_by_name(const char *name);
const struct call_group *group_at(size_t i); /* NULL behind the last */

/*
 * Calls @fn for @word, or for each call that is in the group @word or in groups of it. 0, the first
 * result of @fn that is not 0, or -ESRCH for an unknown group.
 */
int group_each(const char *word, int (*fn)(void *arg, const char *call), void *arg);

#endif
