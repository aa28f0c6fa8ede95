/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_IDLE_H
#define BERTH_INIT_IDLE_H

struct manager;

/*
 * Type=idle, systemd.service(5): the service counts as up, its program is executed once no job is
 * left, at most five seconds later. The child waits for the end of a pipe whose other end PID 1
 * holds until then (sandbox/step_process.c: step_idle()): no timer, no list here.
 */

/* A descriptor that hangs up when no job is left, the caller's; -errno. */
int idle_wait_fd(void);

/* Before each wait of the loop. */
void idle_run(const struct manager *m);

#endif
