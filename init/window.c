/* SPDX-License-Identifier: MIT */
#include "init/window.h"

#include "init/manager.h"
#include "lib/str.h"

#define WINDOW_PATIENCE USEC_PER_SEC

static unsigned int under_way;
static struct manager *manager;

static void forgive(struct process *p)
{
	if (p->in_window)
		under_way--;
	p->in_window = false;
}

static void on_timer(struct timer *timer, usec_t now)
{
	(void)timer;
	(void)now;
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		struct service *s = manager->nodes[i].service;

		if (!s)
			continue;
		forgive(&s->main);
		forgive(&s->control);
		forgive(&s->anchor);
	}
}

static struct timer timer = TIMER_INIT(on_timer);

bool window_has_room(const struct manager *m)
{
	(void)m;
	return under_way < WINDOW_SIZE;
}

void window_enter(struct manager *m, struct process *p)
{
	manager = m;
	p->in_window = true;
	/* From the moment it is full: who enters last is given the whole patience. */
	if (++under_way >= WINDOW_SIZE)
		loop_arm(m->loop, &timer, clock_now(CLOCK_MONOTONIC) + WINDOW_PATIENCE);
}

void window_leave(struct manager *m, struct process *p)
{
	(void)m;
	spawn_settled(&p->lent);
	forgive(p);
}
