/* SPDX-License-Identifier: MIT */
#include "init/memory_mark.h"

#include "cgroupfs/events.h"
#include "cgroupfs/usage.h"
#include "init/cgroups.h"
#include "init/manager.h"
#include "init/plan.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <unistd.h>

/* While it starts, or a job of it waits. */
#define PAUSE USEC_PER_SEC

struct mark {
	struct list link;
	struct service *service;
	uint64_t bytes;
	uint64_t trips; /* `high` of memory.events when last looked at */
	bool lifted;	/* the wire is not there until the next run or the timer */
	struct timer timer;
};

/* A list beside the services: few have a mark. */
static struct list marks = LIST_INIT(marks);

static struct mark *mark_of(const struct service *s)
{
	struct list *pos;

	list_for_each (pos, &marks) {
		struct mark *mark = list_entry(pos, struct mark, link);

		if (mark->service == s)
			return mark;
	}
	return NULL;
}

/* --- what there is ------------------------------------------------------------------------ */

bool memory_mark_passed(uint64_t mark, uint64_t current, uint64_t file, uint64_t swap)
{
	uint64_t held = (current > file ? current - file : 0) + swap;

	return held >= mark - mark / 16;
}

static uint64_t read_number(int dirfd, const char *file)
{
	char text[32];
	uint64_t n;

	if (fd_read_file_at(dirfd, file, text, sizeof(text)) <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return parse_u64(text, 0, UINT64_MAX, &n) == 0 ? n : 0;
}

static uint64_t known(uint64_t n)
{
	return n == CGROUP_USAGE_UNKNOWN ? 0 : n;
}

static bool is_passed(const struct mark *mark, int dirfd, uint64_t *current)
{
	char text[4096];
	uint64_t file = 0;

	*current = read_number(dirfd, "memory.current");
	if (fd_read_file_at(dirfd, "memory.stat", text, sizeof(text)) > 0)
		file = known(cgroup_stat_value(text, "inactive_file")) +
		       known(cgroup_stat_value(text, "active_file"));
	return memory_mark_passed(mark->bytes, *current, file,
				  read_number(dirfd, "memory.swap.current"));
}

/* --- what is done ------------------------------------------------------------------------- */

static struct node *node_of(const struct mark *mark)
{
	return manager_node(mark->service->manager, mark->service->index);
}

/* memory.high as MemoryHigh= has it, or as the mark. */
static struct cgroup_limits wire(const struct mark *mark, bool lifted)
{
	struct cgroup_limits limits = { 0 };

	plan_limits(node_of(mark)->unit, &limits);
	if (!(limits.set & UINT32_C(1) << CGROUP_MEMORY_HIGH))
		cgroup_limits_set(&limits, CGROUP_MEMORY_HIGH, CGROUP_MAX);
	if (!lifted)
		memory_mark_limit(mark->service, &limits);
	return limits;
}

static void set_wire(struct mark *mark, int dirfd, bool lifted)
{
	struct cgroup_limits limits = wire(mark, lifted);

	mark->lifted = lifted;
	int r = cgroup_limit_write(dirfd, &limits, CGROUP_MEMORY_HIGH);

	if (r < 0)
		manager_unit_log(mark->service->manager, node_of(mark), LOG_WARNING,
				 "memory.high: %s", diag_errno(-r));
}

static void ask_restart(struct mark *mark, uint64_t current)
{
	struct manager *m = mark->service->manager;
	struct diag diag = { .text = "" };
	char has[24], may[24];
	int r;

	format_size(current, has, sizeof(has));
	format_size(mark->bytes, may, sizeof(may));
	manager_unit_log(m, node_of(mark), LOG_NOTICE,
			 "restart: memory %s has passed MemoryRestartAt=%s", has, may);
	/* Whoever is stopping it, or it is being started by, knows better. */
	r = jobs_enqueue(m, JOB_RESTART, mark->service->index, JOB_MODE_FAIL, NULL, &diag);
	if (r < 0)
		manager_unit_log(m, node_of(mark), LOG_WARNING, "no restart: %s", diag.text);
}

static bool is_running(const struct mark *mark)
{
	return node_of(mark)->active == ACTIVE_ACTIVE && !node_of(mark)->job;
}

/* When the run is old enough to be ended for it. */
static usec_t ripe(const struct mark *mark)
{
	usec_t young = unit_u64(node_of(mark)->unit, K_RestartResetSec);

	return usec_add(mark->service->machine.history.run_start,
			young == USEC_INFINITY ? 0 : young);
}

static usec_t later(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static void judge(struct mark *mark, usec_t now)
{
	autoclose int fd = cgroups_open(mark->service);
	struct loop *loop = mark->service->manager->loop;
	uint64_t current;

	if (fd < 0)
		return;
	if (!is_passed(mark, fd, &current)) {
		/*
		 * Below what it has, page cache included, the wire would make the kernel reclaim in who
		 * writes it (memory_high_write()), for as long as a disk takes: better look again.
		 */
		if (mark->lifted && current > wire(mark, false).value[CGROUP_MEMORY_HIGH])
			loop_arm(loop, &mark->timer, usec_add(now, PAUSE));
		else if (mark->lifted)
			set_wire(mark, fd, false);
		return;
	}
	if (!mark->lifted)
		set_wire(mark, fd, true);
	if (is_running(mark) && now >= ripe(mark))
		ask_restart(mark, current);
	else /* ends with the run, memory_mark_armed() */
		loop_arm(loop, &mark->timer, later(ripe(mark), usec_add(now, PAUSE)));
}

static void on_timer(struct timer *timer, usec_t now)
{
	judge(container_of(timer, struct mark, timer), now);
}

void memory_marks_look(struct manager *m)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);
	struct list *pos;

	(void)m;
	list_for_each (pos, &marks) {
		struct mark *mark = list_entry(pos, struct mark, link);
		struct memory_events all, local;
		autoclose int fd = mark->lifted ? -1 : cgroups_open(mark->service);

		if (fd < 0 || memory_events_read(fd, &all, &local) < 0 || all.high == mark->trips)
			continue;
		mark->trips = all.high;
		judge(mark, now);
	}
}

