/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_LOADING_H
#define BERTH_INIT_LOADING_H

#include "lib/diag.h"
#include "lib/list.h"

#include <stdbool.h>

struct manager;

/*
 * Unit files are read by an errand (errand.h): it parses, follows what they pull in, sorts the
 * edges and breaks cycles, all in memory that PID 1 shares with it (units/frozen.h). PID 1 takes
 * the result over and makes nodes for what is new. So a dead disk holds up those who asked for a
 * unit from it, and nobody else; a parser that crashes costs a message; and none of the memory
 * that reading takes is PID 1's.
 *
 * What is wanted within one round of the loop is read by one errand; what is wanted while that is
 * under way by the next.
 */
struct load_waiter {
	const char *name; /* a unit's; must stay until loaded() */
	/*
	 * In the loop, when @name has been looked for: 0, and the set knows the name if there is such
	 * a unit (or if others name it), or -errno with @diag when that could not be told.
	 */
	void (*loaded)(struct load_waiter *w, int result, const struct diag *diag);
	struct list link;
};

void loading_init(struct manager *m);

/* Has @w->name loaded, or looked for again if there was no file for it. loaded() is called later. */
void loading_want(struct load_waiter *w);
/* Nothing if it does not wait. */
void loading_cancel(struct load_waiter *w);

/* Before each wait of the loop: begins to read what has been wanted since. */
void loading_run(void);

#endif
