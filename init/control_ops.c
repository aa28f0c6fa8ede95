/* SPDX-License-Identifier: MIT */
#include "init/control_ops.h"
#include "init/actions.h"
#include "init/filters.h"
#include "init/finish.h"
#include "init/manager.h"
#include "init/shutdown.h"
#include "init/plan.h"
#include "init/plan_print.h"
#include "init/service.h"
#include "lib/fd.h"
#include "lib/version.h"

#include <errno.h>
#include <signal.h>

static int decode_field(struct request *r, const struct proto_field *f)
{
	char name[64];
	int err;

	switch (f->tag) {
	case TAG_UNIT: return proto_get_text(f, r->unit, sizeof(r->unit));
	case TAG_WANT:
		r->want.all = false;
		err = proto_get_text(f, name, sizeof(name));
		if (err == 0)
			err = status_want_add(&r->want, name);
		/* as with systemctl, a property that does not exist is not answered */
		return err == -ENOENT ? 0 : err;
	case TAG_TEXT: return proto_get_text(f, r->argument, sizeof(r->argument));
	case TAG_SIGNAL: return proto_get_u32(f, &r->signal);
	case TAG_WHO: return proto_get_u32(f, &r->who);
	case TAG_MODE: return proto_get_u32(f, &r->mode);
	case TAG_STATUS: return proto_get_u32(f, &r->status);
	case TAG_JOB: return proto_get_u32(f, &r->job);
	default: return 0; /* of a later version: PROTO.md asks to ignore it */
	}
}

int request_decode(struct request *r, struct proto_reader *fields, struct diag *diag)
{
	struct proto_field f;

	r->want.all = true;
	while (proto_next(fields, &f)) {
		int err = decode_field(r, &f);

		if (err < 0)
			return diag_set(diag, DIAG_ERROR, -err, "field %u of the request", f.tag);
	}
	return 0;
}

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

static int check_name(const struct request *r, struct diag *diag)
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
static struct node *node_to_start(struct manager *m, const struct request *r, int *err,
				  struct diag *diag)
{
	struct node *node;

	*err = check_name(r, diag);
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
static struct node *known_node(struct manager *m, const struct request *r, int *err,
			       struct diag *diag)
{
	struct node *node;

