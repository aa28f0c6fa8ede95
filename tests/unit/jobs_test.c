/* SPDX-License-Identifier: MIT */
/* link: tests/fake/graph.c */
#include "init/actions.h"
#include "init/jobs.h"
#include "init/manager.h"
#include "init/reactions.h"
#include "init/transaction.h"
#include "init/window.h"
#include "lib/log.h"
#include "tests/fake/graph.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* --- a manager whose units do what the test says ------------------------------------------ */

static struct manager manager;
static char story[4096]; /* "start u1; u1 start done; ..." */
static bool quiet;	 /* no story, for the big ones */
static bool at_once;	 /* operations end before they return */
static int answer;	 /* what operations return otherwise */
static uint32_t n_done[JOB_RESULT_COUNT];
static unsigned int room; /* of the window of starts */
static bool check_order;  /* every operation is checked against the order */

static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *fmt, ...)
{
	size_t len = strlen(story);
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(story + len, sizeof(story) - len, fmt, ap);
	va_end(ap);
	len = strlen(story);
	snprintf(story + len, sizeof(story) - len, "; ");
}

static void set_up(uint32_t n)
{
	memset(&manager, 0, sizeof(manager));
	manager.set = graph_new(n);
	manager.nodes = calloc(n, sizeof(*manager.nodes));
	manager.n_nodes = n;
	for (uint32_t i = 0; i < n; i++)
		manager.nodes[i].unit = unit_set_at(manager.set, i);
	jobs_init(&manager);
	story[0] = '\0';
	memset(n_done, 0, sizeof(n_done));
	quiet = at_once = check_order = false;
	answer = 0;
	room = UINT32_MAX;
}

static void tear_down(void)
{
	assert_true(list_empty(&manager.jobs));
	graph_free(manager.set);
	free(manager.nodes);
}

bool window_has_room(const struct manager *m)
{
	(void)m;
	return room > 0;
}

static const char *const whys[] = {
	[WHY_EXPIRED] = "expired",
	[WHY_NEEDED] = "needs",
	[WHY_REQUISITE] = "requisite",
	[WHY_BINDS_TO] = "bound to",
};

void manager_job_done(struct manager *m, const struct job *job, enum job_result result)
{
	assert_ptr_equal(m, &manager);
	assert_null(m->nodes[job->unit].job);
	n_done[result]++;
	if (job->why == WHY_RESULT || job->why == WHY_EXPIRED)
		tell("u%u %s %s", job->unit, job_kind_name(job->kind), job_result_name(result));
	else
		tell("u%u %s %s (%s u%u)", job->unit, job_kind_name(job->kind),
		     job_result_name(result), whys[job->why], job->blocker);
}

void loop_arm(struct loop *loop, struct timer *timer, usec_t at)
{
	(void)loop;
	timer->at = at;
}

void reactions_job_expired(struct manager *m, uint32_t index)
{
	(void)m;
	tell("u%u expired", index);
}

void manager_unit_log(struct manager *m, const struct node *node, int priority, const char *fmt,
		      ...)
{
	char text[512];
	va_list ap;

	(void)m;
	(void)priority;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell("log %u: %s", node->unit->index, text);
}

static void heard(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	(void)outlet;
	if (priority <= LOG_WARNING)
		tell("%.*s", (int)len, text);
}

static struct log_outlet outlet = { .line = heard, .max_priority = LOG_WARNING };

static void settle(uint32_t unit, enum active_state active)
{
	manager.nodes[unit].active = (uint8_t)active;
	jobs_unit_settled(&manager, unit);
}

/* The slow and obvious way to see that an operation's turn has come. */
static void assert_turn(const struct node *node)
{
	const struct job *job = node->job;

	for (uint32_t i = 0; i < manager.n_nodes && check_order; i++) {
		const struct job *other = manager.nodes[i].job;

		if (other && other != job && !job->ignore_order)
			assert_false(transaction_must_wait(manager.set, job->kind, job->unit,
							   other->kind, i));
	}
}

