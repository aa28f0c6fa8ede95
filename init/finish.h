/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_FINISH_H
#define BERTH_INIT_FINISH_H

#include "init/manager.h"
#include "lib/clock.h"

#include <stdbool.h>

/*
 * The very end, when all units are down or their time is up: what still runs is killed, what is
 * mounted is unmounted, what is dirty is written, and the machine goes off. The loop is over; each
 * step waits for events and for no longer than its limit, and whatever may hang in the
 * kernel happens in a child (PITFALLS 147). On a machine with nothing mounted but kernel file
 * systems it takes a few milliseconds.
 */
_Noreturn void finish(enum final_action action, int status, int exit_port);

/*
 * Tells the test harness @status (above 99: 99) through QEMU's isa-debug-exit device at I/O port @port,
 * which ends the machine. Returns when there is none (@port 0) or on machines without I/O ports.
 * Async-signal-safe.
 */
void finish_verdict(int port, int status);

/*
 * The end without any of that: what is dirty has a moment to be written, nothing is stopped, killed
 * or unmounted.
 */
_Noreturn void finish_now(enum final_action action, int status, int exit_port);

/* A later reboot hands @argument to the firmware or boot loader (RebootArgument=); kept as a copy. */
void finish_set_reboot_argument(const char *argument);

/* False in a container: reboot(2) would be a signal to whoever made it (PITFALLS 8). Needs /proc. */
bool finish_is_real_machine(void);

/* Puts an end to PID 1 itself by @action; returns never. */
_Noreturn void finish_reboot(enum final_action action, int status);

#endif
