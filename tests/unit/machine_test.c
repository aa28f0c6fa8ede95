/* SPDX-License-Identifier: MIT */
#include "init/machine.h"
#include "lib/str.h"
#include "tests/unit/machine_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* --- what a step asked for ---------------------------------------------------------------- */

static const char *const action_names[] = {
	[ACT_KILL_MAIN] = "term-main",
	[ACT_KILL_ALL] = "term-all",
	[ACT_ABORT_MAIN] = "abort-main",
	[ACT_ABORT_ALL] = "abort-all",
	[ACT_SIGNAL_RELOAD] = "signal-reload",
	[ACT_SIGKILL_MAIN] = "kill-main",
	[ACT_SIGKILL_ALL] = "kill-all",
	[ACT_SIGKILL_CONTROL] = "kill-control",
	[ACT_START_DONE] = "start-done",
	[ACT_START_SKIPPED] = "start-skipped",
	[ACT_START_FAILED] = "start-failed",
	[ACT_STOP_DONE] = "stop-done",
	[ACT_RELOAD_DONE] = "reload-done",
	[ACT_RELOAD_FAILED] = "reload-failed",
	[ACT_ASK_START] = "ask-start",
	[ACT_RELEASE] = "release",
	[ACT_RELEASE_RUN] = "release-run",
	[ACT_STUCK] = "stuck",
	[ACT_LEAVE] = "leave",
	[ACT_START_LIMIT] = "start-limit",
};

static void describe(struct bench *b)
{
	struct strbuf s = STRBUF_INIT(b->text);

	b->text[0] = '\0';
	for (unsigned int i = 0; i < b->out.n; i++) {
		const struct action *a = &b->out.v[i];

		if (i > 0)
			strbuf_put(&s, " ");
		if (a->kind == ACT_SPAWN)
			strbuf_printf(&s, "%s/%u", command_slot_name(a->slot), a->command);
		else
			strbuf_put(&s, action_names[a->kind]);
	}
	if (b->out.impossible)
		strbuf_put(&s, "!");
}

static void feed_alone(struct bench *b, enum service_event event, const struct event_info *info)
{
	machine_step(&b->m, &b->c, event, info, b->now, 0, &b->out);
	describe(b);
}

/* With E_SPAWNED at once where it is due, as long as nothing has to be waited for. */
static void feed(struct bench *b, enum service_event event, const struct event_info *info)
{
	char before[sizeof(b->text)];
	struct strbuf s = STRBUF_INIT(before);

	feed_alone(b, event, info);
	if (b->m.state != S_START || b->out.n == 0 || b->out.v[b->out.n - 1].kind != ACT_SPAWN ||
	    (b->c.type != TYPE_SIMPLE && b->c.type != TYPE_IDLE))
		return;
	strbuf_put(&s, b->text);
	feed_alone(b, E_SPAWNED, NULL);
	if (b->out.n)
		strbuf_put(&s, " ");
	strbuf_put(&s, b->text);
	str_copy(b->text, sizeof(b->text), before);
}

static void pass(struct bench *b)
{
	b->now = b->m.deadline;
	feed(b, E_TIMEOUT, NULL);
}

/* The exit of a process that leaves an empty cgroup behind, fed as the header advises. */
static void last_exit(struct bench *b, enum service_event event, struct event_info info)
{
	feed(b, E_EMPTIED, NULL);
	assert_string_equal(b->text, "");
	feed(b, event, &info);
}

#define assert_step(b, wanted_state, actions)                                                      \
	do {                                                                                       \
		assert_string_equal(service_state_name((b)->m.state),                              \
				    service_state_name(wanted_state));                             \
		assert_string_equal((b)->text, actions);                                           \
	} while (0)

#define assert_result(b, wanted)                                                                   \
	assert_string_equal(service_result_name((b)->m.result), service_result_name(wanted))

static void start(struct bench *b, enum service_state state, const char *actions)
{
	feed(b, E_START, NULL);
	assert_step(b, state, actions);
}

static struct bench running(void)
{
	struct bench b = bench(TYPE_SIMPLE);

	start(&b, S_RUNNING, "ExecStart/0 start-done");
	return b;
}

/* --- the table ---------------------------------------------------------------------------- */

static void test_no_hole(void **state)
{
	(void)state;
	for (enum service_state s = 0; s < S_COUNT; s++)
		for (enum service_event e = 0; e < E_COUNT; e++)
			if (machine_cell(s, e) == CELL_NONE)
				fail_msg("no cell for %s in %s", service_event_name(e),
					 service_state_name(s));
}

static void test_names_in_header(void **state)
{
	static char text[32768];
	FILE *f = fopen("init/machine.h", "re");
	char *essay_end;
	char line[64];

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (enum service_event e = 0; e < E_COUNT; e++) {
		snprintf(line, sizeof(line), "\t%s,", service_event_name(e));
		assert_non_null(strstr(text, line));
	}
	essay_end = strstr(text, "enum service_state {");
	assert_non_null(essay_end);
	*essay_end = '\0';
	for (enum service_state s = 0; s < S_COUNT; s++) {
		snprintf(line, sizeof(line), " *   %s ", service_state_name(s));
		assert_non_null(strstr(text, line));
	}
	for (enum service_result r = 0; r < RESULT_COUNT; r++)
		assert_non_null(service_result_name(r));
	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		assert_true(str_starts(command_slot_name(slot), "Exec"));
}

