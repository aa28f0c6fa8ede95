/* SPDX-License-Identifier: MIT */
#include "init/transaction.h"

#include "lib/str.h"

#include <errno.h>
#include <stdlib.h>

#define NO_CAUSE UINT32_MAX

/* One unit of the transaction under construction. */
struct entry {
	uint32_t unit;
	uint32_t cause; /* the entry that led here, NO_CAUSE for the anchor */
	uint8_t kind;
	bool required;
	bool noop; /* would change nothing: kept for what contradicts it, left out at the end */
	bool expanded;
};

struct build {
	const struct unit_set *set;
	const struct txn_view *view;
	enum job_mode mode;
	struct entry *v;
	uint32_t n, room;
	uint32_t *place; /* per unit: 1 + index in v, 0: not in it */
	bool base;	 /* what the anchor needs is being taken, not yet what is wanted */
	struct transaction *out;
	struct diag *diag; /* of the trial under way */
};

static const char *id_of(const struct build *b, uint32_t unit)
{
	return unit_set_at(b->set, unit)->id;
}

/* "multi-user.target -> web.service -> db.service", the units between cut out when it is long. */
static void put_chain(const struct build *b, struct strbuf *s, uint32_t i)
{
	uint32_t path[8], n = 0;
	bool cut = false;

	for (; i != NO_CAUSE; i = b->v[i].cause) {
		if (n < ARRAY_SIZE(path)) {
			path[n++] = b->v[i].unit;
		} else {
			path[n - 1] = b->v[i].unit;
			cut = true;
		}
	}
	while (n-- > 0) {
		strbuf_put(s, id_of(b, path[n]));
		if (n > 0)
			strbuf_put(s, cut ? " -> ... -> " : " -> ");
		cut = false;
	}
}

/* --- what cannot be ----------------------------------------------------------------------- */

static int refuse(struct build *b, int err, uint32_t cause, uint32_t unit, const char *why)
{
	char text[sizeof(b->diag->text)];
	struct strbuf s = STRBUF_INIT(text);

	strbuf_printf(&s, "%s %s", id_of(b, unit), why);
	if (cause != NO_CAUSE) {
		strbuf_put(&s, " (needed by ");
		put_chain(b, &s, cause);
		strbuf_put(&s, ")");
	}
	return diag_set(b->diag, DIAG_ERROR, err, "%s", text);
}

/* Both a start and a stop of the unit would follow; @i is the entry that is there. */
static int refuse_contrary(struct build *b, uint32_t i, enum job_kind kind, uint32_t cause)
{
	bool stop_first = kind != JOB_STOP;
	char text[sizeof(b->diag->text)];
	struct strbuf s = STRBUF_INIT(text);

	strbuf_printf(&s, "contradiction: %s %s (", stop_first ? "stop" : "start",
		      id_of(b, b->v[i].unit));
	put_chain(b, &s, i);
	strbuf_printf(&s, ") and %s it (", stop_first ? "start" : "stop");
	put_chain(b, &s, cause);
	strbuf_put(&s, ")");
	return diag_set(b->diag, DIAG_ERROR, EBUSY, "%s", text);
}

static int check_loaded(struct build *b, uint32_t unit, uint32_t cause)
{
	const struct unit *u = unit_set_at(b->set, unit);

	switch (u->load_state) {
	case LOAD_LOADED: return 0;
	case LOAD_NOT_FOUND: return refuse(b, ENOENT, cause, unit, "not found");
	case LOAD_MASKED: return refuse(b, EINVAL, cause, unit, "is masked");
	case LOAD_BAD_SETTING:
	case LOAD_ERROR: break;
	}
	return refuse(b, EINVAL, cause, unit, u->load_error ? u->load_error : "failed to load");
}

