/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_SIGNALS_H
#define BERTH_LIB_SIGNALS_H

/*
 * "SIGTERM", "TERM", "15", "RTMIN+3". 0, -EINVAL (syntax) or -ERANGE (no such signal). Real-time
 * signals are numbered as glibc does it: unit files and the programs they name (systemd in a
 * container: RTMIN+3 = 37) mean those numbers, while musl's own SIGRTMIN is 35.
 */
int parse_signal(const char *s, int *out);

/* "TERM" style short name, or NULL; real-time signals give NULL. */
const char *signal_name(int sig);

#endif