/* An impossible event is told and changes nothing, whatever the state. */
static void test_impossible(void **state)
{
	(void)state;
	for (enum service_state s = 0; s < S_COUNT; s++) {
		for (enum service_event e = 0; e < E_COUNT; e++) {
			struct bench b = bench(TYPE_SIMPLE);

			if (machine_cell(s, e) != CELL_IMPOSSIBLE)
				continue;
			b.m.state = s;
			b.m.deadline = 0;
			b.m.main_alive = b.m.control_alive = true;
			feed(&b, e, NULL);
			assert_step(&b, s, "!");
		}
	}
}

static void test_facts_contradicted(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	feed(&b, E_MAIN_EXITED, NULL);
	assert_step(&b, S_DEAD, "!");
	b = running();
	feed(&b, E_CONTROL_EXITED, NULL);
	assert_step(&b, S_RUNNING, "!");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	b.now = b.m.deadline - 1; /* not due yet */
	feed(&b, E_TIMEOUT, NULL);
	assert_step(&b, S_STOP_SIGTERM, "!");
}

/* --- starting ----------------------------------------------------------------------------- */

static void test_simple(void **state)
{
	struct bench b = running();

	(void)state;
	assert_int_equal(b.m.deadline, USEC_INFINITY);
	feed(&b, E_EXEC_OK, NULL);
	assert_step(&b, S_RUNNING, "");
	feed(&b, E_START, NULL);
	assert_step(&b, S_RUNNING, "start-done");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	assert_int_equal(b.m.deadline, b.now + STOP_SPAN);
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_DEAD, "release stop-done");
	assert_result(&b, RESULT_SUCCESS);
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_DEAD, "stop-done");
}

/* The emptiness may also be told after the exit; then the state passes through stop-sigterm. */
static void test_emptied_after(void **state)
{
	struct bench b = running();
	struct event_info info = exited(1);

	(void)state;
	b.c.restart.policy = RESTART_ON_FAILURE;
	feed(&b, E_MAIN_EXITED, &info);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_AUTO_RESTART, "release-run");
}

static void test_exec(void **state)
{
	struct bench b = bench(TYPE_EXEC);

	(void)state;
	start(&b, S_START, "ExecStart/0");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	feed(&b, E_READY, NULL);
	assert_step(&b, S_START, "");
	feed(&b, E_EXEC_OK, NULL);
	assert_step(&b, S_RUNNING, "start-done");

	b = bench(TYPE_EXEC);
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, exited(203));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_EXIT_CODE);
}

static void test_notify(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);
	struct event_info info;

	(void)state;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_EXEC_OK, NULL);
	assert_step(&b, S_START, "");
	feed(&b, E_START, NULL); /* asked again: answered once */
	assert_step(&b, S_START, "");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "start-done");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "");

	/* An end before READY=1 is a failure even with status 0 (PITFALLS 133). */
	b = bench(TYPE_NOTIFY);
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_PROTOCOL);

	b = bench(TYPE_NOTIFY);
	start(&b, S_START, "ExecStart/0");
	pass(&b);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	info = killed(SIGTERM);
	feed(&b, E_MAIN_EXITED, &info);
	assert_step(&b, S_STOP_SIGTERM, "");
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_TIMEOUT);
}

static void test_oneshot(void **state)
{
	struct bench b = bench(TYPE_ONESHOT);
	struct event_info ok = exited(0);

	(void)state;
	b.c.n_commands[SLOT_START] = 2;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_START, "");
	feed(&b, E_MAIN_EXITED, &ok);
	assert_step(&b, S_START, "ExecStart/1");
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_DEAD, "release start-done");

	b.c.remain_after_exit = true;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_MAIN_EXITED, &ok);
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_EXITED, "start-done");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_DEAD, "release stop-done");

	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, exited(7));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_EXIT_CODE);

	/* No ExecStart at all is allowed here, and only here. */
	b.c.n_commands[SLOT_START] = 0;
	start(&b, S_EXITED, "start-done");
	b = bench(TYPE_SIMPLE);
	b.c.n_commands[SLOT_START] = 0;
	start(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_RESOURCES);
}

static void test_oneshot_ignored_failure(void **state)
{
	struct bench b = bench(TYPE_ONESHOT);
	struct event_info info = exited(1);

	(void)state;
	info.exit.ignored = true;
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, info);
	assert_step(&b, S_DEAD, "release start-done");
}

static void test_forking(void **state)
{
	struct bench b = bench(TYPE_FORKING);
	struct event_info info = exited(0);

	(void)state;
	start(&b, S_START, "ExecStart/0");
	assert_true(b.m.control_alive);
	info.main_alive = true;
	feed(&b, E_CONTROL_EXITED, &info);
	assert_step(&b, S_RUNNING, "start-done");
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_DEAD, "release");

	/* No daemon was left. */
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_CONTROL_EXITED, exited(0));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_PROTOCOL);

	/* One that cannot be told: the cgroup stands for it. */
	start(&b, S_START, "ExecStart/0");
	info.main_alive = false;
	feed(&b, E_CONTROL_EXITED, &info);
	assert_step(&b, S_RUNNING, "start-done");
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_DEAD, "release");
	assert_result(&b, RESULT_SUCCESS);
}

static void test_forking_pid_file(void **state)
{
	struct bench b = bench(TYPE_FORKING);
	struct event_info info = exited(0), found = { .main_alive = true };

	(void)state;
	info.main_awaited = true;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_CONTROL_EXITED, &info);
	assert_step(&b, S_START, "");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	feed(&b, E_READY, &found);
	assert_step(&b, S_RUNNING, "start-done");
	assert_true(b.m.main_alive);

	b = bench(TYPE_FORKING);
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_CONTROL_EXITED, &info);
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_PROTOCOL);

	b = bench(TYPE_FORKING);
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_CONTROL_EXITED, &info);
	pass(&b);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
}

