/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_STUB_H
#define BERTH_SANDBOX_STUB_H

#include "sandbox/child.h"

#include <signal.h>

/*
 * The reaping stub: process 1 of a service's PID namespace, or the parent of a command that
 * joined one. It never execs, shares PID 1's pages, and does three things: reap, forward signals
 * to the program, tell PID 1 how the program ended (an init of a PID namespace cannot die of a
 * signal it sends itself, so an exit status alone could not say "killed by SIGSEGV").
 */

/* Blocks all signals, so that none is lost between vfork and stub_run(). */
void stub_prepare(void);

/*
 * With SI_QUEUE and a number of the stub's namespace as value: that child is the program from now
 * on; what is no child of it makes it STUB_EXIT. Heeded only when the program has ended; until then it is forwarded as any other.
 * With STUB_JOINED: a process that is no child of it is about to join the namespace, which is to stay
 * until that has ended as well.
 */
#define STUB_NAME_PROGRAM SIGRTMAX
#define STUB_JOINED	  0

/* Serves @pid until it is time to end; never returns. */
__attribute__((noreturn)) void stub_run(int report, pid_t pid, enum stub_mode mode);

/* Sends one record; with @pid != 0 the kernel translates that pid for the receiver (SCM_CREDENTIALS). */
void stub_send(int report, const struct report *r, pid_t pid);

#endif
