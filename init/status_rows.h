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

extern const struct status_row status_rows[];
extern const size_t n_status_rows;

#endif
