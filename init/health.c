/* SPDX-License-Identifier: MIT */
#include "init/health.h"

/* Until a check that could not be made now is tried again. */
#define PAUSE USEC_PER_SEC

void health_begin(struct health *h, const struct health_config *c, usec_t now)
{
	if (h->state != HEALTH_NONE)
		return;
	*h = (struct health){
		.state = HEALTH_STARTING,
		.begun = now,
		.due = c->interval == USEC_INFINITY ? USEC_INFINITY : now,
	};
}

void health_end(struct health *h)
{
	*h = (struct health){ .state = HEALTH_NONE, .due = USEC_INFINITY };
}

static unsigned int turn(struct health *h, enum health_state state)
{
	bool turned = h->state != state;

	h->state = (uint8_t)state;
	return turned ? HEALTH_TELL : 0;
}

static unsigned int passed(struct health *h)
{
	h->failures = 0;
	return turn(h, HEALTH_HEALTHY);
}

static unsigned int failed(struct health *h, const struct health_config *c, usec_t now)
{
	if (h->state == HEALTH_STARTING && now - h->begun < c->start_period)
		return 0;
	if (h->failures < UINT32_MAX)
		h->failures++;
	return h->failures < c->retries ? 0 : HEALTH_ACT | turn(h, HEALTH_UNHEALTHY);
}

static unsigned int due(struct health *h, const struct health_config *c, usec_t now)
{
	if (now < h->due)
		return 0;
	if (!h->checking) {
		h->checking = true;
		h->due = usec_add(now, c->timeout);
		return HEALTH_CHECK;
	}
	h->overdue = true;
	h->due = usec_add(now, c->interval);
	return HEALTH_KILL | failed(h, c, now);
}

/* The check is over: the next one may come. */
static bool ended(struct health *h, usec_t next)
{
	bool counts = h->checking && !h->overdue;

	h->checking = h->overdue = false;
	h->due = next;
	return counts;
}

unsigned int health_step(struct health *h, const struct health_config *c, enum health_event event,
			 usec_t now)
{
	usec_t next = usec_add(now, c->interval);

	if (h->state == HEALTH_NONE)
		return 0;
	switch (event) {
	case HEALTH_DUE: return due(h, c, now);
	case HEALTH_PASSED: return ended(h, next) ? passed(h) : 0;
	case HEALTH_FAILED: return ended(h, next) ? failed(h, c, now) : 0;
	case HEALTH_POSTPONED: (void)ended(h, usec_add(now, PAUSE)); return 0;
	}
	return 0;
}

const char *health_state_name(enum health_state state)
{
	switch (state) {
	case HEALTH_NONE: break;
	case HEALTH_STARTING: return "starting";
	case HEALTH_HEALTHY: return "healthy";
	case HEALTH_UNHEALTHY: return "unhealthy";
	}
	return "";
}
