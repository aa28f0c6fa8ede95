/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_BUS_H
#define BERTH_INIT_BUS_H

#include "lib/diag.h"

/* Where the D-Bus system bus listens: what its specification says, beneath /run. */
#define BUS_SOCKET "/run/dbus/system_bus_socket"

/* What is read from a watch: one byte for each piece of news, then the end. */
enum bus_byte {
	BUS_BYTE_OWNED = 'y',
	BUS_BYTE_LOST = 'n',
	BUS_BYTE_FAILED = 'e', /* the bus refused, or is gone: nothing more will come */
};

/*
 * Watches @name on the system bus from a process of its own, since a bus may be slow or stuck: PID 1
 * never speaks to it. Returns a descriptor to read from, ours, whose close ends the watch; or -errno
 * with @diag, -ENOENT when this machine has no bus.
 */
int bus_watch(const char *name, struct diag *diag);

#endif
