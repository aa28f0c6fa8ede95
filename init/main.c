/* SPDX-License-Identifier: MIT */
/*
 * berth, PID 1. Three regimes: boot (a failure may end in a message and a reboot), run (no path
 * exits any more), down (shutdown.c takes over).
 */
#include "init/boot.h"
#include "init/cgroups.h"
#include "init/console.h"
#include "init/control.h"
#include "init/errand.h"
#include "init/loading.h"
#include "init/logs.h"
#include "init/idle.h"
#include "init/manager.h"
#include "init/network.h"
#include "init/places.h"
#include "init/plan.h"
#include "init/reactions.h"
#include "init/reap.h"
#include "init/rootview.h"
#include "init/settings.h"
#include "init/shutdown.h"
#include "init/signals.h"
#include "init/timer.h"
#include "init/users.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/trim.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with units: told in full, on the console too. */
static void tell_unit_problem(struct diag_sink *sink, const struct diag *diag)
{
	char text[600];

	(void)sink;
	diag_format_plain(diag, text, sizeof(text));
	log_msg(diag->level == DIAG_ERROR ? LOG_ERR : LOG_WARNING, "%s", text);
}

static struct diag_sink unit_sink = { .emit = tell_unit_problem };

/* Four descriptors a service, and some room (PITFALLS 11); services get limits of their own. */
static void raise_descriptor_limit(void)
{
	const struct rlimit limit = { 1048576, 1048576 };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("RLIMIT_NOFILE: %s", diag_errno(errno));
}

static void open_essentials(struct manager *m)
{
	static const struct unit_paths paths = { .root = "" };
	int r;

	m->loop = loop_new();
	if (!m->loop)
		boot_fatal("event loop", NULL, errno, NULL);
	jobs_init(m);
	reactions_init(m);
	m->set = unit_set_new(&paths, &unit_sink);
	if (!m->set)
		boot_fatal("unit table", NULL, ENOMEM, NULL);
	r = reaper_open(m);
	if (r < 0)
		boot_fatal("process table", NULL, -r, NULL);
	r = loop_reserve_timers(m->loop, 12);
	if (r < 0)
		boot_fatal("timers", NULL, -r, NULL);
	errands_open(m->loop);
	r = signals_open(m);
	if (r < 0)
		boot_fatal("signalfd", NULL, -r, "CONFIG_SIGNALFD");
}

/* None of these is worth not booting for: each is told, and what needs it then refuses to start. */
static void open_facilities(struct manager *m)
{
	int r = logs_boot(m);

	if (r < 0)
		log_err("log ring: %s", diag_errno(-r));
	console_attach(m->loop);
	if (mkdir("/run/berth", 0755) < 0 && errno != EEXIST)
		log_err("/run/berth: %s", diag_errno(errno));
	raise_descriptor_limit();
	places_boot();
	settings_read(m);
	timers_boot();
	cgroups_boot(m);
	network_boot(m);
	settings_read_networks(m);
	users_open(m);
	r = rootview_open(m);
	if (r < 0)
		log_err("root of the services: %s", diag_errno(-r));
	r = control_open(m);
	if (r < 0)
		log_err("control socket: %s", diag_errno(-r));
}

static unsigned int count_isolated(const struct manager *m)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < m->n_nodes; i++)
		n += m->nodes[i].service && plan_isolation(m->nodes[i].service) != ISOLATION_NONE;
	return n;
}

static void start_default_unit(struct manager *m)
{
	struct node *node = manager_find(m, m->config.default_unit);
	struct diag diag = { 0 };
	int r = -ENOENT;

	if (node)
		r = jobs_enqueue(m, JOB_START, node->unit->index, JOB_MODE_REPLACE, &m->boot_job,
				 &diag);
	else
		diag_set(&diag, DIAG_ERROR, 0, "no such unit");
	if (r < 0)
		log_err("%s: %s", m->config.default_unit, diag.text);
	if (r < 0 || m->boot_job == 0)
		m->boot_done = clock_now(CLOCK_MONOTONIC);
}

static struct manager *booting;

static void have_room(void)
{
	start_default_unit(booting);
}

/* The units of the boot are there, or will not be. */
static void on_loaded(struct load_waiter *w, int result, const struct diag *diag)
{
	struct manager *m = booting;

	(void)w, (void)diag; /* has been told */
	if (result < 0) {
		m->boot_done = clock_now(CLOCK_MONOTONIC);
		return;
	}
	unsigned int isolated = count_isolated(m);

	logs_start_writer(m);
	if (isolated)
		rootview_begin();
	rootview_make_room(isolated, have_room);
}

static void nothing_more(struct load_waiter *w, int result, const struct diag *diag)
{
	(void)w, (void)result, (void)diag;
}

static void load_boot_units(struct manager *m)
{
	static struct load_waiter writer = { .what = LOAD_UNIT,
					     .name = LOGS_WRITER_UNIT,
					     .loaded = nothing_more };
	static struct load_waiter goal = { .what = LOAD_UNIT, .loaded = on_loaded };
	char *name = m->config.default_unit;

	if (!*name)
		str_copy(name, sizeof(m->config.default_unit), "default.target");
	booting = m;
	goal.name = name;
	loading_init(m);
	loading_want(&writer);
	loading_want(&goal);
}

static struct manager *new_manager(void)
{
	struct manager *m = pool_alloc(sizeof(*m));

	if (!m)
		boot_fatal("memory", NULL, ENOMEM, NULL);
	return m;
}

int main(void)
{
	struct manager *m = new_manager();

	m->cgroup_root = -1;
	m->boot_start = clock_now(CLOCK_MONOTONIC);
	boot_early(m);
	open_essentials(m);
	open_facilities(m);
	shutdown_set_last_words(logs_last_words);
	load_boot_units(m);
	/*
	 * The regime changes here. From now on nothing that can fail may end PID 1: the kernel would
	 * panic (PITFALLS 2). boot_fatal() must not be reached any more; finish() is the only way out.
	 */
	m->regime = REGIME_RUN;
	trim_init();
	loop_on_quiet(m->loop, places_trim);
	for (;;) {
		reactions_run(m);
		idle_run(m);
		loading_run();
		shutdown_check(m);
		logs_flush(m);
		int r = loop_run_once(m->loop);

		if (r < 0)
			log_err("event loop: %s", diag_errno(-r));
	}
}
