/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_TRANSACTION_H
#define BERTH_INIT_TRANSACTION_H

#include "init/jobs.h"
#include "lib/diag.h"
#include "units/set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From one request to the whole set of jobs that it means, computed, checked and handed over as a
 * whole; nothing is changed when it is refused. Pure: it reads the unit set and the present state
 * through a view and makes no system call.
 */
struct txn_job {
	uint32_t unit;
	uint8_t kind;  /* JOB_START, JOB_STOP, JOB_RESTART, JOB_RELOAD */
	bool required; /* some chain of requirements leads here from the anchor; else only wants */
};

/* The present, as far as a transaction looks at it. */
struct txn_view {
	void *ctx;
	/* Up (active, reloading): a start would change nothing. */
	bool (*is_up)(void *ctx, uint32_t unit);
	/* Down (inactive, failed): a stop would change nothing. A unit on its way is neither. */
	bool (*is_down)(void *ctx, uint32_t unit);
	/* Up, and knows how to reload: only then a reload is propagated to it. */
	bool (*can_reload)(void *ctx, uint32_t unit);
	/* The job that is queued for the unit, -1 if none. */
	int (*queued)(void *ctx, uint32_t unit);
	/* Whether that job may not be displaced. */
	bool (*irreversible)(void *ctx, uint32_t unit);
	/* JOB_MODE_ISOLATE leaves the unit alone; NULL: none. */
	bool (*keep)(void *ctx, uint32_t unit);
};

struct transaction {
	struct txn_job *jobs; /* malloc'ed; anchor first */
	uint32_t n;
	struct diag *drops; /* malloc'ed: what was wanted and given up, with the reason */
	uint32_t n_drops;
};

/*
 * Expands (@kind, @anchor). What is needed is found first: a start needs its Requires and BindsTo
 * started and its Conflicts stopped; a stop carries along what Requires, Requisites or BindsTo the
 * unit, is PartOf it, or is in its PropagatesStopTo; a restart the same but for the last, if it is
 * up. It is taken as a whole or refused. Then each unit that a start Wants or Upholds is tried in
 * the order of discovery, with all that it needs in turn; if that cannot be, or contradicts what
 * has been taken already, it is left out. So is a reload that is propagated. Whether a Requisite
 * is up is seen when the start's turn has come (jobs.c): the same transaction may bring it up. A job that would change nothing (start of a unit that is up,
 * stop of one that is down, no other job queued) is left out, and nothing follows from it: a
 * service that the user stopped stays stopped when something else starts (systemd would start it
 * again through basic.target).
 *
 * JOB_MODE_IGNORE_DEPENDENCIES takes the anchor alone; JOB_MODE_ISOLATE also follows starts that
 * would change nothing, and stops what is then left over; JOB_MODE_FAIL counts a queued job of
 * the contrary kind as a contradiction.
 *
 * A start of a unit that is not loaded cannot be; the load error is told. 0 or -errno (-ENOENT
 * unit not found, -EINVAL bad unit or request, -EBUSY contradiction, -ENOMEM), then with the chain
 * in @diag.
 */
int transaction_build(const struct unit_set *set, const struct txn_view *view, enum job_kind kind,
		      uint32_t anchor, enum job_mode mode, struct transaction *out,
		      struct diag *diag);
void transaction_free(struct transaction *t);

/*
 * Whether a job of @kind for @unit has to wait for the job (@other_kind, @other) because of an
 * ordering edge between the two (systemd.unit(5) Before=/After=: starts follow the order, stops
 * the reverse, a stop goes before a start).
 */
bool transaction_must_wait(const struct unit_set *set, enum job_kind kind, uint32_t unit,
			   enum job_kind other_kind, uint32_t other);

/* The same for one edge: the unit is @edge (DEP_AFTER or DEP_BEFORE) the other. */
bool transaction_edge_waits(enum job_kind kind, enum dep_kind edge, enum job_kind other_kind);

/* Whether a job of @kind undoes one of @other on the same unit: stop against all else. */
bool transaction_contrary(enum job_kind kind, enum job_kind other);

#endif
