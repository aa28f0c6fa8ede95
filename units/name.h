/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_NAME_H
#define BERTH_UNITS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Names of units: systemd.unit(5) "Description" and "String Escaping for Inclusion in Unit Names". */

#define UNIT_NAME_MAX 255

/* Letters, digits, ":-_.\@", at most 255 bytes, a non-empty part before the last dot, not starting with "@" or ".". */
bool unit_name_chars_valid(const char *name);

/* True for the unit types of systemd that berth has no use for (.device .scope .automount). */
bool unit_name_is_foreign_type(const char *name);

/* "getty@.service" */
bool unit_name_is_template(const char *name);
/* "getty@tty1.service" */
bool unit_name_is_instance(const char *name);

/* "getty@tty1.service" -> "getty@.service"; false when @name is no instance or @size is too small. */
bool unit_name_template(const char *name, char *buf, size_t size);

/* Template @name with @instance put in. */
bool unit_name_replace_instance(const char *name, const char *instance, char *buf, size_t size);

/* "getty" of "getty@tty1.service", "web" of "web.service". */
bool unit_name_prefix(const char *name, char *buf, size_t size);
/* "tty1" of "getty@tty1.service", empty if there is none. */
bool unit_name_instance(const char *name, char *buf, size_t size);
/* The dot and what follows: ".service"; NULL if there is no dot. */
const char *unit_name_suffix(const char *name);

/* Where the cgroup of slice "a-b.slice" is: "a.slice/a-b.slice"; "" for "-.slice". False for a name that is no slice's. */
bool unit_name_slice_path(const char *name, char *buf, size_t size);

/* "a/b-c" -> "a-b\x2dc"; false when @size is too small. */
bool unit_name_escape(const char *text, char *buf, size_t size);
/* The reverse; false for a broken \xNN or when @size is too small. */
bool unit_name_unescape(const char *text, char *buf, size_t size);

/*
 * Accept=yes (init/socket_accept.h): the service of connection @place of socket unit @socket, which
 * is ssh@7.service for ssh.socket and web@a-7.service for web@a.socket; and the way back. False:
 * too long, or the service is none of the kind. @out: UNIT_NAME_MAX + 1 bytes.
 */
bool unit_name_of_place(const char *socket, unsigned int place, char *out);
bool unit_name_of_acceptor(const char *service, char *out);

#endif
