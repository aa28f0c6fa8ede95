/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_KEYSDOC_H
#define BERTH_UNITS_KEYSDOC_H

#include "units/keys.h"

/*
 * The documentation columns of the key table. Apart from keys.c so that PID 1, which never prints
 * them, does not hold them: the linker leaves this file out where nobody calls it.
 */

/* One line, never NULL. */
const char *key_doc(enum key key);
/* The source file that carries the key out, empty if none does. */
const char *key_used(enum key key);
/* "enforced", "accepted", "refused" */
const char *key_status_name(enum key_status status);
/* Sections in which the key stands, "Service, Socket"; always NUL-terminated. */
size_t key_sections_format(enum key key, char *buf, size_t size);
/* The default as written in a unit file; empty if there is none. */
size_t key_default_format(enum key key, char *buf, size_t size);

/* Several lines about the key for `berthctl explain`, each ended by a new line. Returns the length. */
size_t key_explain(enum key key, char *buf, size_t size);

#endif
