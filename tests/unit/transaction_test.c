/* SPDX-License-Identifier: MIT */
/* link: tests/fake/graph.c */
#include "init/transaction.h"
#include "tests/fake/graph.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MAX 12

/* --- a present, made by hand -------------------------------------------------------------- */

enum present {
	IS_DOWN,
	IS_UP,
	IS_ON_ITS_WAY,
};

struct world {
	struct unit_set *set;
	enum present present[MAX];
	int queued[MAX]; /* enum job_kind or -1 */
	bool irreversible[MAX];
	bool keep[MAX];
	bool can_reload[MAX];
	struct txn_view view;
	struct transaction t;
	struct diag diag;
};

static bool view_is_up(void *ctx, uint32_t unit)
{
	return ((struct world *)ctx)->present[unit] == IS_UP;
}

static bool view_is_down(void *ctx, uint32_t unit)
{
	return ((struct world *)ctx)->present[unit] == IS_DOWN;
}

static bool view_can_reload(void *ctx, uint32_t unit)
{
	return view_is_up(ctx, unit) && ((struct world *)ctx)->can_reload[unit];
}

static int view_queued(void *ctx, uint32_t unit)
{
	return ((struct world *)ctx)->queued[unit];
}

static bool view_irreversible(void *ctx, uint32_t unit)
{
	return ((struct world *)ctx)->irreversible[unit];
}

static bool view_keep(void *ctx, uint32_t unit)
{
	return ((struct world *)ctx)->keep[unit];
}

static void world_init(struct world *w, uint32_t n)
{
	memset(w, 0, sizeof(*w));
	w->set = graph_new(n);
	for (uint32_t i = 0; i < MAX; i++)
		w->queued[i] = -1;
	w->view = (struct txn_view){ w,		  view_is_up,	     view_is_down, view_can_reload,
				     view_queued, view_irreversible, view_keep };
}

static void world_free(struct world *w)
{
	transaction_free(&w->t);
	graph_free(w->set);
}

static int build(struct world *w, enum job_kind kind, uint32_t anchor, enum job_mode mode)
{
	transaction_free(&w->t);
	w->diag.text[0] = '\0';
	return transaction_build(w->set, &w->view, kind, anchor, mode, &w->t, &w->diag);
}

/* The kind of @unit's job in the result, -1 if it has none. */
static int job_of(const struct world *w, uint32_t unit)
{
	for (uint32_t i = 0; i < w->t.n; i++)
		if (w->t.jobs[i].unit == unit)
			return w->t.jobs[i].kind;
	return -1;
}

/* --- by hand ------------------------------------------------------------------------------ */

static void test_start(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 5);
	graph_add(w.set, 0, DEP_REQUIRES, 1);
	graph_add(w.set, 1, DEP_WANTS, 2);
	graph_add(w.set, 1, DEP_CONFLICTS, 3);
	graph_add(w.set, 4, DEP_REQUIRES, 3);
	graph_finish(w.set);
	w.present[3] = w.present[4] = IS_UP;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 5);
	assert_int_equal(w.t.jobs[0].unit, 0);
	assert_int_equal(job_of(&w, 1), JOB_START);
	assert_int_equal(job_of(&w, 2), JOB_START);
	assert_int_equal(job_of(&w, 3), JOB_STOP);
	assert_int_equal(job_of(&w, 4), JOB_STOP); /* it requires what is stopped */
	assert_false(w.t.jobs[4].required);	   /* the wanted one comes last */
	assert_true(w.t.jobs[3].required);
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_IGNORE_DEPENDENCIES), 0);
	assert_int_equal(w.t.n, 1);
	world_free(&w);
}