static int check_queue(struct build *b, enum job_kind kind, uint32_t unit, uint32_t cause)
{
	int queued = b->view->queued(b->view->ctx, unit);

	if (queued < 0 || !transaction_contrary(kind, (enum job_kind)queued))
		return 0;
	if (b->view->irreversible(b->view->ctx, unit))
		return refuse(b, EBUSY, cause, unit, "has a job queued that nothing may displace");
	if (b->mode == JOB_MODE_FAIL || kind == JOB_RELOAD)
		return refuse(b, EBUSY, cause, unit, "has a job queued that contradicts");
	return 0;
}

static int check_job(struct build *b, enum job_kind kind, uint32_t unit, uint32_t cause)
{
	int r = kind == JOB_STOP ? 0 : check_loaded(b, unit, cause);

	if (r == 0)
		r = check_queue(b, kind, unit, cause);
	if (r == 0 && kind == JOB_RELOAD && !b->view->is_up(b->view->ctx, unit))
		r = refuse(b, EINVAL, cause, unit, "is not running");
	return r;
}

static bool changes_nothing(const struct build *b, enum job_kind kind, uint32_t unit)
{
	const struct txn_view *view = b->view;

	if (view->queued(view->ctx, unit) >= 0)
		return false;
	if (kind == JOB_START)
		return view->is_up(view->ctx, unit);
	return kind == JOB_STOP && view->is_down(view->ctx, unit);
}

/* --- taking jobs in ----------------------------------------------------------------------- */

static int merge(struct build *b, uint32_t i, enum job_kind kind, uint32_t cause)
{
	struct entry *e = &b->v[i];
	int r;

	if (transaction_contrary(kind, (enum job_kind)e->kind))
		return refuse_contrary(b, i, kind, cause);
	if (kind != JOB_RESTART || e->kind != JOB_START)
		return 0;
	/* Only the anchor's needs hold restarts, so no trial ever has to take this back. */
	r = check_job(b, kind, e->unit, cause);
	e->kind = JOB_RESTART;
	e->noop = e->expanded = false;
	return r;
}

static int add(struct build *b, enum job_kind kind, uint32_t unit, uint32_t cause)
{
	bool noop = changes_nothing(b, kind, unit);
	int r;

	if (b->place[unit])
		return merge(b, b->place[unit] - 1, kind, cause);
	r = noop ? 0 : check_job(b, kind, unit, cause);
	if (r < 0)
		return r;
	if (b->n == b->room) {
		uint32_t room = b->room + b->room / 2 + 16;
		struct entry *v = realloc(b->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		b->v = v;
		b->room = room;
	}
	b->v[b->n++] = (struct entry){
		.unit = unit,
		.cause = cause,
		.kind = (uint8_t)kind,
		.required = b->base,
		.noop = noop,
	};
	b->place[unit] = b->n;
	return 0;
}

static int add_of(struct build *b, enum job_kind kind, enum dep_kind dep, uint32_t i, bool only_up)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(b->set, b->v[i].unit, dep, &n);
	int r = 0;

	for (uint32_t k = 0; k < n && r == 0; k++)
		if (!only_up || b->view->is_up(b->view->ctx, deps[k].unit))
			r = add(b, kind, deps[k].unit, i);
	return r;
}

static int add_all(struct build *b, enum job_kind kind, const enum dep_kind *deps, uint32_t n,
		   uint32_t i, bool only_up)
{
	int r = 0;

	for (uint32_t k = 0; k < n && r == 0; k++)
		r = add_of(b, kind, deps[k], i, only_up);
	return r;
}

/* systemd.unit(5): whom a stop takes along; a restart does so but for PropagatesStopTo=. */
static const enum dep_kind taken_along[] = { DEP_REQUIRED_BY, DEP_REQUISITE_OF, DEP_BOUND_BY,
					     DEP_CONSISTS_OF, DEP_PROPAGATES_STOP_TO };
static const enum dep_kind needed[] = { DEP_REQUIRES, DEP_BINDS_TO };

