/* SPDX-License-Identifier: MIT */
#include "init/terminal.h"

#include "init/errand.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "lib/diag.h"
#include "lib/log.h"
#include "lib/str.h"

#include <stdlib.h>
#include <string.h>

/* Long enough for most of what a slow line has still to send. */
#define LIMIT (5 * USEC_PER_SEC)

struct clean_up {
	struct list link;
	struct manager *manager;
	uint32_t index; /* of the node: services come and go with reloads */
	struct errand errand;
	struct terminal terminal;
	char path[];
};

static struct list all = LIST_INIT(all);

/* [child] */
static int work(void *arg, int fd)
{
	const struct clean_up *c = arg;

	(void)fd;
	return terminal_prepare(&c->terminal);
}

static void done(struct errand *e, int result)
{
	struct clean_up *c = container_of(e, struct clean_up, errand);
	const struct node *node = manager_node(c->manager, c->index);

	if (result < 0)
		manager_unit_log(c->manager, node, LOG_WARNING,
				 "%s is left as the last run had it: %s", c->path,
				 diag_errno(-result));
	list_remove(&c->link);
	free(c);
	if (node->service)
		process_spawn_deferred(node->service);
}

void terminal_clean_up(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	struct terminal t;

	if (!plan_terminal(u, &t) || !(t.hangup || t.reset || t.disallocate) || terminal_is_busy(s))
		return;
	t.rows = t.columns = 0;
	size_t size = strlen(t.path) + 1;
	struct clean_up *c = calloc(1, sizeof(*c) + size);

	if (!c)
		return; /* the next run does the same first */
	memcpy(c->path, t.path, size);
	c->manager = s->manager;
	c->index = s->index;
	c->terminal = t;
	c->terminal.path = c->path;
	c->errand = (struct errand){ .what = "resetting a terminal",
				     .limit = LIMIT,
				     .work = work,
				     .arg = c,
				     .done = done,
				     .fd = -1 };
	if (errand_start(&c->errand) < 0)
		free(c);
	else
		list_append(&all, &c->link);
}

bool terminal_is_busy(const struct service *s)
{
	struct list *pos;

	list_for_each (pos, &all) {
		if (list_entry(pos, struct clean_up, link)->index == s->index)
			return true;
	}
	return false;
}