static void test_nothing_to_do(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 2);
	graph_add(w.set, 0, DEP_WANTS, 1);
	graph_finish(w.set);
	w.present[0] = IS_UP;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 0); /* and what it wants is not started behind the user's back */
	assert_int_equal(build(&w, JOB_STOP, 1, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 0);
	w.present[1] = IS_ON_ITS_WAY;
	assert_int_equal(build(&w, JOB_STOP, 1, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 1);
	world_free(&w);
}

static void test_refusals(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 6);
	graph_add(w.set, 0, DEP_REQUIRES, 1);
	graph_add(w.set, 1, DEP_REQUIRES, 2);
	graph_add(w.set, 3, DEP_REQUIRES, 4);
	graph_add(w.set, 3, DEP_REQUIRES, 5);
	graph_add(w.set, 4, DEP_CONFLICTS, 5);
	graph_finish(w.set);
	unit_set_at(w.set, 2)->load_state = LOAD_NOT_FOUND;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), -ENOENT);
	assert_string_equal(w.diag.text,
			    "u2.service not found (needed by u0.service -> u1.service)");
	unit_set_at(w.set, 2)->load_state = LOAD_MASKED;
	assert_int_equal(build(&w, JOB_START, 2, JOB_MODE_REPLACE), -EINVAL);
	assert_string_equal(w.diag.text, "u2.service is masked");
	unit_set_at(w.set, 2)->load_state = LOAD_BAD_SETTING;
	unit_set_at(w.set, 2)->load_error = "has a bad value";
	assert_int_equal(build(&w, JOB_START, 1, JOB_MODE_REPLACE), -EINVAL);
	assert_string_equal(w.diag.text, "u2.service has a bad value (needed by u1.service)");
	assert_int_equal(build(&w, JOB_START, 3, JOB_MODE_REPLACE), -EBUSY);
	assert_string_equal(
		w.diag.text,
		"contradiction: start u5.service (u3.service -> u5.service) and stop it "
		"(u3.service -> u4.service)");
	assert_int_equal(build(&w, JOB_RELOAD, 3, JOB_MODE_REPLACE), -EINVAL);
	assert_int_equal(build(&w, JOB_STOP, 3, JOB_MODE_ISOLATE), -EINVAL);
	assert_null(w.t.jobs);
	world_free(&w);
}

static void test_wanted_is_dropped(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 6);
	graph_add(w.set, 0, DEP_WANTS, 1);
	graph_add(w.set, 0, DEP_WANTS, 3);
	graph_add(w.set, 0, DEP_REQUIRES, 5);
	graph_add(w.set, 1, DEP_REQUIRES, 2); /* not found: 1 goes with it */
	graph_add(w.set, 3, DEP_REQUIRES, 4);
	graph_add(w.set, 4, DEP_CONFLICTS, 5); /* a requirement beats a wish */
	graph_finish(w.set);
	unit_set_at(w.set, 2)->load_state = LOAD_NOT_FOUND;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 2);
	assert_int_equal(job_of(&w, 5), JOB_START);
	assert_int_equal(w.t.n_drops, 2);
	assert_non_null(strstr(w.t.drops[0].text, "u1.service is left out: u2.service not found"));
	assert_non_null(strstr(w.t.drops[1].text,
			       "u3.service is left out: contradiction: stop u4.service"));
	world_free(&w);
}

