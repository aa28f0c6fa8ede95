/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CRASH_H
#define BERTH_INIT_CRASH_H

#include "init/cmdline.h"
#include "lib/clock.h"

#include <signal.h>
#include <stdbool.h>

/*
 * When PID 1 itself runs into a fault. The kernel's answer would be a panic (PITFALLS 2); ours is a
 * message, then a loop that goes on reaping (PITFALLS 3) while the services live on, then what
 * the policy says. Nothing in here allocates, locks or waits for another process.
 */

#define CRASH_DELAY (10 * USEC_PER_SEC)

/*
 * Catches SEGV, BUS, ILL, FPE, ABRT, SYS, TRAP on a stack of their own. 0 or -errno. In a forked child
 * that has not executed anything yet the handlers step back: the signal kills it as usual.
 */
int crash_install(void);

/* @exit_port: as in finish.h, 0 for none; the harness gets CRASH_STATUS from it instead of a reboot. */
void crash_configure(enum crash_policy policy, int exit_port);

#define CRASH_STATUS 98

/*
 * True for a fault signal that somebody sent with kill(2) or the like: the kernel delivers it because a
 * handler is there, and it must not take PID 1 down. An own abort() is no such thing.
 */
bool crash_was_sent(const siginfo_t *info, pid_t self);

/* The message, in @buf, always terminated: "berth: PID 1 crashed: SIGSEGV at address 0x0, pc 0x..." */
size_t crash_message(char *buf, size_t size, int sig, const siginfo_t *info, unsigned long pc);

/*
 * Writes one line to the kernel's log and, when @priority is LOG_CRIT or worse, to the console, without
 * waiting. Async-signal-safe.
 */
void crash_tell(int priority, const char *line, size_t len);

#endif
