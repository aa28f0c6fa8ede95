/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONSOLE_H
#define BERTH_INIT_CONSOLE_H

#include "lib/clock.h"
#include "lib/log.h"

#include <stdbool.h>

struct loop;

/*
 * What a boot looks like: one line per unit with the time since the kernel started, its state and
 * how long that took; errors in full; quiet otherwise. The machine has one console, so there is
 * one of these.
 *
 * Nothing here waits (PITFALLS 6): what the device does not take at once is kept in a buffer of
 * fixed size and follows when it can; when the buffer is full whole lines are dropped and
 * counted. After a hang-up or an error the device is opened anew, at most once a second.
 */

/* Opens @path ("/dev/console"), O_NOCTTY and non-blocking. 0 or -errno; later lines try again. */
int console_open(const char *path);

/* From now on what is left over is written when the device is ready. Before, the next line tries. */
void console_attach(struct loop *loop);

void console_close(void);

/* Unit lines on or off, and colours (only ever used on a terminal). */
void console_configure(bool status, bool color);

/* Waits until all is out, at most @timeout: for the end, when the loop is no longer running. */
void console_flush(usec_t timeout);

/* "[  1.873] text"; lines after the first are indented. Always shown. */
void console_line(const char *text);

/*
 * "[  1.873] started   db.service (12 ms)   Guestbook database". @word is one of "started",
 * "reached", "stopped", "skipped", "restart", "FAILED" ... : it is coloured by what it means.
 * @elapsed is left out when USEC_INFINITY, @description when NULL or "". Not shown without status.
 */
void console_unit_line(const char *name, const char *description, const char *word, usec_t elapsed);

/* "[  2.100] FAILED    x.service: reason": always shown, in full. */
void console_unit_error(const char *name, const char *word, const char *reason);

/* berth's own messages; .max_priority may be changed at any time. */
extern struct log_outlet console_outlet;

/* For the crash handler: the descriptor, or -1. */
int console_fd(void);

#endif
