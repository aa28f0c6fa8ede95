/* SPDX-License-Identifier: MIT */
/* link: tests/fake/graph.c */
#include "init/actions.h"
#include "init/emergency.h"
#include "init/manager.h"
#include "init/reactions.h"
#include "init/window.h"
#include "tests/fake/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* --- a manager whose units start and stop at once, or fail when told to -------------------- */

static struct manager manager;
static char story[4096]; /* "+1 -0 ": u1 was started, u0 stopped */
static bool broken[8];	 /* these fail to start */
static bool slow[8];	 /* these only begin; settle() ends it */
static unsigned int armed, n_told;

static void set_active(uint32_t unit, enum active_state active)
{
	struct node *node = manager_node(&manager, unit);
	uint8_t was = node->active;

	if (was == active)
		return;
	node->active = (uint8_t)active;
	jobs_unit_settled(&manager, unit);
	reactions_state_changed(&manager, node, was);
}

static void set_up(uint32_t n)
{
	memset(&manager, 0, sizeof(manager));
	memset(broken, 0, sizeof(broken));
	memset(slow, 0, sizeof(slow));
	manager.regime = REGIME_RUN;
	manager.set = graph_new(n);
	manager.nodes = calloc(n, sizeof(*manager.nodes));
	manager.n_nodes = n;
	for (uint32_t i = 0; i < n; i++)
		manager.nodes[i].unit = unit_set_at(manager.set, i);
	jobs_init(&manager);
	reactions_init(&manager);
	story[0] = '\0';
	armed = n_told = 0;
}

static void tear_down(void)
{
	assert_true(list_empty(&manager.jobs));
	assert_int_equal(manager.first_reaction, 0);
	graph_free(manager.set);
	free(manager.nodes);
}

static void set(uint32_t unit, enum key key, uint64_t value)
{
	static struct setting settings[8];

	settings[unit] = (struct setting){ .key = (uint16_t)key, .value = { .u = value } };
	unit_set_at(manager.set, unit)->settings = &settings[unit];
	unit_set_at(manager.set, unit)->n_settings = 1;
}

bool window_has_room(const struct manager *m)
{
	(void)m;
	return true;
}

void loop_arm(struct loop *loop, struct timer *timer, usec_t at)
{
	(void)loop;
	timer->at = at;
	armed++;
}

void manager_job_done(struct manager *m, const struct job *job, enum job_result result)
{
	if (result == JOB_DEPENDENCY)
		reactions_job_failed(m, job->unit);
	reactions_look_at(m, job->unit);
}

void manager_unit_log(struct manager *m, const struct node *node, int priority, const char *fmt,
		      ...)
{
	(void)m, (void)node, (void)priority, (void)fmt;
	n_told++;
}

static void tell(char sign, uint32_t unit)
{
	size_t len = strlen(story);

	snprintf(story + len, sizeof(story) - len, "%c%u ", sign, unit);
}

int unit_start(struct manager *m, struct node *node, struct diag *diag)
{
	uint32_t unit = node->unit->index;

	(void)diag;
	tell('+', unit);
	set_active(unit, ACTIVE_ACTIVATING);
	if (slow[unit])
		return 0;
	jobs_finish(m, unit, JOB_START, broken[unit] ? JOB_FAILED : JOB_DONE);
	set_active(unit, broken[unit] ? ACTIVE_FAILED : ACTIVE_ACTIVE);
	return 0;
}

int unit_stop(struct manager *m, struct node *node, struct diag *diag)
{
	uint32_t unit = node->unit->index;

	(void)diag;
	tell('-', unit);
	set_active(unit, ACTIVE_DEACTIVATING);
	if (slow[unit])
		return 0;
	jobs_finish(m, unit, JOB_STOP, JOB_DONE);
	set_active(unit, ACTIVE_INACTIVE);
	return 0;
}

bool unit_can_reload(const struct node *node)
{
	return node->service && node->service->config->n_commands[SLOT_RELOAD] > 0;
}

int unit_reload(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m, (void)node, (void)diag;
	return 0;
}

