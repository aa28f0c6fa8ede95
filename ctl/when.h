/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_WHEN_H
#define BERTH_CTL_WHEN_H

#include "lib/clock.h"

/*
 * A moment as journalctl's --since takes it (systemd.time(7) "Parsing Timestamps", the forms that
 * people type): "2026-11-21 22:40[:05]", "2026-11-21", "22:40[:05]" of today, "now", "today",
 * "yesterday", "-5min", "5min ago", "@SECONDS"; local time. @now is CLOCK_REALTIME. 0 or -EINVAL.
 */
int parse_when(const char *s, usec_t now, usec_t *out);

#endif
