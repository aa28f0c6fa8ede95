/* SPDX-License-Identifier: MIT */
#include "init/service.h"

#include "init/actions.h"
#include "init/checkup.h"
#include "init/control.h"
#include "init/kind.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/notify.h"
#include "init/plan_parts.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void on_deadline(struct timer *timer, usec_t now)
{
	struct service *s = container_of(timer, struct service, timer);

	service_step(s, now >= s->machine.deadline ? E_TIMEOUT : E_WATCHDOG, NULL);
}

/* Not a service: what its child makes stays until it is stopped (kind.h). */
static void configure_other(struct machine_config *c, const struct unit *u)
{
	c->type = TYPE_ONESHOT;
	c->remain_after_exit = true;
	c->timeout_start = c->timeout_stop = unit_u64(u, K_JobTimeout);
	c->runtime_max = USEC_INFINITY;
}

/* The unit's settings in the machine's words; once per load. */
static void configure(struct service *s, const struct node *node)
{
	const struct unit *u = node->unit;
	const struct unit_kind *kind = unit_kind_of(node);
	struct machine_config *c = &s->config;
	bool oneshot;

	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		c->n_commands[slot] = (uint16_t)(plan_command_count(u, slot) +
						 (kind->works ? kind->works(u, slot) : 0));
	c->type = (uint8_t)(unit_setting(u, K_Type)	    ? unit_u64(u, K_Type)
			    : c->n_commands[SLOT_START] > 0 ? TYPE_SIMPLE
							    : TYPE_ONESHOT);
	oneshot = c->type == TYPE_ONESHOT;
	c->kill_mode = (uint8_t)unit_u64(u, K_KillMode);
	c->oom_policy = (uint8_t)unit_u64(u, K_OOMPolicy);
	c->remain_after_exit = unit_bool(u, K_RemainAfterExit);
	c->send_sigkill = unit_bool(u, K_SendSIGKILL);
	/* A oneshot may take its time unless somebody says otherwise (systemd.service(5)). */
	c->timeout_start = oneshot && !unit_setting(u, K_TimeoutStartSec)
				   ? USEC_INFINITY
				   : unit_u64(u, K_TimeoutStartSec);
	c->timeout_stop = unit_u64(u, K_TimeoutStopSec);
	/* Not written it follows TimeoutStopSec=, systemd.service(5). */
	c->timeout_abort = unit_u64(u, K_TimeoutAbortSec);
	c->runtime_max = unit_u64(u, K_RuntimeMaxSec);
	c->watchdog = unit_u64(u, K_WatchdogSec);
	c->restart = (struct restart_config){
		.policy = (uint8_t)unit_u64(u, K_Restart),
		.mode = (uint8_t)unit_u64(u, K_RestartMode),
		.jitter_percent = (uint8_t)unit_u64(u, K_RestartJitter),
		.limit_burst = (uint32_t)unit_u64(u, K_StartLimitBurst),
		.limit_interval = unit_u64(u, K_StartLimitIntervalSec),
		.reset_after = unit_u64(u, K_RestartResetSec),
		.oom = c->restart.oom,
		.curve = { .delay = unit_u64(u, K_RestartSec),
			   .max_delay = unit_u64(u, K_RestartMaxDelaySec),
			   .steps = (uint16_t)unit_u64(u, K_RestartSteps) },
	};
	if (u->type != UNIT_SERVICE)
		configure_other(c, u);
}

static uint64_t own_or(const struct unit *u, enum key own, enum key other)
{
	return unit_u64(u, unit_setting(u, own) ? own : other);
}

/* The curve of OOM deaths, where one is written; each key that is not is that of the other curve. */
static int configure_oom(struct restart_config *config, const struct unit *u)
{
	bool written = unit_setting(u, K_RestartOOMSec) || unit_setting(u, K_RestartOOMSteps) ||
		       unit_setting(u, K_RestartOOMMaxDelaySec);

	if (written && !config->oom)
		config->oom = pool_alloc(sizeof(*config->oom));
	if (written && !config->oom)
		return -ENOMEM;
	if (written) {
		config->oom->delay = own_or(u, K_RestartOOMSec, K_RestartSec);
		config->oom->max_delay = own_or(u, K_RestartOOMMaxDelaySec, K_RestartMaxDelaySec);
		config->oom->steps = (uint16_t)own_or(u, K_RestartOOMSteps, K_RestartSteps);
	} else if (config->oom) {
		pool_free(config->oom, sizeof(*config->oom));
		config->oom = NULL;
	}
	return 0;
}

struct service *service_new(struct manager *m, struct node *node)
{
	struct service *s = pool_alloc(sizeof(*s));