static int operate(struct manager *m, struct node *node, enum job_kind kind)
{
	static const enum active_state under_way[] = {
		[JOB_START] = ACTIVE_ACTIVATING,
		[JOB_STOP] = ACTIVE_DEACTIVATING,
		[JOB_RELOAD] = ACTIVE_RELOADING,
	};
	uint32_t unit = node->unit->index;

	assert_non_null(node->job);
	assert_turn(node);
	tell("%s u%u", job_kind_name(kind), unit);
	if (kind == JOB_START && node->service) {
		assert_true(room > 0);
		room--;
	}
	if (answer != 0)
		return answer;
	if (at_once) {
		node->active = kind == JOB_STOP ? ACTIVE_INACTIVE : ACTIVE_ACTIVE;
		jobs_finish(m, unit, kind, JOB_DONE);
		jobs_unit_settled(m, unit);
	} else {
		settle(unit, under_way[kind]);
	}
	return 0;
}

int unit_start(struct manager *m, struct node *node, struct diag *diag)
{
	(void)diag;
	return operate(m, node, JOB_START);
}

int unit_stop(struct manager *m, struct node *node, struct diag *diag)
{
	(void)diag;
	return operate(m, node, JOB_STOP);
}

bool unit_can_reload(const struct node *node)
{
	return node->service && node->service->config->n_commands[SLOT_RELOAD] > 0;
}

int unit_reload(struct manager *m, struct node *node, struct diag *diag)
{
	(void)diag;
	return operate(m, node, JOB_RELOAD);
}

/* The unit's operation ends, in the order in which service.c tells it. */
static void ends(uint32_t unit, enum job_kind kind, enum job_result result)
{
	enum active_state active = kind == JOB_STOP	  ? ACTIVE_INACTIVE
				   : result == JOB_FAILED ? ACTIVE_FAILED
							  : ACTIVE_ACTIVE;

	jobs_finish(&manager, unit, kind, result);
	settle(unit, active);
	jobs_run(&manager);
}

static uint32_t enqueue(enum job_kind kind, uint32_t unit, enum job_mode mode)
{
	struct diag diag = { .text = "" };
	uint32_t id;
	int r = jobs_enqueue(&manager, kind, unit, mode, &id, &diag);

	assert_int_equal(r, 0);
	jobs_run(&manager);
	assert_false(jobs_pending(&manager));
	return id;
}

static void assert_story(const char *wanted)
{
	assert_string_equal(story, wanted);
	story[0] = '\0';
}

/* --- by hand ------------------------------------------------------------------------------ */

