/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_EXTENSIONS_H
#define BERTH_SANDBOX_EXTENSIONS_H

struct child;
struct mount_op;

/*
 * ExtensionImages= and ExtensionDirectories=: an overlay of what they have beneath a folder (/usr, /opt)
 * upon what the root has there, read-only, the last one on top. Each has to say that it is for
 * this root: usr/lib/extension-release.d/extension-release.NAME against os-release (os-release(5)).
 */

/* A MOUNT_OVERLAY in the tree in the current directory; the first one opens all layers. 0 or -errno with c->text. [child] */
int extensions_overlay(struct child *c, const struct mount_op *op);

/* A MOUNT_IMAGE likewise. */
int extensions_image(struct child *c, const struct mount_op *op);

#endif
