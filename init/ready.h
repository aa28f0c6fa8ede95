/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_READY_H
#define BERTH_INIT_READY_H

#include "lib/diag.h"

struct service;

/*
 * What else than sd_notify(3) tells that a service is ready. At most one of them per service:
 *  - BusName=: with Type=dbus, that the name has an owner on the system bus (bus.h);
 *  - NotifyFD=: the program writes a newline to that descriptor (what s6 calls notification-fd).
 */

/*
 * Before main is spawned. @child_fd gets the descriptor that the child is to have as NotifyFD=, the
 * caller's, -1 when there is none. 0 or -errno with @diag.
 */
int ready_open(struct service *s, int *child_fd, struct diag *diag);
void ready_close(struct service *s);

/* Takes what is there already: before main's end is looked at. */
void ready_drain(struct service *s);

#endif