/* Stands in for emergency.c: "!0F " is FailureAction= of u0, S, L, and J are the others. */
void emergency_act(struct manager *m, const struct node *node, enum key action, const char *why)
{
	size_t len = strlen(story);

	(void)m, (void)why;
	if (unit_u64(node->unit, action) == 0)
		return;
	snprintf(story + len, sizeof(story) - len, "!%u%c ", node->unit->index,
		 action == K_FailureAction	? 'F'
		 : action == K_SuccessAction	? 'S'
		 : action == K_JobTimeoutAction ? 'J'
						: 'L');
}

static void request(enum job_kind kind, uint32_t unit)
{
	assert_int_equal(jobs_enqueue(&manager, kind, unit, JOB_MODE_REPLACE, NULL, NULL), 0);
	reactions_run(&manager);
}

/* The unit's processes end by themselves. */
static void ends(uint32_t unit, enum active_state active)
{
	set_active(unit, active);
	reactions_run(&manager);
}

/* What a slow unit began has ended. */
static void settle(uint32_t unit, enum job_kind kind, enum active_state active)
{
	jobs_finish(&manager, unit, kind, active == ACTIVE_FAILED ? JOB_FAILED : JOB_DONE);
	set_active(unit, active);
	reactions_run(&manager);
}

static void assert_story(const char *wanted)
{
	assert_string_equal(story, wanted);
	story[0] = '\0';
}

/* --- one directive after the other ---------------------------------------------------------- */

static void test_bound_unit_is_stopped(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_BINDS_TO, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 2, DEP_REQUIRES, 1); /* a mere requirement is not */
	graph_finish(manager.set);
	request(JOB_START, 2);
	request(JOB_START, 0);
	assert_story("+2 +1 +0 ");
	ends(1, ACTIVE_FAILED);
	assert_story("-0 ");
	request(JOB_START, 0);
	assert_story("+1 +0 ");
	/* Waiting for its restart, it is not there either. */
	ends(1, ACTIVE_ACTIVATING);
	assert_story("-0 ");
	tear_down();
}

static void test_restart_is_no_loss(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_BINDS_TO, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_finish(manager.set);
	request(JOB_START, 0);
	assert_story("+1 +0 ");
	request(JOB_RESTART, 1);
	assert_story("-0 -1 +1 +0 ");
	request(JOB_STOP, 1);
	assert_story("-0 -1 ");
	tear_down();
}

/* Without an order the one may be up before the other has failed. */
static void test_bound_to_what_fails(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_BINDS_TO, 1);
	graph_finish(manager.set);
	broken[1] = true;
	request(JOB_START, 0);
	assert_story("+0 +1 -0 ");
	slow[1] = true;
	request(JOB_START, 0);
	assert_story("+0 +1 ");
	settle(1, JOB_START, ACTIVE_FAILED);
	assert_story("-0 ");
	tear_down();
}

/* Asked for without those who are bound to it: they stay as long as it is to come back. */
static void test_restart_alone(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_BINDS_TO, 1);
	graph_finish(manager.set);
	request(JOB_START, 0);
	story[0] = '\0';
	slow[1] = true;
	assert_int_equal(
		jobs_enqueue(&manager, JOB_RESTART, 1, JOB_MODE_IGNORE_DEPENDENCIES, NULL, NULL),
		0);
	reactions_run(&manager);
	settle(1, JOB_STOP, ACTIVE_INACTIVE);
	settle(1, JOB_START, ACTIVE_ACTIVE);
	assert_story("-1 +1 ");
	assert_int_equal(manager.nodes[0].active, ACTIVE_ACTIVE);
	tear_down();
}

static void test_on_failure(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 1);
	graph_add(manager.set, 0, DEP_ON_SUCCESS, 2);
	graph_finish(manager.set);
	broken[0] = true;
	request(JOB_START, 0);
	assert_story("+0 +1 ");
	ends(0, ACTIVE_INACTIVE); /* reset-failed */
	assert_story("");
	broken[0] = false;
	request(JOB_START, 0);
	assert_story("+0 ");
	ends(0, ACTIVE_INACTIVE);
	assert_story("+2 ");
	tear_down();
}

