/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PATH_CHECK_H
#define BERTH_INIT_PATH_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct unit;

/*
 * The part of path units that looks up paths, and so may sleep on a disk: it runs in an errand,
 * which has PID 1's inotify descriptor. Watches belong to that descriptor's file, not to the
 * process that added them: PID 1 only has to read the events.
 */

/* How many paths a unit may have, one bit each. */
#define PATH_SPECS_MAX 64

enum path_type {
	PATH_EXISTS,
	PATH_EXISTS_GLOB,
	PATH_CHANGED,
	PATH_MODIFIED,
	PATH_DIRECTORY_NOT_EMPTY,
	PATH_TYPES,
};

struct path_watch {
	int32_t wd;
	uint32_t
		mask; /* events that this path wants of it; the kernel's mask is that of all users */
	uint8_t spec;
	bool primary; /* the path itself, not one of the folders on the way to it */
};

#define PATH_WATCHES_MAX 1024

/* Shared with the errand. */
struct path_page {
	const struct unit *unit; /* memory that the fork has copied, or shared */
	bool make_directories;
	/* Results; the bits of specs in the order of path_spec() */
	uint64_t exist; /* the path is there */
	uint64_t hold;	/* what PathExists=, PathExistsGlob= and DirectoryNotEmpty= ask for */
	uint32_t n;
	struct path_watch watches[PATH_WATCHES_MAX];
};

/* The @n-th path of the unit; NULL: there are no more. */
const char *path_spec(const struct unit *u, unsigned int n, enum path_type *type);

/* errand.work: @arg is a struct path_page. Watches first, then looks, so that nothing is missed. */
int path_check(void *arg, int inotify_fd);

#endif