static void test_restart(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 4);
	graph_add(w.set, 1, DEP_REQUIRES, 0);
	graph_add(w.set, 2, DEP_REQUIRES, 1);
	graph_add(w.set, 3, DEP_REQUIRES, 0);
	graph_finish(w.set);
	w.present[0] = w.present[1] = w.present[2] = IS_UP;
	assert_int_equal(build(&w, JOB_RESTART, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 3);
	assert_int_equal(job_of(&w, 1), JOB_RESTART);
	assert_int_equal(job_of(&w, 2), JOB_RESTART);
	assert_int_equal(job_of(&w, 3), -1); /* it is down and stays so */
	assert_int_equal(build(&w, JOB_STOP, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 3);
	/* Needed and needing: the start that would change nothing becomes a restart, and is checked. */
	graph_free(w.set);
	w.set = graph_new(2);
	graph_add(w.set, 0, DEP_REQUIRES, 1);
	graph_add(w.set, 1, DEP_REQUIRES, 0);
	graph_finish(w.set);
	assert_int_equal(build(&w, JOB_RESTART, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(job_of(&w, 1), JOB_RESTART);
	unit_set_at(w.set, 1)->load_state = LOAD_MASKED;
	assert_int_equal(build(&w, JOB_RESTART, 0, JOB_MODE_REPLACE), -EINVAL);
	world_free(&w);
}

/* systemd.unit(5): who goes along with whom, one directive after the other. */
static void test_directives(void **state)
{
	static const struct {
		enum dep_kind kind; /* from u0 to u1 */
		enum job_kind asked;
		uint32_t anchor;
		int other; /* what the other unit does, -1: nothing */
	} rows[] = {
		{ DEP_BINDS_TO, JOB_START, 0, JOB_START },
		{ DEP_BINDS_TO, JOB_STOP, 1, JOB_STOP },
		{ DEP_BINDS_TO, JOB_STOP, 0, -1 },
		{ DEP_BINDS_TO, JOB_RESTART, 1, JOB_RESTART },
		{ DEP_REQUISITE, JOB_START, 0, -1 },
		{ DEP_REQUISITE, JOB_STOP, 1, JOB_STOP },
		{ DEP_REQUISITE, JOB_RESTART, 1, JOB_RESTART },
		{ DEP_PART_OF, JOB_START, 0, -1 },
		{ DEP_PART_OF, JOB_START, 1, -1 },
		{ DEP_PART_OF, JOB_STOP, 0, -1 },
		{ DEP_PART_OF, JOB_STOP, 1, JOB_STOP },
		{ DEP_PART_OF, JOB_RESTART, 1, JOB_RESTART },
		{ DEP_UPHOLDS, JOB_START, 0, JOB_START },
		{ DEP_UPHOLDS, JOB_STOP, 1, -1 },
		{ DEP_PROPAGATES_STOP_TO, JOB_STOP, 0, JOB_STOP },
		{ DEP_PROPAGATES_STOP_TO, JOB_STOP, 1, -1 },
		{ DEP_PROPAGATES_STOP_TO, JOB_RESTART, 0, -1 },
		{ DEP_STOP_PROPAGATED_FROM, JOB_STOP, 1, JOB_STOP },
		{ DEP_PROPAGATES_RELOAD_TO, JOB_RELOAD, 0, JOB_RELOAD },
		{ DEP_PROPAGATES_RELOAD_TO, JOB_RELOAD, 1, -1 },
		{ DEP_RELOAD_PROPAGATED_FROM, JOB_RELOAD, 1, JOB_RELOAD },
		{ DEP_ON_FAILURE, JOB_START, 0, -1 },
		{ DEP_ON_SUCCESS, JOB_STOP, 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		world_init(&w, 2);
		graph_add(w.set, 0, rows[i].kind, 1);
		graph_finish(w.set);
		w.present[0] = w.present[1] = rows[i].asked == JOB_START ? IS_DOWN : IS_UP;
		w.can_reload[0] = w.can_reload[1] = true;
		assert_int_equal(build(&w, rows[i].asked, rows[i].anchor, JOB_MODE_REPLACE), 0);
		assert_int_equal(job_of(&w, rows[i].anchor), rows[i].asked);
		assert_int_equal(job_of(&w, 1 - rows[i].anchor), rows[i].other);
		world_free(&w);
	}
}

/* A reload goes only where it can be done, and never fails for want of that. */
static void test_reload_is_propagated(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 4);
	graph_add(w.set, 0, DEP_PROPAGATES_RELOAD_TO, 1);
	graph_add(w.set, 0, DEP_PROPAGATES_RELOAD_TO, 2);
	graph_add(w.set, 1, DEP_PROPAGATES_RELOAD_TO, 3);
	graph_finish(w.set);
	w.present[0] = w.present[1] = w.present[2] = w.present[3] = IS_UP;
	w.can_reload[0] = w.can_reload[1] = w.can_reload[3] = true;
	assert_int_equal(build(&w, JOB_RELOAD, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(job_of(&w, 1), JOB_RELOAD);
	assert_int_equal(job_of(&w, 2), -1);
	assert_int_equal(job_of(&w, 3), JOB_RELOAD);
	w.present[1] = IS_DOWN;
	assert_int_equal(build(&w, JOB_RELOAD, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(w.t.n, 1);
	world_free(&w);
}

static void test_isolate(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 6);
	graph_add(w.set, 0, DEP_WANTS, 1);
	graph_add(w.set, 1, DEP_WANTS, 2);
	graph_finish(w.set);
	w.present[0] = w.present[1] = w.present[3] = w.present[4] = IS_UP;
	w.keep[4] = true;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_ISOLATE), 0);
	assert_int_equal(w.t.n, 2);
	assert_int_equal(job_of(&w, 2), JOB_START); /* through what is up */
	assert_int_equal(job_of(&w, 3), JOB_STOP);
	world_free(&w);
}

static void test_queue(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 2);
	graph_add(w.set, 0, DEP_REQUIRES, 1);
	graph_finish(w.set);
	w.queued[1] = JOB_STOP;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), 0);
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_FAIL), -EBUSY);
	w.irreversible[1] = true;
	assert_int_equal(build(&w, JOB_START, 0, JOB_MODE_REPLACE), -EBUSY);
	assert_string_equal(
		w.diag.text,
		"u1.service has a job queued that nothing may displace (needed by u0.service)");
	assert_int_equal(build(&w, JOB_STOP, 1, JOB_MODE_REPLACE), 0);
	world_free(&w);
}

