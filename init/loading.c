/* SPDX-License-Identifier: MIT */
#include "init/loading.h"

#include "init/changes.h"
#include "init/errand.h"
#include "init/manager.h"
#include "init/settings.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "lib/str.h"
#include "units/frozen.h"
#include "units/load.h"
#include "units/manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The root may be a slow card, and its first directory a cold one. */
#define LIMIT (30 * USEC_PER_SEC)
/* Of messages about unit files; who writes more of them has seen enough. */
#define TOLD_MAX ((size_t)1024 * 1024)

/* Reloads after which something ran on without its file, and still does. */
#define FORMER_MAX 8

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
	struct unit *settings;	/* of a reload: system.conf, NULL: none */
	struct changes changes; /* the same */
	uint32_t n_bad;		/* units for which it is refused */
	char bad[512];		/* what is wrong with the first of them */
};

static struct manager *manager;
static struct unit_set *set; /* the child has no manager */
static struct errand errand;
static struct list waiting = LIST_INIT(waiting), being_read = LIST_INIT(being_read);
static struct region units;  /* where units live, and the next ones are made */
static struct region tables; /* those in use */
static struct region fresh;  /* those that the errand makes */
static struct region again;  /* where a reload makes all units anew */
/* Of before a reload: units that still run and whose files are gone are in there. */
static struct region former[FORMER_MAX];
static enum load_what under_way;
static uint32_t reloads;
static char *names; /* for the errand: one after the other, an empty one at the end */

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

/* What is left for PID 1 of a set that is whole. */
static int hand_over(struct result *result, const struct unit_set *whole, const struct region *at)
{
	result->table = unit_set_freeze(whole, &fresh);
	result->units_used = at->used;
	result->tables_used = fresh.used;
	return result->table ? 0 : -ENOMEM;
}

static struct diag_sink to_owner = { .emit = tell_owner };

static int read_units(void *arg, int fd)
{
	struct result *result = region_alloc(&fresh, sizeof(*result));
	int r = result ? unit_set_thaw(set) : -ENOMEM;

	(void)fd;
	unit_set_tell(set, &to_owner);
	unit_set_use_region(set, &units);
	for (const char *name = arg; *name && r == 0; name += strlen(name) + 1)
		r = load_one(name);
	if (r == 0)
		r = unit_set_finish(set);
	return r < 0 ? r : hand_over(result, set, &units);
}

/* Before the units, whose defaults these are; a bad one is no reason to have none from now on. */
static int read_settings(struct result *result)
{
	int r = settings_load_file(SYSTEM_CONF, SECTION_MANAGER, &to_owner, &again,
				   &result->settings);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		result->n_bad = 1;
		if (r == -EBADMSG && result->told)
			snprintf(result->bad, sizeof(result->bad), "%s", result->told->text);
		else
			snprintf(result->bad, sizeof(result->bad), "%s: %s", SYSTEM_CONF,
				 diag_errno(-r));
		return -EBADMSG;
	}
	return r;
}

static int judge(struct result *result, const struct unit_set *now)
{
	const struct unit *bad = changes_first_bad(set, now, &result->n_bad);

	if (!bad)
		return 0;
	snprintf(result->bad, sizeof(result->bad), "%s",
		 bad->load_error ? bad->load_error : bad->id);
	return -EBADMSG;
}

static int read_all_again(void *arg, int fd)
{
	static const struct unit_paths paths = { .root = "" };
	struct result *result = region_alloc(&fresh, sizeof(*result));
	struct unit_set *now = unit_set_new(&paths, &to_owner);
	const struct unit *before = units_manager();
	int r = result && now ? 0 : -ENOMEM;

	(void)arg;
	if (r == 0)
		r = read_settings(result);
	/* Who asks for the difference hears of all that is bad. */
	if (r == -EBADMSG && fd >= 0)
		r = changes_tell_bad_settings(fd);
	if (r < 0)
		return r;
	units_set_manager(result->settings);
	unit_set_use_region(now, &again);
	r = unit_set_load_like(now, set);
	if (r == 0)
		r = unit_set_finish(now);
	if (r == 0)
		r = changes_tell(set, now, fd, &result->changes);
	if (r == 0)
		r = changes_tell_settings(before, result->settings, fd, &result->changes);
	if (r == 0)
		r = judge(result, now);
	return r < 0 ? r : hand_over(result, now, &again);
}

/* --- PID 1 -------------------------------------------------------------------------------- */

static void tell(void)
{
	const struct result *result = (const void *)fresh.base;

	for (const struct told *t = result->told; t; t = t->next)
		log_msg(t->priority, "%s", t->text);
	if (result->told_size > TOLD_MAX)
		log_warn("there is more about the unit files, which is not told");
}

