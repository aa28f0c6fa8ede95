/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_WATCH_H
#define BERTH_CGROUPFS_WATCH_H

#include <stdint.h>

/* One inotify descriptor for the event files of all cgroups (PITFALLS 67, 68). */
enum cgroup_watch_what {
	CGROUP_WATCH_STATE,  /* cgroup.events: populated, frozen */
	CGROUP_WATCH_MEMORY, /* memory.events */
	CGROUP_WATCH_RESCAN, /* events were lost: look at every cgroup; the cookie means nothing */
};

struct cgroup_watch {
	int fd; /* non-blocking: a source of the loop */
	uint32_t n;
	uint32_t room;
	struct cgroup_watch_entry *entries; /* sorted by watch descriptor, 8 bytes each */
};

/* 0 or -errno. */
int cgroup_watch_open(struct cgroup_watch *w);
void cgroup_watch_close(struct cgroup_watch *w);

/*
 * Watches one file of the cgroup @dirfd. @cookie (below 2^31) comes back in the callback. The
 * watch has to be removed before its cgroup is: kernfs does not end it (seen on 6.1), and it would
 * hold memory for ever (PITFALLS 68). 0 or -errno.
 */
int cgroup_watch_add(struct cgroup_watch *w, int dirfd, enum cgroup_watch_what what,
		     uint32_t cookie);

/* Ends all watches of @cookie. */
void cgroup_watch_remove(struct cgroup_watch *w, uint32_t cookie);

typedef void (*cgroup_watch_fn)(void *ctx, uint32_t cookie, enum cgroup_watch_what what);

/*
 * Hands over what has changed; a bounded number of events per call, the rest stays for the next
 * round of the loop. Events coalesce: they only say "look". The callback may add and remove.
 * 0 or -errno.
 */
int cgroup_watch_drain(struct cgroup_watch *w, cgroup_watch_fn fn, void *ctx);

#endif
