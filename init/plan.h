/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_PLAN_H
#define BERTH_INIT_PLAN_H

#include "cgroupfs/limits.h"
#include "init/machine.h"
#include "lib/arena.h"
#include "lib/diag.h"
#include "netcfg/spec.h"
#include "sandbox/plan.h"
#include "sandbox/spawn.h"
#include "units/unit.h"

struct manager;
struct unit;
struct service;

#define PLAN_MAX_MOUNTS 96
#define PLAN_MAX_GROUPS 64
#define PLAN_HOSTNAME	65

/*
 * A spawn_plan with the storage behind it. Big, hence one static instance in PID 1: a plan lives
 * only from here to the clone, the child works on its copy.
 */
struct service_plan {
	struct spawn_plan spawn;
	struct net_spec net;
	struct rlimit_op rlimits[16];
	unsigned int n_listen;	  /* of spawn.fds, those that LISTEN_FDS counts */
	const char *listen_names; /* LISTEN_FDNAMES of spawn.fds, NULL: no sockets */
	int work_fd; /* for spawn.work, which is lent a copy; closed after the clone, -1: none */
	/* For 0-2, PID 1's own descriptors that are lent; -1: none. Bit n of to_log: n goes to the log. */
	int std_from[3];
	uint8_t to_log;
	bool host_root; /* RootDirectoryStartOnly=: not for this command */
	const char *paths[SEARCH_PATH_MAX + 2];
	char hostname[PLAN_HOSTNAME];
	const char *user;	    /* its name, NULL: root */
	bool dynamic;		    /* it is one that no file knows (dynamic.h) */
	const char *home, *shell;   /* of User=, NULL: none */
	const char *private_tmp[2]; /* what is shown as /tmp and /var/tmp, NULL: nothing */
	struct arena arena;	    /* strings; plan_release() frees it */
	/* Large and often untouched, so last: each page that is written costs a copy at the next clone. */
	gid_t groups[PLAN_MAX_GROUPS];
	struct mount_op mounts[PLAN_MAX_MOUNTS];
};

/*
 * Resolves everything the command @slot/@command of @s needs, as numbers and finished strings.
 * What the unit's text asks for and cannot be had is told in @diag with file, line and key.
 * Descriptors are not opened here, see process.c. 0 or -errno.
 */
int plan_make(struct manager *m, struct service *s, enum command_slot slot, unsigned int command,
	      struct service_plan *plan, struct diag *diag);
void plan_release(struct service_plan *plan);

/* The cgroup limits of a service or slice with percentages resolved. */
void plan_limits(const struct unit *u, struct cgroup_limits *out);
/* Bytes; what a percentage of memory is a share of. */
uint64_t plan_machine_memory(void);

/* The effective profile and whether the service gets a veth pair of its own. */
enum isolation plan_isolation(const struct service *s);
bool plan_wants_veth(const struct service *s);
/* Whether that belongs to its own user namespace, in which it has capabilities for it. */
bool plan_owns_network(const struct service *s);
/* Whether it has a network namespace of its own at all. */
bool plan_has_netns(const struct service *s);

#endif
