/* SPDX-License-Identifier: MIT */
#include "init/restart.h"

#define CAUSE(c) (1u << (c))

/*
 * The table of systemd.service(5) under Restart=, a row per policy, a bit per cause. Its code
 * treats a run that could not be tried or broke its type's protocol (END_ERROR) like a timeout.
 */
static const unsigned int wanted[] = {
	[RESTART_NO] = 0,
	[RESTART_ON_SUCCESS] = CAUSE(END_CLEAN),
	[RESTART_ON_FAILURE] = CAUSE(END_UNCLEAN_CODE) | CAUSE(END_UNCLEAN_SIGNAL) |
			       CAUSE(END_TIMEOUT) | CAUSE(END_WATCHDOG) | CAUSE(END_OOM) |
			       CAUSE(END_ERROR),
	[RESTART_ON_ABNORMAL] = CAUSE(END_UNCLEAN_SIGNAL) | CAUSE(END_TIMEOUT) |
				CAUSE(END_WATCHDOG) | CAUSE(END_OOM) | CAUSE(END_ERROR),
	[RESTART_ON_WATCHDOG] = CAUSE(END_WATCHDOG),
	[RESTART_ON_ABORT] = CAUSE(END_UNCLEAN_SIGNAL) | CAUSE(END_OOM),
	[RESTART_ON_OOM] = CAUSE(END_OOM),
	[RESTART_ALWAYS] = CAUSE(END_COUNT) - 1,
};

bool restart_wanted(enum restart_policy policy, enum end_cause cause)
{
	return wanted[policy] & CAUSE(cause);
}

bool restart_count_start(struct restart_history *h, const struct restart_config *c, usec_t now)
{
	if (c->limit_burst == 0 || c->limit_interval == 0)
		return true;
	/* The window opens with the first start in it and closes as a whole, as systemd's does. */
	if (h->window_count == 0 || now - h->window_start > c->limit_interval) {
		h->window_start = now;
		h->window_count = 0;
	}
	if (h->window_count >= c->limit_burst)
		return false;
	h->window_count++;
	return true;
}

/* base^n by squaring; overflows to infinity, which every comparison below stands. */
static double power(double base, unsigned int n)
{
	double r = 1;

	for (; n; n >>= 1, base *= base)
		if (n & 1)
			r *= base;
	return r;
}

/* The positive n-th root of @x >= 1, by bisection: libm's pow() would cost PID 1 kilobytes. */
static double root(double x, unsigned int n)
{
	double low = 1, high = x;

	for (int i = 0; i < 64; i++) {
		double mid = (low + high) / 2;

		if (power(mid, n) < x)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* The delay before the restart that follows @step earlier ones. */
static usec_t delay_at(const struct restart_curve *c, unsigned int step)
{
	double delay;

	if (c->steps == 0 || step == 0 || c->delay == 0 || c->max_delay == USEC_INFINITY ||
	    c->delay >= c->max_delay)
		return c->delay;
	if (step >= c->steps)
		return c->max_delay;
	delay = (double)c->delay *
		power(root((double)c->max_delay / (double)c->delay, c->steps), step);
	return delay < (double)c->max_delay ? (usec_t)delay : c->max_delay;
}

static usec_t add_jitter(usec_t delay, unsigned int percent, uint32_t random)
{
	/* One day is far beyond any delay that jitter is good for, and keeps the product in range.
	 */
	const usec_t day = 86400 * USEC_PER_SEC;
	usec_t most = (delay < day ? delay : day) / 100 * percent;

	return usec_add(delay, (usec_t)((double)most * ((double)random / UINT32_MAX)));
}

usec_t restart_next_delay(struct restart_history *h, const struct restart_config *c,
			  enum end_cause cause, usec_t now, uint32_t random)
{
	bool oom = cause == END_OOM && c->oom;
	uint16_t *step = oom ? &h->oom_step : &h->step;
	usec_t delay;

	if (h->run_start != 0 && c->reset_after != USEC_INFINITY &&
	    now - h->run_start >= c->reset_after)
		h->step = h->oom_step = 0;
	delay = delay_at(oom ? c->oom : &c->curve, *step);
	if (*step < UINT16_MAX)
		(*step)++;
	return add_jitter(delay, c->jitter_percent, random);
}

void restart_forget(struct restart_history *h)
{
	h->step = h->oom_step = 0;
	h->restarts = 0;
}
