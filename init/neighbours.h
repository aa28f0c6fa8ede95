/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_NEIGHBOURS_H
#define BERTH_INIT_NEIGHBOURS_H

#include "lib/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct unit;

/*
 * What services keep lies in /var/lib, /var/cache and /var/log. One that is isolated sees none of it
 * but its own StateDirectory=, CacheDirectory= and LogsDirectory=: in its root view these places are
 * an empty tmpfs of berth's, the same for all, in which only the mount points for such directories are.
 */

/* The n-th place, "/var/lib" etc.; NULL behind the last. */
const char *neighbours_place(size_t n);

/* While the root view at @root is assembled: covers the places. 0 or -errno with @diag. */
int neighbours_hide(const char *root, struct diag *diag);

/* A mount point for @path, if it lies in one of the places. 0 or -errno. Only looks at berth's tmpfs. */
int neighbours_make(const char *path);

/*
 * Whether @u names anything in @place other than by those directives, or the whole of it for
 * writing: then it sees the host's, read-only as the rest of the root view.
 */
bool neighbours_are_asked_for(const struct unit *u, const char *place);

#endif
