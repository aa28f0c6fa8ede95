/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_OPENINGS_H
#define BERTH_SANDBOX_OPENINGS_H

#include "sandbox/terminal.h"

#include <stddef.h>

/*
 * Descriptors 0-2 that the child opens itself: a file may be on a dead disk, a FIFO may have no
 * reader, a terminal no carrier. All paths are the host's, as for systemd: they are opened before
 * the child has a view of its own.
 */
enum opening_kind {
	OPENING_NONE, /* spawn_plan.stdio */
	OPENING_FILE, /* a socket in its place is connected to */
	OPENING_TERMINAL,
	OPENING_DATA, /* @size bytes at @data, which can only be read */
	OPENING_SAME, /* a copy of descriptor @same, a lower one */
};

struct opening {
	uint8_t kind; /* enum opening_kind */
	uint8_t same;
	uint16_t tag; /* the key that asks for it */
	int flags;    /* OPENING_FILE: O_RDONLY, O_WRONLY | O_CREAT | O_APPEND ... */
	const char *path;
	const void *data;
	size_t size;
};

struct openings {
	struct opening v[3];
	bool has_terminal; /* one of them is, or it is to be prepared */
	struct terminal terminal;
};

#endif
