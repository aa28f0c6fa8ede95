/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CGROUPFS_EVENTS_H
#define BERTH_CGROUPFS_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

/* memory.events (with everything below) or memory.events.local (the cgroup alone). */
struct memory_events {
	uint64_t low, high, max;
	uint64_t oom;		 /* counted where the limit was hit */
	uint64_t oom_kill;	 /* counted where the victim lived */
	uint64_t oom_group_kill; /* 5.17 */
};

/* cgroup.events */
struct cgroup_events {
	uint64_t populated;
	uint64_t frozen;
};

/* One line of a *.pressure file: averages in hundredths of a percent, total in microseconds. */
struct pressure {
	uint32_t avg10, avg60, avg300;
	uint64_t total;
};

/* Pure parsers of NUL-terminated text. Unknown keys are skipped, missing ones read 0; -EINVAL on
 * nonsense. */
int memory_events_parse(const char *text, struct memory_events *out);
int cgroup_events_parse(const char *text, struct cgroup_events *out);
/* pids.events: how often pids.max refused a fork. */
int pids_events_parse(const char *text, uint64_t *max);
/* @full may be absent in the text (cpu.pressure before 5.13): zeroes. */
int pressure_parse(const char *text, struct pressure *some, struct pressure *full);

/* Open, read, parse, close, without malloc: for the death path (PITFALLS 67). 0 or -errno. */
int memory_events_read(int dirfd, struct memory_events *all, struct memory_events *local);
int cgroup_events_read(int dirfd, struct cgroup_events *out);
int pids_events_read(int dirfd, uint64_t *max);

enum oom_cause {
	OOM_NONE,	  /* no OOM kill in this cgroup since the first sample */
	OOM_OWN_LIMIT,	  /* its own memory.max */
	OOM_INNER_LIMIT,  /* the limit of a sub-cgroup that the service made for itself */
	OOM_PARENT_LIMIT, /* the limit of a slice above */
	OOM_MACHINE,	  /* the whole machine was out of memory */
};

/* What is known of one service: its counters when it started and now. */
struct oom_sample {
	struct memory_events all;   /* memory.events */
	struct memory_events local; /* memory.events.local */
};

/* The `oom` counter of one ancestor's memory.events.local, then and now; nearest first. */
struct oom_parent {
	uint64_t before, after;
};

/*
 * Why processes of a cgroup were OOM-killed (PITFALLS 66): `oom_kill` tells that it happened here,
 * the `oom` that moved with it tells whose limit it was. @parents may be NULL. With
 * OOM_PARENT_LIMIT and @which not NULL, *@which is the index of the nearest such ancestor. A
 * parent's `before` should be refreshed whenever its events were looked at while this service was
 * well, or an older OOM up there is blamed. Pure.
 */
enum oom_cause cgroup_oom_cause(const struct oom_sample *before, const struct oom_sample *after,
				const struct oom_parent *parents, unsigned int n_parents,
				unsigned int *which);

/* "own limit", "limit of a parent slice", ... for messages. */
const char *oom_cause_text(enum oom_cause cause);

#endif
