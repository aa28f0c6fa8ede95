/* SPDX-License-Identifier: MIT */
#include "init/machine.h"
#include "tests/unit/machine_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/*
 * A million random events against a small model of the world: whatever happens in whatever order,
 * the paragraph "Forbidden" of machine.h holds and each job gets its answer.
 */

/* What is really there, kept by the test as the caller would keep it. */
struct world {
	struct bench b;
	bool main, control, others; /* processes */
	bool spawning;		    /* main will be told to be spawned */
	bool told_empty;	    /* the present emptiness has been fed */
	bool start_asked, stop_asked;
	bool calm; /* less dies and less times out: more is seen of what lives */
	uint64_t seed;
};

static uint32_t draw(struct world *w, uint32_t n)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33) % n;
}

static void draw_config(struct world *w)
{
	struct machine_config *c = &w->b.c;

	w->b = bench((enum service_type)draw(w, 8));
	c->kill_mode = (uint8_t)draw(w, 4);
	c->oom_policy = (uint8_t)draw(w, 3);
	c->remain_after_exit = draw(w, 4) == 0;
	c->send_sigkill = draw(w, 4) != 0;
	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		c->n_commands[slot] = (uint16_t)draw(w, 3);
	c->restart.policy = (uint8_t)draw(w, 8);
	c->restart.curve.steps = (uint16_t)draw(w, 4);
	c->restart.curve.max_delay = draw(w, 2) ? USEC_PER_SEC : USEC_INFINITY;
	c->restart.limit_burst = draw(w, 8);
	c->restart.mode = (uint8_t)draw(w, 2);
	w->main = w->control = w->others = w->start_asked = w->stop_asked = w->spawning = false;
	c->watchdog = draw(w, 2) ? 500 : USEC_INFINITY;
	w->told_empty = true;
	w->calm = draw(w, 2);
}

static bool is_up(const struct machine *m)
{
	return m->state >= S_RUNNING && m->state <= S_RELOAD_NOTIFY;
}

static bool is_over(const struct machine *m)
{
	return m->state == S_DEAD || m->state == S_FAILED || m->state == S_AUTO_RESTART;
}

static void world_feed(struct world *w, enum service_event event, struct event_info *info);

static void world_watchdog(struct world *w)
{
	struct machine *m = &w->b.m;
	struct event_info info = { .asked = draw(w, 8) == 0 };

	if (draw(w, 4) == 0) {
		info.health = (uint8_t)(1 + draw(w, 3));
		world_feed(w, E_UNHEALTHY, &info);
		return;
	}
	if (draw(w, 2)) {
		machine_pet(m, w->b.now);
		return;
	}
	if (!info.asked && m->watchdog == USEC_INFINITY)
		return;
	if (!info.asked && w->b.now < m->watchdog)
		w->b.now = m->watchdog;
	world_feed(w, E_WATCHDOG, &info);
}

/* sd_notify(3): at any time, true or not. */
static void world_tell(struct world *w)
{
	struct event_info info = { .since = draw(w, 4) ? w->b.now : 0 };

	if (w->b.c.type == TYPE_DBUS && w->b.m.state != S_START && draw(w, 2))
		world_feed(w, E_NAME_LOST, NULL);
	else
		world_feed(w, draw(w, 4) ? E_RELOADING : E_STOPPING, &info);
}

static void world_spawned(struct world *w)
{
	w->spawning = false;
	if (w->b.m.state == S_START)
		world_feed(w, E_SPAWNED, NULL);
}

/* Carries out the actions; false when a spawn failed and the rest is dropped. */
static bool world_act(struct world *w, const struct action *a)
{
	bool main = a->slot == SLOT_START && w->b.c.type != TYPE_FORKING;
	struct event_info info = { .slot = a->slot };

	switch (a->kind) {
	case ACT_SPAWN:
		assert_false(w->control); /* Forbidden: a spawn while a control process lives */
		assert_true(!main || !w->main);
		if (draw(w, 16) == 0) {
			info.result = draw(w, 2) ? RESULT_RESOURCES : RESULT_SUCCESS;
			world_feed(w, E_SPAWN_FAILED, &info);
			return false;
		}
		*(main ? &w->main : &w->control) = true;
		w->told_empty = false;
		w->spawning = main && (w->b.c.type == TYPE_SIMPLE || w->b.c.type == TYPE_IDLE);
		if (w->spawning && draw(w, 4))
			world_spawned(w);
		break;
	case ACT_START_DONE:
	case ACT_START_SKIPPED:
	case ACT_START_FAILED:
		assert_true(w->start_asked);
		w->start_asked = false;
		break;
	case ACT_STOP_DONE:
		assert_true(w->stop_asked);
		w->stop_asked = false;
		break;
	case ACT_STUCK:
	case ACT_LEAVE:
		w->main = w->control = w->others = false;
		w->told_empty = true;
		break;
	case ACT_RELEASE:
	case ACT_RELEASE_RUN: assert_false(w->main || w->control || w->others); break;
	case ACT_SIGNAL_RELOAD: assert_true(w->main); break;
	case ACT_KILL_MAIN:
	case ACT_KILL_ALL:
	case ACT_ABORT_MAIN:
	case ACT_ABORT_ALL:
	case ACT_SIGKILL_MAIN:
	case ACT_SIGKILL_ALL:
	case ACT_SIGKILL_CONTROL:
	case ACT_RELOAD_DONE:
	case ACT_RELOAD_FAILED:
	case ACT_ASK_START:
	case ACT_START_LIMIT: break;
	}
	return true;
}

