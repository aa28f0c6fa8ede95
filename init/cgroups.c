/* SPDX-License-Identifier: MIT */
#include "init/cgroups.h"

#include "cgroupfs/limits.h"
#include "cgroupfs/tree.h"
#include "cgroupfs/usage.h"
#include "cgroupfs/watch.h"
#include "init/devices.h"
#include "init/manager.h"
#include "init/memory_mark.h"
#include "init/plan.h"
#include "init/process.h"
#include "init/slice.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_PATH "/sys/fs/cgroup"
#define SLICE	    "system.slice"
#define WANTED	    (CGROUP_MEMORY | CGROUP_PIDS)
/* So many cgroups with unkillable processes of one service: then it does not start any more. */
#define MOST_LEFT 64
/* PID 1's own memory is kept from reclaim (PITFALLS 10). */
#define SETTLE_LATEST	(10 * USEC_PER_SEC)
#define SETTLE_AFTER	USEC_PER_SEC
#define INIT_MEMORY_MIN ((uint64_t)4 << 20)

static struct cgroup_watch watch = { .fd = -1 };
static struct source watch_source = { .fd = -1 };
static struct manager *watch_manager;

/*
 * OOM kills. memory.events of the slice counts what happens anywhere below, so one watch there serves
 * all services. The death of a main process is looked at by the reaper at once; what the slice has
 * counted beyond that befell other processes, and their service has to be searched for. That
 * waits a moment, so that deaths that are known already need no search.
 */
#define SLICE_COOKIE 0x7fffffffu
#define SEARCH_DELAY (20 * USEC_PER_MSEC)

static void search_in(const struct slice *slice)
{
	for (uint32_t i = 0; i < watch_manager->n_nodes; i++) {
		struct service *s = watch_manager->nodes[i].service;

		if (s && s->machine.populated &&
		    slice_of(watch_manager, watch_manager->nodes[i].unit) == slice &&
		    cgroups_check_oom(s))
			service_step(s, E_OOM, NULL);
	}
}

static void search_oom(struct timer *timer, usec_t now)
{
	struct slice *slice;
	uint32_t at = 0;

	(void)timer;
	(void)now;
	memory_marks_look(watch_manager);
	while ((slice = slice_at(watch_manager, &at))) {
		uint64_t kills = slice_read(slice);

		if (kills == slice->kills)
			continue;
		search_in(slice);
		slice->kills = kills;
	}
}

static struct timer search_timer = TIMER_INIT(search_oom);

static void search_soon(struct manager *m)
{
	if (search_timer.at == USEC_INFINITY)
		loop_arm(m->loop, &search_timer, clock_now(CLOCK_MONOTONIC) + SEARCH_DELAY);
}

