/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PLACES_H
#define BERTH_INIT_PLACES_H

#include "init/plan.h"
#include "sandbox/share.h"

/*
 * Where plans are made. A child with a copy of PID 1's memory has its plan in that copy, so the
 * place is free again right after the clone; one that shares the memory (sandbox/share.h) works on
 * the plan itself and has its stack beside it, until the kernel says that it is gone. There is one
 * place for each child of the window (window.h). When all are taken, by children that hang in their set-up,
 * children get copies, as if there was no sharing.
 */
struct place {
	char guard[4096]; /* no access: a stack that overflows ends its process */
	struct share_room room;
	struct service_plan plan;
	_Alignas(16) char words[1024]; /* where its arena begins: enough for most */
};

/* Decides whether children may share at all. */
void places_boot(void);

/* A free place, its plan released; never NULL. @room: NULL when its child must get a copy. */
struct service_plan *places_take(struct share_room **room);

/* Gives back what a burst of starts took: a place is as much as several services. */
void places_trim(void);

#endif
