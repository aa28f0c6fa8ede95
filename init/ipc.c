/* SPDX-License-Identifier: MIT */
#include "init/ipc.h"

#include "init/dynamic.h"
#include "init/errand.h"
#include "init/ipc_work.h"
#include "init/manager.h"
#include "init/plan.h"
#include "init/process.h"
#include "lib/log.h"
#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

#define REMOVE_LIMIT (30 * USEC_PER_SEC)

/* On the heap: the errand reads it. */
struct ipc_removal {
	struct errand errand;
	struct list under_way;
	struct manager *manager;
	uint32_t index;
	bool wanted; /* a run has begun whose end needs it */
	struct ipc_work work;
	char names[]; /* that ->work points to */
};

static struct list under_way = LIST_INIT(under_way);

static const char *text_of(const char *text)
{
	return text ? text : "";
}

static int work(void *arg, int fd)
{
	const struct ipc_removal *r = arg;

	(void)fd;
	return ipc_work(&r->work);
}

/* Those that have waited for this one. */
static void done(struct errand *e, int result)
{
	struct ipc_removal *r = container_of(e, struct ipc_removal, errand);
	struct manager *m = r->manager;

	list_remove(&r->under_way);
	if (result < 0)
		manager_unit_log(m, manager_node(m, r->index), LOG_WARNING,
				 "RemoveIPC=: IPC objects may be left behind: %s",
				 diag_errno(-result));
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = manager_node(m, i)->service;

		if (s && s->deferred)
			process_spawn_deferred(s);
	}
}

/* Whether anything of the host's can be the service's: with all of its own it is gone with the run. */
static bool describe(struct service *s, struct ipc_work *w)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	*w = (struct ipc_work){
		.user = text_of(unit_str(u, K_User)),
		.dynamic = unit_bool(u, K_DynamicUser) ? dynamic_id(s) : 0,
		.group = text_of(unit_str(u, K_Group)),
		.namespace = text_of(unit_str(u, K_IPCNamespacePath)),
		.own_shm = plan_isolation(s) != ISOLATION_NONE && unit_bool(u, K_PrivateDevices),
	};
	w->namespaced = unit_bool(u, K_PrivateIPC) && !*w->namespace;
	return unit_bool(u, K_RemoveIPC) && (*w->user || *w->group || w->dynamic) &&
	       !(w->namespaced && w->own_shm);
}

/* Copies: the unit may be another one when the run ends. */
static const char *keep(char **at, const char *text)
{
	const char *kept = *at;
	size_t n = strlen(text) + 1;

	memcpy(*at, text, n);
	*at += n;
	return kept;
}

int ipc_prepare(struct service *s)
{
	struct ipc_removal *r = s->extra ? s->extra->ipc : NULL;
	struct ipc_work w;

	if (!describe(s, &w) || (r && errand_is_under_way(&r->errand))) {
		if (r)
			r->wanted = false;
		return 0;
	}
	free(r);
	if (s->extra)
		s->extra->ipc = NULL;
	r = calloc(1, sizeof(*r) + strlen(w.user) + strlen(w.group) + strlen(w.namespace) + 3);
	if (!r || !service_extra(s)) {
		free(r);
		return -ENOMEM;
	}
	char *at = r->names;

	r->work = w;
	r->work.user = keep(&at, w.user);
	r->work.group = keep(&at, w.group);
	r->work.namespace = keep(&at, w.namespace);
	r->errand = (struct errand){ .what = "removing IPC objects",
				     .limit = REMOVE_LIMIT,
				     .work = work,
				     .arg = r,
				     .done = done,
				     .fd = -1 };
	list_init(&r->under_way);
	r->manager = s->manager;
	r->index = s->index;
	r->wanted = true;
	s->extra->ipc = r;
	return 0;
}

void ipc_remove(struct service *s)
{
	struct ipc_removal *r = s->extra ? s->extra->ipc : NULL;

	if (!r || !r->wanted)
		return;
	r->wanted = false;
	list_append(&under_way, &r->under_way);
	int err = errand_start(&r->errand);

	if (err < 0)
		done(&r->errand, err);
}

bool ipc_must_wait(const struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	const char *user = text_of(unit_str(u, K_User)), *group = text_of(unit_str(u, K_Group));
	struct list *pos;

	list_for_each (pos, &under_way) {
		const struct ipc_removal *r = list_entry(pos, struct ipc_removal, under_way);

		if (r->index == s->index || (*user && str_eq(user, r->work.user)) ||
		    (*group && str_eq(group, r->work.group)))
			return true;
	}
	return false;
}