static void test_on_failure_job_mode(void **state)
{
	(void)state;
	set_up(3);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 1);
	graph_add(manager.set, 1, DEP_REQUIRES, 2);
	graph_finish(manager.set);
	set(0, K_OnFailureJobMode, JOB_MODE_IGNORE_DEPENDENCIES);
	ends(0, ACTIVE_FAILED);
	assert_story("+1 ");
	set(0, K_OnFailureJobMode, JOB_MODE_ISOLATE); /* u1 does not allow it */
	ends(1, ACTIVE_INACTIVE);
	ends(0, ACTIVE_ACTIVE);
	ends(0, ACTIVE_FAILED);
	assert_story("");
	set(1, K_AllowIsolate, 1);
	ends(0, ACTIVE_ACTIVE);
	ends(0, ACTIVE_FAILED);
	assert_story("+1 +2 ");
	tear_down();
}

static uint16_t seconds(void)
{
	return (uint16_t)(clock_now(CLOCK_MONOTONIC) / USEC_PER_SEC);
}

/* A job of the contrary kind is displaced, or not. */
static void test_on_failure_contradicts(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 1);
	graph_finish(manager.set);
	for (unsigned int mode = JOB_MODE_REPLACE; mode <= JOB_MODE_FAIL; mode++) {
		set(0, K_OnFailureJobMode, mode);
		slow[1] = true;
		set_active(1, ACTIVE_ACTIVE);
		set_active(0, ACTIVE_ACTIVE);
		reactions_run(&manager);
		request(JOB_STOP, 1);
		ends(0, ACTIVE_FAILED);
		slow[1] = false;
		settle(1, JOB_STOP, ACTIVE_INACTIVE);
		assert_story(mode == JOB_MODE_FAIL ? "-1 " : "-1 +1 ");
	}
	tear_down();
}

static void test_upheld(void **state)
{
	uint16_t second;

	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_UPHOLDS, 1);
	graph_finish(manager.set);
	request(JOB_START, 0);
	assert_story("+0 +1 ");
	manager.nodes[1].upheld_at = (uint16_t)(seconds() - 60);
	ends(1, ACTIVE_FAILED);
	assert_story("+1 ");
	/* Not again within the same second, but then. */
	do {
		set_active(1, ACTIVE_ACTIVE);
		second = seconds();
		manager.nodes[1].upheld_at = second;
		story[0] = '\0';
		ends(1, ACTIVE_FAILED);
	} while (seconds() != second);
	assert_story("");
	assert_true(armed > 0);
	manager.nodes[1].upheld_at = (uint16_t)(second - 60);
	manager.reaction_timer.fn(&manager.reaction_timer, 0);
	reactions_run(&manager);
	assert_story("+1 ");
	request(JOB_STOP, 0);
	assert_story("-0 ");
	manager.nodes[1].upheld_at = (uint16_t)(second - 60);
	manager.reaction_timer.fn(&manager.reaction_timer, 0);
	reactions_run(&manager);
	assert_story("");
	tear_down();
}

static void test_stop_when_unneeded(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_REQUIRES, 2);
	graph_add(manager.set, 1, DEP_WANTS, 2);
	graph_add(manager.set, 1, DEP_WANTS, 3); /* does not ask for it */
	graph_add(manager.set, 0, DEP_AFTER, 3);
	graph_finish(manager.set);
	set(2, K_StopWhenUnneeded, 1);
	request(JOB_START, 0);
	request(JOB_START, 1);
	assert_story("+0 +2 +1 +3 ");
	request(JOB_STOP, 0);
	assert_story("-0 ");
	ends(1, ACTIVE_FAILED);
	assert_story("-2 ");
	/* Nobody needs what is started by hand. */
	request(JOB_START, 2);
	assert_story("+2 -2 ");
	/* One that waits for its turn needs it already. */
	ends(3, ACTIVE_INACTIVE);
	slow[3] = true;
	n_told = 0;
	request(JOB_START, 3);
	request(JOB_START, 0);
	assert_story("+3 +2 ");
	assert_int_equal(n_told, 0);
	settle(3, JOB_START, ACTIVE_ACTIVE);
	assert_story("+0 ");
	tear_down();
}

