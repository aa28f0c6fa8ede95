/* SPDX-License-Identifier: MIT */
#include "init/path_watch.h"

#include "lib/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

/*
 * Two watchers of one folder, with the errands done by hand: the test says when a check looks and
 * when PID 1 hears of its end. All else is the kernel's inotify.
 */
static struct loop *loop;
static char folder[] = "/tmp/berth-path-XXXXXX";
static struct path_watcher a, b;

static int inotify;
static unsigned int n_changed, n_stirred; /* of b */

int errand_start(struct errand *e)
{
	e->pid = 1;
	inotify = e->fd;
	return 0;
}

void errand_cancel(struct errand *e)
{
	e->pid = 0;
}

/* What the child does: watches, then looks. */
int path_check(void *arg, int fd)
{
	struct path_page *page = arg;
	int wd = inotify_add_watch(fd, folder, IN_CREATE | IN_MASK_ADD);

	assert_true(wd >= 0);
	page->n = 0;
	page->watches[page->n++] = (struct path_watch){ wd, IN_CREATE, 0, true };
	return 0;
}

static void look(struct path_watcher *w)
{
	assert_int_equal(w->errand.work(w->errand.arg, w->errand.fd), 0);
}

static void end(struct path_watcher *w)
{
	w->errand.done(&w->errand, 0);
}

static void check(struct path_watcher *w)
{
	assert_int_equal(path_watch_begin(w, NULL), 0);
	look(w);
	end(w);
}

static void make_file(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

static void read_events(void)
{
	int waiting = 0;

	while (ioctl(inotify, FIONREAD, &waiting) == 0 && waiting > 0)
		loop_run_once(loop);
}

static void on_checked(struct path_watcher *w, int result, uint64_t exist, uint64_t hold)
{
	(void)w, (void)exist, (void)hold;
	assert_int_equal(result, 0);
}

static void on_changed(struct path_watcher *w, unsigned int spec)
{
	(void)spec;
	n_changed += w == &b;
}

static void on_stirred(struct path_watcher *w)
{
	n_stirred += w == &b;
}

static int setup(void **state)
{
	(void)state;
	a = b = (struct path_watcher){ .checked = on_checked,
				       .changed = on_changed,
				       .stirred = on_stirred };
	n_changed = n_stirred = 0;
	return path_watch_open(loop);
}

static int teardown(void **state)
{
	(void)state;
	path_watch_end(&a);
	path_watch_end(&b);
	read_events();
	return 0;
}

static void a_change_is_told(void **state)
{
	(void)state;
	check(&b);
	make_file("x");
	read_events();
	assert_int_equal(n_changed, 1);
}

/* b has looked, and PID 1 has not heard of it: a's watch is the same one, and tells. */
static void a_change_before_the_check_was_reaped_is_told(void **state)
{
	(void)state;
	check(&a);
	assert_int_equal(path_watch_begin(&b, NULL), 0);
	look(&b);
	make_file("x");
	read_events();
	assert_int_equal(n_changed, 0);
	end(&b);
	assert_int_equal(n_changed, 1);
}

static void the_first_to_watch_hears_of_it_too(void **state)
{
	(void)state;
	assert_int_equal(path_watch_begin(&b, NULL), 0);
	look(&b);
	make_file("x");
	read_events();
	end(&b);
	assert_int_equal(n_changed, 1);
}

/* As PathChanged= of a file that the unit's own service has written. */
static void what_was_before_is_no_change(void **state)
{
	(void)state;
	check(&a);
	make_file("x"); /* waits to be read */
	assert_int_equal(path_watch_begin(&b, NULL), 0);
	read_events();
	look(&b);
	end(&b);
	assert_int_equal(n_changed, 0);
}

static void what_is_read_after_the_check_may_have_been_before_it(void **state)
{
	(void)state;
	check(&a);
	make_file("x");
	check(&b);
	read_events();
	assert_int_equal(n_changed, 0);
}

/* The kernel merges equal events that wait one behind the other. */
static void an_equal_event_before_does_not_hide_a_change(void **state)
{
	(void)state;
	check(&a);
	make_file("x");
	assert_int_equal(path_watch_begin(&b, NULL), 0);
	look(&b);
	make_file("x");
	read_events();
	end(&b);
	assert_int_equal(n_changed, 1);
}

static void more_than_is_kept_is_looked_at_again(void **state)
{
	(void)state;
	assert_int_equal(path_watch_begin(&b, NULL), 0);
	look(&b);
	/* Kinds of events that nobody knows, until there is no room for b's own. */
	for (unsigned int i = 0; i < 40; i++) {
		int wd = inotify_add_watch(inotify, "/proc/self", IN_OPEN);

		assert_true(wd >= 0);
		inotify_rm_watch(inotify, wd);
	}
	make_file("x");
	read_events();
	end(&b);
	assert_true(n_changed + n_stirred >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_change_is_told),
		T(a_change_before_the_check_was_reaped_is_told),
		T(the_first_to_watch_hears_of_it_too),
		T(what_was_before_is_no_change),
		T(what_is_read_after_the_check_may_have_been_before_it),
		T(an_equal_event_before_does_not_hide_a_change),
		T(more_than_is_kept_is_looked_at_again),
	};
	int r;

	loop = loop_new();
	if (!loop || !mkdtemp(folder))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return r;
}
