/* SPDX-License-Identifier: MIT */
#include "init/checkup.h"

#include "cgroupfs/tree.h"
#include "init/cgroups.h"
#include "init/control.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "init/window.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CGROUP "health"

static struct node *node_of(const struct checkup *c)
{
	return manager_node(c->service->manager, c->service->index);
}

/* --- the process -------------------------------------------------------------------------- */

int checkup_cgroup(int service_cgroup)
{
	return cgroup_make(service_cgroup, CGROUP, 0, NULL);
}

/* With all that it has begun, whatever that has done to get away. */
static void kill_check(struct service *s)
{
	autoclose int service = cgroups_open(s);
	autoclose int fd =
		service < 0 ? -1 : openat(service, CGROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Not there: then no check has been made in this run. */
	if (fd >= 0)
		(void)cgroup_kill(fd);
}

static void tell_outcome(struct checkup *c, bool passed)
{
	const struct process *p = &c->check;

	if (passed)
		return;
	if (p->exit_code == CLD_EXITED)
		manager_unit_log(c->service->manager, node_of(c), LOG_WARNING,
				 "HealthCmd= exited with status %d", p->exit_status);
	else
		manager_unit_log(c->service->manager, node_of(c), LOG_WARNING,
				 "HealthCmd= was killed by signal %d", p->exit_status);
}

static void step(struct checkup *c, enum health_event event);

/* What is in the way is not the service's fault: its namespaces are not there yet, too much at once. */
static void make_check(struct checkup *c)
{
	struct service *s = c->service;
	int r = window_has_room(s->manager) ? process_spawn(s, SLOT_HEALTH, 0) : -EINPROGRESS;

	if (r == -EINPROGRESS)
		step(c, HEALTH_POSTPONED);
	else if (r < 0)
		step(c, HEALTH_FAILED); /* the reason has been told */
}

/* --- what follows ------------------------------------------------------------------------- */

static void tell_state(struct checkup *c)
{
	struct manager *m = c->service->manager;

	manager_unit_log(m, node_of(c),
			 c->health.state == HEALTH_UNHEALTHY ? LOG_WARNING : LOG_INFO, "health: %s",
			 health_state_name(c->health.state));
	control_unit_changed(m, node_of(c));
}

static void act(struct checkup *c)
{
	if (c->on_failure == HEALTH_ON_FAILURE_NONE)
		return;
	service_step(c->service, E_UNHEALTHY, &(struct event_info){ .health = c->on_failure });
}

static void step(struct checkup *c, enum health_event event)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);
	unsigned int answer = health_step(&c->health, &c->config, event, now);

	loop_arm(c->service->manager->loop, &c->timer, c->health.due);
	if (answer & HEALTH_KILL) {
		manager_unit_log(c->service->manager, node_of(c), LOG_WARNING,
				 "HealthCmd= did not end within HealthTimeout=");
		kill_check(c->service);
	}
	if (answer & HEALTH_TELL)
		tell_state(c);
	if (answer & HEALTH_CHECK)
		make_check(c);
	if (answer & HEALTH_ACT)
		act(c);
}

static void on_timer(struct timer *timer, usec_t now)
{
	(void)now;
	step(container_of(timer, struct checkup, timer), HEALTH_DUE);
}

void checkup_program_ended(struct service *s)
{
	kill_check(s);
}

void checkup_ended(struct process *p)
{
	struct service *s = p->service;
	struct checkup *c = service_has(s)->checkup;
	bool passed = p->exit_code == CLD_EXITED && p->exit_status == 0;

	if (c->health.checking && !c->health.overdue)
		tell_outcome(c, passed);
	process_forget(p);
	/* What it left running in the background would keep the next one out. */
	kill_check(s);
	step(c, passed ? HEALTH_PASSED : HEALTH_FAILED);
	/* It may have been all that the end of its service waited for. */
	if (s->machine.populated && s->main.pid == 0 && service_control(s)->pid == 0 &&
	    service_anchor(s)->pid == 0 && cgroups_empty(s))
		service_step(s, E_EMPTIED, NULL);
}

void checkup_view_ready(struct service *s)
{
	struct checkup *c = service_has(s)->checkup;

	if (!c || c->health.state == HEALTH_NONE || c->health.checking)
		return;
	if (c->health.state == HEALTH_STARTING && c->health.failures == 0)
		loop_arm(s->manager->loop, &c->timer, c->health.due = c->health.begun);
}

void checkup_follow(struct service *s)
{
	struct checkup *c = service_has(s)->checkup;
	enum service_state state = service_state(s);
	enum active_state active = service_active_state(state);
	bool up = (active == ACTIVE_ACTIVE || active == ACTIVE_RELOADING) && state != S_EXITED &&
		  s->manager->regime != REGIME_DOWN;

	/* HealthInterval=disable, or a reload has taken HealthCmd= away. */
	up = up && c && c->config.interval != USEC_INFINITY;
	if (!c || up == (c->health.state != HEALTH_NONE))
		return;
	if (up) {
		health_begin(&c->health, &c->config, clock_now(CLOCK_MONOTONIC));
	} else {
		kill_check(s);
		health_end(&c->health);
	}
	loop_arm(s->manager->loop, &c->timer, c->health.due);
}

const char *checkup_state(const struct service *s)
{
	return service_has(s)->checkup ? health_state_name(service_has(s)->checkup->health.state)
				       : "";
}

void checkup_drop(struct service *s)
{
	if (!service_has(s)->checkup)
		return;
	if (service_has(s)->checkup->check.pid != 0)
		kill_check(s);
	process_forget(&service_has(s)->checkup->check);
}

/* --- settings ----------------------------------------------------------------------------- */

/* podman-run(1): "none" switches off what an image, or here a drop-in, brings along. */
static bool has_check(const struct unit *u)
{
	const struct command *cmd = plan_command(u, SLOT_HEALTH, 0);

	return cmd && !(cmd->argc == 1 && str_eq(cmd->path, "none"));
}

static struct checkup *checkup_new(struct service *s)
{
	struct checkup *c = pool_alloc(sizeof(*c));

	if (!c)
		return NULL;
	c->service = c->check.service = s;
	c->check.pidfd = c->check.report.fd = -1;
	c->timer = (struct timer)TIMER_INIT(on_timer);
	health_end(&c->health);
	return c;
}

int checkup_configure(struct service *s, const struct unit *u)
{
	bool wanted = has_check(u);
	struct checkup *c = service_has(s)->checkup;

	if (!wanted && !c)
		return 0;
	if (!c) {
		c = service_extra(s) ? checkup_new(s) : NULL;
		if (!c)
			return -ENOMEM;
		s->extra->checkup = c;
		s->manager->n_checkups++;
	}
	c->config = (struct health_config){
		.interval = wanted ? unit_u64(u, K_HealthInterval) : USEC_INFINITY,
		.timeout = unit_u64(u, K_HealthTimeout),
		.start_period = unit_u64(u, K_HealthStartPeriod),
		.retries = (uint32_t)unit_u64(u, K_HealthRetries),
	};
	c->on_failure = (uint8_t)unit_u64(u, K_HealthOnFailure);
	checkup_follow(s); /* after a reload it may be up already */
	return 0;
}