/* systemd.unit(5) Before=, After=. */
static void test_order(void **state)
{
	const struct {
		enum job_kind first, second; /* of the unit that is Before, and of the other */
		bool first_waits;
	} rows[] = {
		{ JOB_START, JOB_START, false },    { JOB_STOP, JOB_STOP, true },
		{ JOB_STOP, JOB_START, false },	    { JOB_START, JOB_STOP, true },
		{ JOB_RESTART, JOB_START, false },  { JOB_START, JOB_RESTART, true },
		{ JOB_RESTART, JOB_RESTART, true }, { JOB_RELOAD, JOB_START, false },
	};
	struct world w;

	(void)state;
	world_init(&w, 3);
	graph_add(w.set, 0, DEP_BEFORE, 1);
	graph_finish(w.set);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool first = transaction_must_wait(w.set, rows[i].first, 0, rows[i].second, 1);
		bool second = transaction_must_wait(w.set, rows[i].second, 1, rows[i].first, 0);

		assert_int_equal(first, rows[i].first_waits);
		assert_int_equal(second, !rows[i].first_waits);
		assert_false(transaction_must_wait(w.set, rows[i].first, 0, rows[i].second, 2));
	}
	world_free(&w);
}

/* --- against a slow reference ------------------------------------------------------------- */

static uint64_t seed = 1;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* What is asked of each unit, a bit per job kind. No order, no trial, no undo: sets only. */
struct wishes {
	uint8_t of[MAX];
};

#define BIT(kind) (1u << (kind))
#define UP_BITS	  (BIT(JOB_START) | BIT(JOB_RESTART) | BIT(JOB_RELOAD))

static bool changes_nothing(const struct world *w, uint8_t bits, uint32_t u)
{
	if (w->queued[u] >= 0)
		return false;
	return (bits == BIT(JOB_START) && w->present[u] == IS_UP) ||
	       (bits == BIT(JOB_STOP) && w->present[u] == IS_DOWN);
}

static bool put(struct wishes *s, const struct world *w, uint32_t u, enum dep_kind dep,
		enum job_kind kind, bool only_up)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(w->set, u, dep, &n);
	bool grown = false;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t *of = &s->of[deps[i].unit];

		if ((only_up && w->present[deps[i].unit] != IS_UP) || (*of & BIT(kind)))
			continue;
		*of |= (uint8_t)BIT(kind);
		grown = true;
	}
	return grown;
}

static bool put_each(struct wishes *s, const struct world *w, uint32_t u, const enum dep_kind *deps,
		     size_t n, enum job_kind kind, bool only_up)
{
	bool grown = false;

	for (size_t i = 0; i < n; i++)
		grown |= put(s, w, u, deps[i], kind, only_up);
	return grown;
}