/* --- setting up --------------------------------------------------------------------------- */

void memory_mark_limit(const struct service *s, struct cgroup_limits *limits)
{
	const struct mark *mark = mark_of(s);
	bool set = limits->set & UINT32_C(1) << CGROUP_MEMORY_HIGH;

	if (mark && (!set || limits->value[CGROUP_MEMORY_HIGH] > mark->bytes))
		cgroup_limits_set(limits, CGROUP_MEMORY_HIGH, mark->bytes);
}

void memory_mark_armed(const struct service *s, int dirfd)
{
	struct mark *mark = mark_of(s);
	struct memory_events all = { 0 }, local;

	if (!mark)
		return;
	(void)memory_events_read(dirfd, &all, &local); /* a fresh one has no past */
	mark->trips = all.high;
	mark->lifted = false;
	loop_arm(s->manager->loop, &mark->timer, USEC_INFINITY);
}

int memory_mark_configure(struct service *s, const struct unit *u)
{
	struct mark *mark = mark_of(s);
	uint64_t bytes = unit_u64(u, K_MemoryRestartAt);

	if (bytes == VALUE_INFINITY && !mark)
		return 0;
	if (!mark) {
		mark = pool_alloc(sizeof(*mark));
		if (!mark)
			return -ENOMEM;
		mark->service = s;
		mark->timer = (struct timer)TIMER_INIT(on_timer);
		list_append(&marks, &mark->link);
	}
	mark->bytes = value_is_percent(bytes) ? value_resolve(bytes, plan_machine_memory()) : bytes;
	return 0;
}
