/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_STATUS_H
#define BERTH_INIT_STATUS_H

#include "ctl/proto.h"

#include <stdbool.h>
#include <stdint.h>

struct manager;
struct node;

/*
 * What is told about a unit and about berth itself: properties with systemd's names and value
 * forms. Everything that reports (list, show, status, JSON) is made of these.
 */

/* The "property" that asks for all settings together with where they are from. */
#define STATUS_WANT_ORIGINS "--origin"

#define STATUS_MAX_KEYS 32
#define STATUS_MAX_ROWS 64

/* Which properties are asked for; a value type, so that a connection can keep it over a long
 * answer. */
struct status_want {
	bool all;
	bool origins; /* of settings, as properties "NAME:from" */
	uint8_t n_rows, n_keys;
	uint16_t rows[STATUS_MAX_ROWS]; /* group << 8 | row (status_rows.h) */
	uint16_t keys[STATUS_MAX_KEYS]; /* enum key, with KEY_AS_PROPERTY for the "USec" name */
};

/*
 * Adds property @name: one of the table, or the name of a setting as the unit file or as systemd
 * writes it (RestartSec, RestartUSec). 0, -ENOENT for a name that nothing has, -E2BIG.
 */
int status_want_add(struct status_want *want, const char *name);

/*
 * Appends the wanted PROPERTY fields of @node. Those of the cgroup and of /proc are read only
 * when wanted; these reads are of kernel memory and do not wait for any process.
 */
void status_put_unit(struct manager *m, const struct node *node, const struct status_want *want,
		     struct proto_writer *w);

/* The properties of a unit that berth does not know, by name, without making it known. */
void status_put_unknown(const char *name, struct proto_writer *w);

/* Appends the properties of berth itself. */
void status_put_manager(struct manager *m, struct proto_writer *w);

/* "running", "exited", "dead", ...: SubState. */
const char *status_sub_state(const struct node *node);

#endif