/* Adds what each wish needs until nothing is added any more. */
static void close_wishes(struct wishes *s, const struct world *w, enum job_mode mode)
{
	static const enum dep_kind stop[] = { DEP_REQUIRED_BY, DEP_REQUISITE_OF, DEP_BOUND_BY,
					      DEP_CONSISTS_OF, DEP_PROPAGATES_STOP_TO };
	static const enum dep_kind restart[] = { DEP_REQUIRED_BY, DEP_REQUISITE_OF, DEP_BOUND_BY,
						 DEP_CONSISTS_OF };
	bool grown = job_mode_follows(mode);

	while (grown) {
		grown = false;
		for (uint32_t u = 0; u < unit_set_count(w->set); u++) {
			uint8_t bits = s->of[u];
			bool through = (bits & BIT(JOB_START)) && mode == JOB_MODE_ISOLATE;

			if (changes_nothing(w, bits, u) && !through)
				continue;
			if (bits & (BIT(JOB_START) | BIT(JOB_RESTART))) {
				grown |= put(s, w, u, DEP_REQUIRES, JOB_START, false);
				grown |= put(s, w, u, DEP_BINDS_TO, JOB_START, false);
				grown |= put(s, w, u, DEP_CONFLICTS, JOB_STOP, false);
			}
			if (bits & BIT(JOB_STOP))
				grown |= put_each(s, w, u, stop, 5, JOB_STOP, false);
			if (bits & BIT(JOB_RESTART))
				grown |= put_each(s, w, u, restart, 4, JOB_RESTART, true);
		}
	}
}

static bool can_be(const struct world *w, uint32_t u, uint8_t bits, enum job_mode mode)
{
	bool up = bits & UP_BITS, contrary;

	if (up && (bits & BIT(JOB_STOP)))
		return false;
	if (bits == 0 || changes_nothing(w, bits, u))
		return true;
	if (up && unit_set_at(w->set, u)->load_state != LOAD_LOADED)
		return false;
	if ((bits & BIT(JOB_RELOAD)) && w->present[u] != IS_UP)
		return false;
	contrary = w->queued[u] >= 0 && up == (w->queued[u] == JOB_STOP);
	return !contrary ||
	       !(w->irreversible[u] || mode == JOB_MODE_FAIL || (bits & BIT(JOB_RELOAD)));
}

static bool all_can_be(const struct world *w, const struct wishes *s, enum job_mode mode)
{
	for (uint32_t u = 0; u < unit_set_count(w->set); u++)
		if (!can_be(w, u, s->of[u], mode))
			return false;
	return true;
}

static int kind_of(const struct world *w, uint8_t bits, uint32_t u)
{
	if (bits == 0 || changes_nothing(w, bits, u))
		return -1;
	return bits & BIT(JOB_RESTART) ? JOB_RESTART
	       : bits & BIT(JOB_START) ? JOB_START
	       : bits & BIT(JOB_STOP)  ? JOB_STOP
				       : JOB_RELOAD;
}

static bool starts(const struct world *w, const struct wishes *s, uint32_t u, enum job_mode mode)
{
	bool start = s->of[u] & (BIT(JOB_START) | BIT(JOB_RESTART));

	return start && (!changes_nothing(w, s->of[u], u) || mode == JOB_MODE_ISOLATE);
}

/* What may be left out: a job of @kind for what @dep leads to from @u, as far as things are now. */
struct wish {
	enum dep_kind dep;
	enum job_kind kind;
};

static const struct wish wish_rows[] = {
	{ DEP_WANTS, JOB_START },
	{ DEP_UPHOLDS, JOB_START },
	{ DEP_PROPAGATES_RELOAD_TO, JOB_RELOAD },
};

static bool wishes_for(const struct world *w, const struct wishes *s, uint32_t u,
		       const struct wish *row, uint32_t other, enum job_mode mode)
{
	if (row->kind == JOB_RELOAD)
		return (s->of[u] & BIT(JOB_RELOAD)) && w->present[other] == IS_UP &&
		       w->can_reload[other];
	return starts(w, s, u, mode);
}

