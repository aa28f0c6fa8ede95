/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_IMAGE_H
#define BERTH_SANDBOX_IMAGE_H

struct strbuf;

/* A file with a file system: ext2-4, squashfs, erofs; no partition table. */
struct image {
	const char *path;
	/*
	 * The file system is read through dm-verity (verity.h) with this tree of hashes and this root;
	 * a block that is not what they say cannot be read (EIO). NULL: as it is.
	 */
	const char *verity, *root_hash;
	/* DER of a PKCS #7 signature of the root hash: a path, or "base64:..."; NULL: none is asked for. */
	const char *signature;
	const char *options; /* of the mount, "," between; NULL: none */
	int users; /* user namespace whose ids it has where the format can; -1: the host's */
	/* Loads kernel modules by group; NULL: not needed. */
	int (*load_modules)(const char *group);
};

/*
 * The file system as a tree that is attached nowhere yet, on devices that go with its last mount. Read-only
 * where the format or the file is. systemd.exec(5): without a root hash, that in a file beside the image
 * counts (X.roothash for X.raw), as X.verity does without a tree of hashes. A descriptor or -errno with what was being done in @text: -EMEDIUMTYPE for a format that is none of these,
 * -ENODEV for one that the kernel does not have. [child]
 */
int image_tree(const struct image *image, struct strbuf *text);

#endif
