/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_SIGNALS_H
#define BERTH_INIT_SIGNALS_H

struct manager;

/*
 * Blocks what PID 1 handles and reads it from a signalfd in the loop: SIGCHLD reaps, SIGINT from
 * the kernel is Ctrl-Alt-Del, SIGPWR and systemd's real-time signals shut down. 0 or -errno.
 */
int signals_open(struct manager *m);

#endif
