/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PATH_WATCH_H
#define BERTH_INIT_PATH_WATCH_H

#include "init/errand.h"
#include "init/path_check.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;

/*
 * One inotify descriptor for all path units (PITFALLS 68), and who watches what with it. Watches
 * are added by errands (path_check.h), events are read here. A watch descriptor may serve several
 * units, and is given back when the last of them has gone and no errand is about to name it.
 */
struct path_watcher {
	struct errand errand;
	struct path_page *page; /* while a check is under way */
	uint64_t since;		/* where in the stream of events it began */
	bool again;		/* something happened meanwhile: what it found may be old */
	bool make_directories;	/* with the next check */
	/* In the loop, as long as it watches */
	void (*checked)(struct path_watcher *w, int result, uint64_t exist, uint64_t hold);
	void (*changed)(struct path_watcher *w, unsigned int spec); /* the path itself was */
	void (*stirred)(struct path_watcher *w); /* something on the way: check again */
};

/* Idempotent. 0 or -errno. */
int path_watch_open(struct loop *loop);

/* Looks at the unit's paths and watches them; checked() follows. 0 or -errno. */
int path_watch_begin(struct path_watcher *w, const struct unit *u);

/* Nothing is called any more. */
void path_watch_end(struct path_watcher *w);

#endif
