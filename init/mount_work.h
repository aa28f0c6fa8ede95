/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MOUNT_WORK_H
#define BERTH_INIT_MOUNT_WORK_H

#include <stdbool.h>
#include <sys/types.h>

/* The part of mount units that may sleep on a disk or a server: an errand does it. */

/* Shared with the errand. */
struct mount_page {
	char what[1024], where[1024], type[64], options[2048];
	mode_t mode;
	bool read_write_only, lazy, force;
	char failed[64]; /* result: what the error is about, "" for the mount itself */
};

/* errand.work, @arg is a struct mount_page: makes the mount, or takes it away. */
int mount_work(void *arg, int fd);
int unmount_work(void *arg, int fd);

#endif
