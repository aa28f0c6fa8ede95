/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MOUNTINFO_H
#define BERTH_INIT_MOUNTINFO_H

#include <stdbool.h>

/* One line of /proc/PID/mountinfo (proc(5)); pointers into the line, paths unescaped. */
struct mountinfo {
	unsigned int id, parent;
	const char *where;
	const char *options; /* per mount: "ro,nosuid" */
	const char *type;    /* "ext4" */
};

/* Cuts up @line in place. False for what is no such line. */
bool mountinfo_parse(char *line, struct mountinfo *out);

/* Blanks and the like stand as \040 in paths; in place. */
void mountinfo_unescape(char *path);

#endif