	*err = check_name(r, diag);
	if (*err < 0)
		return NULL;
	node = manager_find(m, r->unit);
	if (node)
		return node;
	diag_set(diag, DIAG_ERROR, 0, "Unit %s not loaded.", r->unit);
	*err = -ENOENT;
	return NULL;
}

/* -- reading -- */

static int do_ping(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	(void)m, (void)r, (void)diag;
	proto_put_text(&a->w, TAG_VERSION, BERTH_VERSION);
	return 0;
}

static int do_list(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	(void)m, (void)r, (void)diag;
	a->kind = ANSWER_LIST;
	return 0;
}

static int do_status(struct manager *m, const struct request *r, struct answer *a,
		     struct diag *diag)
{
	(void)r, (void)diag;
	proto_put_text(&a->w, TAG_VERSION, BERTH_VERSION);
	status_put_manager(m, &a->w);
	return 0;
}

static int do_show(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	int err = check_name(r, diag);
	const struct node *node;

	if (err < 0)
		return err;
	node = manager_find(m, r->unit);
	/* Only root may make berth load something: a reader must not be able to make PID 1 grow. */
	if (!node && r->uid == 0 && !r->looked) {
		a->kind = ANSWER_LOAD;
		return 0;
	}
	proto_put_text(&a->w, TAG_UNIT, r->unit);
	if (!node)
		status_put_unknown(r->unit, &a->w);
	else
		status_put_unit(m, node, &r->want, &a->w);
	return 0;
}

static void put_plan_line(void *ctx, const char *step, const char *text)
{
	struct proto_writer *w = ctx;
	char line[640];
	struct strbuf b = STRBUF_INIT(line);

	strbuf_put(&b, step);
	strbuf_put(&b, "=");
	strbuf_put(&b, text);
	proto_put_text(w, TAG_PROPERTY, line);
}

/* What the main command's start would do now. On the heap: the places of plans belong to children. */
static int do_plan(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	int err;
	struct node *node = node_to_start(m, r, &err, diag);

	if (!node && err == 0)
		a->kind = ANSWER_LOAD;
	if (!node)
		return err;
	if (!node->service || node->unit->type != UNIT_SERVICE) {
		diag_set(diag, DIAG_ERROR, 0, "%s starts no process.", node->unit->id);
		return -EOPNOTSUPP;
	}
	if (filters_prepare(node->service) > 0) {
		diag_set(diag, DIAG_ERROR, 0,
			 "its filter of system calls is being made, ask again");
		return -EAGAIN;
	}
	struct service_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	err = plan_make(m, node->service, SLOT_START, 0, plan, diag);
	if (err == 0)
		plan_print(&plan->spawn, put_plan_line, &a->w);
	fd_close(&plan->work_fd);
	plan_release(plan);
	free(plan);
	return err;
}

static int do_log_ring(struct manager *m, const struct request *r, struct answer *a,
		       struct diag *diag)
{
	(void)r;
	a->fd = log_ring_open_reader(&m->ring);
	if (a->fd < 0)
		return diag_set(diag, DIAG_ERROR, -a->fd, "log ring");
	return 0;
}

static int do_subscribe(struct manager *m, const struct request *r, struct answer *a,
			struct diag *diag)
{
	(void)m, (void)r, (void)diag;
	a->kind = ANSWER_EVENTS;
	return 0;
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

static int do_job(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
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
	node = starts ? node_to_start(m, r, &err, diag) : known_node(m, r, &err, diag);
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
	if (id == 0 || !node->job || node->job->id != id) {
		proto_put_text(&a->w, TAG_RESULT, job_result_name(JOB_DONE));
		return 0;
	}
	a->kind = ANSWER_JOB;
	a->job = id;
	return 0;
}

/* All that wait when none is named: what runs is stopped by name, not by accident (systemctl(1)). */
static int do_cancel(struct manager *m, const struct request *r, struct answer *a,
		     struct diag *diag)
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

/* -- the rest -- */

static int do_kill(struct manager *m, const struct request *r, struct answer *a, struct diag *diag)
{
	static const enum kill_who whos[PROTO_WHO_END] = {
		[PROTO_WHO_ALL] = KILL_WHO_ALL,
		[PROTO_WHO_MAIN] = KILL_WHO_MAIN,
		[PROTO_WHO_CONTROL] = KILL_WHO_CONTROL,
	};
	int err;
	struct node *node = known_node(m, r, &err, diag);

	(void)a;
	if (!node)
		return err;
	if (r->signal < 1 || r->signal > 64 || r->who >= PROTO_WHO_END)
		return diag_set(diag, DIAG_ERROR, EINVAL, "signal %u to %u", r->signal, r->who);
	if (!node->service) {
		diag_set(diag, DIAG_ERROR, 0, "Unit %s has no processes.", r->unit);
		return -EOPNOTSUPP;
	}
	err = service_kill(node->service, whos[r->who], (int)r->signal);
	if (err == -ESRCH)
		diag_set(diag, DIAG_ERROR, 0, "Unit %s has no such process.", r->unit);
	else if (err < 0)
		diag_set(diag, DIAG_ERROR, -err, "Signal %u to %s", r->signal, r->unit);
	return err;
}

static void reset_failed(struct manager *m, struct node *node)
{
	if (node->service)
		machine_reset_failed(&node->service->machine);
	if (node->active == ACTIVE_FAILED)
		manager_set_active(m, node, ACTIVE_INACTIVE);
}

static int do_reset_failed(struct manager *m, const struct request *r, struct answer *a,
			   struct diag *diag)
{
	struct node *node;
	int err = 0;