/* What a job cannot be without. */
static int expand(struct build *b, uint32_t i)
{
	enum job_kind kind = (enum job_kind)b->v[i].kind;
	bool follow = !b->v[i].noop || (kind == JOB_START && b->mode == JOB_MODE_ISOLATE);
	int r = 0;

	b->v[i].expanded = true;
	if (!follow)
		return 0;
	if (kind == JOB_START || kind == JOB_RESTART) {
		r = add_all(b, JOB_START, needed, ARRAY_SIZE(needed), i, false);
		if (r == 0)
			r = add_of(b, JOB_STOP, DEP_CONFLICTS, i, false);
	}
	if (r == 0 && kind == JOB_STOP)
		r = add_all(b, JOB_STOP, taken_along, ARRAY_SIZE(taken_along), i, false);
	if (r == 0 && kind == JOB_RESTART)
		r = add_all(b, JOB_RESTART, taken_along, ARRAY_SIZE(taken_along) - 1, i, true);
	return r;
}

/* Expands all from @first on, again when a merge has turned an earlier start into a restart. */
static int close_over(struct build *b, uint32_t first)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t i = first; i < b->n; i++) {
			int r;

			if (b->v[i].expanded)
				continue;
			again = true;
			r = expand(b, i);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int note_drop(struct build *b, uint32_t unit, const struct diag *diag)
{
	struct transaction *t = b->out;
	struct diag *drops = realloc(t->drops, (t->n_drops + 1) * sizeof(*drops));

	if (!drops)
		return -ENOMEM;
	t->drops = drops;
	drops[t->n_drops] = (struct diag){ .text = "" };
	diag_set(&drops[t->n_drops++], DIAG_WARNING, 0, "%s is left out: %s", id_of(b, unit),
		 diag->text);
	return 0;
}

static void forget_from(struct build *b, uint32_t first)
{
	while (b->n > first)
		b->place[b->v[--b->n].unit] = 0;
}

/*
 * One wanted unit with all that it needs, or nothing of it. Its own load error was told when
 * loading, and that it is not there at all is what Wants= tolerates; what it needs is another matter.
 */
static int try_wanted(struct build *b, enum job_kind kind, uint32_t unit, uint32_t cause)
{
	uint32_t first = b->n;
	struct diag diag = { .text = "" };
	struct diag *outer = b->diag;
	int r;

	b->diag = &diag;
	r = add(b, kind, unit, cause);
	if (r == 0)
		r = close_over(b, first);
	b->diag = outer;
	if (r == 0 || r == -ENOMEM)
		return r;
	forget_from(b, first);
	bool itself = unit_set_at(b->set, unit)->load_state != LOAD_LOADED;

	return itself && r != -EBUSY ? 0 : note_drop(b, unit, &diag);
}

static int try_all(struct build *b, enum job_kind kind, enum dep_kind dep, uint32_t i)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(b->set, b->v[i].unit, dep, &n);
	int r = 0;

	for (uint32_t k = 0; k < n && r == 0; k++) {
		if (kind != JOB_RELOAD || b->view->can_reload(b->view->ctx, deps[k].unit))
			r = try_wanted(b, kind, deps[k].unit, i);
	}
	return r;
}

static int add_wanted(struct build *b)
{
	int r = 0;

	for (uint32_t i = 0; i < b->n && r == 0; i++) {
		enum job_kind kind = (enum job_kind)b->v[i].kind;
		bool start = kind == JOB_START || kind == JOB_RESTART;

		if (kind == JOB_RELOAD)
			r = try_all(b, JOB_RELOAD, DEP_PROPAGATES_RELOAD_TO, i);
		if (!start || (b->v[i].noop && b->mode != JOB_MODE_ISOLATE))
			continue;
		r = try_all(b, JOB_START, DEP_WANTS, i);
		if (r == 0)
			r = try_all(b, JOB_START, DEP_UPHOLDS, i);
	}
	return r;
}

