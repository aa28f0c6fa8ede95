/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ROOTVIEW_H
#define BERTH_INIT_ROOTVIEW_H

#include "lib/diag.h"

#include <stdbool.h>

struct manager;
struct service;

/*
 * The root tree that isolated services see, assembled for all and attached beneath /run/berth. Every
 * service's mount namespace starts as a copy of PID 1's and so holds a copy of this tree; the
 * child adds what is its own (proc, sys, tmp, run, ...) and pivots into it. Assembling it per
 * service would cost more than all namespaces but the network's.
 *
 * The host's mounts are in it, read-only. When they change the next start of an isolated service has the
 * tree made anew; who runs already keeps what it has. Passing mounts on to them (propagation) is out of
 * question: they would arrive writable. An errand does all that: a look-up may wait for a disk.
 */
#define ROOTVIEW_PATH "/run/berth/root"
#define HOSTS_PATH    "/run/berth/hosts"

/* At boot: what the errand will need. 0 or -errno: then nothing isolated starts. */
int rootview_open(struct manager *m);

/* At the boot, when there will be isolated services: has the tree made meanwhile, nobody waits. */
void rootview_begin(void);

/*
 * Before a start of @s. 1: an errand brings the tree up to date, its job is looked at again when it
 * has; 0: it is, or @s needs none, or it failed (rootview_check() tells).
 */
int rootview_prepare(struct service *s);

/* Whether there is a tree if @s needs one. 0 or -errno with @diag. */
int rootview_check(const struct service *s, struct diag *diag);

/* Where a child attaches the tree that becomes its root; in its own mount namespace alone. */
#define CLONE_PATH "/run/berth/view"

/* Where images of extensions are mounted while the view is made, in the child's namespace alone. */
#define LAYERS_PATH "/run/berth/layers"

/* Makes LAYERS_PATH if there is none yet. 0 or -errno with @diag. */
int rootview_layers_place(struct diag *diag);

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