static void test_all_commands(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);
	struct event_info ok = exited(0);

	(void)state;
	for (enum command_slot slot = 0; slot < SLOT_COUNT; slot++)
		b.c.n_commands[slot] = slot == SLOT_START ? 1 : 2;
	start(&b, S_CONDITION, "ExecCondition/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_CONDITION, "ExecCondition/1");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_START_PRE, "ExecStartPre/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_START_POST, "ExecStart/0 ExecStartPost/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_START_POST, "ExecStartPost/1");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RUNNING, "start-done");
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RELOAD, "ExecReload/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RELOAD, "ExecReload/1");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RUNNING, "reload-done");
	assert_int_equal(b.m.deadline, USEC_INFINITY);
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP, "ExecStop/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_STOP, "ExecStop/1");
	assert_int_equal(b.m.deadline, b.now + STOP_SPAN);
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, ok);
	assert_step(&b, S_STOP_POST, "ExecStopPost/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_STOP_POST, "ExecStopPost/1");
	last_exit(&b, E_CONTROL_EXITED, ok);
	assert_step(&b, S_DEAD, "release stop-done");
}

/* systemd.service(5) ExecCondition=. */
static void test_condition(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	b.c.n_commands[SLOT_CONDITION] = 1;
	b.c.restart.policy = RESTART_ALWAYS;
	start(&b, S_CONDITION, "ExecCondition/0");
	last_exit(&b, E_CONTROL_EXITED, exited(254));
	assert_step(&b, S_DEAD, "release start-skipped");
	assert_result(&b, RESULT_EXEC_CONDITION);

	b.c.restart.policy = RESTART_NO;
	start(&b, S_CONDITION, "ExecCondition/0");
	last_exit(&b, E_CONTROL_EXITED, exited(255));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_EXIT_CODE);

	start(&b, S_CONDITION, "ExecCondition/0");
	last_exit(&b, E_CONTROL_EXITED, killed(SIGSEGV));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_SIGNAL);
}

static void test_start_pre_fails(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	b.c.n_commands[SLOT_START_PRE] = 2;
	b.c.n_commands[SLOT_STOP] = 1; /* not run: it was never up */
	b.c.n_commands[SLOT_STOP_POST] = 1;
	start(&b, S_START_PRE, "ExecStartPre/0");
	last_exit(&b, E_CONTROL_EXITED, exited(1));
	assert_step(&b, S_STOP_POST, "ExecStopPost/0");
	last_exit(&b, E_CONTROL_EXITED, exited(0));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_EXIT_CODE);
}

static void test_start_post_fails(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);
	struct event_info bad = exited(1);

	(void)state;
	b.c.n_commands[SLOT_START_POST] = 1;
	start(&b, S_START_POST, "ExecStart/0 ExecStartPost/0");
	feed(&b, E_CONTROL_EXITED, &bad);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_FAILED, "release start-failed");

	/* Main ends meanwhile: what it was is seen when the command has ended. */
	start(&b, S_START_POST, "ExecStart/0 ExecStartPost/0");
	feed(&b, E_MAIN_EXITED, &bad);
	assert_step(&b, S_START_POST, "");
	last_exit(&b, E_CONTROL_EXITED, exited(0));
	assert_step(&b, S_FAILED, "release start-failed");
}

/* --- running, reloading, ending ----------------------------------------------------------- */

static void test_crash(void **state)
{
	struct bench b = running();
	struct event_info info = killed(SIGSEGV);

	(void)state;
	info.exit.code = CLD_DUMPED;
	b.c.restart.policy = RESTART_ON_FAILURE;
	b.c.n_commands[SLOT_STOP] = 1; /* not for the dead */
	last_exit(&b, E_MAIN_EXITED, info);
	assert_step(&b, S_AUTO_RESTART, "release-run");
	assert_result(&b, RESULT_CORE_DUMP);
	assert_int_equal(b.m.deadline, b.now + DELAY);
	assert_int_equal(b.m.history.restarts, 0);
	pass(&b);
	assert_step(&b, S_AUTO_RESTART, "ask-start");
	feed(&b, E_START, NULL);
	assert_step(&b, S_RUNNING, "ExecStart/0 start-done");
	assert_int_equal(b.m.history.restarts, 1);
	assert_result(&b, RESULT_SUCCESS);
}

static void test_ask_again(void **state)
{
	struct bench b = running();

	(void)state;
	b.c.restart.policy = RESTART_ALWAYS;
	last_exit(&b, E_MAIN_EXITED, exited(0));
	pass(&b);
	assert_step(&b, S_AUTO_RESTART, "ask-start");
	assert_int_equal(b.m.deadline, b.now + 10 * USEC_PER_SEC);
	pass(&b);
	assert_step(&b, S_AUTO_RESTART, "ask-start");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_DEAD, "release stop-done");
	assert_int_equal(b.m.deadline, USEC_INFINITY);
}

static void test_failed_start_restarts(void **state)
{
	struct bench b = bench(TYPE_EXEC);

	(void)state;
	b.c.restart.policy = RESTART_ON_FAILURE;
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, exited(203));
	assert_step(&b, S_AUTO_RESTART, "release-run start-failed");
}

static void test_clean_end_runs_stop(void **state)
{
	struct bench b = running();

	(void)state;
	b.c.n_commands[SLOT_STOP] = 1;
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_STOP, "ExecStop/0");
	last_exit(&b, E_CONTROL_EXITED, exited(0));
	assert_step(&b, S_DEAD, "release");

	b = running();
	b.c.remain_after_exit = true;
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_EXITED, "");
	assert_int_equal(b.m.deadline, USEC_INFINITY);
	b = running();
	b.c.remain_after_exit = true;
	last_exit(&b, E_MAIN_EXITED, exited(1));
	assert_step(&b, S_FAILED, "release");
}

