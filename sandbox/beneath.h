/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_BENEATH_H
#define BERTH_SANDBOX_BENEATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Paths beneath the root that is being built. All of it runs in the child, whose current directory is
 * that root (of mount tree @root, as seen from the host's): no symbolic link in there can lead out
 * of it (openat2(2), RESOLVE_IN_ROOT; PITFALLS 90). Descriptors are close-on-exec and the caller's.
 */

/* O_PATH descriptor of @path, or -errno. */
int beneath_open(const char *path);

/* The same for a path that beneath_where() has told: should a link have come into it, -ELOOP. */
int beneath_reopen(const char *path);

/*
 * The same; what is missing is made, by root with mode 0755: directories, the last one an empty file
 * unless @directory. Where the tree is a read-only picture of the host's it is made there.
 */
int beneath_make(const char *root, const char *path, bool directory);

/* Where @fd is: a path within the root, without the leading slash ("" is the root). 0 or -errno. */
int beneath_where(const char *root, int fd, char *buf, size_t size);

/*
 * The host's own entry for what @fd is in the picture of it: O_PATH descriptor, -ESTALE when the host
 * has something else at that place.
 */
int beneath_host_twin(const char *root, int fd);

#endif
