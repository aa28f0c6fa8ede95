/* SPDX-License-Identifier: MIT */
#include "init/shutdown.h"

#include "init/console.h"
#include "init/finish.h"
#include "init/jobs.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>

/*
 * All stops together may take the longest single stop there is, and this much for those that wait
 * for one another.
 */
#define SLACK (90 * USEC_PER_SEC)
/* Units with TimeoutStopSec=infinity count as this. */
#define LONGEST (10 * 60 * USEC_PER_SEC)

#define FIRST_PROGRESS (3 * USEC_PER_SEC)
#define PROGRESS       (5 * USEC_PER_SEC)
#define MAX_NAMED      4

#define FORCE_PRESSES 7
#define FORCE_WINDOW  (2 * USEC_PER_SEC)

static void on_progress(struct timer *timer, usec_t now);

static struct {
	struct manager *m;
	struct timer timer; /* the next progress line, or the deadline */
	usec_t begin, deadline;
	bool forced;
	usec_t first_press;
	unsigned int presses;
	void (*last_words)(struct manager *m);
} down = { .timer = TIMER_INIT(on_progress) };

static const char *const doing[] = {
	[FINAL_NONE] = "staying", [FINAL_POWEROFF] = "powering off", [FINAL_REBOOT] = "rebooting",
	[FINAL_HALT] = "halting", [FINAL_EXIT] = "ending",
};

/* The service's own limit, cut to what a shutdown waits for anybody. */
static usec_t stop_limit(const struct node *node)
{
	usec_t limit = node->service ? node->service->config->timeout_stop : 0;

	return limit > LONGEST ? LONGEST : limit;
}

static usec_t longest_stop(const struct manager *m)
{
	usec_t longest = 0;

	for (uint32_t i = 0; i < m->n_nodes; i++)
		if (m->nodes[i].job && stop_limit(&m->nodes[i]) > longest)
			longest = stop_limit(&m->nodes[i]);
	return longest;
}

static void name_one(const struct node *node, usec_t now, struct strbuf *b)
{
	usec_t since = node->active_exit > down.begin ? node->active_exit : down.begin;
	char span[32];

	strbuf_put(b, node->unit->id);
	if (!node->service)
		return;
	format_span((now - since) / USEC_PER_SEC * USEC_PER_SEC, span, sizeof(span));
	strbuf_printf(b, " (%s, for %s)", service_state_name(service_state(node->service)), span);
}

/*
 * "db.service (stop-sigterm, for 12s), x.service (stop, for 3s); 6 wait for them". Only those whose
 * turn it is are late; the others could not stop yet. Returns how many there are in all.
 */
static unsigned int name_late(const struct manager *m, usec_t now, struct strbuf *b)
{
	unsigned int late = 0, waiting = 0;

	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct node *node = &m->nodes[i];

		if (!node->job)
			continue;
		if (!node->job->running) {
			waiting++;
			continue;
		}
		if (late++ >= MAX_NAMED)
			continue;
		strbuf_put(b, late > 1 ? ", " : "");
		name_one(node, now, b);
	}
	if (late > MAX_NAMED)
		strbuf_printf(b, " and %u more", late - MAX_NAMED);
	if (waiting)
		strbuf_printf(b, "; %u wait%s for them", waiting, waiting == 1 ? "s" : "");
	return late + waiting;
}

static void on_progress(struct timer *timer, usec_t now)
{
	char line[512], left[32];
	struct strbuf b = STRBUF_INIT(line);
	usec_t next = usec_add(now, PROGRESS);

	if (now >= down.deadline)
		return; /* shutdown_check() follows in this round */
	strbuf_put(&b, "still stopping: ");
	if (name_late(down.m, now, &b) > 0) {
		format_span((down.deadline - now) / USEC_PER_SEC * USEC_PER_SEC, left,
			    sizeof(left));
		strbuf_printf(&b, "; at most %s more", left);
		console_line(line);
	}
	loop_arm(down.m->loop, timer, next < down.deadline ? next : down.deadline);
}

static void begin(struct manager *m)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);
	int r;

	m->regime = REGIME_DOWN;
	down.m = m;
	down.begin = now;
	r = jobs_stop_all(m);
	if (r < 0) {
		log_err("cannot stop the units one by one: %s", diag_errno(-r));
		down.forced = true;
	}
	down.deadline = usec_add(now, SLACK + longest_stop(m));
	loop_arm(m->loop, &down.timer, usec_add(now, FIRST_PROGRESS));
}

int shutdown_begin(struct manager *m, enum final_action action, int status, struct diag *diag)
{
	bool again = m->regime == REGIME_DOWN;

	if (action == FINAL_NONE)
		return diag_set(diag, DIAG_ERROR, EINVAL, "no way to end was given");
	m->final_action = action;
	m->exit_status = status;
	log_notice("%s%s", doing[action], again ? ": asked again, not waiting" : "");
	if (again)
		shutdown_force(m);
	else
		begin(m);
	return 0;
}

void shutdown_force(struct manager *m)
{
	if (m->regime != REGIME_DOWN)
		return;
	down.forced = true;
	/* A round of the loop comes by itself, so that shutdown_check() is reached. */
	loop_arm(m->loop, &down.timer, clock_now(CLOCK_MONOTONIC));
}

void shutdown_check(struct manager *m)
{
	char line[512];
	struct strbuf b = STRBUF_INIT(line);
	usec_t now;

	if (m->regime != REGIME_DOWN)
		return;
	now = clock_now(CLOCK_MONOTONIC);
	if (!list_empty(&m->jobs)) {
		if (!down.forced && now < down.deadline)
			return;
		strbuf_put(&b, "no longer waiting for ");
		if (name_late(m, now, &b) > 0)
			log_err("%s", line);
	}
	if (down.last_words)
		down.last_words(m);
	finish(m->final_action, m->exit_status, m->config.exit_port);
}

void shutdown_ctrl_alt_del(struct manager *m)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);

	if (down.presses == 0 || now - down.first_press > FORCE_WINDOW) {
		down.presses = 0;
		down.first_press = now;
	}
	if (++down.presses >= FORCE_PRESSES)
		shutdown_force(m);
	else if (m->regime != REGIME_DOWN)
		(void)shutdown_begin(m, FINAL_REBOOT, 0, NULL); /* cannot refuse this action */
}

void shutdown_set_last_words(void (*fn)(struct manager *m))
{
	down.last_words = fn;
}
