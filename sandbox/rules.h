/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_RULES_H
#define BERTH_SANDBOX_RULES_H

#include "sandbox/plan.h"

/*
 * Read-only, writable, hidden, (not) executable: what holds for paths of the finished tree.
 *
 * All rules are resolved first, in the tree as it then is, and sorted by where they really lead:
 * a link (/lib for /usr/lib) must not put a rule beneath one that it belongs above. Then, going down,
 *  - what is tightened becomes a mount of its own with the flags set recursively, before it is attached;
 *  - what is loosened again is a clone that was taken before anything was tightened, so it has the
 *    flags that it had: nothing here takes a flag off a mount of the host's (PITFALLS 88), except
 *    that ExecPaths= takes off noexec, as systemd does;
 *  - what is hidden comes last and is final.
 */
#define RULES_MAX  64
#define RULES_TEXT 6144 /* bytes for their paths together */

/* What hides: an empty directory and an empty file, both without any permission (init/rootview.c). */
#define HIDDEN_DIRECTORY "/run/berth/hidden/directory"
#define HIDDEN_FILE	 "/run/berth/hidden/file"

/*
 * Applies @ops, all of kind MOUNT_RULE, to the tree in the current directory; @prepared: it is
 * read-only already (ROOT_PREPARED). 0 or -errno with *@failed, the operation that did. [child; 8 kB of stack]
 */
int rules_apply(const struct mount_op *ops, size_t n, const char *root, bool prepared,
		size_t *failed);

#endif