static void on_event(void *ctx, uint32_t cookie, enum cgroup_watch_what what)
{
	struct manager *m = ctx;

	if (what == CGROUP_WATCH_RESCAN) {
		for (uint32_t i = 0; i < m->n_nodes; i++) {
			struct service *s = m->nodes[i].service;

			if (s && s->machine.populated)
				on_event(m, i, CGROUP_WATCH_STATE);
		}
		search_soon(m);
		return;
	}
	if (cookie == SLICE_COOKIE ||
	    (cookie < m->n_nodes && m->nodes[cookie].unit->type == UNIT_SLICE)) {
		search_soon(m);
		return;
	}
	if (cookie >= m->n_nodes || !m->nodes[cookie].service)
		return;
	struct service *s = m->nodes[cookie].service;

	if (s->machine.populated && s->main.pid == 0 && service_control(s)->pid == 0 &&
	    cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
}

static void on_readable(struct source *source, uint32_t revents)
{
	(void)source;
	(void)revents;
	cgroup_watch_drain(&watch, on_event, watch_manager);
}

static void tell_missing(uint32_t missing)
{
	for (uint32_t bit = 1; bit <= missing; bit <<= 1) {
		if (missing & bit)
			log_warn("cgroup controller %s is missing (%s)",
				 cgroup_controller_name(bit),
				 cgroup_kernel_option(cgroup_controller_name(bit)));
	}
}

static struct cgroup_root root = { .fd = -1, .leaf_fd = -1 };

/*
 * The move waits for RCU, and holds up every fork of the machine meanwhile: so it is made when the
 * boot is over and its services have had a second to get on, or at the latest when a boot hangs.
 */
static void settle(struct timer *timer, usec_t now)
{
	(void)timer;
	(void)now;
	int r = root.inside ? 0 : cgroup_root_enter_leaf(&root);

	if (r < 0)
		log_warn("moving PID 1 into its cgroup: %s", diag_errno(-r));
	close(root.leaf_fd);
	root.leaf_fd = -1;
}

static struct timer settle_timer = TIMER_INIT(settle);

void cgroups_boot_done(struct manager *m)
{
	if (root.leaf_fd >= 0)
		loop_arm(m->loop, &settle_timer, clock_now(CLOCK_MONOTONIC) + SETTLE_AFTER);
}

static void protect_leaf(void)
{
	struct cgroup_limits l = { 0 };
	const char *failed;

	cgroup_limits_set(&l, CGROUP_MEMORY_MIN, INIT_MEMORY_MIN);
	int r = cgroup_limits_apply(root.leaf_fd, &l, CGROUP_FRESH, 0, &failed);

	if (r < 0)
		log_warn("%s of PID 1: %s", failed, diag_errno(-r));
}

void cgroups_boot(struct manager *m)
{
	int r = cgroup_root_setup(CGROUP_PATH, "init", WANTED, &root);

	m->cgroup_root = -1;
	if (r < 0) {
		log_err("cgroup2 at %s: %s; services with limits will not start", CGROUP_PATH,
			diag_errno(-r));
		return;
	}
	m->cgroup_root = root.fd = spawn_lift_fd(root.fd);
	root.leaf_fd = spawn_lift_fd(root.leaf_fd);
	m->controllers = root.enabled;
	tell_missing(root.missing);
	if (root.enabled & CGROUP_MEMORY)
		protect_leaf();
	loop_arm(m->loop, &settle_timer, m->boot_start + SETTLE_LATEST);
	root_slice.fd = m->cgroup_root;
	system_slice.fd = cgroup_make(m->cgroup_root, SLICE, m->controllers, NULL);
	if (system_slice.fd < 0)
		log_err("cgroup %s: %s", SLICE, diag_errno(-system_slice.fd));
	else
		system_slice.fd = spawn_lift_fd(system_slice.fd);
	r = cgroup_watch_open(&watch);
	if (r < 0) {
		log_err("watching cgroups: %s", diag_errno(-r));
		return;
	}
	watch.fd = spawn_lift_fd(watch.fd);
	watch_manager = m;
	if ((m->controllers & CGROUP_MEMORY) && system_slice.fd >= 0 &&
	    cgroup_watch_add(&watch, system_slice.fd, CGROUP_WATCH_MEMORY, SLICE_COOKIE) < 0)
		log_warn("memory.events of %s cannot be watched: an OOM kill is seen when a main "
			 "process dies",
			 SLICE);
	watch_source = (struct source){ .fd = watch.fd, .events = EPOLLIN, .fn = on_readable };
	r = loop_add(m->loop, &watch_source);
	if (r < 0)
		log_err("watching cgroups: %s", diag_errno(-r));
}

/* Top down: a child can have what its parent passes on. What fails is told by the unit's start. */
static void enable_more(struct manager *m, uint32_t wanted)
{
	uint32_t enabled, at = 0;
	struct slice *slice;

	if (m->cgroup_root < 0 || cgroup_enable(m->cgroup_root, wanted, &enabled) < 0)
		return;
	m->controllers |= enabled & wanted;
	while ((slice = slice_at(m, &at)))
		(void)slice_enable(slice, wanted & enabled);
}

/* It is never started: it is there. What its drop-ins say holds from now on. */
static void system_slice_loaded(struct manager *m, struct node *node)
{
	struct diag diag = { .text = "" };

	if (system_slice.fd < 0 || node->unit->load_state != LOAD_LOADED)
		return;
	if (slice_change_limits(node->unit, system_slice.fd, &diag) < 0)
		log_err("%s: %s", SLICE, diag.text);
	manager_set_active(m, node, ACTIVE_ACTIVE);
}

/*
 * cpu and io only when a unit asks for them: each controller costs every cgroup its own state, at
 * each start of each service. CPU time is counted without.
 */
void cgroups_units_loaded(struct manager *m, uint32_t first)
{
	static const struct {
		enum key key;
		uint32_t controller;
	} needs[] = {
		{ K_CPUQuota, CGROUP_CPU },
		{ K_CPUWeight, CGROUP_CPU },
		{ K_IOWeight, CGROUP_IO },
	};
	struct node *system = NULL;
	uint32_t wanted = 0;

	for (uint32_t i = first; i < m->n_nodes; i++) {
		const struct unit *u = m->nodes[i].unit;

		if (str_eq(u->id, SLICE))
			system = &m->nodes[i];
		for (size_t k = 0;
		     k < ARRAY_SIZE(needs) && (m->nodes[i].service || u->type == UNIT_SLICE); k++) {
			if (unit_setting(m->nodes[i].unit, needs[k].key))
				wanted |= needs[k].controller;
		}
	}
	wanted &= ~m->controllers;
	if (wanted)
		enable_more(m, wanted);
	if (system)
		system_slice_loaded(m, system);
}

/* Within the slice: the unit's name, and a number once a former one had to be left behind. */
static void cgroup_name(const struct service *s, struct strbuf *b)
{
	const struct node *node = manager_node(s->manager, s->index);

	strbuf_put(b, node->unit->id);
	if (s->cgroup_generation > 0)
		strbuf_printf(b, ".%u", s->cgroup_generation);
}

void service_cgroup_path(const struct service *s, char *buf, size_t size)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct strbuf b;

	slice_unit_path(u, buf, size);
	if (s->cgroup_generation == 0)
		return;
	strbuf_init(&b, buf, size);
	b.len = strlen(buf);
	strbuf_printf(&b, ".%u", s->cgroup_generation);
}

