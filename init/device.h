/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_DEVICE_H
#define BERTH_INIT_DEVICE_H

#include "lib/clock.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Devices by what is on them, without udev: UUID=, LABEL=, PARTUUID=, PARTLABEL=, and the links that
 * udev would have made of them in /dev/disk/by-*. All of this reads disks: for an errand's child.
 */

/* Whether @what is one of these, or a path in /dev: something that may have to be waited for. */
bool device_is_named(const char *what);

/*
 * The path of the device that @what means, into @path. If there is none yet it is waited for, @wait
 * at most, woken by the kernel's messages about new devices. 0 or -errno; @why (@why_size) then
 * gets a reason, or "".
 */
int device_find(const char *what, usec_t wait, char *path, size_t size, char *why, size_t why_size);

/* The file system that is on the device, NULL: none that is known. */
const char *device_type(const char *path);

#endif
