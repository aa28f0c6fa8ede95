/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_ENTER_H
#define BERTH_CTL_ENTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Steps into a running process's surroundings, in this order: read what it is (that needs our
 * /proc), open its cgroup (that needs our /sys), join its namespaces, clone a child into its cgroup,
 * in there become like it. Each returns 0, or -errno after a message that names the step.
 *
 * We stay outside of its cgroup, so that the end of the service is not ours: a terminal is to be
 * restored. And so of its cgroup namespace, from which a child cannot be cloned to where it is.
 */
#define ENTER_MAX_GROUPS 256
#define ENTER_RLIMITS	 16

struct enter_target {
	pid_t pid;
	int pidfd;
};

/* What /proc tells about the process, as far as the new one takes it over. */
struct enter_facts {
	uid_t uid;
	gid_t gid;
	gid_t groups[ENTER_MAX_GROUPS];
	int n_groups;
	int users;	 /* its user namespace, -1: it has ours */
	int cgroups;	 /* its cgroup namespace, likewise */
	uid_t inner_uid; /* what uid and gid are in there */
	gid_t inner_gid;
	uint64_t bounding;
	bool no_new_privs;
	unsigned int seccomp; /* 0: no filter */
	int filter;	      /* memory file with its instructions, -1: none is known */
	int oom_score_adj;
	struct rlimit limits[ENTER_RLIMITS];
	char **environment; /* its own, with our TERM */
};

/* May be called once in a program's life: the environment lies in static memory. */
int enter_read_facts(const struct enter_target *t, struct enter_facts *facts);
int enter_open_cgroup(const struct enter_target *t); /* for CLONE_INTO_CGROUP */
int enter_namespaces(const struct enter_target *t);
int enter_cgroup_namespace(const struct enter_facts *facts); /* in the child, as the next one */
int enter_identity(const struct enter_facts *facts);
/* The last one: from here on only what the service's filter allows is. */
int enter_filter(const struct enter_facts *facts);

/* The lines of /proc/PID/status that matter. Pure. 0, or -EINVAL when one is missing. */
int enter_parse_status(const char *text, struct enter_facts *facts);

#endif