/*
 * Grows @s from the anchor's needs by those wants that the result took, each with its needs: all
 * that may be in the result. A want that was not taken must be one that cannot be taken.
 */
static bool add_taken(const struct world *w, struct wishes *s, enum job_mode mode, uint32_t u,
		      const struct wish *row)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(w->set, u, row->dep, &n);
	bool grown = false;

	for (uint32_t i = 0; i < n; i++) {
		struct wishes more = *s;
		uint32_t wanted = deps[i].unit;
		bool noop = changes_nothing(w, (uint8_t)BIT(row->kind), wanted);
		int job = job_of(w, wanted);

		/* One that is up shows in the result only by not being stopped. */
		if (!wishes_for(w, s, u, row, wanted, mode) || (more.of[wanted] & UP_BITS) ||
		    !(job == (int)row->kind || (noop && job == -1)))
			continue;
		more.of[wanted] |= (uint8_t)BIT(row->kind);
		close_wishes(&more, w, mode);
		*s = more;
		grown = true;
	}
	return grown;
}

static void add_taken_wants(const struct world *w, struct wishes *s, enum job_mode mode)
{
	bool grown = job_mode_follows(mode);

	while (grown) {
		grown = false;
		for (uint32_t u = 0; u < unit_set_count(w->set); u++)
			for (size_t k = 0; k < sizeof(wish_rows) / sizeof(wish_rows[0]); k++)
				grown |= add_taken(w, s, mode, u, &wish_rows[k]);
	}
}

static void check_not_taken(const struct world *w, const struct wishes *s, enum job_mode mode,
			    uint32_t u, const struct wish *row)
{
	uint32_t n;
	const struct dep *deps = unit_set_deps_of(w->set, u, row->dep, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct wishes more = *s;

		if (!wishes_for(w, s, u, row, deps[i].unit, mode) ||
		    (s->of[deps[i].unit] & UP_BITS))
			continue;
		more.of[deps[i].unit] |= (uint8_t)BIT(row->kind);
		close_wishes(&more, w, mode);
		assert_false(all_can_be(w, &more, mode));
	}
}

static void check_wants_not_taken(const struct world *w, const struct wishes *s, enum job_mode mode)
{
	for (uint32_t u = 0; u < unit_set_count(w->set); u++)
		for (size_t k = 0; k < sizeof(wish_rows) / sizeof(wish_rows[0]); k++)
			check_not_taken(w, s, mode, u, &wish_rows[k]);
}

static void check_result(struct world *w, struct wishes *base, enum job_mode mode)
{
	struct wishes s = *base;

	add_taken_wants(w, &s, mode);
	assert_true(all_can_be(w, &s, mode));
	if (job_mode_follows(mode))
		check_wants_not_taken(w, &s, mode);
	for (uint32_t u = 0; u < unit_set_count(w->set); u++) {
		uint8_t bits = s.of[u];

		if (mode == JOB_MODE_ISOLATE && bits == 0 && !w->keep[u] &&
		    can_be(w, u, BIT(JOB_STOP), mode))
			bits = BIT(JOB_STOP);
		assert_int_equal(job_of(w, u), kind_of(w, bits, u));
	}
	for (uint32_t i = 0; i < w->t.n; i++) {
		uint32_t u = w->t.jobs[i].unit;

		assert_int_equal(w->t.jobs[i].required, base->of[u] != 0);
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(w->t.jobs[k].unit, u);
	}
}

