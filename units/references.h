/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_REFERENCES_H
#define BERTH_UNITS_REFERENCES_H

#include "units/set.h"

/*
 * Units that others name and that do not exist or are masked, after unit_set_finish(). That is no
 * mistake as such (systemd.unit(5): a missing Wants= is ignored), and at boot the start job tells
 * it; on a build host somebody wants to know before. Required by a unit of berth's own: an error;
 * wanted by one, or required by a foreign unit, whose packages may come later: a warning.
 * Names in [Install] that are no unit names are told, too, as load would tell a bad value; and names
 * in SystemCallFilter= and SystemCallLog= that @call_known does not know.
 */
void references_check(const struct unit_set *set, struct diag_sink *sink,
		      bool (*call_known)(const char *name));

#endif
