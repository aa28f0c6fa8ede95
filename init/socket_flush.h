/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SOCKET_FLUSH_H
#define BERTH_INIT_SOCKET_FLUSH_H

struct socket_unit;

/*
 * systemd.socket(5) FlushPending=: what is in the sockets when the service has gone was meant for it. To
 * take it out PID 1 would have to accept(2) and read(2) on descriptions that it shares with
 * whoever the service has passed them to, and who can make them block between any two calls of ours:
 * an errand does it, one socket after the other, each within a limit.
 */

/* Begins; @done is called in the loop, never from in here. 0 or -errno: then nothing is done. */
int socket_flush(struct socket_unit *s, void (*done)(struct socket_unit *s));

/* @done will not be called. Nothing if none is under way. */
void socket_flush_cancel(struct socket_unit *s);

#endif
