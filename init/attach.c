/* SPDX-License-Identifier: MIT */
#include "init/attach.h"

#include "init/device.h"
#include "init/manager.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "sandbox/spawn.h"
#include "units/fstab.h"
#include "units/name.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>

static struct node *node_of(const struct attach_unit *u)
{
	return manager_node(u->manager, u->index);
}

static void set_state(struct attach_unit *u, enum attach_state state)
{
	static const uint8_t active[] = {
		[ATTACH_DEAD] = ACTIVE_INACTIVE,
		[ATTACH_STARTING] = ACTIVE_ACTIVATING,
		[ATTACH_UP] = ACTIVE_ACTIVE,
		[ATTACH_STOPPING] = ACTIVE_DEACTIVATING,
	};

	u->state = (uint8_t)state;
	manager_set_active(u->manager, node_of(u),
			   state == ATTACH_DEAD && u->failed ? ACTIVE_FAILED : active[state]);
}

static void set_found(struct attach_unit *u, const char *found)
{
	if (u->found)
		pool_free(u->found, strlen(u->found) + 1);
	u->found = found[0] ? pool_alloc(strlen(found) + 1) : NULL;
	if (u->found)
		memcpy(u->found, found, strlen(found) + 1);
}

/* --- the table ---------------------------------------------------------------------------- */

/* The n-th unit of the type from *@i on, NULL: no more. */
static struct attach_unit *next_unit(const struct attach_type *type, uint32_t *i)
{
	while (*i < type->manager->n_nodes) {
		const struct node *node = manager_node(type->manager, (*i)++);

		if (node->unit->type == type->type && node->own)
			return node->own;
	}
	return NULL;
}

static struct attach_unit *unit_at(const struct attach_type *type, const char *place)
{
	struct manager *m = type->manager;
	char name[UNIT_NAME_MAX + 1];
	int index = type->name(place, name, sizeof(name)) ? unit_set_find(m->set, name) : -1;
	const struct node *node = index >= 0 && (uint32_t)index < m->n_nodes
					  ? manager_node(m, (uint32_t)index)
					  : NULL;

	return node && node->unit->type == type->type ? node->own : NULL;
}

static void mark(const struct attach_type *type, char *line)
{
	const char *place = type->place(line);
	struct attach_unit *u = place ? unit_at(type, place) : NULL;

	if (u)
		u->there = true;
	/* What is written as UUID=... or through a link has another name there. */
	for (uint32_t i = 0; place && (u = next_unit(type, &i));)
		if (u->found && str_eq(u->found, place))
			u->there = true;
}

