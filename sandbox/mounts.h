/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_MOUNTS_H
#define BERTH_SANDBOX_MOUNTS_H

#include "sandbox/plan.h"

/*
 * Carries out one operation, not a MOUNT_RULE; the current directory is the tree to build on, which
 * the host sees at @root. Targets are resolved beneath it (beneath.h): no symbolic link in the tree
 * can redirect a mount to the host (PITFALLS 90). 0 or -errno. [child]
 */
int mount_op_run(const struct mount_op *op, const char *root);

/* "bind", "tmpfs", ... for the plan printer and messages. */
const char *mount_kind_name(enum mount_kind kind);

#endif
