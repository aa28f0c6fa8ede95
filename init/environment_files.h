/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ENVIRONMENT_FILES_H
#define BERTH_INIT_ENVIRONMENT_FILES_H

#include <stdint.h>

struct strings;

/* EnvironmentFile= as the errand reads it (prepare.h): on a disk that may not answer. */

#define ENVIRONMENT_FILES_MAX (1 << 20) /* of one file, and of what comes back */

/* What is written to @fd: this, then ->size bytes of "NAME=VALUE\0". */
struct environment_read {
	int32_t err; /* why there are none: a negative errno, and ->text what it is about */
	uint32_t size;
	char text[400]; /* without err: what was passed over, a line each; "" */
};

/* In the order of @files, wildcards and "-" as systemd.exec(5) has them. 0, or -errno of writing. */
int environment_files_read(const struct strings *files, int fd);

#endif
