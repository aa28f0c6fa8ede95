/* SPDX-License-Identifier: MIT */
#include "init/service.h"

#include "init/actions.h"
#include "init/checkup.h"
#include "init/control.h"
#include "init/kind.h"
#include "init/logs.h"
#include "init/manager.h"
#include "init/memory_mark.h"
#include "init/notify.h"
#include "init/process.h"
#include "init/service_config.h"
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

struct process no_process = { .pidfd = -1, .report = { .fd = -1 } };

static void init_process(struct service *s, struct process *p)
{
	p->service = s;
	p->pidfd = p->report.fd = -1;
}

const struct service_extra no_extra = { .notify = { .fd = -1 } };

struct service_extra *service_extra(struct service *s)
{
	if (s->extra)
		return s->extra;
	s->extra = pool_alloc(sizeof(*s->extra));
	if (s->extra) {
		s->extra->service = s;
		s->extra->notify.fd = -1;
	}
	return s->extra;
}

int service_reserve_helpers(struct service *s)
{
	struct service_extra *extra = service_extra(s);

	if (!extra)
		return -ENOMEM;
	if (extra->helpers)
		return 0;
	extra->helpers = pool_alloc(sizeof(*extra->helpers));
	if (!extra->helpers)
		return -ENOMEM;
	init_process(s, &extra->helpers->control);
	init_process(s, &extra->helpers->anchor);
	return 0;
}

void service_reconfigure(struct service *s, const struct node *node)
{
	const struct machine_config *config = service_config_get(node);

	/* Other limits, for a cgroup that has none yet: at the end of this run, too. */
	s->cgroup_clean = false;
	s->cgroup_stale = true;
	if (config) {
		service_config_put(s->config);
		s->config = config;
	}
	if (!config || checkup_configure(s, node->unit) < 0 ||
	    memory_mark_configure(s, node->unit) < 0)
		log_warn("%s: no memory for its new settings", node->unit->id);
}

const char *service_invocation(const struct service *s, char text[33])
{
	static const uint8_t none[sizeof(s->invocation)];

	text[0] = '\0';
	if (memcmp(s->invocation, none, sizeof(none)) != 0)
		process_id_text(s->invocation, text);
	return text;
}

struct service *service_new(struct manager *m, struct node *node)
{
	struct service *s = pool_alloc(sizeof(*s));

	if (!s)
		return NULL;
	s->manager = m;
	s->index = node->unit->index;
	init_process(s, &s->main);
	s->log.fd = s->netns = s->cgroup_fd = -1;
	s->timer = (struct timer)TIMER_INIT(on_deadline);
	machine_init(&s->machine);
	s->config = service_config_get(node);
	if (!s->config || checkup_configure(s, node->unit) < 0 ||
	    memory_mark_configure(s, node->unit) < 0) {
		service_config_put(s->config);
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

bool service_awaits_number(const struct service *s)
{
	const struct process *p = &s->main;

	/* With Type=idle that may be seconds; the other types are not active before. */
	return s->config->type == TYPE_SIMPLE && p->pid != 0 && p->stub && !p->exec_ok &&
	       !p->failed_setup && !p->reported_exit;
}

pid_t service_main_pid(const struct service *s)
{
	return s->main.stub ? s->main.inner_pid : s->main.pid;
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

	usec_t now = clock_now(CLOCK_MONOTONIC);

	m->step_time = now;
	if (event == E_START)
		s->start_began = now;
	bool changed =
		machine_step(&s->machine, s->config, event, info, now, any_number(m), &actions);

	if (actions.impossible)
		log_err("bug: %s: event %s in state %s", manager_node(m, s->index)->unit->id,
			service_event_name(event), service_state_name(from));
	loop_arm(m->loop, &s->timer, machine_due(&s->machine));
	const struct unit_kind *kind = unit_kind_of(manager_node(m, s->index));

	if (changed && kind->stepped)
		kind->stepped(m, manager_node(m, s->index));
	/* Actions may step again (a spawn that fails); what is published is where it all ends. */
	enum service_state to = service_state(s);

	service_act(s, &actions);
	checkup_follow(s);
	struct node *node = manager_node(m, s->index);
	uint8_t was = node->active;

	manager_set_active(m, node, service_active_state(service_state(s)));
	/* A new active state was published by that; subscribers also want to see sub-states. */
	if (changed && node->active == was && service_state(s) == to)
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