/* /proc is the kernel's memory; a line that is longer than all of the buffer is skipped. */
static void read_table(const struct attach_type *type)
{
	char buf[4096 * 2];
	size_t have = 0;
	ssize_t n;

	if (lseek(type->source.fd, 0, SEEK_SET) < 0)
		return;
	while ((n = read(type->source.fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += (size_t)n;
		buf[have] = '\0';
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			mark(type, line);
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (have == sizeof(buf) - 1)
			have = 0;
	}
}

static void follow(struct attach_unit *u)
{
	if (u->page || node_of(u)->job)
		return;
	if (u->there && u->state == ATTACH_DEAD) {
		u->failed = 0;
		set_state(u, ATTACH_UP);
	} else if (!u->there && u->state == ATTACH_UP) {
		set_state(u, ATTACH_DEAD);
	}
}

static void on_table(struct source *source, uint32_t revents)
{
	const struct attach_type *type = container_of(source, struct attach_type, source);
	struct attach_unit *u;

	(void)revents;
	for (uint32_t i = 0; (u = next_unit(type, &i));)
		u->there = false;
	read_table(type);
	for (uint32_t i = 0; (u = next_unit(type, &i));)
		follow(u);
}

static int open_table(struct manager *m, struct attach_type *type)
{
	int r;

	if (type->manager)
		return 0;
	type->source.fd = open(type->table, O_RDONLY | O_CLOEXEC);
	/* A kernel without (CONFIG_SWAP): the unit is to say so, when it is started. */
	if (type->source.fd < 0 && errno != ENOENT)
		return -errno;
	if (type->source.fd >= 0) {
		type->source.fd = spawn_lift_fd(type->source.fd);
		type->source.events = EPOLLPRI;
		type->source.fn = on_table;
		r = loop_add(m->loop, &type->source);
		if (r < 0) {
			fd_close(&type->source.fd);
			return r;
		}
	}
	type->manager = m;
	return 0;
}

/* --- errands ------------------------------------------------------------------------------ */

static const struct attach_type *type_of(const struct attach_unit *u)
{
	return node_of(u)->unit->type == UNIT_SWAP ? &swap_type : &mount_type;
}

static void finish(struct attach_unit *u, enum job_kind kind, enum attach_state good,
		   enum attach_state bad, int result)
{
	const struct attach_type *type = type_of(u);
	char failed[64];

	str_copy(failed, sizeof(failed), u->page->failed);
	if (kind == JOB_START && result == 0)
		set_found(u, u->page->found);
	munmap(u->page, sizeof(*u->page));
	u->page = NULL;
	u->failed = result;
	if (result < 0)
		manager_unit_log(u->manager, node_of(u), LOG_ERR, "%s %s: %s%s%s",
				 kind == JOB_START ? type->attaching : type->detaching,
				 unit_str(node_of(u)->unit, type->shown), failed,
				 failed[0] ? ": " : "", diag_errno(-result));
	set_state(u, result < 0 ? bad : good);
	jobs_finish(u->manager, u->index, kind, result < 0 ? JOB_FAILED : JOB_DONE);
}

static void attached(struct errand *e, int result)
{
	struct attach_unit *u = container_of(e, struct attach_unit, errand);

	finish(u, JOB_START, ATTACH_UP, ATTACH_DEAD, result);
}

static void detached(struct errand *e, int result)
{
	struct attach_unit *u = container_of(e, struct attach_unit, errand);

	finish(u, JOB_STOP, ATTACH_DEAD, ATTACH_UP, result);
}

static void put(char *to, size_t size, const char *from)
{
	str_copy(to, size, from ? from : "");
}

/* systemd.mount(5): how long /etc/fstab waits for a device; 0: for ever. */
static usec_t device_timeout(const struct attach_page *page, usec_t fallback)
{
	char text[32];
	usec_t span;

	if (!fstab_option_value(page->options, "x-systemd.device-timeout", text, sizeof(text)) ||
	    parse_span(text, USEC_PER_SEC, &span) < 0)
		return fallback;
	return span ? span : USEC_INFINITY;
}

static int begin(struct attach_unit *a, const struct attach_type *type, bool attach)
{
	const struct unit *u = node_of(a)->unit;
	struct attach_page *page;
	int r;

	if (a->page) {
		errand_cancel(&a->errand);
		munmap(a->page, sizeof(*a->page));
	}
	a->page = NULL;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -errno;
	put(page->what, sizeof(page->what), unit_str(u, K_What));
	put(page->options, sizeof(page->options), unit_str(u, K_Options));
	put(page->found, sizeof(page->found), attach ? NULL : a->found);
	type->fill(u, page);
	page->wait = attach && device_is_named(page->what)
			     ? device_timeout(page, unit_u64(u, K_JobTimeout))
			     : 0;
	a->errand = (struct errand){
		.what = attach ? type->attaching : type->detaching,
		.limit = usec_add(unit_u64(u, K_JobTimeout), page->wait),
		.patient = true,
		.work = attach ? type->attach : type->detach,
		.arg = page,
		.done = attach ? attached : detached,
		.fd = -1,
	};
	r = errand_start(&a->errand);
	if (r < 0)
		munmap(page, sizeof(*page));
	else
		a->page = page;
	return r;
}

/* --- the kind (kind.h) -------------------------------------------------------------------- */

int attach_make(struct manager *m, struct node *node, struct attach_type *type)
{
	struct attach_unit *u;
	int r;

	if (node->own)
		return 0;
	r = open_table(m, type);
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

int attach_start(struct node *node, struct attach_type *type, struct diag *diag)
{
	struct attach_unit *u = node->own;
	int r;

	if (u->state == ATTACH_UP)
		return 1;
	u->there = false;
	read_table(type);
	u->failed = 0;
	/* The kernel or somebody else was first; that is what was asked for (PITFALLS 98). */
	if (u->there && !u->page) {
		set_state(u, ATTACH_UP);
		return 1;
	}
	r = begin(u, type, true);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "%s", type->attaching);
	set_state(u, ATTACH_STARTING);
	return 0;
}

int attach_stop(struct node *node, struct attach_type *type, struct diag *diag)
{
	struct attach_unit *u = node->own;
	int r;

	if (u->state == ATTACH_DEAD) {
		u->failed = 0;
		set_state(u, ATTACH_DEAD);
		return 1;
	}
	r = begin(u, type, false);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "%s", type->detaching);
	set_state(u, ATTACH_STOPPING);
	return 0;
}

void attach_give_up(struct node *node)
{
	set_state(node->own, ATTACH_DEAD);
}

const char *attach_sub_state(const struct node *node, const struct attach_type *type)
{
	const struct attach_unit *u = node->own;

	return node->active == ACTIVE_FAILED ? "failed" : type->states[u ? u->state : ATTACH_DEAD];
}

const char *attach_result(const struct node *node)
{
	const struct attach_unit *u = node->own;

	return !u || !u->failed ? "success" : u->failed == -ETIMEDOUT ? "timeout" : "exit-code";
}