static void draw_world(struct world *w)
{
	static const enum dep_kind kinds[] = {
		DEP_REQUIRES,
		DEP_REQUIRES,
		DEP_WANTS,
		DEP_WANTS,
		DEP_CONFLICTS,
		DEP_CONFLICTS,
		DEP_REQUISITE,
		DEP_BINDS_TO,
		DEP_PART_OF,
		DEP_UPHOLDS,
		DEP_PROPAGATES_STOP_TO,
		DEP_PROPAGATES_RELOAD_TO,
		DEP_ON_FAILURE,
		DEP_PROPAGATES_RELOAD_TO,
	};
	uint32_t n = 2 + draw(MAX - 1), edges = draw(2 * n), few = 1 + draw(8);

	world_init(w, n);
	for (uint32_t i = 0; i < edges; i++) {
		uint32_t from = draw(n), to = draw(n);
		enum dep_kind kind = kinds[draw(sizeof(kinds) / sizeof(kinds[0]))];

		if (from != to && (kind != DEP_CONFLICTS || draw(2)))
			graph_add(w->set, from, kind, to);
	}
	graph_finish(w->set);
	for (uint32_t i = 0; i < n; i++) {
		static const int queue[] = { JOB_START, JOB_STOP, JOB_RESTART, JOB_RELOAD };

		w->present[i] = (enum present)draw(3);
		w->queued[i] = draw(few) ? -1 : queue[draw(4)];
		w->irreversible[i] = w->queued[i] >= 0 && draw(2);
		w->can_reload[i] = draw(2);
		w->keep[i] = w->present[i] != IS_UP && draw(6) == 0;
		if (draw(8) == 0)
			unit_set_at(w->set, i)->load_state = (enum load_state)(1 + draw(4));
	}
}

static void test_random_graphs(void **state)
{
	static const enum job_kind kinds[] = { JOB_START, JOB_START, JOB_STOP, JOB_RESTART,
					       JOB_RELOAD };
	unsigned int refused = 0, taken = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		struct world w;
		struct wishes base = { { 0 } };
		enum job_kind kind = kinds[draw(5)];
		enum job_mode mode = (enum job_mode)draw(JOB_MODE_COUNT);
		uint32_t anchor;
		int r;

		if (mode == JOB_MODE_ISOLATE)
			kind = JOB_START;
		draw_world(&w);
		anchor = draw(unit_set_count(w.set));
		base.of[anchor] = (uint8_t)BIT(kind);
		close_wishes(&base, &w, mode);
		r = build(&w, kind, anchor, mode);
		assert_int_equal(r == 0, all_can_be(&w, &base, mode));
		if (r < 0) {
			refused++;
			assert_true(r == -ENOENT || r == -EINVAL || r == -EBUSY);
			assert_true(w.diag.text[0] != '\0');
		} else {
			taken++;
			check_result(&w, &base, mode);
		}
		world_free(&w);
	}
	assert_true(refused > 2000 && taken > 2000);
}

/* Waiting has no cycle where the order has none, whatever the jobs. */
static void test_random_order(void **state)
{
	static const enum job_kind kinds[] = { JOB_START, JOB_STOP, JOB_RESTART, JOB_RELOAD };

	(void)state;
	for (unsigned int round = 0; round < 500; round++) {
		bool done[MAX] = { false };
		enum job_kind job[MAX];
		struct world w;
		uint32_t left = MAX;
		bool moved = true;

		world_init(&w, MAX);
		for (uint32_t i = 0; i < MAX; i++) {
			job[i] = kinds[draw(4)];
			for (uint32_t k = i + 1; k < MAX; k++)
				if (draw(3) == 0)
					graph_add(w.set, i, DEP_BEFORE, k);
		}
		graph_finish(w.set);
		while (left > 0 && moved) {
			moved = false;
			for (uint32_t i = 0; i < MAX; i++) {
				bool waits = done[i];

				for (uint32_t k = 0; k < MAX; k++)
					waits |= !done[k] && k != i &&
						 transaction_must_wait(w.set, job[i], i, job[k], k);
				if (waits)
					continue;
				done[i] = moved = true;
				left--;
			}
		}
		assert_int_equal(left, 0);
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),	      cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_wanted_is_dropped),
		cmocka_unit_test(test_restart),	      cmocka_unit_test(test_isolate),
		cmocka_unit_test(test_queue),	      cmocka_unit_test(test_order),
		cmocka_unit_test(test_directives),    cmocka_unit_test(test_reload_is_propagated),
		cmocka_unit_test(test_random_graphs), cmocka_unit_test(test_random_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