/* The tables point into the units' region, sealed by then. */
static void take_tables(const struct result *result)
{
	fresh.used = result->tables_used;
	region_close(&fresh);
	unit_set_adopt(set, result->table);
	region_unmap(&tables);
	tables = fresh; /* hidden in answer() */
	fresh = (struct region){ NULL, 0, 0 };
}

static int adopt(void)
{
	const struct result *result = (const void *)fresh.base;

	const size_t before = units.used;

	tell();
	units.used = result->units_used;
	region_seal(&units, before);
	take_tables(result);
	return manager_units_loaded(manager);
}

static bool is_needed(const struct region *r)
{
	for (uint32_t i = 0; i < manager->n_nodes; i++)
		if (region_has(r, manager->nodes[i].unit))
			return true;
	return false;
}

static struct region *room_for_former(void)
{
	struct region *room = NULL;

	for (size_t i = 0; i < FORMER_MAX; i++) {
		if (former[i].base && !is_needed(&former[i]))
			region_unmap(&former[i]);
		if (!former[i].base)
			room = &former[i];
	}
	return room;
}

static int adopt_all(void)
{
	const struct result *result = (const void *)fresh.base;
	const struct changes c = result->changes;
	const struct unit *settings = result->settings;
	struct region *old = room_for_former();
	int r;

	if (!old)
		return -EBUSY;
	tell();
	*old = units;
	units = again;
	again = (struct region){ NULL, 0, 0 };
	units.used = result->units_used;
	region_seal(&units, 0);
	take_tables(result);
	reloads++;
	settings_replace(manager, settings);
	r = manager_units_reloaded(manager);
	room_for_former();
	log_notice("reloaded: %u units changed, %u added, %u removed%s", c.changed, c.added,
		   c.removed, c.settings ? ", and settings of system.conf" : "");
	return r;
}

static void describe(int r, struct diag *diag)
{
	const struct result *result = (const void *)fresh.base;

	if (r == -EBADMSG)
		diag_set(diag, DIAG_ERROR, 0, "Nothing was reloaded: %s%s", result->bad,
			 result->n_bad > 1 ? " (and other units, see the log)" : "");
	else if (r == -EBUSY)
		diag_set(diag, DIAG_ERROR, 0,
			 "Nothing was reloaded: too many units run whose files are gone.");
	else if (r == -ETIMEDOUT)
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
	region_unmap(&fresh);
	region_unmap(&again);
	if (tables.base)
		pool_hide(tables.base, tables.size);
	free(names);
	names = NULL;
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
	if (r == 0)
		r = adopt();
	else if (region_renew(&units) < 0) /* the child may not be dead yet */
		log_warn("no memory for further units");
	answer(r);
}

static void on_read_again(struct errand *e, int r)
{
	(void)e;
	if (under_way == LOAD_DIFF && (r == 0 || r == -EBADMSG))
		r = 0;
	else if (r == 0)
		r = adopt_all();
	else if (r == -EBADMSG)
		tell();
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

static int begin_units(void)
{
	int r = units.base ? 0 : region_map(&units);

	names = r == 0 ? malloc(put_names(NULL)) : NULL;
	if (!names)
		return r == 0 ? -ENOMEM : r;
	put_names(names);
	region_open(&units);
	errand.work = read_units;
	errand.arg = names;
	errand.done = on_read;
	return errand_start(&errand);
}

static int begin_again(int fd)
{
	int r = region_map(&again);

	if (r < 0)
		return r;
	errand.work = read_all_again;
	errand.done = on_read_again;
	errand.fd = fd;
	return errand_start(&errand);
}

/* The first that waits, and all that the same errand can serve. */
static const struct load_waiter *take_waiters(void)
{
	struct list *pos, *tmp;
	const struct load_waiter *first = list_entry(waiting.next, struct load_waiter, link);

	list_for_each_safe (pos, tmp, &waiting) {
		const struct load_waiter *w = list_entry(pos, struct load_waiter, link);

		if (w != first && (w->what != first->what || w->what == LOAD_DIFF))
			continue;
		list_remove(pos);
		list_append(&being_read, pos);
	}
	return first;
}

void loading_run(void)
{
	const struct load_waiter *first;
	int r;

	if (list_empty(&waiting) || errand_is_under_way(&errand))
		return;
	first = take_waiters();
	under_way = first->what;
	errand = (struct errand){ .what = "reading the unit files", .limit = LIMIT, .fd = -1 };
	r = region_map(&fresh);
	if (tables.base)
		pool_show(tables.base, tables.size);
	if (r == 0)
		r = under_way == LOAD_UNIT ? begin_units()
					   : begin_again(under_way == LOAD_DIFF ? first->fd : -1);
	if (r < 0)
		answer(r);
}

uint32_t loading_reloads(void)
{
	return reloads;
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

bool load_waiter_waits(const struct load_waiter *w)
{
	return w->link.next && !list_empty(&w->link);
}

void loading_cancel(struct load_waiter *w)
{
	if (load_waiter_waits(w))
		list_remove(&w->link);
}
