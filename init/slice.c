/* SPDX-License-Identifier: MIT */
#include "init/slice.h"

#include "cgroupfs/events.h"
#include "cgroupfs/limits.h"
#include "cgroupfs/tree.h"
#include "init/cgroups.h"
#include "init/errand.h"
#include "init/kind.h"
#include "init/manager.h"
#include "init/plan.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "units/name.h"

#include <errno.h>
#include <unistd.h>

/* The kernel reclaims for as long as it makes progress. */
#define CHANGE_LIMIT (60 * USEC_PER_SEC)

struct slice system_slice = { .fd = -1 }, root_slice = { .fd = -1 };

static struct slice *slice_by_name(const struct manager *m, const char *name)
{
	int index = unit_set_find(m->set, name);
	struct slice *slice;

	if (str_eq(name, "system.slice"))
		return &system_slice;
	if (str_eq(name, "-.slice"))
		return &root_slice;
	slice = index >= 0 && (uint32_t)index < m->n_nodes ? m->nodes[index].own : NULL;
	return slice && slice->fd >= 0 ? slice : NULL;
}

struct slice *slice_of(const struct manager *m, const struct unit *u)
{
	const char *name = unit_str(u, K_Slice);

	return name ? slice_by_name(m, name) : &system_slice;
}

uint64_t slice_read(struct slice *slice)
{
	struct memory_events all, local;
	uint64_t kills = slice->kills;

	slice->oom = 0;
	for (struct slice *s = slice; s; s = s->above) {
		if (s->fd < 0 || memory_events_read(s->fd, &all, &local) < 0)
			continue;
		if (s == slice)
			kills = all.oom_kill;
		/* Whichever of them moves: the limit of a slice above the service has been hit. */
		slice->oom += local.oom;
	}
	return kills;
}

uint32_t slice_enable(struct slice *slice, uint32_t controllers)
{
	uint32_t enabled = controllers;

	if (slice->above)
		enabled = slice_enable(slice->above, controllers);
	if (slice->fd < 0 || cgroup_enable(slice->fd, controllers & enabled, &enabled) < 0)
		return 0;
	return enabled;
}

struct slice *slice_at(const struct manager *m, uint32_t *n)
{
	if (*n == 0) {
		++*n;
		return &system_slice;
	}
	for (; *n - 1 < m->n_nodes; ++*n) {
		const struct node *node = &m->nodes[*n - 1];
		struct slice *slice = node->unit->type == UNIT_SLICE ? node->own : NULL;

		if (slice && slice->fd >= 0) {
			++*n;
			return slice;
		}
	}
	return NULL;
}

void slice_unit_path(const struct unit *u, char *buf, size_t size)
{
	const char *slice = u->type == UNIT_SLICE      ? u->id
			    : unit_setting(u, K_Slice) ? unit_str(u, K_Slice)
						       : "system.slice";
	size_t n;

	if (!unit_name_slice_path(slice, buf, size) && size > 0)
		buf[0] = '\0';
	n = strlen(buf);
	if (u->type != UNIT_SLICE && n > 0 && n + 1 < size) {
		buf[n++] = '/';
		buf[n] = '\0';
	}
	if (u->type != UNIT_SLICE)
		str_copy(buf + n, size - n, u->id);
}

int slice_apply_limits(const struct unit *u, int fd, struct diag *diag)
{
	struct cgroup_limits limits = { 0 };
	const char *failed = NULL;
	int r;

	plan_limits(u, &limits);
	r = cgroup_limits_apply(fd, &limits, CGROUP_REUSED, ~0U, &failed);
	return r < 0 ? cgroups_limit_failed(diag, failed, r) : 0;
}

/* Static: the child reads it, and the pool it does not have. */
static struct change {
	struct errand errand;
	struct cgroup_limits limits;
} change;

static int write_limits(void *arg, int fd)
{
	const struct change *c = arg;
	const char *failed;

	return cgroup_limits_apply(fd, &c->limits, CGROUP_REUSED, ~0U, &failed);
}

