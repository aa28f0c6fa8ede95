/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_IMAGES_H
#define BERTH_INIT_IMAGES_H

struct service;

/*
 * Kernel modules that images take (loop, file systems, dm-verity) and extensions (overlay), loaded by an
 * errand before the first such unit is started: which devices its cgroup is to allow is known only
 * when their drivers are there (devices.h).
 *
 * 1 when they are being loaded: the unit's waiting job is looked at again in the end. Else 0; what is
 * missing then is told by the start.
 */
int images_prepare(struct service *s);

#endif
