/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_MODULES_H
#define BERTH_INIT_MODULES_H

#include "init/errand.h"
#include "lib/clock.h"

#include <stddef.h>

/*
 * Kernel modules. Which files a feature needs, and in which order, was resolved when the image was
 * built; /usr/lib/berth/modules has one line "GROUP PATH" per file in load order, "#" begins a
 * comment line. So nothing of modprobe is needed at run time (PITFALLS 161).
 */
#define MODULES_FILE "/usr/lib/berth/modules"

/*
 * Cuts the next line of @group off *@text, in place. Returns its path, NULL at the end. Lines that
 * are not of the form are counted in *@bad (may be NULL).
 */
char *modules_next(char **text, const char *group, unsigned int *bad);

/*
 * Loads what the file lists for @group, in a child so that a driver that hangs in its probe does
 * not hang PID 1; waits for it, at most @timeout. A module that is there already and hardware that
 * is not there (ENODEV) are no failures; others are told and the rest is loaded all the same.
 *
 * Returns 0 (also when there is no file or no line), -ETIMEDOUT, or the first failure's -errno.
 * For the boot: waits.
 */
int modules_load(const char *group, usec_t timeout);

/* The same by an errand, for the loop. Static or on the heap, and the owner's until done(). */
struct module_load {
	const char *group;
	usec_t timeout;
	/* In the loop: what modules_load() would have returned; it may be begun again. */
	void (*done)(struct module_load *l, int result);
	/* modules.c */
	struct errand errand;
	int reader;
	char failed[200]; /* the first module that did not load and why, for messages; or "" */
};

/* 0, or -errno when it cannot be begun: done() is not called then, nor ever from in here. */
int modules_load_begin(struct module_load *l);

/* The same in a child that may wait itself and has nobody to tell; 0 or the first failure's -errno. */
int modules_load_here(const char *group);

#endif