/* JOB_MODE_ISOLATE: what runs and was not pulled in. What cannot be stopped now is left alone. */
static int add_rest(struct build *b)
{
	uint32_t count = unit_set_count(b->set);

	for (uint32_t unit = 0; unit < count; unit++) {
		const struct txn_view *view = b->view;

		if (b->place[unit] || changes_nothing(b, JOB_STOP, unit) ||
		    (view->keep && view->keep(view->ctx, unit)))
			continue;
		if (add(b, JOB_STOP, unit, 0) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static int finish(struct build *b)
{
	struct transaction *t = b->out;

	t->jobs = malloc((b->n + 1) * sizeof(*t->jobs));
	if (!t->jobs)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct entry *e = &b->v[i];

		if (!e->noop)
			t->jobs[t->n++] = (struct txn_job){ e->unit, e->kind, e->required };
	}
	return 0;
}

static int build(struct build *b, enum job_kind kind, uint32_t anchor)
{
	int r = add(b, kind, anchor, NO_CAUSE);

	if (r == 0 && job_mode_follows(b->mode)) {
		r = close_over(b, 0);
		b->base = false;
		if (r == 0)
			r = add_wanted(b);
	}
	if (r == 0 && b->mode == JOB_MODE_ISOLATE)
		r = add_rest(b);
	return r == 0 ? finish(b) : r;
}

int transaction_build(const struct unit_set *set, const struct txn_view *view, enum job_kind kind,
		      uint32_t anchor, enum job_mode mode, struct transaction *out,
		      struct diag *diag)
{
	struct diag unread = { .text = "" };
	struct build b = {
		.set = set,
		.view = view,
		.mode = mode,
		.base = true,
		.room = 16,
		.out = out,
		.diag = diag ? diag : &unread,
	};
	int r;

	*out = (struct transaction){ .n = 0 };
	if (mode == JOB_MODE_ISOLATE && kind != JOB_START)
		return diag_set(b.diag, DIAG_ERROR, EINVAL, "only a start can isolate");
	b.place = calloc(unit_set_count(set), sizeof(*b.place));
	b.v = calloc(b.room, sizeof(*b.v));
	r = b.place && b.v ? build(&b, kind, anchor) : -ENOMEM;
	free(b.place);
	free(b.v);
	if (r < 0)
		transaction_free(out);
	return r;
}

void transaction_free(struct transaction *t)
{
	free(t->jobs);
	free(t->drops);
	*t = (struct transaction){ .n = 0 };
}

bool transaction_contrary(enum job_kind kind, enum job_kind other)
{
	return (kind == JOB_STOP) != (other == JOB_STOP);
}

/*
 * The one that comes later in start order goes first when it goes down, else the earlier one does:
 * all stops in reverse order, then all else in order, which has no cycle where the order has none.
 * A restart is a stop until it has been turned into a start.
 */
bool transaction_edge_waits(enum job_kind kind, enum dep_kind edge, enum job_kind other_kind)
{
	enum job_kind later = edge == DEP_BEFORE ? other_kind : kind;
	bool later_first = later == JOB_STOP || later == JOB_RESTART;

	return edge == DEP_BEFORE ? later_first : !later_first;
}

static bool has_edge(const struct unit_set *set, uint32_t unit, enum dep_kind edge, uint32_t other)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(set, unit, edge, &n);

	for (uint32_t i = 0; i < n; i++)
		if (deps[i].unit == other && !(deps[i].flags & DEP_BROKEN))
			return true;
	return false;
}

bool transaction_must_wait(const struct unit_set *set, enum job_kind kind, uint32_t unit,
			   enum job_kind other_kind, uint32_t other)
{
	return (transaction_edge_waits(kind, DEP_AFTER, other_kind) &&
		has_edge(set, unit, DEP_AFTER, other)) ||
	       (transaction_edge_waits(kind, DEP_BEFORE, other_kind) &&
		has_edge(set, unit, DEP_BEFORE, other));
}