static void test_start_order(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 0, DEP_WANTS, 2);
	graph_add(manager.set, 2, DEP_BEFORE, 0);
	graph_finish(manager.set);
	assert_int_not_equal(enqueue(JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_story("start u1; start u2; ");
	ends(1, JOB_START, JOB_DONE);
	assert_story("u1 start done; ");
	ends(2, JOB_START, JOB_FAILED); /* only wanted */
	assert_story("u2 start failed; start u0; ");
	ends(0, JOB_START, JOB_DONE);
	assert_story("u0 start done; ");
	assert_int_equal(enqueue(JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_story("");
	enqueue(JOB_STOP, 1, JOB_MODE_REPLACE);
	assert_story("stop u0; "); /* reverse order */
	ends(0, JOB_STOP, JOB_DONE);
	assert_story("u0 stop done; stop u1; ");
	ends(1, JOB_STOP, JOB_DONE);
	assert_story("u1 stop done; ");
	tear_down();
}

static void test_dependency_fails(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 0, DEP_REQUIRES, 3); /* not ordered: not held up */
	graph_add(manager.set, 1, DEP_REQUIRES, 2);
	graph_add(manager.set, 1, DEP_AFTER, 2);
	graph_add(manager.set, 3, DEP_REQUIRES, 2);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u3; start u2; ");
	ends(2, JOB_START, JOB_FAILED);
	assert_story("u2 start failed; u1 start dependency (needs u2); u0 start dependency (needs "
		     "u1); ");
	ends(3, JOB_START, JOB_DONE);
	tear_down();
}

/* A start that is under way does not care what happens to its requirement later. */
static void test_requirement_lost(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	manager.nodes[1].active = ACTIVE_ACTIVE;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	manager.nodes[1].active = ACTIVE_FAILED;
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	ends(1, JOB_START, JOB_FAILED);
	ends(0, JOB_START, JOB_DONE);
	assert_story("start u0; start u1; u1 start failed; u0 start done; ");
	tear_down();
}

static void test_ignore_order(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_WANTS, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u1; ");
	enqueue(JOB_START, 0, JOB_MODE_IGNORE_DEPENDENCIES);
	assert_story("start u0; ");
	ends(0, JOB_START, JOB_DONE);
	ends(1, JOB_START, JOB_DONE);
	tear_down();
}

/* systemd.unit(5) Requisite=, BindsTo=: what has to be up already, or still. */
static void test_needs_to_be_active(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_REQUISITE, 1);
	graph_add(manager.set, 2, DEP_BINDS_TO, 1);
	graph_add(manager.set, 2, DEP_AFTER, 1);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("u0 start dependency (requisite u1); ");
	enqueue(JOB_START, 0, JOB_MODE_IGNORE_DEPENDENCIES);
	ends(0, JOB_START, JOB_DONE);
	enqueue(JOB_STOP, 0, JOB_MODE_REPLACE);
	ends(0, JOB_STOP, JOB_DONE);
	story[0] = '\0';
	/* On its way is enough where no order is asked for. */
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u1; start u0; ");
	ends(0, JOB_START, JOB_DONE);
	enqueue(JOB_START, 2, JOB_MODE_REPLACE);
	/* A start may end well and leave nothing that is active. */
	jobs_finish(&manager, 1, JOB_START, JOB_DONE);
	settle(1, ACTIVE_INACTIVE);
	story[0] = '\0';
	jobs_run(&manager);
	assert_story("u2 start dependency (bound to u1); ");
	manager.nodes[1].active = ACTIVE_ACTIVE;
	enqueue(JOB_START, 2, JOB_MODE_REPLACE);
	assert_story("start u2; ");
	ends(2, JOB_START, JOB_DONE);
	tear_down();
}

static void test_skipped_is_no_failure(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	ends(1, JOB_START, JOB_SKIPPED);
	assert_story("start u1; u1 start skipped; start u0; ");
	jobs_cancel(&manager, 0);
	tear_down();
}

static void test_restart(void **state)
{
	uint32_t id;

	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	manager.nodes[0].active = manager.nodes[1].active = ACTIVE_ACTIVE;
	id = enqueue(JOB_RESTART, 1, JOB_MODE_REPLACE);
	assert_story("stop u0; ");
	ends(0, JOB_STOP, JOB_DONE);
	assert_story("stop u1; ");
	ends(1, JOB_STOP, JOB_DONE);
	assert_story("start u1; ");
	assert_int_equal(manager.nodes[1].job->id, id); /* one job all along */
	ends(1, JOB_START, JOB_DONE);
	assert_story("u1 start done; start u0; ");
	ends(0, JOB_START, JOB_DONE);
	story[0] = '\0';
	manager.nodes[1].active = ACTIVE_FAILED;
	enqueue(JOB_RESTART, 1, JOB_MODE_IGNORE_DEPENDENCIES);
	assert_story("start u1; "); /* nothing to stop */
	ends(1, JOB_START, JOB_DONE);
	tear_down();
}

static void test_conditional_kinds(void **state)
{
	const struct machine_config config = { .n_commands = { [SLOT_RELOAD] = 1 } };
	struct service service = { .config = &config };

	(void)state;
	set_up(1);
	graph_finish(manager.set);
	assert_int_equal(enqueue(JOB_TRY_RESTART, 0, JOB_MODE_REPLACE), 0);
	assert_story("");
	enqueue(JOB_RELOAD_OR_RESTART, 0, JOB_MODE_REPLACE);
	ends(0, JOB_START, JOB_DONE);
	assert_story("start u0; u0 start done; ");
	manager.nodes[0].service = &service;
	enqueue(JOB_RELOAD_OR_RESTART, 0, JOB_MODE_REPLACE);
	ends(0, JOB_RELOAD, JOB_DONE);
	assert_story("reload u0; u0 reload done; ");
	enqueue(JOB_TRY_RESTART, 0, JOB_MODE_REPLACE);
	assert_story("stop u0; ");
	jobs_cancel(&manager, 0);
	tear_down();
}

static void test_displaced(void **state)
{
	(void)state;
	set_up(1);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u0; ");
	enqueue(JOB_STOP, 0, JOB_MODE_REPLACE);
	assert_story("u0 start canceled; stop u0; ");
	jobs_finish(&manager, 0, JOB_START,
		    JOB_FAILED); /* an echo of the start: not for this job */
	assert_story("");
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("u0 stop canceled; ");		 /* it is still going down */
	jobs_finish(&manager, 0, JOB_START, JOB_FAILED); /* the echo again: its turn has not come */
	assert_story("");
	jobs_finish(&manager, 0, JOB_STOP, JOB_DONE);
	settle(0, ACTIVE_INACTIVE);
	jobs_run(&manager);
	assert_story("start u0; ");
	enqueue(JOB_RESTART, 0, JOB_MODE_REPLACE);
	assert_story("stop u0; "); /* the same job goes on as a restart */
	ends(0, JOB_STOP, JOB_DONE);
	ends(0, JOB_START, JOB_DONE);
	assert_story("start u0; u0 start done; ");
	tear_down();
}

static void test_merged(void **state)
{
	uint32_t id, again;

	(void)state;
	set_up(1);
	graph_finish(manager.set);
	id = enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	again = enqueue(JOB_START, 0, JOB_MODE_FAIL);
	assert_int_equal(id, again);
	assert_story("start u0; ");
	ends(0, JOB_START, JOB_DONE);
	tear_down();
}

static void test_reload_waits_for_start(void **state)
{
	(void)state;
	set_up(1);
	graph_finish(manager.set);
	manager.nodes[0].active = ACTIVE_ACTIVE;
	assert_int_equal(jobs_enqueue(&manager, JOB_RELOAD, 0, JOB_MODE_REPLACE, NULL, NULL), 0);
	manager.nodes[0].active = ACTIVE_ACTIVATING;
	jobs_run(&manager);
	assert_story("");
	settle(0, ACTIVE_ACTIVE);
	jobs_run(&manager);
	ends(0, JOB_RELOAD, JOB_FAILED);
	assert_story("reload u0; u0 reload failed; ");
	tear_down();
}

static void test_refused_operations(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	answer = -EPERM;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u1; log 1: cannot start: Operation not permitted; "
		     "u1 start failed; u0 start dependency (needs u1); ");
	answer = 1; /* nothing to do, as for targets */
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u1; u1 start done; start u0; u0 start done; ");
	manager.nodes[1].active = ACTIVE_ACTIVE;
	enqueue(JOB_RESTART, 1, JOB_MODE_REPLACE);
	assert_story("stop u1; start u1; u1 start done; ");
	tear_down();
}