static void test_leftover_of_main(void **state)
{
	struct bench b = running();
	struct event_info info = exited(1);

	(void)state;
	feed(&b, E_MAIN_EXITED, &info);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_FAILED, "release");
	assert_result(&b, RESULT_EXIT_CODE); /* the first bad one */
}

static void test_reload(void **state)
{
	struct bench b = running();
	struct event_info bad = exited(1), ok = exited(0);

	(void)state;
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RUNNING, "reload-failed"); /* no ExecReload */
	b.c.n_commands[SLOT_RELOAD] = 1;
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RELOAD, "ExecReload/0");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	feed(&b, E_CONTROL_EXITED, &bad);
	assert_step(&b, S_RUNNING, "reload-failed");
	assert_result(&b, RESULT_SUCCESS);

	feed(&b, E_RELOAD, NULL);
	pass(&b);
	assert_step(&b, S_RELOAD, "kill-control reload-failed");
	bad = killed(SIGKILL);
	feed(&b, E_CONTROL_EXITED, &bad);
	assert_step(&b, S_RUNNING, "reload-failed");

	/* Main dies beside it. */
	feed(&b, E_RELOAD, NULL);
	bad = exited(1);
	feed(&b, E_MAIN_EXITED, &bad);
	assert_step(&b, S_RELOAD, "");
	last_exit(&b, E_CONTROL_EXITED, ok);
	assert_step(&b, S_FAILED, "reload-failed release");

	/* A stop does not wait for it. */
	b = running();
	b.c.n_commands[SLOT_RELOAD] = b.c.n_commands[SLOT_STOP] = 1;
	feed(&b, E_RELOAD, NULL);
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "reload-failed term-all");

	b = bench(TYPE_SIMPLE);
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_DEAD, "reload-failed");
}

/* --- stopping ----------------------------------------------------------------------------- */

static void test_stop_ignored(void **state)
{
	struct bench b = running();

	(void)state;
	b.c.n_commands[SLOT_STOP] = 1;
	b.c.n_commands[SLOT_STOP_POST] = 1;
	feed(&b, E_STOP, NULL);
	pass(&b);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	pass(&b);
	assert_step(&b, S_STOP_POST, "stuck ExecStopPost/0");
	assert_false(b.m.main_alive);
	pass(&b);
	assert_step(&b, S_FINAL_SIGTERM, "term-all");
	pass(&b);
	assert_step(&b, S_FINAL_SIGKILL, "kill-all");
	pass(&b);
	assert_step(&b, S_FAILED, "stuck release stop-done");
	assert_result(&b, RESULT_TIMEOUT);
}

/* What the user sets no bound for is still bounded where it waits for the kernel. */
static void test_infinite_stop(void **state)
{
	struct bench b = running();

	(void)state;
	b.c.timeout_stop = USEC_INFINITY;
	b.c.oom_policy = OOM_KILL;
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	assert_int_equal(b.m.deadline, USEC_INFINITY);
	feed(&b, E_OOM, NULL);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	assert_int_equal(b.m.deadline, b.now + 90 * USEC_PER_SEC);
}

/* systemd.service(5) RestartMode=direct: whoever waits for the start waits on. */
static void test_restart_mode_direct(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);
	struct event_info bad = exited(1);

	(void)state;
	b.c.restart.policy = RESTART_ON_FAILURE;
	b.c.restart.limit_burst = 2;
	b.c.restart.limit_interval = USEC_INFINITY;
	b.c.restart.mode = RESTART_MODE_DIRECT;
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, bad);
	assert_step(&b, S_AUTO_RESTART, "release-run");
	pass(&b);
	assert_step(&b, S_AUTO_RESTART, "ask-start");
	feed(&b, E_START, NULL);
	assert_step(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, bad);
	/* no further try: now it is answered */
	feed(&b, E_START, NULL);
	assert_step(&b, S_FAILED, "release start-limit start-failed");
	b = bench(TYPE_NOTIFY);
	b.c.restart.mode = RESTART_MODE_DIRECT;
	start(&b, S_START, "ExecStart/0");
	last_exit(&b, E_MAIN_EXITED, bad);
	assert_step(&b, S_FAILED, "release start-failed");
}

static void test_stop_while_starting(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);

	(void)state;
	b.c.n_commands[SLOT_STOP] = 1;
	b.c.restart.policy = RESTART_ALWAYS;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_DEAD, "release stop-done"); /* no answer to the start: it was cancelled */

	b = bench(TYPE_SIMPLE);
	b.c.n_commands[SLOT_START_PRE] = 1;
	start(&b, S_START_PRE, "ExecStartPre/0");
	feed(&b, E_STOP, NULL);
	last_exit(&b, E_CONTROL_EXITED, killed(SIGTERM));
	assert_step(&b, S_DEAD, "release stop-done"); /* our own kill is no failure */
}

/* A stop that comes while a crashed run is still being cleared away keeps it down. */
static void test_stop_joins(void **state)
{
	struct bench b = running();
	struct event_info info = exited(1);

	(void)state;
	b.c.restart.policy = RESTART_ALWAYS;
	feed(&b, E_MAIN_EXITED, &info);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "");
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_FAILED, "release stop-done");
}

