/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_USERS_H
#define BERTH_INIT_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct manager;
struct users_memory;

/*
 * Users and groups straight from /etc/passwd and /etc/group. The C library is not asked: musl
 * would go to an nscd socket and wait there (PITFALLS 166). Both files are kept in memory; a name is
 * looked up at every start, never at load (PITFALLS 178).
 *
 * PID 1 reads neither after the boot, since they may be on a disk that does not answer: an errand
 * does (users_refresh.c), and the start waits for it. When it has to, the kernel tells: inotify on the
 * folder and both files, poll(2) on the mount table. Both speak in the moment of the change, so that
 * what one command has written the next one finds. Where that cannot be (a link, a remote file
 * system that others change) each start has them read.
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

/*
 * Whether a look-up has to wait: what is in memory may be outdated, an errand reads anew, then
 * process_spawn_deferred() is called. *@ticket is 0 at first and the asker's until the answer is false: then
 * what was read since the first question is there, or why it could not be.
 */
bool users_wait(uint32_t *ticket);

/* Likewise, without asking for anything. */
bool users_outdated(void);

/* At the boot, before the first look-up: reads them, and has changes told. */
void users_open(struct manager *m);

/* In a child, and in tests: reads them itself. 0 or -ENOMEM. */
int users_read_here(void);

/* users_refresh.c: where look-ups look. */
void users_use(const struct users_memory *memory);

/* Where "/etc" is looked for: "" at start, a folder for tests and offline use. Kept by reference. */
void users_set_root(const char *root);

#endif
