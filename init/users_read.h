/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_USERS_READ_H
#define BERTH_INIT_USERS_READ_H

#include <stdbool.h>
#include <stddef.h>

/* The reading side of users.h: in a child, or at the boot, since a disk may keep it waiting. */

enum users_file {
	USERS_PASSWD,
	USERS_GROUP,
	USERS_FILES,
};

#define USERS_FILE_MAX (1024 * 1024)

/* Shared by PID 1 and its errands; only what was ever written takes memory. */
struct users_memory {
	bool watched; /* who changes the files will be told of */
	struct {
		int err; /* why there is no text; 0 */
		size_t at, len;
	} file[USERS_FILES];
	char text[USERS_FILES * USERS_FILE_MAX];
};

/* @flag: MAP_SHARED or MAP_PRIVATE. NULL without memory. */
struct users_memory *users_memory_new(int flag);

/* Reads both below @root into @to; @watch: an inotify descriptor that is to tell of changes, -1: none. */
void users_read(struct users_memory *to, const char *root, int watch);

#endif