static void test_kill_modes(void **state)
{
	struct bench b = running();
	struct event_info ok = killed(SIGTERM);

	(void)state;
	b.c.kill_mode = KILL_MIXED;
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-main");
	feed(&b, E_MAIN_EXITED, &ok);
	assert_step(&b, S_STOP_SIGKILL, "kill-all"); /* the rest, at once */
	feed(&b, E_EMPTIED, NULL);
	assert_step(&b, S_DEAD, "release stop-done");

	b = running();
	b.c.kill_mode = KILL_MIXED;
	feed(&b, E_STOP, NULL);
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");

	b = running();
	b.c.kill_mode = KILL_PROCESS;
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-main");
	feed(&b, E_MAIN_EXITED, &ok);
	assert_step(&b, S_DEAD, "leave release stop-done"); /* the children are spared */

	b = running();
	b.c.kill_mode = KILL_PROCESS;
	feed(&b, E_STOP, NULL);
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-main");

	b = running();
	b.c.kill_mode = KILL_NONE;
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_DEAD, "leave release stop-done");
	assert_false(b.m.main_alive);

	b = running();
	b.c.send_sigkill = false;
	feed(&b, E_STOP, NULL);
	pass(&b);
	assert_step(&b, S_FAILED, "leave release stop-done");
	assert_result(&b, RESULT_TIMEOUT);
}

/* --- memory ------------------------------------------------------------------------------- */

static void test_oom(void **state)
{
	struct bench b = running();

	(void)state;
	b.c.oom_policy = OOM_CONTINUE;
	b.c.restart.policy = RESTART_ON_OOM;
	feed(&b, E_OOM, NULL);
	assert_step(&b, S_RUNNING, "");
	last_exit(&b, E_MAIN_EXITED, killed(SIGKILL));
	assert_step(&b, S_AUTO_RESTART, "release-run");
	assert_result(&b, RESULT_OOM_KILL);

	feed(&b, E_START, NULL); /* the next run has seen none */
	last_exit(&b, E_MAIN_EXITED, killed(SIGKILL));
	assert_step(&b, S_FAILED, "release");
	assert_result(&b, RESULT_SIGNAL);

	b = running();
	b.c.oom_policy = OOM_STOP;
	b.c.restart.policy = RESTART_ON_FAILURE;
	feed(&b, E_OOM, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_AUTO_RESTART, "release-run");
	assert_result(&b, RESULT_OOM_KILL);

	b = running();
	b.c.oom_policy = OOM_KILL;
	b.c.kill_mode = KILL_PROCESS;
	feed(&b, E_OOM, NULL);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGKILL));
	assert_step(&b, S_FAILED, "release");
	assert_result(&b, RESULT_OOM_KILL);
}

/* --- spawns that fail --------------------------------------------------------------------- */

static void test_main_not_spawned(void **state)
{
	struct event_info info = { .result = RESULT_RESOURCES, .slot = SLOT_START };
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	b.c.restart.policy = RESTART_ON_FAILURE;
	feed_alone(&b, E_START, NULL);
	assert_step(&b, S_START, "ExecStart/0");
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_AUTO_RESTART, "release-run start-failed");
	assert_result(&b, RESULT_RESOURCES);

	b = bench(TYPE_SIMPLE);
	b.c.n_commands[SLOT_START_POST] = 1;

	start(&b, S_START_POST, "ExecStart/0 ExecStartPost/0");
	info.slot = SLOT_START_POST;
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_FAILED, "release start-failed");
}

/* What it needs has to be fetched first (init/prepare.h). */
static void test_main_spawned_later(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	feed_alone(&b, E_START, NULL);
	assert_step(&b, S_START, "ExecStart/0");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	feed(&b, E_SPAWNED, NULL);
	assert_step(&b, S_RUNNING, "start-done");

	b = bench(TYPE_SIMPLE);
	feed_alone(&b, E_START, NULL);
	pass(&b);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_FAILED, "release start-failed");
	assert_result(&b, RESULT_TIMEOUT);

	b = bench(TYPE_SIMPLE);
	feed_alone(&b, E_START, NULL);
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_DEAD, "release stop-done");
}

static void test_other_not_spawned(void **state)
{
	struct event_info info = { .slot = SLOT_RELOAD };
	struct bench b = running();

	(void)state;
	b.c.n_commands[SLOT_RELOAD] = b.c.n_commands[SLOT_STOP] = b.c.n_commands[SLOT_STOP_POST] =
		1;
	feed(&b, E_RELOAD, NULL);
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_RUNNING, "reload-failed");
	feed(&b, E_STOP, NULL);
	info.slot = SLOT_STOP;
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_STOP_POST, "ExecStopPost/0");
	info.slot = SLOT_STOP_POST;
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_FAILED, "release stop-done");
	assert_result(&b, RESULT_RESOURCES);

	b = bench(TYPE_FORKING);
	start(&b, S_START, "ExecStart/0");
	info.slot = SLOT_START;
	feed(&b, E_SPAWN_FAILED, &info);
	assert_step(&b, S_FAILED, "release start-failed");
}

/* --- the start limit ---------------------------------------------------------------------- */

static void test_start_limit(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);

	(void)state;
	b.c.restart.policy = RESTART_ALWAYS;
	b.c.restart.limit_burst = 3;
	start(&b, S_RUNNING, "ExecStart/0 start-done");
	for (int i = 0; i < 2; i++) {
		last_exit(&b, E_MAIN_EXITED, exited(1));
		pass(&b);
		start(&b, S_RUNNING, "ExecStart/0 start-done");
	}
	assert_int_equal(b.m.history.restarts, 2);
	last_exit(&b, E_MAIN_EXITED, exited(1));
	pass(&b);
	start(&b, S_FAILED, "release start-limit start-failed");
	assert_result(&b, RESULT_START_LIMIT_HIT);
	start(&b, S_FAILED, "start-limit start-failed");
	assert_true(machine_reset_failed(&b.m));
	assert_int_equal(b.m.state, S_DEAD);
	assert_false(machine_reset_failed(&b.m));
	start(&b, S_RUNNING, "ExecStart/0 start-done");
	assert_int_equal(b.m.history.restarts, 0);
}

