/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_IMAGE_H
#define BERTH_SANDBOX_IMAGE_H

/*
 * Attaches the file system in the file @image (ext2-4, squashfs, erofs; no partition table) at
 * @target, by a loop device that goes with its last mount. Read-only where the format or the file
 * is; its ids are those of the user namespace @users (-1: the host's) where the format can. @load_modules (may be NULL) is asked for the group "image" first. 0 or -errno with what was
 * being done in @text: -EMEDIUMTYPE for a format that is none of these, -ENODEV for one that the kernel
 * does not have. [child]
 */
struct strbuf;
int image_attach(const char *image, const char *target, int users,
		 int (*load_modules)(const char *group), struct strbuf *text);

#endif
