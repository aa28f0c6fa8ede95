/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_OCI_H
#define BERTH_CTL_OCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The config.json of an OCI bundle (OCI runtime specification, 1.x) as a unit file. Everything that
 * is in it becomes a directive, or is what a berth does anyway (/proc, /dev ... are mounted), or is an
 * error that names the JSON path: members are taken out of the tree as they are understood, and what
 * is left in the end has not been. Annotations, which the specification lets everybody ignore, are.
 */
struct oci_options {
	const char *name;   /* of the unit, without suffix */
	const char *bundle; /* absolute, as the machine will see it */
	bool lax; /* what cannot be carried out becomes a comment in the unit, and a warning */
	/* One line for a human; @stricter: it is carried out, but allows less than it says. */
	void (*tell)(void *ctx, bool stricter, const char *path, const char *what);
	void *ctx;
};

#define OCI_MAX (1 << 20) /* bytes of a config.json */

/* @text (@len bytes) to @out. The number of things that could not be carried out, or -errno. */
int oci_convert(const char *text, size_t len, const struct oci_options *options, FILE *out);

#endif
