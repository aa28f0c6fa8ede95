/* SPDX-License-Identifier: MIT */
#include "lib/loop.h"

#include "lib/list.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

static struct loop *loop;
static char trace[256]; /* one letter per callback */
static size_t traced;

static int setup(void **state)
{
	(void)state;
	traced = 0;
	loop = loop_new();
	return loop == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void note(char c)
{
	trace[traced++] = c;
	trace[traced] = '\0';
}

struct watched {
	struct source source;
	char letter;
	struct watched *victim; /* deleted when this one is called */
	uint32_t change;	/* unless 0: new events for the victim */
};

static void on_source(struct source *source, uint32_t revents)
{
	struct watched *w = container_of(source, struct watched, source);

	assert_true(revents != 0);
	note(w->letter);
	if (w->victim != NULL && w->change != 0)
		assert_int_equal(loop_mod(loop, &w->victim->source, w->change), 0);
	else if (w->victim != NULL)
		close(loop_del(loop, &w->victim->source));
}

static void watch(struct watched *w, char letter)
{
	*w = (struct watched){ .letter = letter };
	w->source.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	w->source.events = EPOLLIN;
	w->source.fn = on_source;
	assert_int_equal(loop_add(loop, &w->source), 0);
}

/* Either order of arrival: the first of the two to run deletes the other, which then never runs. */
static void test_delete_other_in_round(void **state)
{
	struct watched a, b;

	(void)state;
	watch(&a, 'a');
	watch(&b, 'b');
	a.victim = &b;
	b.victim = &a;
	assert_int_equal(loop_run_once(loop), 0);
	assert_int_equal(traced, 1);
	assert_true((a.source.fd == -1) != (b.source.fd == -1));
	assert_int_equal(loop_del(loop, a.source.fd == -1 ? &a.source : &b.source), -1);
	close(loop_del(loop, a.source.fd != -1 ? &a.source : &b.source));
}

static void test_change_other_in_round(void **state)
{
	struct watched a, b;

	(void)state;
	watch(&a, 'a');
	watch(&b, 'b');
	a.victim = &b;
	b.victim = &a;
	a.change = b.change = EPOLLPRI;
	assert_int_equal(loop_run_once(loop), 0);
	assert_int_equal(traced, 1);
	close(loop_del(loop, &a.source));
	close(loop_del(loop, &b.source));
}

static void test_add_errors(void **state)
{
	struct source s = { .fd = -1, .events = EPOLLIN, .fn = on_source };

	(void)state;
	assert_int_equal(loop_add(loop, &s), -EBADF);
	assert_int_equal(loop_mod(loop, &s, EPOLLIN), -EBADF);
	assert_int_equal(loop_del(loop, &s), -1);
}

/* More sources than one round fetches: all of them get their turn. */
static void test_many_sources(void **state)
{
	static struct watched w[150];
	int seen[150] = { 0 };

	(void)state;
	for (int i = 0; i < 150; i++)
		watch(&w[i], (char)i);
	for (int round = 0; round < 3; round++) {
		traced = 0;
		assert_int_equal(loop_run_once(loop), 0);
		assert_true(traced <= 64);
		for (size_t i = 0; i < traced; i++)
			seen[(unsigned char)trace[i]]++;
	}
	for (int i = 0; i < 150; i++) {
		assert_true(seen[i] > 0);
		close(loop_del(loop, &w[i].source));
	}
}

static usec_t last_at;

static void on_timer(struct timer *timer, usec_t now)
{
	(void)now;
	assert_true(timer->at == USEC_INFINITY);
	note('t');
}

struct ordered {
	struct timer timer;
	usec_t at;
};

static void on_ordered(struct timer *timer, usec_t now)
{
	struct ordered *o = container_of(timer, struct ordered, timer);

	assert_true(o->at >= last_at);
	assert_true(o->at <= now);
	last_at = o->at;
	o->at = 0;
}

static void test_timers_in_order(void **state)
{
	static struct ordered timers[300];
	unsigned int seed = 3;
	usec_t now = clock_now(CLOCK_MONOTONIC);

	(void)state;
	assert_int_equal(loop_reserve_timers(loop, 300), 0);
	for (int i = 0; i < 300; i++) {
		timers[i].timer = (struct timer)TIMER_INIT(on_ordered);
		timers[i].at = now - 1000 + (usec_t)rand_r(&seed) % 900;
		loop_arm(loop, &timers[i].timer, timers[i].at);
	}
	/* Move some, disarm some: each of these is a removal from the middle of the heap. */
	for (int i = 0; i < 300; i += 3) {
		timers[i].at = now - 1000 + (usec_t)rand_r(&seed) % 900;
		loop_arm(loop, &timers[i].timer, timers[i].at);
		loop_arm(loop, &timers[i + 1].timer, USEC_INFINITY);
		timers[i + 1].at = 0;
	}
	last_at = 0;
	assert_int_equal(loop_run_once(loop), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(timers[i].timer.slot, 0);
		assert_int_equal(timers[i].at, 0);
	}
	assert_true(loop_next_deadline(loop) == USEC_INFINITY);
}

/* What is ready comes first: the exit status is read before the time-out for it strikes. */
static void test_timer_after_source(void **state)
{
	struct timer t = TIMER_INIT(on_timer);
	struct watched a;

	(void)state;
	watch(&a, 'a');
	loop_arm(loop, &t, 1);
	assert_int_equal(loop_run_once(loop), 0);
	assert_string_equal(trace, "at");
	close(loop_del(loop, &a.source));
}

static void test_timer_is_waited_for(void **state)
{
	struct timer t = TIMER_INIT(on_timer);
	usec_t start = clock_now(CLOCK_MONOTONIC);
	int rounds = 0;

	(void)state;
	loop_arm(loop, &t, start + 20000);
	assert_true(loop_next_deadline(loop) == start + 20000);
	while (traced == 0) {
		assert_int_equal(loop_run_once(loop), 0);
		rounds++;
	}
	assert_true(clock_now(CLOCK_MONOTONIC) >= start + 20000);
	assert_true(rounds <= 2); /* no spinning towards the deadline */
}

static void on_again(struct timer *timer, usec_t now)
{
	note('r');
	loop_arm(loop, timer, now);
}

static void test_rearming_timer_ends_the_round(void **state)
{
	struct timer t = TIMER_INIT(on_again);

	(void)state;
	loop_arm(loop, &t, 1);
	assert_int_equal(loop_run_once(loop), 0);
	assert_string_equal(trace, "r");
	assert_int_equal(loop_run_once(loop), 0);
	assert_string_equal(trace, "rr");
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void test_signal_is_no_error(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value = { 0, 10000 }, .it_interval = { 0, 10000 } };
	struct itimerval off = { 0 };

	(void)state;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(loop_run_once(loop), 0); /* nothing else would end it */
	setitimer(ITIMER_REAL, &off, NULL);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(test_delete_other_in_round),
		LOOP_TEST(test_change_other_in_round),
		LOOP_TEST(test_add_errors),
		LOOP_TEST(test_many_sources),
		LOOP_TEST(test_timers_in_order),
		LOOP_TEST(test_timer_after_source),
		LOOP_TEST(test_timer_is_waited_for),
		LOOP_TEST(test_rearming_timer_ends_the_round),
		LOOP_TEST(test_signal_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