/* Units that start each other for ever leave the loop its turn. */
static void test_endless(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 1);
	graph_add(manager.set, 1, DEP_ON_FAILURE, 0);
	graph_finish(manager.set);
	broken[0] = broken[1] = true;
	request(JOB_START, 0);
	assert_true(strlen(story) < 200);
	assert_int_equal(armed, 1);
	broken[0] = broken[1] = false;
	reactions_run(&manager);
	tear_down();
}

static void test_nothing_while_going_down(void **state)
{
	(void)state;
	set_up(2);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 1);
	graph_finish(manager.set);
	manager.regime = REGIME_DOWN;
	ends(0, ACTIVE_FAILED);
	assert_story("");
	assert_int_equal(n_told, 0); /* not even tried */
	tear_down();
}

static void test_system_actions(void **state)
{
	(void)state;
	set_up(3);
	graph_finish(manager.set);
	set(0, K_FailureAction, SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_ORDERLY));
	set(1, K_SuccessAction, SYSTEM_ACTION(SYSTEM_EXIT, HASTE_ORDERLY));
	set(2, K_StartLimitAction, SYSTEM_ACTION(SYSTEM_POWEROFF, HASTE_FORCE));
	/* a failed start, and the end of a run; not a clean one */
	broken[0] = true;
	request(JOB_START, 0);
	assert_story("+0 !0F ");
	broken[0] = false;
	request(JOB_START, 0);
	ends(0, ACTIVE_INACTIVE);
	request(JOB_START, 0);
	ends(0, ACTIVE_FAILED);
	assert_story("+0 +0 !0F ");
	/* ends well by itself, or is stopped; not when a failure is forgiven */
	request(JOB_START, 1);
	ends(1, ACTIVE_FAILED);
	ends(1, ACTIVE_INACTIVE);
	assert_story("+1 ");
	request(JOB_START, 1);
	ends(1, ACTIVE_INACTIVE);
	request(JOB_START, 1);
	request(JOB_STOP, 1);
	assert_story("+1 !1S +1 -1 !1S ");
	/* also when the unit stays what it was */
	reactions_start_limit(&manager, 2);
	reactions_run(&manager);
	assert_story("!2L ");
	/* a system that goes down has been decided about */
	manager.regime = REGIME_DOWN;
	reactions_start_limit(&manager, 2);
	reactions_run(&manager);
	assert_story("");
	tear_down();
}

/* systemd.unit(5): a job that fails without its unit triggers OnFailure=, but is no failed unit. */
static void test_job_failed(void **state)
{
	(void)state;
	set_up(4);
	graph_add(manager.set, 0, DEP_REQUIRES, 1);
	graph_add(manager.set, 0, DEP_AFTER, 1);
	graph_add(manager.set, 0, DEP_ON_FAILURE, 2);
	graph_add(manager.set, 3, DEP_ON_FAILURE, 2);
	graph_finish(manager.set);
	set(0, K_FailureAction, SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_ORDERLY));
	set(3, K_JobTimeoutAction, SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_ORDERLY));
	broken[1] = true;
	request(JOB_START, 0);
	assert_story("+1 +2 ");
	ends(2, ACTIVE_INACTIVE);
	reactions_job_expired(&manager, 3);
	reactions_run(&manager);
	assert_story("!3J +2 ");
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_actions),
		cmocka_unit_test(test_job_failed),
		cmocka_unit_test(test_bound_unit_is_stopped),
		cmocka_unit_test(test_restart_is_no_loss),
		cmocka_unit_test(test_bound_to_what_fails),
		cmocka_unit_test(test_restart_alone),
		cmocka_unit_test(test_on_failure_contradicts),
		cmocka_unit_test(test_on_failure),
		cmocka_unit_test(test_on_failure_job_mode),
		cmocka_unit_test(test_upheld),
		cmocka_unit_test(test_stop_when_unneeded),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_nothing_while_going_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
