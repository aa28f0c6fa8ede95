/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_VERITY_H
#define BERTH_SANDBOX_VERITY_H

#include "lib/str.h"

struct image;

/*
 * dm-verity: a block device on which the kernel checks every block that is read against a tree of
 * hashes, whose root is known (K: admin-guide/device-mapper/verity.rst). The tree comes from a file as
 * `veritysetup format` writes it, with its header; nothing in there is trusted: whatever it says, the
 * blocks have to hash to the root.
 */

/* Room for "/dev/loop" or "/dev/dm-" and a number. */
#define DEVICE_PATH 32

/*
 * A checked device over the block device @data with the tree on @tree (both are paths of devices, opened
 * as @tree_fd for its header). Its path goes to @device; returned is the device itself, open. It is
 * removed when that and the last mount are closed. The root hash of @image is hexadecimal, or an absolute
 * path of a file that holds it; its signature is checked by the kernel, with the keys that it trusts.
 * -errno with @text. [child]
 */
int verity_open(const char *data, const char *tree, int tree_fd, const struct image *image,
		char device[DEVICE_PATH], struct strbuf *text);

#endif