/* The cgroup above the service's; -1: its slice is not up. */
static int parent_of(const struct service *s)
{
	const struct slice *slice = slice_of(s->manager, manager_node(s->manager, s->index)->unit);

	return slice ? slice->fd : -1;
}

int cgroups_open(const struct service *s)
{
	char name[300];
	struct strbuf b = STRBUF_INIT(name);

	cgroup_name(s, &b);
	int fd = openat(parent_of(s), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/*
 * The cgroup of the last run with its limits for this one: it was seen empty after its last process, so no
 * more than what may have been made below it has to be looked for (kernfs counts folders as links).
 * A limit that is lowered makes the kernel reclaim what the last run has left, in who writes it and
 * for as long as the disk takes: with other settings, and with memory.high, which is not kept
 * to strictly, a new cgroup is made, that has nothing to reclaim. -errno: so it is to be.
 */
static int take_kept(struct service *s, const struct unit *u, const struct cgroup_limits *limits)
{
	const char *failed;
	struct stat st;

	/* Who may write there could have left controllers on for children that are gone. */
	if (!s->cgroup_clean || !unit_bool(u, K_ProtectControlGroups) ||
	    limits->set & UINT32_C(1) << CGROUP_MEMORY_HIGH)
		return -ESTALE;
	if (fstat(s->cgroup_fd, &st) < 0)
		return -errno;
	if (st.st_nlink != 2)
		return -EBUSY;
	/* No other limit than these was ever set in it. -ENODEV: somebody has removed it. */
	int r = cgroup_limits_apply(s->cgroup_fd, limits, CGROUP_FRESH, s->manager->controllers,
				    &failed);

	return r < 0 ? r : fd_take(&s->cgroup_fd);
}

/* Nothing that was seen at the last run's end counts any more. */
static void forget_look(struct service *s)
{
	fd_close(&s->cgroup_fd);
	s->cgroup_clean = s->oom_known = false;
}

void cgroups_watch_slice(int fd, uint32_t index)
{
	if ((watch_manager->controllers & CGROUP_MEMORY) &&
	    cgroup_watch_add(&watch, fd, CGROUP_WATCH_MEMORY, index) < 0)
		log_warn("memory.events of %s cannot be watched",
			 manager_node(watch_manager, index)->unit->id);
}

void cgroups_unwatch_slice(uint32_t index)
{
	cgroup_watch_remove(&watch, index);
}

int cgroups_limit_failed(struct diag *diag, const char *file, int err)
{
	const char *option = cgroup_kernel_option(file);

	if (err == -ENOENT)
		return diag_set(diag, DIAG_ERROR, ENOENT, "%s: controller %s is not there%s%s",
				file, cgroup_file_controller(file),
				option ? ", the kernel needs " : "", option ? option : "");
	return diag_set(diag, DIAG_ERROR, -err, "writing %s", file);
}

static void unwatch(struct service *s)
{
	if (s->state_watched)
		cgroup_watch_remove(&watch, s->index);
	s->state_watched = false;
}

/*
 * The first of its names that is free. What was left behind keeps its name while it lives, and
 * gives it back: names and cgroups do not grow without bound (PITFALLS 84).
 */
static int make_cgroup(struct service *s, bool *reused)
{
	for (s->cgroup_generation = 0;; s->cgroup_generation++) {
		char name[300];
		struct strbuf b = STRBUF_INIT(name);

		cgroup_name(s, &b);
		int fd = cgroup_make(parent_of(s), name, 0, reused);

		if (fd != -EBUSY || s->cgroup_generation == MOST_LEFT)
			return fd;
		if (s->cgroup_generation == s->cgroups_left)
			s->cgroups_left++;
	}
}

uint64_t cgroups_stubs(const struct service *s)
{
	unsigned int commands = 0;

	if (plan_isolation(s) == ISOLATION_NONE)
		return 0;
	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		commands += s->config->n_commands[slot];
	/* A check joins beside whatever else runs. */
	return (commands > 1 ? 3u : 1u) + (service_has(s)->checkup ? 1u : 0u);
}

static struct oom_mark mark_of(const struct oom_sample *sample)
{
	return (struct oom_mark){
		.kills = (uint32_t)sample->all.oom_kill,
		.group_kills = (uint32_t)sample->all.oom_group_kill,
		.oom = (uint32_t)sample->all.oom,
		.local_oom = (uint32_t)sample->local.oom,
	};
}

static struct oom_sample sample_of(const struct oom_mark *mark)
{
	return (struct oom_sample){
		.all = { .oom = mark->oom,
			 .oom_kill = mark->kills,
			 .oom_group_kill = mark->group_kills },
		.local = { .oom = mark->local_oom },
	};
}

static int make_with_limits(struct service *s, const struct cgroup_limits *limits, bool *reused,
			    struct diag *diag)
{
	char name[300];
	struct strbuf b = STRBUF_INIT(name);
	const char *failed = NULL;

	cgroups_remove(s);
	int fd = make_cgroup(s, reused);

	cgroup_name(s, &b);
	if (fd < 0)
		return diag_set(diag, DIAG_ERROR, -fd, "cgroup %s", name);
	int r = cgroup_limits_apply(fd, limits, *reused ? CGROUP_REUSED : CGROUP_FRESH,
				    s->manager->controllers, &failed);

	if (r < 0) {
		close(fd);
		return cgroups_limit_failed(diag, failed, r);
	}
	s->cgroup_stale = false;
	return fd;
}

int cgroups_enter(struct service *s, struct diag *diag)
{
	char name[300];
	struct strbuf b = STRBUF_INIT(name);
	struct cgroup_limits limits = { 0 };
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct slice *slice = slice_of(s->manager, u);
	bool reused = true, kept, known;
	int fd;

	if (system_slice.fd < 0)
		return diag_set(diag, DIAG_ERROR, ENOSYS, "no cgroup2 (CONFIG_CGROUPS)");
	if (!slice)
		return diag_set(diag, DIAG_ERROR, ENOENT, "its slice is not up");
	if (s->run_spawned) {
		cgroup_name(s, &b);
		/* A further process of the same run: the limits stand. */
		fd = cgroups_open(s);
		return fd < 0 ? diag_set(diag, DIAG_ERROR, -fd, "cgroup %s", name) : fd;
	}
	plan_limits(u, &limits);
	memory_mark_limit(s, &limits);
	if (limits.value[CGROUP_TASKS_MAX] != CGROUP_MAX)
		limits.value[CGROUP_TASKS_MAX] += cgroups_stubs(s);
	fd = take_kept(s, u, &limits);
	kept = fd >= 0;
	known = kept && s->oom_known;
	forget_look(s);
	if (!kept) {
		fd = make_with_limits(s, &limits, &reused, diag);
		if (fd < 0)
			return fd;
	}
	int r = devices_apply(s, fd, !reused, diag);
	if (r < 0) {
		close(fd);
		return r;
	}
	struct oom_sample at_start = { 0 };

	if (reused && !known)
		memory_events_read(fd, &at_start.all, &at_start.local);
	if (!known)
		s->oom_at_start = mark_of(&at_start);
	s->slice_oom_at_start = (uint32_t)slice->oom;
	/* Somebody else may have removed it meanwhile: then the watch went along. */
	if (!reused)
		unwatch(s);
	memory_mark_armed(s, fd);
	s->cgroup_made = true;
	s->run_spawned = true;
	return fd;
}

bool cgroups_empty(const struct service *s)
{
	if (!s->cgroup_made)
		return true;
	autoclose int fd = cgroups_open(s);

	return fd < 0 || cgroup_populated(fd) <= 0;
}

void cgroups_watch_empty(struct service *s)
{
	autoclose int fd = cgroups_open(s);

	if (fd < 0)
		return;
	if (!s->state_watched)
		s->state_watched = cgroup_watch_add(&watch, fd, CGROUP_WATCH_STATE, s->index) == 0;
}

void cgroups_remove(struct service *s)
{
	uint16_t own = s->cgroup_generation;

	forget_look(s);
	if (!s->cgroup_made && s->cgroups_left == 0)
		return;
	unwatch(s);
	for (unsigned int i = s->cgroups_left + 1u; i-- > 0;) {
		char name[300];
		struct strbuf b = STRBUF_INIT(name);

		s->cgroup_generation = (uint16_t)i;
		cgroup_name(s, &b);
		/* -EBUSY: something is still about to leave; the next start or stop looks again. */
		if (cgroup_remove(parent_of(s), name) < 0)
			continue;
		if (i == own)
			s->cgroup_made = false;
		if (i > 0 && i == s->cgroups_left)
			s->cgroups_left--;
	}
	s->cgroup_generation = own;
}

void cgroups_abandon(struct service *s)
{
	unwatch(s);
	forget_look(s);
	if (s->cgroup_generation == s->cgroups_left && s->cgroups_left < MOST_LEFT)
		s->cgroups_left++;
	s->cgroup_generation = s->cgroups_left; /* until the next start: not the one left behind */
	s->cgroup_made = false;
}

/* @fd: of its cgroup. */
static bool check_oom(struct service *s, int fd)
{
	struct oom_sample now;

	/* At every unclean end: the second file only where the first tells of a kill. */
	if (memory_events_read(fd, &now.all, NULL) < 0)
		return false;
	/* What is counted in both files is in the first: with that unchanged, so is the second. */
	s->oom_known = (uint32_t)now.all.oom == s->oom_at_start.oom &&
		       (uint32_t)now.all.oom_kill == s->oom_at_start.kills &&
		       (uint32_t)now.all.oom_group_kill == s->oom_at_start.group_kills;
	if (now.all.oom_kill == s->oom_at_start.kills ||
	    memory_events_read(fd, &now.all, &now.local) < 0)
		return false;
	struct slice *above = slice_of(s->manager, manager_node(s->manager, s->index)->unit);

	if (!above)
		return false;
	(void)slice_read(above);
	struct oom_parent slice = { .before = s->slice_oom_at_start, .after = above->oom };
	struct oom_sample before = sample_of(&s->oom_at_start);
	uint64_t kills = now.all.oom_kill - s->oom_at_start.kills;
	enum oom_cause cause = cgroup_oom_cause(&before, &now, &slice, 1, NULL);

	if (cause == OOM_NONE)
		return false;
	uint64_t peak = cgroup_memory_peak(fd);
	uint64_t limit = unit_u64(manager_node(s->manager, s->index)->unit, K_MemoryMax);
	char peak_text[24], limit_text[24];

	s->oom_at_start = mark_of(&now);
	s->slice_oom_at_start = (uint32_t)above->oom;
	above->kills += kills;
	s->oom_kills += (uint32_t)(kills > 0 ? kills : 1);
	s->oom_cause = s->last.oom_cause = (uint8_t)cause;
	format_size(peak, peak_text, sizeof(peak_text));
	format_size(limit, limit_text, sizeof(limit_text));
	manager_unit_log(s->manager, manager_node(s->manager, s->index), LOG_WARNING,
			 "killed for memory (%s): peak %s, MemoryMax %s", oom_cause_text(cause),
			 peak_text, limit_text);
	return true;
}

bool cgroups_check_oom(struct service *s)
{
	autoclose int fd = cgroups_open(s);

	return fd >= 0 && check_oom(s, fd);
}

struct cgroup_end cgroups_look_at_end(struct service *s, bool last, bool unclean)
{
	struct cgroup_end end = { .empty = last };

	forget_look(s);
	autoclose int fd = s->cgroup_made ? cgroups_open(s) : -1;

	if (fd < 0)
		return end;
	/* In this order: what is counted once nobody is left stays as it is until the next run. */
	end.empty = last && cgroup_populated(fd) <= 0;
	end.oom = unclean && check_oom(s, fd);
	s->cgroup_clean = end.empty && !s->cgroup_stale;
	s->oom_known &= unclean && end.empty;
	if (s->cgroup_clean)
		s->cgroup_fd = fd_take(&fd);
	return end;
}