static void test_at_once(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	at_once = true;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u1; u1 start done; start u0; u0 start done; ");
	enqueue(JOB_RESTART, 1, JOB_MODE_REPLACE);
	assert_story("stop u0; stop u1; start u1; u1 start done; start u0; u0 start done; ");
	tear_down();
}

static void test_left_out(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_WANTS, 1);
	graph_add(manager.set, 0, DEP_WANTS, 2);
	graph_add(manager.set, 1, DEP_CONFLICTS, 2);
	graph_finish(manager.set);
	at_once = true;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("u2.service is left out: contradiction: stop u2.service (u0.service -> "
		     "u1.service -> "
		     "u2.service) and start it (u0.service); start u0; u0 start done; start u1; u1 "
		     "start done; ");
	tear_down();
}

/* Starts of services wait while the window is full, first come, first served; others do not. */
static void test_window(void **state)
{
	struct service service = { .index = 0 };

	(void)state;
	set_up(5);
	for (uint32_t i = 1; i < 5; i++) {
		graph_add(manager.set, 0, DEP_WANTS, i);
		manager.nodes[i].service = &service;
	}
	graph_finish(manager.set);
	room = 1;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_story("start u0; start u1; ");
	room = 1;
	assert_true(jobs_pending(&manager));
	jobs_run(&manager);
	assert_story("start u2; ");
	enqueue(JOB_STOP, 3, JOB_MODE_REPLACE); /* displaces a start that is held */
	assert_story("u3 start canceled; stop u3; ");
	jobs_run(&manager);
	assert_false(jobs_pending(&manager));
	room = 2;
	jobs_run(&manager);
	assert_story("start u4; ");
	assert_false(jobs_pending(&manager));
	for (uint32_t i = 0; i < 5; i++)
		jobs_cancel(&manager, i);
	tear_down();
}

