/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_MOUNTS_H
#define BERTH_SANDBOX_MOUNTS_H

#include "sandbox/plan.h"

/*
 * Carries out one operation, not a MOUNT_RULE; the current directory is the tree to build on, which
 * the host sees at @root. Targets are resolved beneath it (beneath.h): no symbolic link in the tree
 * can redirect a mount to the host (PITFALLS 90). @users: of the service, -1 for the host's. 0 or -errno. [child]
 */
int mount_op_run(const struct mount_op *op, const char *root, int users);

/*
 * Lets the detached tree @tree show its ids as they are in the user namespace @users. 0, or -EINVAL when
 * its file system cannot do that (tmpfs before Linux 6.3, squashfs, overlayfs), other -errno.
 */
int mount_map_ids(int tree, int users);

/* "bind", "tmpfs", ... for the plan printer and messages. */
const char *mount_kind_name(enum mount_kind kind);

#endif
