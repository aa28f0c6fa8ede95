/* SPDX-License-Identifier: MIT */
#include "init/control_jobs.h"

#include "init/actions.h"
#include "init/control.h"
#include "init/manager.h"

#include <errno.h>

/* -- finding units -- */

static int refuse_not_loaded(const struct unit *u, struct diag *diag)
{
	const char *why = u->load_error ? u->load_error : "could not be loaded";

	switch (u->load_state) {
	case LOAD_LOADED: return 0;
	case LOAD_NOT_FOUND:
		diag_set(diag, DIAG_ERROR, 0, "Unit %s not found.", u->id);
		return -ENOENT;
	case LOAD_MASKED:
		diag_set(diag, DIAG_ERROR, 0, "Unit %s is masked.", u->id);
		return -ERFKILL;
	case LOAD_BAD_SETTING:
		diag_set(diag, DIAG_ERROR, 0, "Unit %s has a bad unit file setting: %s", u->id,
			 why);
		return -EBADMSG;
	case LOAD_ERROR:
		diag_set(diag, DIAG_ERROR, 0, "Unit %s failed to load: %s", u->id, why);
		return -EBADMSG;
	}
	return -EBADMSG;
}

int request_check_name(const struct request *r, struct diag *diag)
{
	if (unit_type_of_name(r->unit) >= 0)
		return 0;
	diag_set(diag, DIAG_ERROR, 0, "\"%s\" is not a unit name.", r->unit);
	return -EINVAL;
}

/*
 * A unit that is to be started, NULL with *@err 0 if it has to be looked for first: berth does not
 * know it, or knew no file for it when it was named.
 */
struct node *request_node_to_start(struct manager *m, const struct request *r, int *err,
				   struct diag *diag)
{
	struct node *node;

	*err = request_check_name(r, diag);
	if (*err < 0)
		return NULL;
	node = manager_find(m, r->unit);
	if (!r->looked && (!node || node->unit->load_state == LOAD_NOT_FOUND))
		return NULL;
	if (!node) {
		diag_set(diag, DIAG_ERROR, 0, "Unit %s not found.", r->unit);
		*err = -ENOENT;
		return NULL;
	}
	*err = refuse_not_loaded(node->unit, diag);
	return *err < 0 ? NULL : node;
}

/* A unit that berth knows already; what it does not know cannot be running. */
struct node *request_known_node(struct manager *m, const struct request *r, int *err,
				struct diag *diag)
{
	struct node *node;

	*err = request_check_name(r, diag);
	if (*err < 0)
		return NULL;
	node = manager_find(m, r->unit);
	if (node)
		return node;
	diag_set(diag, DIAG_ERROR, 0, "Unit %s not loaded.", r->unit);
	*err = -ENOENT;
	return NULL;
}

/* -- jobs -- */

static enum job_kind kind_of_op(uint16_t op)
{
	switch (op) {
	case OP_STOP: return JOB_STOP;
	case OP_RESTART: return JOB_RESTART;
	case OP_TRY_RESTART: return JOB_TRY_RESTART;
	case OP_RELOAD: return JOB_RELOAD;
	case OP_TRY_RELOAD_OR_RESTART:
	case OP_RELOAD_OR_RESTART: return JOB_RELOAD_OR_RESTART;
	default: return JOB_START;
	}
}

static int check_reload(const struct node *node, struct diag *diag)
{
	if (!unit_can_reload(node)) {
		diag_set(diag, DIAG_ERROR, 0,
			 "Job type reload is not applicable for unit %s: it has no ExecReload=.",
			 node->unit->id);
		return -EOPNOTSUPP;
	}
	if (node->active != ACTIVE_ACTIVE && node->active != ACTIVE_RELOADING) {
		diag_set(diag, DIAG_ERROR, 0, "Unit %s cannot be reloaded because it is %s.",
			 node->unit->id, active_state_name(node->active));
		return -EINVAL;
	}
	return 0;
}

