/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_ATTACH_H
#define BERTH_INIT_ATTACH_H

#include "init/errand.h"
#include "init/kind.h"
#include "lib/loop.h"
#include "units/unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What mount units and swap units have in common: an errand hands something to the kernel and takes
 * it back, within TimeoutSec= (a disk that hangs, hangs that process), and state follows a table of
 * the kernel in /proc, whoever did it. dead -> starting -> up -> stopping -> dead.
 */
enum attach_state {
	ATTACH_DEAD,
	ATTACH_STARTING,
	ATTACH_UP,
	ATTACH_STOPPING,
};

/* Shared with the errand. */
struct attach_page {
	char what[1024], where[1024], type[64], options[2048];
	mode_t mode;
	bool read_write_only, lazy, force;
	int priority;
	usec_t wait; /* for the device to come */
	/* results */
	char failed[64];  /* what the error is about, "" for the call itself */
	char found[1024]; /* what the table calls it, if it is not ->what */
};

struct attach_unit {
	struct errand errand;
	struct attach_page *page; /* while one is under way */
	struct manager *manager;
	char *found; /* in the pool: page->found of when it came up; NULL: as written */
	uint32_t index;
	uint8_t state;
	bool there; /* in the table when it was last read */
	int failed; /* Result: 0 or -errno */
};

/* One per type of unit. */
struct attach_type {
	enum unit_type type;
	const char *table; /* told about by EPOLLPRI */
	/* The place that a line of it is about (cut up in place), NULL: none; and the unit named after it. */
	const char *(*place)(char *line);
	bool (*name)(const char *place, char *name, size_t size);
	int (*attach)(void *arg, int fd); /* errand.work, @arg is a page */
	int (*detach)(void *arg, int fd);
	/* Fills in what is not common to both. */
	void (*fill)(const struct unit *u, struct attach_page *page);
	enum key shown;			   /* the key whose value messages name */
	const char *attaching, *detaching; /* "mounting on" */
	const char *const *states;	   /* SubStates, by enum attach_state */
	/* attach.c */
	struct source source;
	struct manager *manager;
};

extern struct attach_type mount_type, swap_type;

/* The members of struct unit_kind; @type is that of the unit. */
int attach_make(struct manager *m, struct node *node, struct attach_type *type);
int attach_start(struct node *node, struct attach_type *type, struct diag *diag);
int attach_stop(struct node *node, struct attach_type *type, struct diag *diag);
const char *attach_sub_state(const struct node *node, const struct attach_type *type);
const char *attach_result(const struct node *node);

/* From now on it counts as down, though it may still be there. */
void attach_give_up(struct node *node);

#endif
