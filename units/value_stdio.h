/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_STDIO_H
#define BERTH_UNITS_VALUE_STDIO_H

#include "units/value_lists.h"

#include <sys/types.h>

/*
 * StandardInput=, StandardOutput=, StandardError= (systemd.exec(5)). The word and what follows its
 * colon are kept as they are written, with specifiers expanded: "append:/var/log/x".
 *
 * StandardInputText= and StandardInputData= are one list of "Text TEXT" and "Data BASE64".
 */
int value_assign_stdio(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text);
int value_assign_input(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text);

/* Where one of the descriptors 0-2 comes from. */
struct stdio {
	enum std_kind kind; /* never STD_INHERIT */
	int same;	    /* it is a copy of this descriptor, a lower one; -1: it is not */
	const char *arg;    /* path, or name of a descriptor; NULL: none */
};

/* What the unit's settings come to, after all that is inherited and defaulted. */
void unit_stdio(const struct unit *u, struct stdio v[3]);

/* STD_TTY, STD_TTY_FORCE, STD_TTY_FAIL */
bool std_is_terminal(enum std_kind kind);
/* STD_LOG, with or without a copy somewhere else. */
bool std_is_log(enum std_kind kind);

/* The unit's terminal, written or not. */
const char *unit_tty_path(const struct unit *u);

/* The bytes of StandardInputText= and its kin: how many; @out may be NULL to ask that. */
size_t unit_input(const struct unit *u, unsigned char *out);

#endif
