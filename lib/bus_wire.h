/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_BUS_WIRE_H
#define BERTH_LIB_BUS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As much of the D-Bus protocol as it takes to learn who owns a name (D-Bus Specification, "Message
 * Protocol", "Authentication Protocol"). Pure: text and bytes in, news out.
 */

/*
 * All that is ever said, in one go: authentication as root, Hello(), AddMatch() for the owner of
 * @name, NameHasOwner(@name), in this order, so that no change is missed. Its length, 0: no room.
 */
size_t bus_greeting(uint8_t *buf, size_t size, const char *name);

/* D-Bus Specification, "Bus names": a well-known one. */
bool bus_is_name(const char *name);

enum bus_news {
	BUS_NOTHING,
	BUS_OWNED,
	BUS_LOST, /* or never owned */
	BUS_REFUSED,
};

/*
 * What the bus has answered: the next message of @data, or the line that ends the authentication
 * if @in_auth (which this changes). Returns how many bytes it took, 0 when it is not complete yet,
 * -EPROTO.
 */
int bus_listen(const uint8_t *data, size_t n, bool *in_auth, const char *name, enum bus_news *news);

#endif
