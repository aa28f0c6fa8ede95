/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MOUNT_WORK_H
#define BERTH_INIT_MOUNT_WORK_H

/* The part of mount units that may sleep on a disk or a server: an errand does it. */

/* errand.work, @arg is a struct attach_page: makes the mount, or takes it away. */
int mount_work(void *arg, int fd);
int unmount_work(void *arg, int fd);

#endif