/* RestartPreventExitStatus=, RestartForceExitStatus=: what prevents comes first. */
static void test_restart_exits(void **state)
{
	struct event_info exit = exited(3);
	struct bench b = running();

	(void)state;
	b.c.restart.policy = RESTART_ALWAYS;
	exit.prevents_restart = true;
	last_exit(&b, E_MAIN_EXITED, exit);
	assert_step(&b, S_FAILED, "release");

	/* The next run knows nothing of it, even if it never gets to a main process. */
	b.c.n_commands[SLOT_START_PRE] = 1;
	start(&b, S_START_PRE, "ExecStartPre/0");
	last_exit(&b, E_CONTROL_EXITED, exited(1));
	assert_int_equal(b.m.state, S_AUTO_RESTART);

	b = running();
	exit = exited(0);
	exit.forces_restart = true;
	last_exit(&b, E_MAIN_EXITED, exit);
	assert_step(&b, S_AUTO_RESTART, "release-run");

	b = running();
	exit.prevents_restart = true;
	last_exit(&b, E_MAIN_EXITED, exit);
	assert_step(&b, S_DEAD, "release");

	b = running(); /* a stop that was asked for is one */
	feed(&b, E_STOP, NULL);
	exit.prevents_restart = false;
	last_exit(&b, E_MAIN_EXITED, exit);
	assert_step(&b, S_DEAD, "release stop-done");
}

static void test_runtime_max(void **state)
{
	struct bench b = bench(TYPE_SIMPLE);
	usec_t up = b.now;

	(void)state;
	b.c.runtime_max = 60 * USEC_PER_SEC;
	b.c.n_commands[SLOT_RELOAD] = b.c.n_commands[SLOT_STOP] = 1;
	start(&b, S_RUNNING, "ExecStart/0 start-done");
	assert_int_equal(b.m.deadline, up + 60 * USEC_PER_SEC);
	b.now += USEC_PER_SEC;
	feed(&b, E_RELOAD, NULL);
	b.now += USEC_PER_SEC;
	feed(&b, E_CONTROL_EXITED,
	     &(struct event_info){ .exit = { .code = CLD_EXITED, .clean = true } });
	assert_step(&b, S_RUNNING, "reload-done");
	assert_int_equal(b.m.deadline, up + 60 * USEC_PER_SEC); /* a reload does not renew it */
	b.c.restart.policy = RESTART_ON_FAILURE;
	pass(&b);
	assert_step(&b, S_STOP, "ExecStop/0");
	assert_result(&b, RESULT_TIMEOUT);
	feed(&b, E_CONTROL_EXITED,
	     &(struct event_info){ .exit = { .code = CLD_EXITED, .clean = true } });
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_AUTO_RESTART, "release-run");
}

/* --- what main tells of itself ------------------------------------------------------------ */

static struct bench reloadable(void)
{
	struct bench b = bench(TYPE_NOTIFY_RELOAD);

	start(&b, S_START, "ExecStart/0");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "start-done");
	return b;
}

static void tell_reloading(struct bench *b, usec_t since)
{
	feed(b, E_RELOADING, &(struct event_info){ .since = since });
}

static void test_notify_reload(void **state)
{
	struct bench b = reloadable();
	usec_t asked = b.now;

	(void)state;
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RELOAD_SIGNAL, "signal-reload");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	/* Neither a READY=1 of before, nor a reload that was under way already, answers. */
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RELOAD_SIGNAL, "");
	tell_reloading(&b, asked - 1);
	assert_step(&b, S_RELOAD_SIGNAL, "");
	tell_reloading(&b, 0);
	assert_step(&b, S_RELOAD_SIGNAL, "");
	b.now += 7;
	tell_reloading(&b, asked);
	assert_step(&b, S_RELOAD_NOTIFY, "");
	assert_int_equal(b.m.deadline, b.now + START_SPAN);
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RELOAD_NOTIFY, "");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "reload-done");
	assert_int_equal(b.m.deadline, USEC_INFINITY);

	/* No answer: the reload failed, the service goes on. */
	feed(&b, E_RELOAD, NULL);
	pass(&b);
	assert_step(&b, S_RUNNING, "reload-failed");
	feed(&b, E_RELOAD, NULL);
	tell_reloading(&b, b.now);
	pass(&b);
	assert_step(&b, S_RUNNING, "reload-failed");
	assert_result(&b, RESULT_SUCCESS);

	/* Main dies of it. */
	feed(&b, E_RELOAD, NULL);
	last_exit(&b, E_MAIN_EXITED, killed(SIGHUP));
	assert_step(&b, S_DEAD, "reload-failed release");
	b = reloadable();
	feed(&b, E_RELOAD, NULL);
	tell_reloading(&b, b.now);
	last_exit(&b, E_MAIN_EXITED, exited(1));
	assert_step(&b, S_FAILED, "reload-failed release");

	b = reloadable();
	feed(&b, E_RELOAD, NULL);
	feed(&b, E_STOP, NULL);
	assert_step(&b, S_STOP_SIGTERM, "reload-failed term-all");
}

