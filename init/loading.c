/* SPDX-License-Identifier: MIT */
#include "init/loading.h"

#include "init/errand.h"
#include "init/manager.h"
#include "lib/log.h"
#include "lib/str.h"
#include "units/frozen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The root may be a slow card, and its first directory a cold one. */
#define LIMIT (30 * USEC_PER_SEC)
/* Of messages about unit files; who writes more of them has seen enough. */
#define TOLD_MAX ((size_t)1024 * 1024)

struct told {
	struct told *next;
	int priority;
	char text[];
};

/* At the head of the tables' region: what the errand has to say. */
struct result {
	struct unit_table *table;
	size_t units_used, tables_used; /* of the two regions */
	struct told *told, *last;
	size_t told_size;
};

static struct manager *manager;
static struct unit_set *set; /* the child has no manager */
static struct errand errand;
static struct list waiting = LIST_INIT(waiting), being_read = LIST_INIT(being_read);
static struct region units;  /* where units live, and the next ones are made */
static struct region tables; /* those in use */
static struct region fresh;  /* those that the errand makes */
static char *names;	     /* for the errand: one after the other, an empty one at the end */

/* --- the errand --------------------------------------------------------------------------- */

static void tell_owner(struct diag_sink *sink, const struct diag *diag)
{
	struct result *result = (void *)fresh.base;
	char text[600];
	size_t len = diag_format_plain(diag, text, sizeof(text));
	struct told *t;

	(void)sink;
	result->told_size += len;
	if (result->told_size > TOLD_MAX)
		return;
	t = region_alloc(&fresh, sizeof(*t) + len + 1);
	if (!t)
		return;
	t->priority = diag->level == DIAG_ERROR ? LOG_ERR : LOG_WARNING;
	memcpy(t->text, text, len + 1);
	if (result->last)
		result->last->next = t;
	else
		result->told = t;
	result->last = t;
}

static int load_one(const char *name)
{
	int index = unit_set_load(set, name);

	if (index >= 0)
		(void)unit_set_drop_missing(set, (uint32_t)index);
	return index < 0 && index != -EINVAL ? index : 0;
}

static int read_units(void *arg, int fd)
{
	static struct diag_sink sink = { .emit = tell_owner };
	struct result *result = region_alloc(&fresh, sizeof(*result));
	int r = result ? unit_set_thaw(set) : -ENOMEM;

	(void)fd;
	unit_set_tell(set, &sink);
	unit_set_use_region(set, &units);
	for (const char *name = arg; *name && r == 0; name += strlen(name) + 1)
		r = load_one(name);
	if (r == 0)
		r = unit_set_finish(set);
	if (r < 0)
		return r;
	result->table = unit_set_freeze(set, &fresh);
	result->units_used = units.used;
	result->tables_used = fresh.used;
	return result->table ? 0 : -ENOMEM;
}

/* --- PID 1 -------------------------------------------------------------------------------- */

static int adopt(void)
{
	const struct result *result = (const void *)fresh.base;

	for (const struct told *t = result->told; t; t = t->next)
		log_msg(t->priority, "%s", t->text);
	if (result->told_size > TOLD_MAX)
		log_warn("there is more about the unit files, which is not told");
	units.used = result->units_used;
	fresh.used = result->tables_used;
	region_seal(&units);
	region_close(&fresh);
	unit_set_adopt(set, result->table);
	region_unmap(&tables);
	tables = fresh;
	fresh = (struct region){ NULL, 0, 0 };
	return manager_units_loaded(manager);
}

static void describe(int r, struct diag *diag)
{
	if (r == -ETIMEDOUT)
		diag_set(diag, DIAG_ERROR, 0, "Reading the unit files takes longer than %u s.",
			 (unsigned int)(LIMIT / USEC_PER_SEC));
	else if (r == -EIO)
		diag_set(diag, DIAG_ERROR, 0, "The process that reads the unit files has died.");
	else
		diag_set(diag, DIAG_ERROR, -r, "Reading the unit files");
}

/* Who waits may want something new at once: that is for the next errand. */
static void answer(int r)
{
	struct list answered = LIST_INIT(answered), *pos, *tmp;
	struct diag diag = { .text = "" };

	if (r < 0) {
		describe(r, &diag);
		log_err("%s", diag.text);
	}
	list_for_each_safe (pos, tmp, &being_read) {
		list_remove(pos);
		list_append(&answered, pos);
	}
	while (!list_empty(&answered)) {
		struct load_waiter *w = list_entry(answered.next, struct load_waiter, link);

		list_remove(&w->link);
		w->loaded(w, r, &diag);
	}
}

static void on_read(struct errand *e, int r)
{
	(void)e;
	free(names);
	names = NULL;
	if (r == 0) {
		r = adopt();
	} else {
		region_unmap(&fresh);
		/* It may not be dead yet. */
		if (region_renew(&units) < 0)
			log_warn("no memory for further units");
	}
	answer(r);
}

static size_t put_names(char *to)
{
	const struct list *pos;
	size_t at = 0;

	list_for_each (pos, &being_read) {
		const char *name = list_entry(pos, struct load_waiter, link)->name;
		size_t n = strlen(name) + 1;

		if (to)
			memcpy(to + at, name, n);
		at += n;
	}
	if (to)
		to[at] = '\0';
	return at + 1;
}

static int begin(void)
{
	int r = units.base ? 0 : region_map(&units);

	if (r == 0)
		r = region_map(&fresh);
	names = r == 0 ? malloc(put_names(NULL)) : NULL;
	if (!names)
		return r == 0 ? -ENOMEM : r;
	put_names(names);
	errand = (struct errand){ .what = "reading the unit files",
				  .limit = LIMIT,
				  .work = read_units,
				  .arg = names,
				  .done = on_read,
				  .fd = -1 };
	return errand_start(&errand);
}

void loading_run(void)
{
	int r;

	if (list_empty(&waiting) || errand_is_under_way(&errand))
		return;
	while (!list_empty(&waiting)) {
		struct list *first = waiting.next;

		list_remove(first);
		list_append(&being_read, first);
	}
	r = begin();
	if (r == 0)
		return;
	free(names);
	names = NULL;
	region_unmap(&fresh);
	answer(r);
}

void loading_init(struct manager *m)
{
	manager = m;
	set = m->set;
}

void loading_want(struct load_waiter *w)
{
	list_append(&waiting, &w->link);
}

void loading_cancel(struct load_waiter *w)
{
	if (w->link.next)
		list_remove(&w->link);
}