static void on_written(struct errand *e, int result)
{
	(void)e;
	if (result < 0)
		log_err("limits of system.slice: %s", diag_errno(-result));
}

int slice_change_limits(const struct unit *u, int fd, struct diag *diag)
{
	if (cgroup_populated(fd) <= 0)
		return slice_apply_limits(u, fd, diag);
	/* What an earlier change has not written yet is not asked for any more. */
	errand_cancel(&change.errand);
	change.limits = (struct cgroup_limits){ 0 };
	plan_limits(u, &change.limits);
	change.errand = (struct errand){ .what = "changing the limits of system.slice",
					 .limit = CHANGE_LIMIT,
					 .work = write_limits,
					 .arg = &change,
					 .done = on_written,
					 .fd = fd };
	int r = errand_start(&change.errand);

	return r < 0 ? diag_set(diag, DIAG_ERROR, -r, "changing its limits") : 0;
}

/* --- the kind (kind.h) -------------------------------------------------------------------- */

static int make(struct manager *m, struct node *node)
{
	struct slice *slice;

	(void)m;
	/* Those two are there without a start. */
	if (node->own || str_eq(node->unit->id, "system.slice") ||
	    str_eq(node->unit->id, "-.slice"))
		return 0;
	slice = pool_alloc(sizeof(*slice));
	if (!slice)
		return -ENOMEM;
	slice->fd = -1;
	node->own = slice;
	return 0;
}

/* The slice above; it is required, but a start may have been asked for without what it requires. */
static struct slice *above(const struct manager *m, const char *id)
{
	const char *dash = strrchr(id, '-');
	char name[UNIT_NAME_MAX + 1];
	struct strbuf b = STRBUF_INIT(name);

	if (!dash)
		return &root_slice;
	strbuf_put_n(&b, id, (size_t)(dash - id));
	strbuf_put(&b, ".slice");
	return slice_by_name(m, name);
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	struct slice *slice = node->own, *parent = above(m, node->unit->id);
	int fd, r;

	if (!slice || slice->fd >= 0) {
		manager_set_active(m, node, ACTIVE_ACTIVE);
		return 1;
	}
	if (!parent || parent->fd < 0)
		return diag_set(diag, DIAG_ERROR, ENOENT, "the slice above it is not up");
	fd = cgroup_make(parent->fd, node->unit->id, m->controllers, NULL);
	if (fd < 0)
		return diag_set(diag, DIAG_ERROR, -fd, "cgroup %s", node->unit->id);
	r = slice_apply_limits(node->unit, fd, diag);
	if (r < 0) {
		close(fd);
		(void)cgroup_remove(parent->fd, node->unit->id);
		return r;
	}
	slice->fd = spawn_lift_fd(fd);
	slice->above = parent == &root_slice ? NULL : parent;
	slice->kills = 0;
	cgroups_watch_slice(slice->fd, node->unit->index);
	manager_set_active(m, node, ACTIVE_ACTIVE);
	return 1;
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	struct slice *slice = node->own, *parent = above(m, node->unit->id);
	int r;

	if (!slice)
		return diag_set(diag, DIAG_ERROR, EPERM, "%s cannot be stopped", node->unit->id);
	if (slice->fd >= 0) {
		cgroups_unwatch_slice(node->unit->index);
		close(slice->fd);
		slice->fd = -1;
		r = parent ? cgroup_remove(parent->fd, node->unit->id) : 0;
		/* Something is about to leave still: it is used again by the next start. */
		if (r < 0 && r != -EBUSY)
			manager_unit_log(m, node, LOG_WARNING, "removing its cgroup: %s",
					 diag_errno(-r));
	}
	manager_set_active(m, node, ACTIVE_INACTIVE);
	return 1;
}

const struct unit_kind slice_kind = {
	.make = make,
	.start = start,
	.stop = stop,
	.up = "made",
};