/* --- shutdown ----------------------------------------------------------------------------- */

static void test_stop_all(void **state)
{
	struct diag diag;

	(void)state;
	set_up(6);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 1, DEP_AFTER, 2);
	graph_add(manager.set, 4, DEP_AFTER, 5);
	graph_finish(manager.set);
	unit_set_at(manager.set, 3)->builtin = true; /* the log writer */
	for (uint32_t i = 0; i < 4; i++)
		manager.nodes[i].active = ACTIVE_ACTIVE;
	enqueue(JOB_START, 4, JOB_MODE_REPLACE);
	enqueue(JOB_STOP, 2, JOB_MODE_REPLACE);
	assert_story("start u4; stop u2; ");
	manager.regime = REGIME_DOWN;
	assert_int_equal(jobs_stop_all(&manager), 0);
	jobs_run(&manager);
	assert_story("u4 start canceled; stop u0; stop u4; ");
	ends(4, JOB_STOP, JOB_DONE);
	ends(2, JOB_STOP, JOB_DONE); /* was under way already, and is told as done */
	ends(0, JOB_STOP, JOB_DONE);
	ends(1, JOB_STOP, JOB_DONE);
	assert_story("u4 stop done; u2 stop done; u0 stop done; stop u1; u1 stop done; ");
	assert_int_equal(jobs_enqueue(&manager, JOB_START, 0, JOB_MODE_REPLACE, NULL, &diag),
			 -ESHUTDOWN);
	assert_int_equal(manager.nodes[3].active, ACTIVE_ACTIVE);
	tear_down();
}

static void test_stop_is_irreversible(void **state)
{
	struct diag diag;

	(void)state;
	set_up(2);
	graph_add(manager.set, 1, DEP_REQUIRES, 0);
	graph_finish(manager.set);
	manager.nodes[0].active = ACTIVE_ACTIVE;
	jobs_stop_all(&manager);
	assert_int_equal(jobs_enqueue(&manager, JOB_START, 1, JOB_MODE_REPLACE, NULL, &diag),
			 -EBUSY);
	jobs_run(&manager);
	ends(0, JOB_STOP, JOB_DONE);
	tear_down();
}

/* --- many --------------------------------------------------------------------------------- */

#define MANY 5000

static void make_star(uint32_t n)
{
	set_up(n);
	for (uint32_t i = 1; i < n; i++) {
		graph_add(manager.set, 0, DEP_WANTS, i);
		graph_add(manager.set, 0, DEP_AFTER, i);
	}
	graph_finish(manager.set);
	quiet = true;
}

/* The order in which the one that is waited for always ends next: a look each, from the last place. */
static void test_star_in_order(void **state)
{
	const uint32_t n = 60000;
	usec_t begin;

	(void)state;
	make_star(n);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	begin = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	for (uint32_t i = 1; i < n; i++)
		ends(i, JOB_START, JOB_DONE);
	ends(0, JOB_START, JOB_DONE);
	/* Milliseconds; beginning anew each time takes more than a hundred times as long. */
	assert_true(clock_now(CLOCK_PROCESS_CPUTIME_ID) - begin < USEC_PER_SEC);
	tear_down();
}

/* A target behind thousands: each end must not make it look at all of them again. */
static void test_star(void **state)
{
	(void)state;
	make_star(MANY);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	graph_looks = 0;
	for (uint32_t i = MANY - 1; i > 0;
	     i--) /* the worst order: the one it waits for comes last */
		ends(i, JOB_START, JOB_DONE);
	ends(0, JOB_START, JOB_DONE);
	assert_int_equal(n_done[JOB_DONE], MANY);
	assert_true(graph_looks < 8 * MANY);
	tear_down();
}

