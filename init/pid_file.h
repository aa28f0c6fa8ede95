/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PID_FILE_H
#define BERTH_INIT_PID_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct unit;

/*
 * PIDFile=: where a daemon writes which process it is. Below /run that is memory, and PID 1 looks itself,
 * but never out of that one file system: the daemon may have put a link there that leads to a disk
 * which does not answer, or to a server of its own. Then, and anywhere else, an errand has to look.
 */

/* Whether PID 1 may look for @path, as long as no link leads it elsewhere. */
bool pid_file_in_memory(const char *path);

/* The same in the root of an isolated service: it has a /run of its own, unless it binds another one. */
bool pid_file_in_own_run(const struct unit *u, const char *path);

/*
 * What such a file of the tree @root (descriptor; -1: the host's) says; 0: nothing, or there is none yet.
 * -EXDEV: it leads elsewhere.
 */
pid_t pid_file_read(int root, const char *path);

/* Has @watch (inotify) tell of changes in the deepest folder on the way to it that is there. */
void pid_file_watch(int watch, const char *path);

/* [errand] The same for any path; @watch -1: it is not watched. No link leads out of @root. */
pid_t pid_file_look(int root, const char *path, int watch);

#endif