	(void)a;
	if (r->unit[0]) {
		node = known_node(m, r, &err, diag);
		if (node)
			reset_failed(m, node);
		return err;
	}
	for (uint32_t i = 0; i < m->n_nodes; i++)
		reset_failed(m, manager_node(m, i));
	return 0;
}

static int do_shutdown(struct manager *m, const struct request *r, struct answer *a,
		       struct diag *diag)
{
	enum final_action action = r->header.op == OP_POWEROFF ? FINAL_POWEROFF
				   : r->header.op == OP_REBOOT ? FINAL_REBOOT
				   : r->header.op == OP_HALT   ? FINAL_HALT
							       : FINAL_EXIT;
	int err;

	(void)a;
	if (r->status > 255)
		return diag_set(diag, DIAG_ERROR, EINVAL, "exit status %u", r->status);
	if (action == FINAL_REBOOT)
		finish_set_reboot_argument(r->argument);
	err = shutdown_begin(m, action, (int)r->status, diag);
	if (err == 0 && (r->header.flags & PROTO_FORCE))
		shutdown_force(m);
	return err;
}

static int do_daemon_reload(struct manager *m, const struct request *r, struct answer *a,
			    struct diag *diag)
{
	if (m->regime == REGIME_DOWN) {
		diag_set(diag, DIAG_ERROR, 0, "The system is going down.");
		return -ESHUTDOWN;
	}
	a->kind = r->header.op == OP_DIFF ? ANSWER_DIFF : ANSWER_RELOAD;
	return 0;
}

enum privilege {
	READ,
	CHANGE,
};

static const struct {
	int (*run)(struct manager *m, const struct request *r, struct answer *a, struct diag *diag);
	enum privilege needs;
} ops[OP_REQUEST_END] = {
	[OP_PING] = { do_ping, READ },
	[OP_LIST] = { do_list, READ },
	[OP_STATUS] = { do_status, READ },
	[OP_SHOW] = { do_show, READ },
	[OP_START] = { do_job, CHANGE },
	[OP_STOP] = { do_job, CHANGE },
	[OP_RESTART] = { do_job, CHANGE },
	[OP_TRY_RESTART] = { do_job, CHANGE },
	[OP_RELOAD] = { do_job, CHANGE },
	[OP_RELOAD_OR_RESTART] = { do_job, CHANGE },
	[OP_CANCEL] = { do_cancel, CHANGE },
	[OP_TRY_RELOAD_OR_RESTART] = { do_job, CHANGE },
	[OP_KILL] = { do_kill, CHANGE },
	[OP_RESET_FAILED] = { do_reset_failed, CHANGE },
	[OP_POWEROFF] = { do_shutdown, CHANGE },
	[OP_REBOOT] = { do_shutdown, CHANGE },
	[OP_HALT] = { do_shutdown, CHANGE },
	[OP_EXIT] = { do_shutdown, CHANGE },
	[OP_LOG_RING] = { do_log_ring, READ },
	[OP_SUBSCRIBE] = { do_subscribe, READ },
	[OP_DAEMON_RELOAD] = { do_daemon_reload, CHANGE },
	[OP_DIFF] = { do_daemon_reload, CHANGE },
	[OP_PLAN] = { do_plan, CHANGE },
};

int request_run(struct manager *m, const struct request *r, struct answer *answer,
		struct diag *diag)
{
	uint16_t op = r->header.op;

	if (op >= OP_REQUEST_END || !ops[op].run) {
		diag_set(diag, DIAG_ERROR, 0, "Request %u is unknown to this version.", op);
		return -EOPNOTSUPP;
	}
	if (ops[op].needs == CHANGE && r->uid != 0) {
		diag_set(diag, DIAG_ERROR, 0, "Access denied: only root may do this.");
		return -EPERM;
	}
	return ops[op].run(m, r, answer, diag);
}