/* ExecReload= beside the signal: both have to be through. */
static void test_notify_reload_command(void **state)
{
	struct bench b = reloadable();
	struct event_info ok = exited(0), bad = exited(1);

	(void)state;
	b.c.n_commands[SLOT_RELOAD] = 1;
	feed(&b, E_RELOAD, NULL);
	assert_step(&b, S_RELOAD, "signal-reload ExecReload/0");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RELOAD_SIGNAL, "");
	tell_reloading(&b, b.now);
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "reload-done");

	feed(&b, E_RELOAD, NULL);
	tell_reloading(&b, b.now);
	assert_step(&b, S_RELOAD, "");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RELOAD_NOTIFY, "");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "reload-done");

	feed(&b, E_RELOAD, NULL);
	tell_reloading(&b, b.now);
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RELOAD, "");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RUNNING, "reload-done");

	feed(&b, E_RELOAD, NULL);
	feed(&b, E_CONTROL_EXITED, &bad);
	assert_step(&b, S_RUNNING, "reload-failed");
}

static void test_reloads_by_itself(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);
	struct event_info ok = exited(0);

	(void)state;
	b.c.n_commands[SLOT_START_POST] = 1;
	b.c.runtime_max = 100 * USEC_PER_SEC;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_START_POST, "ExecStartPost/0");
	tell_reloading(&b, 0); /* too early to act upon, not to be forgotten */
	assert_step(&b, S_START_POST, "");
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RELOAD_NOTIFY, "start-done");
	b.now += USEC_PER_SEC;
	feed(&b, E_READY, NULL);
	assert_step(&b, S_RUNNING, "reload-done");
	assert_int_equal(b.m.deadline, b.now + 99 * USEC_PER_SEC);
	tell_reloading(&b, 0);
	assert_step(&b, S_RELOAD_NOTIFY, "");
	feed(&b, E_WATCHDOG, &(struct event_info){ .asked = true });
	assert_step(&b, S_STOP_WATCHDOG, "reload-failed abort-all");
}

static void test_stopping(void **state)
{
	struct bench b = running();
	struct event_info ok = exited(0);

	(void)state;
	feed(&b, E_STOPPING, NULL);
	assert_step(&b, S_STOP_SIGTERM, ""); /* it knows: no signal */
	assert_int_equal(b.m.deadline, b.now + STOP_SPAN);
	last_exit(&b, E_MAIN_EXITED, exited(0));
	assert_step(&b, S_DEAD, "release");

	b = running();
	feed(&b, E_STOPPING, NULL);
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");

	b = reloadable();
	feed(&b, E_RELOAD, NULL);
	feed(&b, E_STOPPING, NULL);
	assert_step(&b, S_STOP_SIGTERM, "reload-failed");

	/* Said while ExecStartPost ran. */
	b = bench(TYPE_SIMPLE);
	b.c.n_commands[SLOT_START_POST] = 1;
	start(&b, S_START_POST, "ExecStart/0 ExecStartPost/0");
	feed(&b, E_STOPPING, NULL);
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_STOP_SIGTERM, "start-done");

	/* Nothing waits for main with KillMode=none. */
	b = running();
	b.c.kill_mode = KILL_NONE;
	feed(&b, E_STOPPING, NULL);
	assert_step(&b, S_RUNNING, "");
}

static void unhealthy(struct bench *b, enum health_on_failure how)
{
	struct event_info info = { .health = (uint8_t)how };

	feed(b, E_UNHEALTHY, &info);
}

/* podman-run(1) --health-on-failure */
static void test_unhealthy(void **state)
{
	struct bench b = running();

	(void)state;
	/* restart: whatever Restart= and the exit status say, but not against a stop */
	b.c.n_commands[SLOT_STOP] = 1;
	unhealthy(&b, HEALTH_ON_FAILURE_RESTART);
	assert_step(&b, S_STOP, "ExecStop/0");
	struct event_info end = exited(0);

	feed(&b, E_CONTROL_EXITED, &end);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	end.prevents_restart = true;
	last_exit(&b, E_MAIN_EXITED, end);
	assert_step(&b, S_AUTO_RESTART, "release-run");
	assert_int_equal(b.m.result, RESULT_UNHEALTHY);
	b = running();
	unhealthy(&b, HEALTH_ON_FAILURE_RESTART);
	assert_step(&b, S_STOP_SIGTERM, "term-all");
	feed(&b, E_STOP, NULL);
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_FAILED, "release stop-done");
	/* the wish does not outlive its run */
	start(&b, S_RUNNING, "ExecStart/0 start-done");
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_DEAD, "release");
	/* stop and kill: Restart= decides, as of a watchdog */
	b = running();
	unhealthy(&b, HEALTH_ON_FAILURE_STOP);
	last_exit(&b, E_MAIN_EXITED, killed(SIGTERM));
	assert_step(&b, S_FAILED, "release");
	b = running();
	b.c.restart.policy = RESTART_ON_WATCHDOG;
	unhealthy(&b, HEALTH_ON_FAILURE_KILL);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGKILL));
	assert_step(&b, S_AUTO_RESTART, "release-run");
	/* too late, or not the moment: it is told again */
	unhealthy(&b, HEALTH_ON_FAILURE_KILL);
	assert_step(&b, S_AUTO_RESTART, "");
}

