/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_BOOT_H
#define BERTH_INIT_BOOT_H

#include <stdbool.h>

struct manager;

/*
 * From the kernel's exec of /init to a machine on which units can be started: descriptors,
 * signals, mounts, console, kernel command line, environment, hostname, early modules. Fills
 * m->config from the command line. Does not return when the boot cannot go on; what
 * can be done without is told and 0 is returned.
 *
 * Leaves behind: descriptors 0-2 on /dev/null (what berth says goes through lib/log.h to the
 * console), all signals at their default except the fault handlers of crash.h, an empty
 * signal mask, umask 022, working directory "/".
 */
int boot_early(struct manager *m);

/*
 * Says on console and kernel log what cannot be done and why, writes out what is dirty,
 * and reboots after BOOT_FATAL_DELAY, in which the message can be read. @path, @hint: NULL for none;
 * @hint is what helps ("the kernel needs CONFIG_CGROUPS"). For REGIME_BOOT only.
 */
_Noreturn void boot_fatal(const char *step, const char *path, int err, const char *hint);

#define BOOT_FATAL_DELAY_SEC 10

/* What the harness gets instead of a reboot. */
#define BOOT_FATAL_STATUS 99

#endif
