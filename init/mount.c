/* SPDX-License-Identifier: MIT */
/*
 * Mount units (systemd.mount(5)). An errand makes the mount and takes it away, within TimeoutSec=:
 * a disk that hangs, hangs that process. State follows /proc/self/mountinfo, whoever mounts.
 *
 * dead -> mounting -> mounted -> unmounting -> dead.
 */
#include "init/errand.h"
#include "init/kind.h"
#include "init/manager.h"
#include "init/mount_work.h"
#include "init/mountinfo.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "sandbox/spawn.h"
#include "units/fstab.h"
#include "units/name.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>

enum mount_state {
	MOUNT_DEAD,
	MOUNT_MOUNTING,
	MOUNT_MOUNTED,
	MOUNT_UNMOUNTING,
};

struct mount_unit {
	struct errand errand;
	struct mount_page *page; /* while one is under way */
	struct manager *manager;
	uint32_t index;
	uint8_t state;
	bool there; /* in the mount table when it was last read */
	int failed; /* Result: 0 or -errno */
};

static struct source table = { .fd = -1 };
static struct manager *table_manager;

static struct node *node_of(const struct mount_unit *u)
{
	return manager_node(u->manager, u->index);
}

static void set_state(struct mount_unit *u, enum mount_state state)
{
	static const uint8_t active[] = {
		[MOUNT_DEAD] = ACTIVE_INACTIVE,
		[MOUNT_MOUNTING] = ACTIVE_ACTIVATING,
		[MOUNT_MOUNTED] = ACTIVE_ACTIVE,
		[MOUNT_UNMOUNTING] = ACTIVE_DEACTIVATING,
	};

	u->state = (uint8_t)state;
	manager_set_active(u->manager, node_of(u),
			   state == MOUNT_DEAD && u->failed ? ACTIVE_FAILED : active[state]);
}

/* --- the mount table ---------------------------------------------------------------------- */

static struct mount_unit *unit_at(const char *where)
{
	char name[UNIT_NAME_MAX + 1];
	int index = fstab_unit_name(where, name, sizeof(name))
			    ? unit_set_find(table_manager->set, name)
			    : -1;
	const struct node *node = index >= 0 && (uint32_t)index < table_manager->n_nodes
					  ? manager_node(table_manager, (uint32_t)index)
					  : NULL;

	return node && node->unit->type == UNIT_MOUNT ? node->own : NULL;
}