static int check_mode(const struct request *r, enum job_mode *mode, struct diag *diag)
{
	static const enum job_mode modes[PROTO_MODE_END] = {
		[PROTO_MODE_REPLACE] = JOB_MODE_REPLACE,
		[PROTO_MODE_FAIL] = JOB_MODE_FAIL,
		[PROTO_MODE_IGNORE_DEPENDENCIES] = JOB_MODE_IGNORE_DEPENDENCIES,
		[PROTO_MODE_ISOLATE] = JOB_MODE_ISOLATE,
		[PROTO_MODE_FLUSH] = JOB_MODE_FLUSH,
		[PROTO_MODE_IGNORE_REQUIREMENTS] = JOB_MODE_IGNORE_REQUIREMENTS,
		[PROTO_MODE_REPLACE_IRREVERSIBLY] = JOB_MODE_REPLACE_IRREVERSIBLY,
	};

	if (r->mode >= PROTO_MODE_END)
		return diag_set(diag, DIAG_ERROR, EINVAL, "job mode %u", r->mode);
	if (r->mode == PROTO_MODE_ISOLATE && r->header.op != OP_START)
		return diag_set(diag, DIAG_ERROR, EINVAL, "isolate is for start only");
	*mode = modes[r->mode];
	return 0;
}

/* systemd.unit(5) RefuseManualStart=, RefuseManualStop=, AllowIsolate=: for requests, not for what follows from one. */
static int check_manual(const struct unit *u, enum job_kind kind, enum job_mode mode,
			struct diag *diag)
{
	bool starts = kind != JOB_STOP && kind != JOB_RELOAD;
	bool stops = kind != JOB_START && kind != JOB_RELOAD;

	if ((starts && unit_bool(u, K_RefuseManualStart)) ||
	    (stops && unit_bool(u, K_RefuseManualStop))) {
		diag_set(diag, DIAG_ERROR, 0,
			 "Operation refused, unit %s may be requested by dependency only (it is "
			 "configured to refuse manual start/stop).",
			 u->id);
		return -EPERM;
	}
	if (mode == JOB_MODE_ISOLATE && !unit_bool(u, K_AllowIsolate)) {
		diag_set(
			diag, DIAG_ERROR, 0,
			"Operation refused, unit %s may not be isolated (it has no AllowIsolate=).",
			u->id);
		return -EPERM;
	}
	return 0;
}

int request_job(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	enum job_kind kind = kind_of_op(r->header.op);
	bool starts = kind != JOB_STOP;
	enum job_mode mode = JOB_MODE_REPLACE;
	struct node *node;
	uint32_t id = 0, index;
	int err;

	if (m->regime == REGIME_DOWN) {
		diag_set(diag, DIAG_ERROR, 0, "The system is going down; %s of %s is refused.",
			 job_kind_name(kind), r->unit);
		return -ESHUTDOWN;
	}
	err = check_mode(r, &mode, diag);
	if (err < 0)
		return err;
	node = starts ? request_node_to_start(m, r, &err, diag)
		      : request_known_node(m, r, &err, diag);
	if (!node && err == 0) {
		a->kind = ANSWER_LOAD;
		return 0;
	}
	if (node && kind == JOB_RELOAD)
		err = check_reload(node, diag);
	if (node && err == 0)
		err = check_manual(node->unit, kind, mode, diag);
	if (!node || err < 0)
		return err;

	index = node->unit->index;
	if (r->header.op == OP_TRY_RELOAD_OR_RESTART && node->active != ACTIVE_ACTIVE &&
	    node->active != ACTIVE_RELOADING) {
		proto_put_text(&a->w, TAG_RESULT, job_result_name(JOB_DONE));
		return 0;
	}
	err = jobs_enqueue(m, kind, index, mode, &id, diag);
	if (err < 0)
		return err;
	proto_put_u32(&a->w, TAG_JOB, id);
	if (r->header.flags & PROTO_NO_WAIT)
		return 0;
	node = manager_node(m, index); /* loading may have moved it */
	if (id != 0 && (!node->job || node->job->id != id))
		a->held = control_holds(node);
	if (a->held == 0 && (id == 0 || !node->job || node->job->id != id)) {
		proto_put_text(&a->w, TAG_RESULT, job_result_name(JOB_DONE));
		return 0;
	}
	a->kind = ANSWER_JOB;
	a->job = id;
	return 0;
}

/* All that wait when none is named: what runs is stopped by name, not by accident (systemctl(1)). */
int request_cancel(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	bool found = false;

	(void)a;
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		const struct job *job = manager_node(m, i)->job;

		if (!job || (r->job ? job->id != r->job : job->running))
			continue;
		if (job->irreversible) {
			diag_set(diag, DIAG_ERROR, 0, "Job %u belongs to the shutdown.", job->id);
			return -EPERM;
		}
		found = true;
		jobs_cancel(m, i);
	}
	if (found || !r->job)
		return 0;
	diag_set(diag, DIAG_ERROR, 0, "Job %u does not exist.", r->job);
	return -ENOENT;
}
