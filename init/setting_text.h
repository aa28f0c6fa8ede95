/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SETTING_TEXT_H
#define BERTH_INIT_SETTING_TEXT_H

#include "lib/str.h"
#include "units/unit.h"

/* The property form of settings: systemd's names and the way `systemctl show` prints values. */

/* Where the settings of units stand. */
#define SECTIONS_OF_UNITS                                                                          \
	(SECTION_UNIT | SECTION_SERVICE | SECTION_SOCKET | SECTION_TIMER | SECTION_PATH |          \
	 SECTION_MOUNT | SECTION_SWAP | SECTION_SLICE | SECTION_CONTAINER | SECTION_INSTALL)

/* "RestartUSec" for RestartSec; the key's own name where systemd has no other. Put into @b. */
void setting_put_property_name(enum key key, struct strbuf *b);

/* The key that property @name shows ("RestartUSec" gives K_RestartSec), or -1 if there is none. */
int setting_by_property_name(const char *name);

/*
 * Where the effective value comes from: "FILE:LINE", "drop-in FILE:LINE", "set-property",
 * "profile standard", "system.conf" or "default".
 */
void setting_put_origin(const struct unit *u, enum key key, struct strbuf *b);

/* The effective value: what is written, else the key table's default. */
void setting_put_value(const struct unit *u, enum key key, struct strbuf *b);

#endif
