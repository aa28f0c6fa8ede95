/* SPDX-License-Identifier: MIT */
#include "init/users.h"

#include "init/errand.h"
#include "init/manager.h"
#include "init/process.h"
#include "init/users_read.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_LIMIT (30 * USEC_PER_SEC)

static struct users_memory *memory;
static struct manager *manager;
static struct source changes; /* inotify; -1: there is none */
static int mount_table = -1;
static bool outdated;
static uint32_t begun, ended, wanted; /* readings, by number */
static struct errand reading;

static bool is_ours(const struct inotify_event *event)
{
	/* Without a name it is one of the files, the folder itself, or too much has happened. */
	return event->len == 0 || str_eq(event->name, "passwd") || str_eq(event->name, "group");
}

/* All that is told so far: whoever did it went on only when it was told. */
static void take_changes(void)
{
	char buf[1024] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd p = { .fd = mount_table, .events = POLLPRI };
	ssize_t n;

	while (changes.fd >= 0 && (n = read(changes.fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(buf + at);

			outdated |= is_ours(event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	/* Another /etc may have been mounted. */
	outdated |= mount_table < 0 || poll(&p, 1, 0) != 0;
}

static void on_change(struct source *source, uint32_t revents)
{
	(void)source, (void)revents;
	take_changes();
}

static bool is_current(void)
{
	take_changes();
	return memory->watched && !outdated;
}

static int read_both(void *arg, int watch)
{
	users_read(arg, "", watch);
	return 0;
}

static void failed(int err)
{
	memory->watched = false;
	for (int i = 0; i < USERS_FILES; i++) {
		memory->file[i].err = err;
		memory->file[i].len = 0;
	}
}

static void begin(void)
{
	outdated = false;
	begun++;
	pool_show(memory, sizeof(*memory));
	int r = errand_start(&reading);

	if (r == 0)
		return;
	failed(r);
	ended = begun;
}

static void on_read(struct errand *e, int result)
{
	(void)e;
	if (result < 0)
		failed(result);
	ended = begun;
	pool_hide(memory, sizeof(*memory));
	if ((int32_t)(wanted - begun) > 0) {
		/* Somebody came while it was being read: nothing has changed since it began, or once more. */
		if (is_current())
			begun = ended = wanted;
		else
			begin();
	}
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		struct service *s = manager_node(manager, i)->service;

		if (s && s->deferred)
			process_spawn_deferred(s);
	}
}

bool users_outdated(void)
{
	return memory && (begun != ended || !is_current());
}

bool users_wait(uint32_t *ticket)
{
	if (!memory)
		return false; /* the look-up tells */
	if (begun == ended && !*ticket && !is_current()) {
		*ticket = wanted = begun + 1;
		begin();
	} else if (begun != ended && !*ticket) {
		*ticket = wanted = begun + 1;
	}
	if (begun != ended)
		return true;
	/* A ticket in hand has been served: a reading that is due is begun before anybody is told. */
	*ticket = 0;
	return false;
}

void users_open(struct manager *m)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	manager = m;
	memory = users_memory_new(MAP_SHARED);
	mount_table = table < 0 ? -1 : spawn_lift_fd(table);
	changes = (struct source){ .fd = watch < 0 ? -1 : spawn_lift_fd(watch),
				   .events = EPOLLIN,
				   .fn = on_change };
	/* Queued changes take kernel memory: they are taken as they come. */
	if (changes.fd >= 0 && loop_add(m->loop, &changes) < 0) {
		close(changes.fd);
		changes.fd = -1;
	}
	if (!memory)
		return;
	reading = (struct errand){ .what = "reading /etc/passwd and /etc/group",
				   .limit = READ_LIMIT,
				   .work = read_both,
				   .arg = memory,
				   .done = on_read,
				   .fd = changes.fd,
				   .patient = true };
	take_changes();
	outdated = false;
	users_read(memory, "", changes.fd);
	pool_hide(memory, sizeof(*memory));
	users_use(memory);
}
