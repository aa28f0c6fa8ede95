/* SPDX-License-Identifier: MIT */
#include "init/service_config.h"

#include "init/kind.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "lib/list.h"
#include "lib/pool.h"

#include <string.h>

struct shared {
	struct list link; /* used last comes first */
	uint32_t users;
	struct machine_config config;
	struct restart_curve oom; /* config.restart.oom, if that is not NULL */
};

static struct list all = LIST_INIT(all);

/* How many are compared with: a machine with more kinds of services pays for some twice. */
#define LOOK_AT 16

static uint64_t own_or(const struct unit *u, enum key own, enum key other)
{
	return unit_u64(u, unit_setting(u, own) ? own : other);
}

/* The curve of OOM deaths, where one is written; each key that is not is that of the other curve. */
static void configure_oom(struct shared *to, const struct unit *u)
{
	if (!unit_setting(u, K_RestartOOMSec) && !unit_setting(u, K_RestartOOMSteps) &&
	    !unit_setting(u, K_RestartOOMMaxDelaySec))
		return;
	to->config.restart.oom = &to->oom;
	to->oom.delay = own_or(u, K_RestartOOMSec, K_RestartSec);
	to->oom.max_delay = own_or(u, K_RestartOOMMaxDelaySec, K_RestartMaxDelaySec);
	to->oom.steps = (uint16_t)own_or(u, K_RestartOOMSteps, K_RestartSteps);
}

static void configure_restart(struct restart_config *c, const struct unit *u)
{
	c->policy = (uint8_t)unit_u64(u, K_Restart);
	c->mode = (uint8_t)unit_u64(u, K_RestartMode);
	c->jitter_percent = (uint8_t)unit_u64(u, K_RestartJitter);
	c->limit_burst = (uint32_t)unit_u64(u, K_StartLimitBurst);
	c->limit_interval = unit_u64(u, K_StartLimitIntervalSec);
	c->reset_after = unit_u64(u, K_RestartResetSec);
	c->curve.delay = unit_u64(u, K_RestartSec);
	c->curve.max_delay = unit_u64(u, K_RestartMaxDelaySec);
	c->curve.steps = (uint16_t)unit_u64(u, K_RestartSteps);
}

/* Not a service: what its child makes stays until it is stopped (kind.h). */
static void configure_other(struct machine_config *c, const struct unit *u)
{
	c->type = TYPE_ONESHOT;
	c->remain_after_exit = true;
	c->timeout_start = c->timeout_stop = unit_u64(u, K_JobTimeout);
	c->runtime_max = USEC_INFINITY;
}

static void configure(struct machine_config *c, const struct node *node)
{
	const struct unit *u = node->unit;
	const struct unit_kind *kind = unit_kind_of(node);

	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		c->n_commands[slot] = (uint16_t)(plan_command_count(u, slot) +
						 (kind->works ? kind->works(u, slot) : 0));
	c->type = (uint8_t)unit_u64(u, K_Type);
	if (!unit_setting(u, K_Type) && c->n_commands[SLOT_START] == 0)
		c->type = TYPE_ONESHOT;
	c->kill_mode = (uint8_t)unit_u64(u, K_KillMode);
	c->oom_policy = (uint8_t)unit_u64(u, K_OOMPolicy);
	c->remain_after_exit = unit_bool(u, K_RemainAfterExit);
	c->send_sigkill = unit_bool(u, K_SendSIGKILL);
	/* A oneshot may take its time unless somebody says otherwise (systemd.service(5)). */
	c->timeout_start = c->type == TYPE_ONESHOT && !unit_setting(u, K_TimeoutStartSec)
				   ? USEC_INFINITY
				   : unit_u64(u, K_TimeoutStartSec);
	c->timeout_stop = unit_u64(u, K_TimeoutStopSec);
	/* Not written it follows TimeoutStopSec=, systemd.service(5). */
	c->timeout_abort = unit_u64(u, K_TimeoutAbortSec);
	c->runtime_max = unit_u64(u, K_RuntimeMaxSec);
	c->watchdog = unit_u64(u, K_WatchdogSec);
	configure_restart(&c->restart, u);
	if (u->type != UNIT_SERVICE)
		configure_other(c, u);
}

/* Byte by byte: both began as zeroes and were filled field by field, padding included. */
static bool is_same(const struct shared *a, const struct shared *b)
{
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	return memcmp(&a->config, &b->config, sizeof(a->config)) == 0;
}

static struct shared *find(const struct shared *wanted)
{
	struct list *pos;
	int n = 0;

	list_for_each (pos, &all) {
		struct shared *s = list_entry(pos, struct shared, link);

		if (is_same(s, wanted))
			return s;
		if (++n == LOOK_AT)
			return NULL;
	}
	return NULL;
}

const struct machine_config *service_config_get(const struct node *node)
{
	struct shared *wanted = pool_alloc(sizeof(*wanted));

	if (!wanted)
		return NULL;
	configure(&wanted->config, node);
	struct shared *s = find(wanted);

	configure_oom(wanted, node->unit);
	/* Its own curve makes it nobody else's. */
	if (s && !wanted->config.restart.oom && !s->config.restart.oom) {
		pool_free(wanted, sizeof(*wanted));
		list_remove(&s->link);
	} else {
		s = wanted;
	}
	list_append(all.next, &s->link); /* in front of the first */
	s->users++;
	return &s->config;
}

void service_config_put(const struct machine_config *config)
{
	struct shared *s = container_of((void *)(uintptr_t)config, struct shared, config);

	if (!config || --s->users > 0)
		return;
	list_remove(&s->link);
	pool_free(s, sizeof(*s));
}
