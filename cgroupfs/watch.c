/* SPDX-License-Identifier: MIT */
#include "cgroupfs/watch.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WATCH_READS 16 /* buffers of events per call */

struct cgroup_watch_entry {
	int32_t wd;
	uint32_t key; /* cookie << 1 | is it memory.events */
};

int cgroup_watch_open(struct cgroup_watch *w)
{
	*w = (struct cgroup_watch){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	return w->fd < 0 ? -errno : 0;
}

void cgroup_watch_close(struct cgroup_watch *w)
{
	fd_close(&w->fd);
	free(w->entries);
	*w = (struct cgroup_watch){ .fd = -1 };
}

/* Index of the first entry not below @wd. */
static uint32_t lower_bound(const struct cgroup_watch *w, int32_t wd)
{
	uint32_t low = 0, high = w->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (w->entries[mid].wd < wd)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void forget_at(struct cgroup_watch *w, uint32_t i)
{
	memmove(&w->entries[i], &w->entries[i + 1], (w->n - i - 1) * sizeof(w->entries[0]));
	w->n--;
}

static int make_room(struct cgroup_watch *w)
{
	uint32_t room = w->room ? w->room * 2 : 16;
	struct cgroup_watch_entry *bigger;

	if (w->n < w->room)
		return 0;
	bigger = realloc(w->entries, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	w->entries = bigger;
	w->room = room;
	return 0;
}

int cgroup_watch_add(struct cgroup_watch *w, int dirfd, enum cgroup_watch_what what,
		     uint32_t cookie)
{
	/* inotify has no *at() form. */
	char path[64];
	struct strbuf b = STRBUF_INIT(path);
	uint32_t at;
	int wd, r;

	r = make_room(w);
	if (r < 0)
		return r;
	strbuf_put(&b, "/proc/self/fd/");
	strbuf_put_u64(&b, (uint64_t)dirfd);
	strbuf_put(&b, what == CGROUP_WATCH_MEMORY ? "/memory.events" : "/cgroup.events");
	wd = inotify_add_watch(w->fd, path, IN_MODIFY);
	if (wd < 0)
		return -errno;
	at = lower_bound(w, wd);
	if (at == w->n || w->entries[at].wd != wd) {
		memmove(&w->entries[at + 1], &w->entries[at], (w->n - at) * sizeof(w->entries[0]));
		w->n++;
	}
	w->entries[at].wd = wd;
	w->entries[at].key = cookie << 1 | (what == CGROUP_WATCH_MEMORY);
	return 0;
}

void cgroup_watch_remove(struct cgroup_watch *w, uint32_t cookie)
{
	for (uint32_t i = w->n; i-- > 0;) {
		if (w->entries[i].key >> 1 != cookie)
			continue;
		/* EINVAL: the cgroup went first and took the watch along. */
		inotify_rm_watch(w->fd, w->entries[i].wd);
		forget_at(w, i);
	}
}

static void dispatch(struct cgroup_watch *w, const struct inotify_event *ev, cgroup_watch_fn fn,
		     void *ctx)
{
	uint32_t i;

	if (ev->mask & IN_Q_OVERFLOW) {
		fn(ctx, 0, CGROUP_WATCH_RESCAN);
		return;
	}
	i = lower_bound(w, ev->wd);
	if (i == w->n || w->entries[i].wd != ev->wd)
		return; /* of a watch that we have removed */
	if (ev->mask & IN_IGNORED) {
		forget_at(w, i);
		return;
	}
	fn(ctx, w->entries[i].key >> 1,
	   w->entries[i].key & 1 ? CGROUP_WATCH_MEMORY : CGROUP_WATCH_STATE);
}

int cgroup_watch_drain(struct cgroup_watch *w, cgroup_watch_fn fn, void *ctx)
{
	_Alignas(struct inotify_event) char buf[2048];

	for (unsigned int i = 0; i < WATCH_READS; i++) {
		ssize_t n = read(w->fd, buf, sizeof(buf));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(buf + at);

			at += (ssize_t)(sizeof(*ev) + ev->len);
			dispatch(w, ev, fn, ctx);
		}
		if ((size_t)n < sizeof(buf) / 2)
			return 0;
	}
	return 0;
}