/* A chain as deep as the set: no recursion, one step per end, one sweep when its root fails. */
static void test_chain(void **state)
{
	(void)state;
	set_up(MANY);
	for (uint32_t i = 0; i + 1 < MANY; i++) {
		graph_add(manager.set, i, DEP_REQUIRES, i + 1);
		graph_add(manager.set, i, DEP_AFTER, i + 1);
	}
	graph_finish(manager.set);
	quiet = true;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	graph_looks = 0;
	ends(MANY - 1, JOB_START, JOB_FAILED);
	assert_int_equal(n_done[JOB_DEPENDENCY], MANY - 1);
	assert_true(graph_looks < 8 * MANY);
	at_once = true;
	manager.nodes[MANY - 1].active = ACTIVE_INACTIVE;
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	assert_int_equal(n_done[JOB_DONE], MANY);
	tear_down();
}

/* --- at random ---------------------------------------------------------------------------- */

static uint64_t seed = 1;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void random_graph(uint32_t n)
{
	static const enum dep_kind kinds[] = { DEP_REQUIRES, DEP_REQUIRES, DEP_WANTS };

	set_up(n);
	for (uint32_t i = 0; i < 2 * n; i++) {
		uint32_t a = draw(n), b = draw(n);

		if (a == b)
			continue;
		graph_add(manager.set, a, draw(8) ? kinds[draw(3)] : DEP_CONFLICTS, b);
		if (draw(2))
			graph_add(manager.set, a < b ? a : b, DEP_AFTER, a < b ? b : a);
	}
	graph_finish(manager.set);
	quiet = check_order = true;
}

/* Ends some operation that is under way; false when none is. */
static bool random_end(void)
{
	uint32_t at = draw(manager.n_nodes);

	for (uint32_t k = 0; k < manager.n_nodes; k++) {
		uint32_t i = (at + k) % manager.n_nodes;

		switch ((enum active_state)manager.nodes[i].active) {
		case ACTIVE_ACTIVATING:
			ends(i, JOB_START, draw(4) ? JOB_DONE : JOB_FAILED);
			return true;
		case ACTIVE_DEACTIVATING: ends(i, JOB_STOP, JOB_DONE); return true;
		case ACTIVE_RELOADING: ends(i, JOB_RELOAD, JOB_DONE); return true;
		case ACTIVE_ACTIVE:
		case ACTIVE_INACTIVE:
		case ACTIVE_FAILED: break;
		}
	}
	return false;
}

static void random_request(void)
{
	struct diag diag = { .text = "" };
	enum job_kind kind = (enum job_kind)draw(JOB_KIND_COUNT);
	enum job_mode mode = draw(4) ? JOB_MODE_REPLACE : (enum job_mode)draw(4);
	uint32_t unit = draw(manager.n_nodes), id;
	int r = jobs_enqueue(&manager, kind, unit, mode, &id, &diag);

	assert_true(r == 0 || diag.text[0] != '\0');
	if (r == 0 && id != 0)
		assert_int_equal(manager.nodes[unit].job->id, id);
	jobs_run(&manager);
}

static void check_queue(void)
{
	struct list *pos;
	uint32_t n = 0, held = 0;

	list_for_each (pos, &manager.jobs) {
		const struct job *job = list_entry(pos, struct job, link);

		assert_ptr_equal(manager.nodes[job->unit].job, job);
		n++;
	}
	for (uint32_t i = 0; i < manager.n_nodes; i++)
		held += manager.nodes[i].job != NULL;
	assert_int_equal(n, held);
}

/* Whatever is asked in whatever order: each turn is right, and all comes to rest. */
static void test_random(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < 500; round++) {
		random_graph(2 + draw(20));
		for (unsigned int i = 0; i < 60; i++) {
			if (draw(3) == 0)
				random_request();
			else
				random_end();
			if (draw(50) == 0)
				jobs_cancel(&manager, draw(manager.n_nodes));
			jobs_run(&manager);
			check_queue();
		}
		if (draw(2)) {
			jobs_stop_all(&manager);
			jobs_run(&manager);
		}
		while (random_end())
			check_queue();
		tear_down(); /* nothing is left waiting */
	}
	for (enum job_result r = 0; r < JOB_RESULT_COUNT; r++)
		assert_non_null(job_result_name(r));
}

