/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_STATUS_ROWS_H
#define BERTH_INIT_STATUS_ROWS_H

#include "init/manager.h"
#include "lib/str.h"

/* The properties of a unit that are not simply one of its settings, one row each; for status.c. */

/* What the rows of one unit share. */
struct snapshot {
	struct manager *m;
	const struct node *node;
	const struct unit *unit;
	const struct service *service; /* NULL where there is none */
};

struct status_row {
	const char *name;
	void (*put)(const struct snapshot *s, int arg, struct strbuf *b);
	int arg; /* for a function that serves several rows */
};

/* Rows that belong to some types of units only; a file per group. */
struct status_group {
	const struct status_row *rows;
	uint8_t n;
	uint16_t types; /* bit n: enum unit_type n */
};

#define STATUS_ALL_TYPES ((1 << UNIT_TYPE_COUNT) - 1)
/* Those that have processes */
#define STATUS_SERVICES (1 << UNIT_SERVICE)
#define STATUS_GROUP(rows, types)                                                                  \
	{                                                                                          \
		rows, ARRAY_SIZE(rows), types                                                      \
	}

/* In the order in which they are shown. */
extern const struct status_group *const status_groups[];
extern const size_t n_status_groups;

extern const struct status_group status_process, status_socket, status_timer, status_trigger,
	status_usage;

/* @realtime (0: never, nothing is put) in systemd's form. */
void status_put_time(struct strbuf *b, usec_t realtime);

#endif
