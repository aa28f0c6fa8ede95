/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_USERS_H
#define BERTH_INIT_USERS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Users and groups straight from /etc/passwd and /etc/group. The C library is not asked: musl
 * would go to an nscd socket and wait there (PITFALLS 166). Both files are kept in memory and read
 * again when they have changed; a name is looked up at every start, never at load (PITFALLS 178).
 *
 * Files of more than 1 MiB and anything that is no regular file are refused (-EFBIG, -EINVAL).
 */
struct user_entry {
	uid_t uid;
	gid_t gid;
	char name[64];	 /* "" for a number that no line has */
	char home[256];	 /* "/" if not set */
	char shell[256]; /* "/bin/sh" if not set */
};

/*
 * By name, or by decimal number: a number needs no line in passwd and then gets the group of the
 * same number (as systemd does). 0, or -ESRCH: no such user, -ERANGE: a field does not fit,
 * or what reading the file gave. (uid_t)-1 and 65535 are no user ids (they mean "unchanged").
 */
int user_lookup(const char *name, struct user_entry *out);

/* The same for groups. */
int group_lookup(const char *name, gid_t *out);

/*
 * The group list of a process of user @name with primary group @gid: @gid first, then each group
 * that has @name as a member. Returns how many there are, at most @max written; or -errno.
 */
int user_groups(const char *name, gid_t gid, gid_t *out, size_t max);

/* Where "/etc" is looked for: "" at start, a folder for tests and offline use. Kept by reference. */
void users_set_root(const char *root);

#endif
