/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ROOTVIEW_H
#define BERTH_INIT_ROOTVIEW_H

#include "lib/diag.h"

#include <stdbool.h>

/*
 * The root tree that isolated services see, assembled once and attached beneath /run/berth. Every
 * service's mount namespace starts as a copy of PID 1's and so holds a copy of this tree; the
 * child adds what is its own (proc, sys, tmp, run, ...) and pivots into it. Assembling it per
 * service would cost more than all namespaces but the network's.
 */
#define ROOTVIEW_PATH "/run/berth/root"
#define HOSTS_PATH    "/run/berth/hosts"

/* Assembles the tree if there is none yet. 0 or -errno with @diag. */
int rootview_ensure(struct diag *diag);

/* @source, read-only and without what is mounted beneath it, at @target. 0 or -errno. */
int rootview_bind(const char *source, const char *target);

/* Where a child attaches the tree that becomes its root; in its own mount namespace alone. */
#define CLONE_PATH "/run/berth/view"

/* Makes CLONE_PATH if there is none yet. 0 or -errno with @diag. */
int rootview_clone_place(struct diag *diag);
/* Likewise what hides paths (sandbox/rules.h). */
int rootview_hidden(struct diag *diag);

/*
 * For @services isolated ones to come: makes room in the kernel's tables for their file systems. Each
 * memory cgroup holds an array with a slot per superblock, and for every 64 further ones all of them
 * are made anew: with a thousand services that is most of the boot. The tables never shrink, so
 * superblocks that are made and dropped before there are cgroups settle it. By an errand: @done
 * is called once when it has ended, or at once for so few that it is not worth it.
 */
void rootview_make_room(unsigned int services, void (*done)(void));

/* Whether a path that is masked or read-only in /proc and /sys exists on this kernel. */
bool rootview_has(const char *path);

#endif