	if (!s)
		return NULL;
	s->manager = m;
	s->index = node->unit->index;
	s->main.service = s->control.service = s->anchor.service = s;
	s->main.pidfd = s->control.pidfd = s->anchor.pidfd = -1;
	s->main.report.fd = s->control.report.fd = s->anchor.report.fd = -1;
	s->log.fd = s->notify.fd = s->netns = -1;
	s->timer = (struct timer)TIMER_INIT(on_deadline);
	machine_init(&s->machine);
	configure(s, node);
	if (configure_oom(&s->config.restart, node->unit) < 0 ||
	    checkup_configure(s, node->unit) < 0) {
		pool_free(s, sizeof(*s));
		return NULL;
	}
	return s;
}

enum active_state service_active_state(enum service_state state)
{
	switch (state) {
	case S_DEAD: return ACTIVE_INACTIVE;
	case S_FAILED: return ACTIVE_FAILED;
	case S_CONDITION:
	case S_START_PRE:
	case S_START:
	case S_START_POST:
	case S_AUTO_RESTART: return ACTIVE_ACTIVATING;
	case S_RUNNING:
	case S_EXITED: return ACTIVE_ACTIVE;
	case S_RELOAD:
	case S_RELOAD_SIGNAL:
	case S_RELOAD_NOTIFY: return ACTIVE_RELOADING;
	case S_STOP:
	case S_STOP_WATCHDOG:
	case S_STOP_SIGTERM:
	case S_STOP_SIGKILL:
	case S_STOP_POST:
	case S_FINAL_SIGTERM:
	case S_FINAL_SIGKILL: return ACTIVE_DEACTIVATING;
	case S_COUNT: break;
	}
	return ACTIVE_INACTIVE;
}

const char *active_state_name(enum active_state state)
{
	static const char *const names[] = {
		[ACTIVE_INACTIVE] = "inactive",
		[ACTIVE_ACTIVATING] = "activating",
		[ACTIVE_ACTIVE] = "active",
		[ACTIVE_RELOADING] = "reloading",
		[ACTIVE_DEACTIVATING] = "deactivating",
		[ACTIVE_FAILED] = "failed",
	};

	return names[state];
}

pid_t service_main_pid(const struct service *s)
{
	if (s->main.pid == 0)
		return 0;
	return s->main.stub && s->main.inner_pid != 0 ? s->main.inner_pid : s->main.pid;
}

/* Any number does for jitter; xorshift, seeded by the clock. */
static uint32_t any_number(struct manager *m)
{
	uint32_t x = m->random ? m->random : (uint32_t)clock_now(CLOCK_REALTIME) | 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return m->random = x;
}

void service_step(struct service *s, enum service_event event, const struct event_info *info)
{
	struct manager *m = s->manager;
	enum service_state from = service_state(s);
	struct actions actions = { .n = 0 };

	if (event == E_START)
		s->start_began = clock_now(CLOCK_MONOTONIC);
	bool changed = machine_step(&s->machine, &s->config, event, info,
				    clock_now(CLOCK_MONOTONIC), any_number(m), &actions);

	if (actions.impossible)
		log_err("bug: %s: event %s in state %s", manager_node(m, s->index)->unit->id,
			service_event_name(event), service_state_name(from));
	loop_arm(m->loop, &s->timer, machine_due(&s->machine));
	const struct unit_kind *kind = unit_kind_of(manager_node(m, s->index));

	if (changed && kind->stepped)
		kind->stepped(m, manager_node(m, s->index));
	/* Actions may step again (a spawn that fails); what is published is where it all ends. */
	service_act(s, &actions);
	checkup_follow(s);
	struct node *node = manager_node(m, s->index);
	uint8_t was = node->active;

	manager_set_active(m, node, service_active_state(service_state(s)));
	/* A new active state was published by that; subscribers also want to see sub-states. */
	if (changed && node->active == was)
		control_unit_changed(m, node);
}

void service_extend_deadline(struct service *s, usec_t span)
{
	machine_extend(&s->machine, usec_add(clock_now(CLOCK_MONOTONIC), span));
	loop_arm(s->manager->loop, &s->timer, machine_due(&s->machine));
}

void service_pet(struct service *s)
{
	machine_pet(&s->machine, clock_now(CLOCK_MONOTONIC));
	loop_arm(s->manager->loop, &s->timer, machine_due(&s->machine));
}

void service_watchdog(struct service *s, usec_t span)
{
	machine_watchdog(&s->machine, span, clock_now(CLOCK_MONOTONIC));
	loop_arm(s->manager->loop, &s->timer, machine_due(&s->machine));
}

void service_set_reason(struct service *s, const char *text)
{
	char *copy = strdup(text);

	/* Without memory the former reason is worth more than none. */
	if (!copy)
		return;
	free(s->reason);
	s->reason = copy;
}
