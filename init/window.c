/* SPDX-License-Identifier: MIT */
#include "init/window.h"

#include "init/checkup.h"
#include "init/manager.h"
#include "lib/pool.h"

#define WINDOW_PATIENCE USEC_PER_SEC

static struct manager *manager; /* as for the timer: written once */

static void forgive(struct process *p)
{
	if (p->in_window)
		p->service->manager->under_way--;
	p->in_window = false;
}

bool window_has_room(const struct manager *m)
{
	return m->under_way < WINDOW_SIZE;
}

static void on_timer(struct timer *due, usec_t now)
{
	(void)due;
	(void)now;
	if (window_has_room(manager))
		return;
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		struct service *s = manager->nodes[i].service;

		if (!s)
			continue;
		forgive(&s->main);
		forgive(service_control(s));
		forgive(service_anchor(s));
		if (service_has(s)->checkup)
			forgive(&service_has(s)->checkup->check);
	}
}

static struct timer timer = TIMER_INIT(on_timer);

void window_enter(struct manager *m, struct process *p)
{
	p->in_window = true;
	/*
	 * From the moment it is full, and not anew with each that enters: commands that are no start
	 * jobs come in all the same, and would put off for ever what ends the waiting.
	 */
	if (++m->under_way < WINDOW_SIZE || timer.at != USEC_INFINITY)
		return;
	manager = m;
	loop_arm(m->loop, &timer, clock_now(CLOCK_MONOTONIC) + WINDOW_PATIENCE);
}

void window_leave(struct manager *m, struct process *p)
{
	(void)m;
	if (p->lent)
		spawn_settled(p->lent);
	pool_free(p->lent, sizeof(*p->lent));
	p->lent = NULL;
	forgive(p);
}
