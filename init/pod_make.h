/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_POD_MAKE_H
#define BERTH_INIT_POD_MAKE_H

#include "init/errand.h"
#include "init/plan.h"
#include "netcfg/apply.h"

/* The namespaces of a pod (pod.h), made by an errand that sends their descriptors. */

struct manager;
struct pod;

/* In the order of spawn_plan.pod: CLONE_NEW*, and where a process finds its own in /proc/PID. */
struct pod_kind {
	int flag;
	const char *file;
};
extern const struct pod_kind pod_kinds[POD_KINDS];

/* What is to be made; from the heap, which the errand has a copy of (errand.h). */
struct making {
	struct errand errand;
	int channel[2];
	/* The caller's */
	struct manager *manager;
	struct pod *pod;
	uint64_t flags;
	char *paths[POD_KINDS]; /* namespaces that somebody keeps as files, malloc()ed; NULL: new */
	char hostname[PLAN_HOSTNAME];
	bool link, low_ports;
	struct net_spec net;
	/*
	 * In the loop, with 0 or -errno: @k->fds are the owner's then (-1: not asked for), lifted; @k->text
	 * says what went wrong. The owner frees @k.
	 */
	void (*made)(struct making *k, int result);
	int fds[POD_KINDS];
	char text[NET_TEXT];
};

/* NULL without memory. */
struct making *making_new(void);
void making_free(struct making *k);
/* 0 or -errno: then made() is not called. */
int making_begin(struct making *k);

#endif
