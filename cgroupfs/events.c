/* SPDX-License-Identifier: MIT */
#include "cgroupfs/events.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <stddef.h>

/* The "flat keyed" form of cgroup-v2.rst: lines of "KEY VALUE". */
struct key {
	const char *name;
	size_t offset; /* of a uint64_t */
};

static const struct key memory_keys[] = {
	{ "low", offsetof(struct memory_events, low) },
	{ "high", offsetof(struct memory_events, high) },
	{ "max", offsetof(struct memory_events, max) },
	{ "oom", offsetof(struct memory_events, oom) },
	{ "oom_kill", offsetof(struct memory_events, oom_kill) },
	{ "oom_group_kill", offsetof(struct memory_events, oom_group_kill) },
};

static const struct key cgroup_keys[] = {
	{ "populated", offsetof(struct cgroup_events, populated) },
	{ "frozen", offsetof(struct cgroup_events, frozen) },
};

static const struct key pids_keys[] = { { "max", 0 } };

/* Digits at *@s into @out, moving *@s behind them. */
static int take_number(const char **s, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = *s;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned int digit = (unsigned int)(*p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		v = v * 10 + digit;
	}
	*s = p;
	*out = v;
	return 0;
}

static void store(const struct key *keys, size_t n_keys, const char *name, size_t len,
		  uint64_t value, void *out)
{
	for (size_t i = 0; i < n_keys; i++)
		if (strlen(keys[i].name) == len && strncmp(keys[i].name, name, len) == 0)
			memcpy((char *)out + keys[i].offset, &value, sizeof(value));
}

static int parse_keyed(const char *text, const struct key *keys, size_t n_keys, void *out)
{
	const char *s = text;

	while (*s) {
		const char *name = s;
		size_t len = strcspn(s, " \n");
		uint64_t value;

		s += len;
		if (len == 0 || *s != ' ')
			return -EINVAL;
		s++;
		if (take_number(&s, &value) < 0 || (*s != '\n' && *s != '\0'))
			return -EINVAL;
		if (*s == '\n')
			s++;
		store(keys, n_keys, name, len, value, out);
	}
	return 0;
}

int memory_events_parse(const char *text, struct memory_events *out)
{
	*out = (struct memory_events){ 0 };
	return parse_keyed(text, memory_keys, ARRAY_SIZE(memory_keys), out);
}

int cgroup_events_parse(const char *text, struct cgroup_events *out)
{
	*out = (struct cgroup_events){ 0 };
	return parse_keyed(text, cgroup_keys, ARRAY_SIZE(cgroup_keys), out);
}

int pids_events_parse(const char *text, uint64_t *max)
{
	*max = 0;
	return parse_keyed(text, pids_keys, ARRAY_SIZE(pids_keys), max);
}

/* " avgNN=W.FF": the kernel always prints two decimals. */
static int take_average(const char **s, const char *name, uint32_t *out)
{
	uint64_t whole, part;
	size_t n = strlen(name);

	if (strncmp(*s, name, n) != 0)
		return -EINVAL;
	*s += n;
	if (take_number(s, &whole) < 0 || **s != '.' || whole > 100)
		return -EINVAL;
	++*s;
	if (take_number(s, &part) < 0 || part > 99)
		return -EINVAL;
	*out = (uint32_t)(whole * 100 + part);
	return 0;
}

static int take_pressure(const char **s, struct pressure *p)
{
	static const char total[] = " total=";

	if (take_average(s, " avg10=", &p->avg10) < 0 ||
	    take_average(s, " avg60=", &p->avg60) < 0 ||
	    take_average(s, " avg300=", &p->avg300) < 0 ||
	    strncmp(*s, total, sizeof(total) - 1) != 0)
		return -EINVAL;
	*s += sizeof(total) - 1;
	if (take_number(s, &p->total) < 0 || (**s != '\n' && **s != '\0'))
		return -EINVAL;
	if (**s == '\n')
		++*s;
	return 0;
}

int pressure_parse(const char *text, struct pressure *some, struct pressure *full)
{
	const char *s = text;

	*some = *full = (struct pressure){ 0 };
	while (*s) {
		struct pressure *p;

		if (str_starts(s, "some "))
			p = some;
		else if (str_starts(s, "full "))
			p = full;
		else
			return -EINVAL;
		s += 4;
		if (take_pressure(&s, p) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Far above what these files hold: an unexpectedly long one is an error, not a cut. */
#define EVENTS_TEXT 512

int memory_events_read(int dirfd, struct memory_events *all, struct memory_events *local)
{
	char text[EVENTS_TEXT];
	ssize_t n = fd_read_file_at(dirfd, "memory.events", text, sizeof(text));
	int r = n < 0 ? (int)n : memory_events_parse(text, all);

	if (r < 0 || !local)
		return r;
	n = fd_read_file_at(dirfd, "memory.events.local", text, sizeof(text));
	return n < 0 ? (int)n : memory_events_parse(text, local);
}

int cgroup_events_read(int dirfd, struct cgroup_events *out)
{
	char text[EVENTS_TEXT];
	ssize_t n = fd_read_file_at(dirfd, "cgroup.events", text, sizeof(text));

	return n < 0 ? (int)n : cgroup_events_parse(text, out);
}

int pids_events_read(int dirfd, uint64_t *max)
{
	char text[EVENTS_TEXT];
	ssize_t n = fd_read_file_at(dirfd, "pids.events", text, sizeof(text));

	return n < 0 ? (int)n : pids_events_parse(text, max);
}

enum oom_cause cgroup_oom_cause(const struct oom_sample *before, const struct oom_sample *after,
				const struct oom_parent *parents, unsigned int n_parents,
				unsigned int *which)
{
	/* A group kill is counted apart, and not every victim of it in oom_kill on each kernel. */
	if (after->all.oom_kill == before->all.oom_kill &&
	    after->all.oom_group_kill == before->all.oom_group_kill)
		return OOM_NONE;
	if (after->local.oom != before->local.oom)
		return OOM_OWN_LIMIT;
	if (after->all.oom != before->all.oom)
		return OOM_INNER_LIMIT;
	for (unsigned int i = 0; i < n_parents; i++) {
		if (parents[i].after == parents[i].before)
			continue;
		if (which)
			*which = i;
		return OOM_PARENT_LIMIT;
	}
	return OOM_MACHINE;
}

const char *oom_cause_text(enum oom_cause cause)
{
	switch (cause) {
	case OOM_NONE: return "no OOM kill";
	case OOM_OWN_LIMIT: return "own memory limit";
	case OOM_INNER_LIMIT: return "limit of an inner cgroup";
	case OOM_PARENT_LIMIT: return "memory limit of a parent slice";
	case OOM_MACHINE: return "machine out of memory";
	}
	return "unknown";
}
