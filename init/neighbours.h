/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NEIGHBOURS_H
#define BERTH_INIT_NEIGHBOURS_H

#include "lib/diag.h"

#include <stddef.h>

struct unit;

/*
 * What services keep lies in /var/lib, /var/cache and /var/log. One that is isolated sees none of it
 * but its own StateDirectory=, CacheDirectory= and LogsDirectory=: in its root view these places are
 * an empty tmpfs of berth's, the same for all, in which only the mount points for such directories are.
 * So are /home and /root, unless ProtectHome= is written.
 */

/* The n-th place, "/var/lib" etc.; NULL behind the last. */
const char *neighbours_place(size_t n);

/* At boot, before any of the following. 0 or -errno. */
int neighbours_open(void);

/* [errand] While the root view at @root is assembled: covers the places. 0 or -errno with @diag. */
int neighbours_hide(const char *root, struct diag *diag);

/* A mount point for @path, if it lies in one of the places. 0 or -errno. Only looks at berth's tmpfs. */
int neighbours_make(const char *path);

enum neighbours_shown {
	NEIGHBOURS_HIDDEN,
	NEIGHBOURS_READ_ONLY, /* @u names something in the place other than by those directives */
	NEIGHBOURS_WRITABLE,  /* ReadWritePaths= has all of it */
};

/* What @u sees of the host's @place. */
enum neighbours_shown neighbours_shown(const struct unit *u, const char *place);

#endif
