/* SPDX-License-Identifier: MIT */
#include "init/path_watch.h"

#include "lib/diag.h"
#include "lib/layout.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIMIT (30 * USEC_PER_SEC)
/*
 * What happened while checks were under way, each kind once. The errand that looks has not been
 * reaped yet, so nobody knows its watches; and a watch that others had before tells of it too.
 */
#define EARLY_MAX 32

struct entry {
	struct path_watcher *watcher; /* NULL: given up */
	struct path_watch watch;
};

static struct source inotify = { .fd = -1 };
static struct entry *entries;
static size_t n_entries, room;
static unsigned int n_checks; /* errands under way */
static LARGE_STATIC struct early {
	int32_t wd;
	uint32_t mask;
	uint64_t at; /* where the last of them ended in the stream of events */
} early[EARLY_MAX];
static unsigned int n_early;
static uint64_t taken;	/* bytes of events that were read */
static bool delivering; /* the table is being walked: nothing moves in it */

/* --- who watches what --------------------------------------------------------------------- */

static bool is_watched(int32_t wd)
{
	for (size_t i = 0; i < n_entries; i++) {
		if (entries[i].watcher && entries[i].watch.wd == wd)
			return true;
	}
	return false;
}

/* While an errand may just have added the same watch nothing is taken away. */
static void sweep(void)
{
	if (n_checks > 0 || delivering)
		return;
	for (size_t i = 0; i < n_entries;) {
		int32_t wd = entries[i].watch.wd;

		if (entries[i].watcher) {
			i++;
			continue;
		}
		entries[i] = entries[--n_entries];
		if (!is_watched(wd))
			inotify_rm_watch(inotify.fd, wd);
	}
}

static void forget(struct path_watcher *w)
{
	for (size_t i = 0; i < n_entries; i++) {
		if (entries[i].watcher == w)
			entries[i].watcher = NULL;
	}
}

static int remember(struct path_watcher *w, const struct path_page *page)
{
	if (n_entries + page->n > room) {
		size_t more = n_entries + page->n + 16;
		struct entry *v = pool_realloc(entries, room * sizeof(*v), more * sizeof(*v));

		if (!v)
			return -ENOMEM;
		entries = v;
		room = more;
	}
	for (uint32_t i = 0; i < page->n; i++)
		entries[n_entries++] = (struct entry){ w, page->watches[i] };
	return 0;
}

/* --- events ------------------------------------------------------------------------------- */

static void stir(struct path_watcher *w)
{
	if (w->page)
		w->again = true;
	else
		w->stirred(w);
}

static void stir_all(void)
{
	for (size_t i = 0; i < n_entries; i++) {
		if (entries[i].watcher)
			stir(entries[i].watcher);
	}
}

/* Callbacks may end watches (their entries stay till the next sweep) but add none: that takes an errand. */
static bool deliver(const struct early *event, struct path_watcher *only)
{
	bool known = false;

	for (size_t i = 0; i < n_entries; i++) {
		struct entry *e = &entries[i];

		if (e->watch.wd != event->wd)
			continue;
		known = true;
		if (!e->watcher || (only && e->watcher != only) || event->at <= e->watcher->since)
			continue;
		if (!(event->mask & (e->watch.mask | IN_IGNORED)))
			continue;
		if (e->watch.primary && !e->watcher->page && !(event->mask & IN_IGNORED))
			e->watcher->changed(e->watcher, e->watch.spec);
		else
			stir(e->watcher);
	}
	return known;
}

static void keep_early(const struct early *event)
{
	for (unsigned int i = 0; i < n_early; i++) {
		if (early[i].wd == event->wd && early[i].mask == event->mask) {
			early[i].at = event->at;
			return;
		}
	}
	if (n_early < EARLY_MAX)
		early[n_early++] = *event;
}

static void take(const struct early *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		stir_all();
		return;
	}
	if (n_checks > 0)
		keep_early(event);
	if (!deliver(event, NULL) && n_checks == 0 && !(event->mask & IN_IGNORED))
		inotify_rm_watch(inotify.fd, event->wd); /* left by an errand that failed */
}

static void on_readable(struct source *source, uint32_t revents)
{
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t n = read(source->fd, buf, sizeof(buf));

	(void)revents;
	delivering = true;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(buf + at);
		size_t size = sizeof(*event) + event->len;

		taken += size;
		take(&(struct early){ event->wd, event->mask, taken });
		at += (ssize_t)size;
	}
	delivering = false;
	sweep();
}

/*
 * Where the stream of events ends now. A check answers for what happens from here on: what waits to
 * be read is told to those who watched when it happened, and is no change for the one that begins
 * (the file that its service just wrote). A watch comes and goes, so that the kernel does not
 * merge the next event with an equal one before.
 */
static uint64_t end_of_events(void)
{
	uint64_t end = taken;
	char self[32];
	int waiting, wd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", inotify.fd);
	if (ioctl(inotify.fd, FIONREAD, &waiting) == 0)
		end += (unsigned int)waiting;
	wd = inotify_add_watch(inotify.fd, self, IN_DELETE_SELF);
	if (wd >= 0)
		inotify_rm_watch(inotify.fd, wd);
	return end;
}

int path_watch_open(struct loop *loop)
{
	int r;

	if (inotify.fd >= 0)
		return 0;
	inotify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify.fd < 0)
		return -errno;
	inotify.fd = spawn_lift_fd(inotify.fd);
	inotify.events = EPOLLIN;
	inotify.fn = on_readable;
	r = loop_add(loop, &inotify);
	if (r < 0) {
		close(inotify.fd);
		inotify.fd = -1;
	}
	return r;
}

/* --- checks ------------------------------------------------------------------------------- */

static void free_page(struct path_watcher *w)
{
	munmap(w->page, sizeof(*w->page));
	w->page = NULL;
	if (--n_checks == 0)
		n_early = 0;
}

/* What was seen since it began; the last check takes the list away. */
static void replay(struct path_watcher *w)
{
	for (unsigned int i = 0; i < n_early; i++)
		deliver(&early[i], w);
}

static void done(struct errand *e, int result)
{
	struct path_watcher *w = container_of(e, struct path_watcher, errand);
	struct path_page *page = w->page;
	bool overflow = n_early == EARLY_MAX;
	int r;

	/* Also of a check that failed: what it has watched is to be given back. */
	r = remember(w, page);
	if (result == 0)
		result = r;
	w->page = NULL;
	delivering = true;
	w->checked(w, result, page->exist, page->hold);
	if (!w->page && result == 0) {
		replay(w);
		if (overflow || w->again)
			w->stirred(w);
	}
	munmap(page, sizeof(*page));
	if (--n_checks == 0)
		n_early = 0;
	delivering = false;
	sweep();
}

int path_watch_begin(struct path_watcher *w, const struct unit *u)
{
	int r;

	if (w->page) {
		w->again = true;
		return 0;
	}
	forget(w);
	w->page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (w->page == MAP_FAILED) {
		w->page = NULL;
		return -errno;
	}
	w->since = end_of_events();
	w->again = false;
	w->page->unit = u;
	w->page->make_directories = w->make_directories;
	w->errand = (struct errand){ .what = "looking at watched paths",
				     .limit = LIMIT,
				     .work = path_check,
				     .arg = w->page,
				     .done = done,
				     .fd = inotify.fd };
	n_checks++;
	r = errand_start(&w->errand);
	if (r < 0)
		free_page(w);
	return r;
}

void path_watch_end(struct path_watcher *w)
{
	forget(w);
	if (w->page) {
		errand_cancel(&w->errand);
		free_page(w);
	}
	sweep();
}
