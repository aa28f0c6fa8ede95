/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_LOGS_H
#define BERTH_INIT_LOGS_H

#include <stddef.h>

struct manager;
struct node;
struct service;

/*
 * Log pipes and the ring. PID 1 is the reader of every service's pipe, so that no restart of the
 * log writer can block a service or lose a line; the ring (log/ring.h) is what berth-log and
 * `berthctl logs` follow. When the writer lags, the pipes are left unread for a bounded time: the
 * noisy service waits instead of its neighbours' lines being overwritten (PITFALLS 125).
 */

/* The ring and its outlet for berth's own messages. 0 or -errno. */
int logs_boot(struct manager *m);

/*
 * A write end of the service's pipe (low, close-on-exec, the caller's) or -errno. The pipe lives, and
 * is read here, as long as any process of the unit has it open.
 */
int logs_open_pipe(struct service *s);

/*
 * Before a process of the service is forgotten: what it said comes before what is said about its
 * end, and as its own, a line without an end included (journald, too, breaks lines where the
 * process changes). A round's share; who says more is read on later.
 */
void logs_hear_out(struct service *s);

/* A line of berth's own about a unit. */
void logs_append(struct manager *m, const struct node *node, int priority, const char *text,
		 size_t len);

/* Once per round of the loop: wakes whoever waits for lines. */
void logs_flush(struct manager *m);

/* The unit of the log writer, and what is to be done when it has been loaded: starts it. */
#define LOGS_WRITER_UNIT "berth-log.service" /* built in: units/builtin.c */
void logs_start_writer(struct manager *m);

/* For shutdown_set_last_words(): lets the writer get the last lines to disk, within a bound. */
void logs_last_words(struct manager *m);

#endif
