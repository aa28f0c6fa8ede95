/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ROOTVIEW_ASSEMBLE_H
#define BERTH_INIT_ROOTVIEW_ASSEMBLE_H

#include "lib/diag.h"

#include <stdbool.h>
#include <stdint.h>

/* The errand's side of rootview.h: what follows runs in a child, which a disk may keep waiting. */

/* What the errand and PID 1 both see. */
struct rootview_assembly {
	uint64_t mark; /* of the mount table that the tree shows; 0: there is no tree */
	struct diag diag;
};

/*
 * Brings the tree at ROOTVIEW_PATH up to date with the mount table; nothing if it is. @arg is a
 * struct rootview_assembly, @table PID 1's description of /proc/self/mountinfo. 0 or -errno with
 * ->diag. Leaves alone what rootview_outdated() tells PID 1 of later changes.
 */
int rootview_assemble(void *arg, int table);

/* Whether the table has changed since anybody asked on this description of it (rootview.c). Does not wait. */
bool rootview_outdated(int table);

/* @source, read-only and without what is mounted beneath it, at @target. 0 or -errno. */
int rootview_bind(const char *source, const char *target);

#endif