/* /proc is the kernel's memory; a line that is longer than all of the buffer is skipped. */
static void read_table(void)
{
	char buf[4096 * 2];
	size_t have = 0;
	ssize_t n;

	if (lseek(table.fd, 0, SEEK_SET) < 0)
		return;
	while ((n = read(table.fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += (size_t)n;
		buf[have] = '\0';
		while ((end = strchr(line, '\n'))) {
			struct mountinfo info;
			struct mount_unit *u;

			*end = '\0';
			u = mountinfo_parse(line, &info) ? unit_at(info.where) : NULL;
			if (u)
				u->there = true;
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (have == sizeof(buf) - 1)
			have = 0;
	}
}

static void follow(struct mount_unit *u)
{
	if (u->page || node_of(u)->job)
		return;
	if (u->there && u->state == MOUNT_DEAD) {
		u->failed = 0;
		set_state(u, MOUNT_MOUNTED);
	} else if (!u->there && u->state == MOUNT_MOUNTED) {
		set_state(u, MOUNT_DEAD);
	}
}

static void each(void (*fn)(struct mount_unit *u))
{
	for (uint32_t i = 0; i < table_manager->n_nodes; i++) {
		const struct node *node = manager_node(table_manager, i);

		if (node->unit->type == UNIT_MOUNT && node->own)
			fn(node->own);
	}
}

static void forget(struct mount_unit *u)
{
	u->there = false;
}

static void on_table(struct source *source, uint32_t revents)
{
	(void)source, (void)revents;
	each(forget);
	read_table();
	each(follow);
}

static int open_table(struct manager *m)
{
	int r;

	if (table.fd >= 0)
		return 0;
	table_manager = m;
	table.fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (table.fd < 0)
		return -errno;
	table.fd = spawn_lift_fd(table.fd);
	table.events = EPOLLPRI;
	table.fn = on_table;
	r = loop_add(m->loop, &table);
	if (r < 0) {
		close(table.fd);
		table.fd = -1;
	}
	return r;
}

/* --- errands ------------------------------------------------------------------------------ */

static void finish(struct mount_unit *u, enum job_kind kind, enum mount_state good,
		   enum mount_state bad, int result)
{
	char failed[64];

	str_copy(failed, sizeof(failed), u->page->failed);
	munmap(u->page, sizeof(*u->page));
	u->page = NULL;
	u->failed = result;
	if (result < 0)
		manager_unit_log(u->manager, node_of(u), LOG_ERR, "%s %s: %s%s%s",
				 kind == JOB_START ? "mounting on" : "unmounting",
				 unit_str(node_of(u)->unit, K_Where), failed, failed[0] ? ": " : "",
				 diag_errno(-result));
	set_state(u, result < 0 ? bad : good);
	jobs_finish(u->manager, u->index, kind, result < 0 ? JOB_FAILED : JOB_DONE);
}

static void mounted(struct errand *e, int result)
{
	struct mount_unit *u = container_of(e, struct mount_unit, errand);

	finish(u, JOB_START, MOUNT_MOUNTED, MOUNT_DEAD, result);
}

static void unmounted(struct errand *e, int result)
{
	struct mount_unit *u = container_of(e, struct mount_unit, errand);

	finish(u, JOB_STOP, MOUNT_DEAD, MOUNT_MOUNTED, result);
}

static void put(char *to, size_t size, const char *from)
{
	str_copy(to, size, from ? from : "");
}

static int begin(struct mount_unit *m, int (*work)(void *arg, int fd),
		 void (*done)(struct errand *e, int result))
{
	const struct unit *u = node_of(m)->unit;
	struct mount_page *page;
	int r;

	if (m->page) {
		errand_cancel(&m->errand);
		munmap(m->page, sizeof(*m->page));
	}
	m->page = NULL;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	put(page->what, sizeof(page->what), unit_str(u, K_What));
	put(page->where, sizeof(page->where), unit_str(u, K_Where));
	put(page->type, sizeof(page->type), unit_str(u, K_MountType));
	put(page->options, sizeof(page->options), unit_str(u, K_Options));
	page->mode = (mode_t)unit_u64(u, K_MountDirectoryMode);
	page->read_write_only = unit_bool(u, K_ReadWriteOnly);
	page->lazy = unit_bool(u, K_LazyUnmount);
	page->force = unit_bool(u, K_ForceUnmount);
	m->errand = (struct errand){
		.what = done == mounted ? "mounting a file system" : "unmounting a file system",
		.limit = unit_u64(u, K_JobTimeout),
		.work = work,
		.arg = page,
		.done = done,
		.fd = -1,
	};
	r = errand_start(&m->errand);
	if (r < 0)
		munmap(page, sizeof(*page));
	else
		m->page = page;
	return r;
}

/* --- the kind (kind.h) -------------------------------------------------------------------- */

static int make(struct manager *m, struct node *node)
{
	struct mount_unit *u;
	int r;

	if (node->own)
		return 0;
	r = open_table(m);
	if (r < 0)
		return r;
	u = pool_alloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	u->manager = m;
	u->index = node->unit->index;
	node->own = u;
	return 0;
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	struct mount_unit *u = node->own;
	int r;

	(void)m;
	if (u->state == MOUNT_MOUNTED)
		return 1;
	u->there = false;
	read_table();
	u->failed = 0;
	/* The kernel or somebody else was first; that is what was asked for (PITFALLS 98). */
	if (u->there && !u->page) {
		set_state(u, MOUNT_MOUNTED);
		return 1;
	}
	r = begin(u, mount_work, mounted);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "mounting");
	set_state(u, MOUNT_MOUNTING);
	return 0;
}

/* Without these nothing runs, PID 1 least of all; the end of the machine takes them away. */
static bool is_essential(const char *where)
{
	static const char *const places[] = { "/proc", "/sys", "/dev", "/run" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(where, places[i], n) == 0 &&
		    (where[n] == '\0' || (where[n] == '/' && i < 3)))
			return true;
	}
	return where[1] == '\0';
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	struct mount_unit *u = node->own;
	int r;

	if (is_essential(unit_str(node->unit, K_Where)) && u->state != MOUNT_DEAD) {
		if (m->regime != REGIME_DOWN)
			return diag_set(diag, DIAG_ERROR, EPERM, "the machine needs it");
		set_state(u, MOUNT_DEAD);
		return 1;
	}
	if (u->state == MOUNT_DEAD) {
		u->failed = 0;
		set_state(u, MOUNT_DEAD);
		return 1;
	}
	r = begin(u, unmount_work, unmounted);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "unmounting");
	set_state(u, MOUNT_UNMOUNTING);
	return 0;
}

static const char *sub_state(const struct node *node)
{
	static const char *const names[] = {
		[MOUNT_DEAD] = "dead",
		[MOUNT_MOUNTING] = "mounting",
		[MOUNT_MOUNTED] = "mounted",
		[MOUNT_UNMOUNTING] = "unmounting",
	};
	const struct mount_unit *u = node->own;

	return node->active == ACTIVE_FAILED ? "failed" : names[u ? u->state : MOUNT_DEAD];
}

static const char *result(const struct node *node)
{
	const struct mount_unit *u = node->own;

	return !u || !u->failed ? "success" : u->failed == -ETIMEDOUT ? "timeout" : "exit-code";
}

const struct unit_kind mount_kind = {
	.make = make,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = result,
	.up = "mounted",
};