/* systemctl(1) --job-mode= */
static void test_flush(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	enqueue(JOB_START, 2, JOB_MODE_REPLACE_IRREVERSIBLY);
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	assert_story("start u1; start u2; ");
	/* u1 is part of it, u2 cannot be displaced, u0 goes */
	enqueue(JOB_START, 1, JOB_MODE_FLUSH);
	assert_story("u0 start canceled; ");
	enqueue(JOB_START, 3, JOB_MODE_FLUSH);
	assert_story("u1 start canceled; start u3; ");
	assert_non_null(manager.nodes[2].job);
	ends(2, JOB_START, JOB_DONE);
	ends(3, JOB_START, JOB_DONE);
	tear_down();
}

static void test_irreversible(void **state)
{
	struct diag diag = { .text = "" };

	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_CONFLICTS, 1);
	graph_finish(manager.set);
	enqueue(JOB_START, 1, JOB_MODE_REPLACE_IRREVERSIBLY);
	assert_int_equal(jobs_enqueue(&manager, JOB_START, 0, JOB_MODE_REPLACE, NULL, &diag),
			 -EBUSY);
	assert_string_equal(diag.text, "u1.service has a job queued that nothing may displace "
				       "(needed by u0.service)");
	assert_int_equal(jobs_enqueue(&manager, JOB_STOP, 1, JOB_MODE_FLUSH, NULL, &diag), -EBUSY);
	/* the same again is no contradiction, and does not lift it */
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	assert_int_equal(jobs_enqueue(&manager, JOB_STOP, 1, JOB_MODE_REPLACE, NULL, &diag),
			 -EBUSY);
	ends(1, JOB_START, JOB_DONE);
	enqueue(JOB_STOP, 1, JOB_MODE_REPLACE);
	ends(1, JOB_STOP, JOB_DONE);
	tear_down();
}

/* Neither pulls anything in; the one keeps its place in the order, the other does not wait. */
static void test_ignoring(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_REQUISITE, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 0, DEP_AFTER, 2);
	graph_finish(manager.set);
	enqueue(JOB_START, 2, JOB_MODE_REPLACE);
	enqueue(JOB_START, 0, JOB_MODE_IGNORE_REQUIREMENTS);
	assert_story("start u2; ");
	ends(2, JOB_START, JOB_DONE);
	assert_story("u2 start done; start u0; ");
	ends(0, JOB_START, JOB_DONE);
	enqueue(JOB_STOP, 0, JOB_MODE_REPLACE);
	ends(0, JOB_STOP, JOB_DONE);
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	story[0] = '\0';
	enqueue(JOB_START, 0, JOB_MODE_IGNORE_DEPENDENCIES);
	assert_story("start u0; ");
	/* what it needs may fail */
	enqueue(JOB_STOP, 0, JOB_MODE_IGNORE_DEPENDENCIES);
	ends(0, JOB_STOP, JOB_DONE);
	enqueue(JOB_START, 0, JOB_MODE_IGNORE_REQUIREMENTS);
	story[0] = '\0';
	ends(1, JOB_START, JOB_FAILED);
	assert_story("u1 start failed; start u0; ");
	ends(0, JOB_START, JOB_DONE);
	tear_down();
}

static void limit(uint32_t unit, enum key key, usec_t span)
{
	static struct setting settings[4][2];
	struct unit *u = unit_set_at(manager.set, unit);
	struct setting *s = settings[unit];

	u->settings = s;
	if (u->n_settings == 1 && s[0].key > (uint16_t)key) {
		s[1] = s[0];
		s[0] = (struct setting){ .key = (uint16_t)key, .value = { .u = span } };
	} else {
		s[u->n_settings] = (struct setting){ .key = (uint16_t)key, .value = { .u = span } };
	}
	u->n_settings++;
}

static void time_passes(usec_t span)
{
	usec_t now = clock_now(CLOCK_MONOTONIC) + span;

	if (manager.job_timer.at <= now)
		manager.job_timer.fn(&manager.job_timer, now);
	jobs_run(&manager);
}

