/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_LOADING_H
#define BERTH_INIT_LOADING_H

#include "lib/diag.h"
#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

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
 *
 * A reload makes a whole new set in a new region, units at the same indices, and PID 1 changes over
 * to it at once: a unit that runs goes on with its new settings from there; one whose file has gone
 * keeps its old ones until it is down (manager_unit_replaced()), for which the old region stays.
 */
enum load_what {
	LOAD_UNIT,   /* ->name and what it pulls in; looked for again if there was no file for it */
	LOAD_RELOAD, /* all units again: all or nothing */
	LOAD_DIFF,   /* what that would change, told on ->fd (changes.h) */
};

struct load_waiter {
	enum load_what what;
	const char *name; /* LOAD_UNIT; must stay until loaded() */
	int fd;		  /* LOAD_DIFF; stays the waiter's */
	/*
	 * In the loop. A unit: 0, and the set knows the name if there is such a unit (or if others
	 * name it). A reload: 0, or -EBADMSG when units of ours cannot be loaded as they are: nothing
	 * has changed then. Else -errno with @diag when files could not be read.
	 */
	void (*loaded)(struct load_waiter *w, int result, const struct diag *diag);
	struct list link;
};

void loading_init(struct manager *m);

/* Has done what @w says; loaded() is called later, never from in here. */
void loading_want(struct load_waiter *w);
/* Nothing if it does not wait. */
void loading_cancel(struct load_waiter *w);
bool load_waiter_waits(const struct load_waiter *w);

/* How many reloads there have been: what points into a unit does so until the next. */
uint32_t loading_reloads(void);

/* Before each wait of the loop: begins to read what has been wanted since. */
void loading_run(void);

#endif