static void test_bus_name(void **state)
{
	struct bench b = bench(TYPE_DBUS);
	struct event_info ok = exited(0);

	(void)state;
	b.c.n_commands[SLOT_START_POST] = b.c.n_commands[SLOT_STOP] = 1;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_NAME_LOST, NULL); /* nobody has it yet */
	assert_step(&b, S_START, "");
	feed(&b, E_READY, NULL);
	assert_step(&b, S_START_POST, "ExecStartPost/0");
	feed(&b, E_NAME_LOST, NULL); /* and back again */
	feed(&b, E_READY, NULL);
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_RUNNING, "start-done");
	feed(&b, E_NAME_LOST, NULL);
	assert_step(&b, S_STOP, "ExecStop/0");

	/* Lost while ExecStartPost ran. */
	b = bench(TYPE_DBUS);
	b.c.n_commands[SLOT_START_POST] = 1;
	start(&b, S_START, "ExecStart/0");
	feed(&b, E_READY, NULL);
	feed(&b, E_NAME_LOST, NULL);
	feed(&b, E_CONTROL_EXITED, &ok);
	assert_step(&b, S_STOP_SIGTERM, "start-done term-all");
}

static void test_watchdog(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);

	(void)state;
	b.c.watchdog = 2 * USEC_PER_SEC;
	b.c.restart.policy = RESTART_ON_WATCHDOG;
	start(&b, S_START, "ExecStart/0");
	assert_int_equal(b.m.watchdog, USEC_INFINITY); /* not before it is ready */
	machine_pet(&b.m, b.now);
	assert_int_equal(b.m.watchdog, USEC_INFINITY);
	feed(&b, E_READY, NULL);
	assert_int_equal(machine_due(&b.m), b.now + 2 * USEC_PER_SEC);
	b.now += USEC_PER_SEC;
	machine_pet(&b.m, b.now);
	assert_int_equal(b.m.watchdog, b.now + 2 * USEC_PER_SEC);
	feed(&b, E_WATCHDOG, NULL); /* not due */
	assert_step(&b, S_RUNNING, "!");
	b.now = b.m.watchdog;
	feed(&b, E_WATCHDOG, NULL);
	assert_step(&b, S_STOP_WATCHDOG, "abort-all");
	assert_int_equal(b.m.watchdog, USEC_INFINITY);
	assert_int_equal(b.m.deadline, b.now + ABORT_SPAN);
	machine_pet(&b.m, b.now);
	assert_int_equal(b.m.watchdog, USEC_INFINITY);
	pass(&b);
	assert_step(&b, S_STOP_SIGKILL, "kill-all");
	last_exit(&b, E_MAIN_EXITED, killed(SIGKILL));
	assert_step(&b, S_AUTO_RESTART, "release-run");
	assert_result(&b, RESULT_WATCHDOG);
}

static void test_watchdog_span(void **state)
{
	struct bench b = bench(TYPE_NOTIFY);

	(void)state;
	start(&b, S_START, "ExecStart/0");
	machine_watchdog(&b.m, USEC_PER_SEC, b.now); /* from its readiness on */
	assert_int_equal(b.m.watchdog, USEC_INFINITY);
	feed(&b, E_READY, NULL);
	assert_int_equal(b.m.watchdog, b.now + USEC_PER_SEC);
	machine_watchdog(&b.m, 5 * USEC_PER_SEC, b.now);
	assert_int_equal(b.m.watchdog, b.now + 5 * USEC_PER_SEC);
	machine_watchdog(&b.m, USEC_INFINITY, b.now);
	assert_int_equal(b.m.watchdog, USEC_INFINITY);
	feed(&b, E_STOP, NULL);
	machine_watchdog(&b.m, USEC_PER_SEC, b.now);
	assert_int_equal(b.m.watchdog, USEC_INFINITY);

	/* The next run begins with what the unit says. */
	last_exit(&b, E_MAIN_EXITED, exited(0));
	start(&b, S_START, "ExecStart/0");
	assert_int_equal(b.m.watchdog_span, USEC_INFINITY);
}

static void test_watchdog_kill_modes(void **state)
{
	static const struct {
		enum kill_mode mode;
		const char *actions;
	} cases[] = {
		{ KILL_CONTROL_GROUP, "abort-all" },
		{ KILL_MIXED, "abort-main" },
		{ KILL_PROCESS, "abort-main" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b = running();

		b.c.kill_mode = cases[i].mode;
		feed(&b, E_WATCHDOG, &(struct event_info){ .asked = true });
		assert_step(&b, S_STOP_WATCHDOG, cases[i].actions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_hole),
		cmocka_unit_test(test_names_in_header),
		cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_facts_contradicted),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_emptied_after),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_oneshot),
		cmocka_unit_test(test_oneshot_ignored_failure),
		cmocka_unit_test(test_forking),
		cmocka_unit_test(test_forking_pid_file),
		cmocka_unit_test(test_all_commands),
		cmocka_unit_test(test_condition),
		cmocka_unit_test(test_start_pre_fails),
		cmocka_unit_test(test_start_post_fails),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_ask_again),
		cmocka_unit_test(test_failed_start_restarts),
		cmocka_unit_test(test_clean_end_runs_stop),
		cmocka_unit_test(test_leftover_of_main),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_stop_ignored),
		cmocka_unit_test(test_infinite_stop),
		cmocka_unit_test(test_restart_mode_direct),
		cmocka_unit_test(test_stop_while_starting),
		cmocka_unit_test(test_stop_joins),
		cmocka_unit_test(test_kill_modes),
		cmocka_unit_test(test_oom),
		cmocka_unit_test(test_main_not_spawned),
		cmocka_unit_test(test_main_spawned_later),
		cmocka_unit_test(test_other_not_spawned),
		cmocka_unit_test(test_start_limit),
		cmocka_unit_test(test_restart_exits),
		cmocka_unit_test(test_runtime_max),
		cmocka_unit_test(test_notify_reload),
		cmocka_unit_test(test_notify_reload_command),
		cmocka_unit_test(test_reloads_by_itself),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_bus_name),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_unhealthy),
		cmocka_unit_test(test_watchdog_span),
		cmocka_unit_test(test_watchdog_kill_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