static void check_forbidden(const struct world *w, enum service_state before, bool due)
{
	const struct machine *m = &w->b.m;
	bool kill = before == S_STOP_SIGKILL || before == S_FINAL_SIGKILL;
	bool group = w->b.c.kill_mode == KILL_CONTROL_GROUP || w->b.c.kill_mode == KILL_MIXED;

	if (m->deadline == USEC_INFINITY)
		assert_true(m->state == S_DEAD || m->state == S_FAILED || m->state == S_EXITED ||
			    m->state == S_RUNNING);
	else
		assert_true(m->state != S_DEAD && m->state != S_FAILED && m->state != S_EXITED &&
			    m->state != S_RUNNING);
	if (m->state == S_RUNNING)
		assert_true(m->main_alive || (m->mainless && m->populated));
	if (m->watchdog != USEC_INFINITY)
		assert_true((is_up(m) || m->state == S_START_POST) && m->state != S_EXITED);
	if (kill && m->state != before && group)
		assert_true(due || !m->populated || m->control_alive);
	if (is_over(m))
		assert_false(m->main_alive || m->control_alive || m->populated);
}

static void world_feed(struct world *w, enum service_event event, struct event_info *info)
{
	struct bench *b = &w->b;
	enum service_state before = b->m.state;
	struct actions out;
	bool due = event == E_TIMEOUT, whole = true;

	machine_step(&b->m, &b->c, event, info, b->now, draw(w, UINT32_MAX), &out);
	if (out.impossible)
		fail_msg("%s in %s", service_event_name(event), service_state_name(before));
	for (unsigned int i = 0; i < out.n && whole; i++)
		whole = world_act(w, &out.v[i]);
	if (!whole)
		return; /* the step that told of the failed spawn has checked */
	assert_int_equal(w->main, b->m.main_alive);
	assert_int_equal(w->control, b->m.control_alive);
	if (b->m.state == S_DEAD || b->m.state == S_FAILED) {
		assert_false(w->start_asked);
		assert_false(w->stop_asked);
	}
	check_forbidden(w, before, due);
}

static void world_exit(struct world *w, bool main)
{
	static const int statuses[] = { 0, 0, 0, 1, 254, 255 };
	static const int signals[] = { SIGTERM, SIGKILL, SIGSEGV };
	struct event_info info =
		draw(w, 3) ? exited(statuses[draw(w, 6)]) : killed(signals[draw(w, 3)]);
	bool fork_ended = !main && w->b.m.state == S_START && w->b.c.type == TYPE_FORKING;

	info.exit.ignored = draw(w, 8) == 0;
	*(main ? &w->main : &w->control) = false;
	w->others = draw(w, 3) == 0;
	if (fork_ended) {
		info.main_alive = draw(w, 2) && (info.exit.clean || info.exit.ignored);
		info.main_awaited = !info.main_alive && draw(w, 2);
		w->main = info.main_alive;
		w->others |= info.main_awaited;
	}
	if (!w->main && !w->control && !w->others && draw(w, 2)) {
		w->told_empty = true;
		/* E_EMPTIED first: the process that is about to be reaped still counts as there. */
		*(main ? &w->main : &w->control) = true;
		world_feed(w, E_EMPTIED, NULL);
		*(main ? &w->main : &w->control) = false;
	}
	world_feed(w, main ? E_MAIN_EXITED : E_CONTROL_EXITED, &info);
}

static bool deactivating(const struct machine *m)
{
	return m->state >= S_STOP && m->state <= S_FINAL_SIGKILL;
}

static void world_job(struct world *w)
{
	switch (draw(w, 4)) {
	case 0:
		w->stop_asked = true;
		w->start_asked = false; /* the job queue cancels it */
		world_feed(w, E_STOP, NULL);
		break;
	case 1: world_feed(w, E_RELOAD, NULL); break;
	default:
		if (deactivating(&w->b.m))
			return;
		w->start_asked = true;
		world_feed(w, E_START, NULL);
		break;
	}
}

static void world_turn(struct world *w)
{
	struct event_info info = { .result = RESULT_SUCCESS };
	struct machine *m = &w->b.m;

	w->b.now += draw(w, 1000);
	switch (draw(w, w->calm && draw(w, 4) ? 4 : 12)) {
	case 0: world_job(w); return;
	case 1: world_tell(w); return;
	case 2:
		if (w->spawning)
			world_spawned(w);
		world_feed(w, E_EXEC_OK, NULL);
		return;
	case 3:
		if (m->state == S_START && w->b.c.type == TYPE_FORKING && !w->control)
			info.main_alive = w->main = w->others && draw(w, 2);
		world_feed(w, E_READY, &info);
		return;
	case 4: world_feed(w, E_OOM, NULL); return;
	case 5: world_watchdog(w); return;
	case 6:
	case 7:
		if (m->deadline == USEC_INFINITY)
			return;
		w->b.now = m->deadline;
		world_feed(w, E_TIMEOUT, NULL);
		return;
	case 8:
		if (w->main || w->control || w->told_empty)
			return;
		w->others = false;
		w->told_empty = true;
		world_feed(w, E_EMPTIED, NULL);
		return;
	default:
		if (w->main && (!w->control || draw(w, 3) == 0))
			world_exit(w, true);
		else if (w->control)
			world_exit(w, false);
		return;
	}
}

static void test_random_walk(void **state)
{
	struct world w = { .seed = 1 };
	unsigned int visits[S_COUNT] = { 0 };

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		if (i % 200 == 0)
			draw_config(&w);
		world_turn(&w);
		visits[w.b.m.state]++;
		assert_true(is_up(&w.b.m) || is_over(&w.b.m) || w.b.m.deadline != USEC_INFINITY);
	}
	for (enum service_state s = 0; s < S_COUNT; s++)
		if (visits[s] == 0) /* else the walk proves little */
			fail_msg("never in %s", service_state_name(s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