#define MINUTE (60 * USEC_PER_SEC)

/* systemd.unit(5) JobTimeoutSec=, JobRunningTimeoutSec= */
static void test_limits(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 2, DEP_AFTER, 1);
	graph_finish(manager.set);
	limit(1, K_JobTimeoutSec, 10 * MINUTE);
	limit(2, K_JobRunningTimeoutSec, 2 * MINUTE);
	enqueue(JOB_START, 0, JOB_MODE_REPLACE);
	enqueue(JOB_START, 2, JOB_MODE_REPLACE);
	assert_story("start u1; ");
	time_passes(9 * MINUTE); /* u2 has not had its turn */
	assert_story("");
	time_passes(11 * MINUTE);
	assert_story("log 1: start job was not done within JobTimeoutSec=10min; u1 expired; "
		     "u1 start timeout; u0 start dependency (needs u1); start u2; ");
	time_passes(1 * MINUTE);
	assert_story("");
	time_passes(3 * MINUTE);
	assert_story("log 2: start job was not done within JobRunningTimeoutSec=2min; "
		     "u2 expired; u2 start timeout; ");
	/* a unit whose job has expired goes on, and may be asked again */
	settle(1, ACTIVE_ACTIVE);
	settle(2, ACTIVE_ACTIVE);
	assert_int_equal(manager.job_timer.at, USEC_INFINITY);
	/* what ends in time is forgotten, what is displaced too */
	enqueue(JOB_STOP, 1, JOB_MODE_REPLACE);
	assert_true(manager.job_timer.at != USEC_INFINITY);
	enqueue(JOB_START, 1, JOB_MODE_REPLACE);
	story[0] = '\0';
	settle(1, ACTIVE_INACTIVE);
	jobs_run(&manager);
	ends(1, JOB_START, JOB_DONE);
	assert_story("start u1; u1 start done; ");
	assert_int_equal(manager.job_timer.at, USEC_INFINITY);
	assert_true(list_empty(&manager.job_limits));
	tear_down();
}

/* Each half of a restart has a turn of its own, both share the whole time. */
static void test_limit_of_restart(void **state)
{
	(void)state;
	set_up(1);
	graph_finish(manager.set);
	limit(0, K_JobTimeoutSec, 10 * MINUTE);
	limit(0, K_JobRunningTimeoutSec, 1 * MINUTE);
	manager.nodes[0].active = ACTIVE_ACTIVE;
	enqueue(JOB_RESTART, 0, JOB_MODE_REPLACE);
	usec_t first = manager.job_timer.at;

	ends(0, JOB_STOP, JOB_DONE);
	assert_true(manager.job_timer.at >= first);
	assert_true(manager.job_timer.at <= clock_now(CLOCK_MONOTONIC) + 1 * MINUTE);
	story[0] = '\0';
	/* tried again, as after a restart that RestartMode=direct hides: no new turn */
	first = manager.job_timer.at;
	jobs_retry(&manager, 0);
	jobs_run(&manager);
	assert_story("start u0; ");
	assert_int_equal(manager.job_timer.at, first);
	time_passes(2 * MINUTE);
	assert_story("log 0: start job was not done within JobRunningTimeoutSec=1min; "
		     "u0 expired; u0 start timeout; ");
	tear_down();
}

int main(void)
{
	log_add_outlet(&outlet);

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_order),
		cmocka_unit_test(test_dependency_fails),
		cmocka_unit_test(test_requirement_lost),
		cmocka_unit_test(test_ignore_order),
		cmocka_unit_test(test_needs_to_be_active),
		cmocka_unit_test(test_skipped_is_no_failure),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_conditional_kinds),
		cmocka_unit_test(test_displaced),
		cmocka_unit_test(test_merged),
		cmocka_unit_test(test_reload_waits_for_start),
		cmocka_unit_test(test_refused_operations),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_stop_all),
		cmocka_unit_test(test_stop_is_irreversible),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_star_in_order),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_irreversible),
		cmocka_unit_test(test_ignoring),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limit_of_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
