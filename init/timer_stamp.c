/* SPDX-License-Identifier: MIT */
#include "init/timer_stamp.h"

#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FOLDER "/var/lib/berth/timers"
#define LIMIT  (30 * USEC_PER_SEC)
/* 2020: a clock before that was never set (PITFALLS 123), and must not replace a record by its time. */
#define PLAUSIBLE ((usec_t)1577836800 * USEC_PER_SEC)

struct stamp_page {
	usec_t when;	/* read: the result; write: what to write */
	char unit[256]; /* of the timer */
};

/* --- in the child ------------------------------------------------------------------------- */

static int stamp_path(const struct stamp_page *page, char *path, size_t size)
{
	return (size_t)snprintf(path, size, FOLDER "/stamp-%s", page->unit) < size ? 0
										   : -ENAMETOOLONG;
}

static int make_folders(void)
{
	static const char *const folders[] = { "/var", "/var/lib", "/var/lib/berth", FOLDER };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (mkdir(folders[i], 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int write_stamp(void *arg, int fd)
{
	struct stamp_page *page = arg;
	struct timespec when[2] = {
		{ .tv_sec = (time_t)(page->when / USEC_PER_SEC),
		  .tv_nsec = (long)(page->when % USEC_PER_SEC) * 1000 },
	};
	char path[300];
	int r = stamp_path(page, path, sizeof(path));

	(void)fd;
	if (r == 0)
		r = make_folders();
	if (r < 0)
		return r;
	autoclose int stamp = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (stamp < 0)
		return -errno;
	when[1] = when[0];
	return futimens(stamp, when) < 0 ? -errno : 0;
}

/* What has never elapsed counts from now on, also after the next boot. */
static int read_stamp(void *arg, int fd)
{
	struct stamp_page *page = arg;
	struct stat st;
	char path[300];
	int r = stamp_path(page, path, sizeof(path));

	if (r < 0)
		return r;
	if (stat(path, &st) == 0) {
		page->when = (usec_t)st.st_mtim.tv_sec * USEC_PER_SEC +
			     (usec_t)st.st_mtim.tv_nsec / 1000;
		return 0;
	}
	if (errno != ENOENT)
		return -errno;
	page->when = clock_now(CLOCK_REALTIME);
	r = page->when >= PLAUSIBLE ? write_stamp(page, fd) : 0;
	page->when = 0;
	return r;
}

/* --- in PID 1 ----------------------------------------------------------------------------- */

static void begin_write(struct timer_stamp *s, const char *unit, usec_t realtime);

static void done(struct errand *e, int result)
{
	struct timer_stamp *s = container_of(e, struct timer_stamp, errand);
	struct stamp_page page = *s->page;
	usec_t queued = s->queued;

	munmap(s->page, sizeof(*s->page));
	s->page = NULL;
	s->queued = 0;
	if (result < 0)
		log_warn("%s: %s " FOLDER "/stamp-%s: %s", page.unit, e->what, page.unit,
			 diag_errno(-result));
	if (e->work == read_stamp)
		s->have_read(s, result < 0 ? 0 : page.when);
	if (queued && !s->page)
		begin_write(s, page.unit, queued);
}

static int begin(struct timer_stamp *s, const char *unit, usec_t when,
		 int (*work)(void *arg, int fd), const char *what)
{
	int r;

	s->page = mmap(NULL, sizeof(*s->page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (s->page == MAP_FAILED) {
		s->page = NULL;
		return -errno;
	}
	s->page->when = when;
	str_copy(s->page->unit, sizeof(s->page->unit), unit);
	s->errand = (struct errand){
		.what = what,
		.limit = LIMIT,
		.work = work,
		.arg = s->page,
		.done = done,
		.fd = -1,
	};
	r = errand_start(&s->errand);
	if (r < 0) {
		munmap(s->page, sizeof(*s->page));
		s->page = NULL;
	}
	return r;
}

static void begin_write(struct timer_stamp *s, const char *unit, usec_t realtime)
{
	int r = begin(s, unit, realtime, write_stamp, "writing");

	if (r < 0)
		log_warn("%s: writing its stamp: %s", unit, diag_errno(-r));
}

int timer_stamp_read(struct timer_stamp *s, const char *unit)
{
	if (!s->page)
		return begin(s, unit, 0, read_stamp, "reading");
	/* The one under way is as good; of a write the time is known. */
	return s->errand.work == read_stamp ? 0 : -EALREADY;
}

void timer_stamp_write(struct timer_stamp *s, const char *unit, usec_t realtime)
{
	if (realtime < PLAUSIBLE)
		return;
	if (s->page)
		s->queued = realtime;
	else
		begin_write(s, unit, realtime);
}
