/* SPDX-License-Identifier: MIT */
#include "init/zones.h"

#include "init/errand.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "lib/timezone.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FOLDER "/usr/share/zoneinfo"
#define LIMIT  (30 * USEC_PER_SEC)
/* The largest there are have some 4 kB. */
#define FILE_MAX ((size_t)64 << 10)

/* Shared with the errand. */
struct zone_page {
	char name[128];
	struct timezone_table table;
};

struct zone {
	struct list link;
	struct errand errand;
	struct zone_page *page;	 /* NULL: never read */
	struct zone_page *fresh; /* while it is being read again */
	int err;
	bool again; /* it has changed since the errand began */
	char name[];
};

static struct list zones = LIST_INIT(zones);
static struct source watch = { .fd = -1 };
static void (*on_change)(void *ctx, bool local);
static void *ctx_of_change;

/* --- in the child ------------------------------------------------------------------------- */

/* Above all: what comes while the file is read is told as well. */
static int lay_watch(int fd)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE | IN_ONLYDIR;

	return fd < 0 || inotify_add_watch(fd, "/etc", mask) >= 0 ? 0 : -errno;
}

static int read_zone(void *arg, int fd)
{
	static LARGE_STATIC char data[FILE_MAX];
	struct zone_page *page = arg;
	bool local = !page->name[0];
	char path[200];
	int r = local ? lay_watch(fd) : 0;
	struct stat st;
	ssize_t n;

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s", "/etc/localtime");
	if (!local)
		snprintf(path, sizeof(path), FOLDER "/%s", page->name);

	autoclose int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (file < 0)
		return local && errno == ENOENT ? 0 : -errno;
	if (fstat(file, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	n = read(file, data, sizeof(data));
	return n < 0 ? -errno : timezone_parse(data, (size_t)n, &page->table);
}

/* --- in PID 1 ----------------------------------------------------------------------------- */

static int begin(struct zone *z);

static bool same(const struct zone_page *a, const struct zone_page *b)
{
	return a && a->table.n == b->table.n && a->table.before == b->table.before &&
	       memcmp(a->table.v, b->table.v, a->table.n * sizeof(a->table.v[0])) == 0;
}

static void done(struct errand *e, int result)
{
	struct zone *z = container_of(e, struct zone, errand);
	bool first = !z->page && !z->err, differs;

	z->err = result;
	if (result < 0)
		log_warn("time zone %s: %s", z->name[0] ? z->name : "(/etc/localtime)",
			 diag_errno(-result));
	differs = result == 0 && !same(z->page, z->fresh);
	if (differs) {
		if (z->page)
			munmap(z->page, sizeof(*z->page));
		z->page = z->fresh;
		pool_hide(z->page, sizeof(*z->page));
	} else {
		munmap(z->fresh, sizeof(*z->fresh));
	}
	z->fresh = NULL;
	if (z->again && begin(z) == 0)
		z->again = false;
	if (first || differs)
		on_change(ctx_of_change, !z->name[0] && !first);
}

static int begin(struct zone *z)
{
	int r;

	z->fresh = mmap(NULL, sizeof(*z->fresh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (z->fresh == MAP_FAILED) {
		z->fresh = NULL;
		return -errno;
	}
	str_copy(z->fresh->name, sizeof(z->fresh->name), z->name);
	z->errand = (struct errand){
		.what = "reading a time zone",
		.limit = LIMIT,
		.work = read_zone,
		.arg = z->fresh,
		.done = done,
		.fd = z->name[0] ? -1 : watch.fd,
	};
	r = errand_start(&z->errand);
	if (r < 0) {
		munmap(z->fresh, sizeof(*z->fresh));
		z->fresh = NULL;
	}
	return r;
}

static struct zone *known(const char *name)
{
	const struct list *pos;

	list_for_each (pos, &zones) {
		struct zone *z = list_entry(pos, struct zone, link);

		if (str_eq(z->name, name))
			return z;
	}
	return NULL;
}

static bool is_about_it(const struct inotify_event *e)
{
	return (e->mask & (IN_Q_OVERFLOW | IN_IGNORED)) || (e->len && str_eq(e->name, "localtime"));
}

static void on_watch(struct source *source, uint32_t revents)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct zone *z = known("");
	bool changed = false;
	ssize_t n;

	(void)revents;
	while ((n = read(source->fd, buf, sizeof(buf))) > 0) {
		for (const char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			changed |= is_about_it(e);
			at += sizeof(*e) + e->len;
		}
	}
	if (!changed || !z)
		return;
	z->again = z->fresh != NULL;
	if (!z->fresh && begin(z) < 0)
		log_warn("/etc/localtime has changed, and cannot be read now");
}

/* Where inotify is not to be had, the zone is what it was when it was read. */
static void open_watch(struct loop *loop)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return;
	watch = (struct source){ .fd = spawn_lift_fd(fd), .events = EPOLLIN, .fn = on_watch };
	if (loop_add(loop, &watch) < 0)
		fd_close(&watch.fd);
}

const struct timezone_table *zone_find(struct loop *loop, const char *name, int *err)
{
	struct zone *z = known(name);

	*err = 0;
	if (z) {
		*err = z->err;
		return z->page ? &z->page->table : NULL;
	}
	if (!name[0])
		open_watch(loop);
	z = pool_alloc(sizeof(*z) + strlen(name) + 1);
	if (!z) {
		*err = -ENOMEM;
		return NULL;
	}
	memcpy(z->name, name, strlen(name) + 1);
	*err = begin(z);
	if (*err < 0)
		pool_free(z, sizeof(*z) + strlen(name) + 1);
	else
		list_append(&zones, &z->link);
	return NULL;
}

void zones_open(void (*changed)(void *ctx, bool local), void *ctx)
{
	on_change = changed;
	ctx_of_change = ctx;
}
