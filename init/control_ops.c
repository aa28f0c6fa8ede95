/* SPDX-License-Identifier: MIT */
#include "init/control_ops.h"
#include "init/control_jobs.h"
#include "init/actions.h"
#include "init/filters.h"
#include "init/finish.h"
#include "init/manager.h"
#include "init/shutdown.h"
#include "init/plan.h"
#include "init/plan_print.h"
#include "init/service.h"
#include "init/users.h"
#include "lib/fd.h"
#include "lib/version.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

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
	int err = request_check_name(r, diag);
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
	struct node *node = request_node_to_start(m, r, &err, diag);

	if (!node && err == 0)
		a->kind = ANSWER_LOAD;
	if (!node)
		return err;
	if (!node->service || node->unit->type != UNIT_SERVICE) {
		diag_set(diag, DIAG_ERROR, 0, "%s starts no process.", node->unit->id);
		return -EOPNOTSUPP;
	}
	if (users_outdated()) {
		uint32_t ticket = 0;

		(void)users_wait(&ticket);
		diag_set(diag, DIAG_ERROR, 0,
			 "/etc/passwd and /etc/group are being read, ask again");
		return -EAGAIN;
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

/* For who enters the service (berthctl exec): what it is kept to, others in there are, too. */
static int do_filter(struct manager *m, const struct request *r, struct answer *a,
		     struct diag *diag)
{
	const struct sock_fprog *program;
	int err;
	struct node *node = request_known_node(m, r, &err, diag);

	if (!node || !node->service)
		return err;
	err = filters_program(node->service, &program, diag);
	if (err < 0 || !program)
		return err;
	autoclose int fd = memfd_create("berth-filter", MFD_CLOEXEC);

	err = fd < 0 ? -errno
		     : fd_write_all(fd, program->filter, program->len * sizeof(*program->filter));
	if (err < 0)
		return diag_set(diag, DIAG_ERROR, -err, "the filter");
	a->fd = fd_take(&fd);
	return 0;
}

static int do_subscribe(struct manager *m, const struct request *r, struct answer *a,
			struct diag *diag)
{
	(void)m, (void)r, (void)diag;
	a->kind = ANSWER_EVENTS;
	return 0;
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
	struct node *node = request_known_node(m, r, &err, diag);

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
		node = request_known_node(m, r, &err, diag);
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
	[OP_START] = { request_job, CHANGE },
	[OP_STOP] = { request_job, CHANGE },
	[OP_RESTART] = { request_job, CHANGE },
	[OP_TRY_RESTART] = { request_job, CHANGE },
	[OP_RELOAD] = { request_job, CHANGE },
	[OP_RELOAD_OR_RESTART] = { request_job, CHANGE },
	[OP_CANCEL] = { request_cancel, CHANGE },
	[OP_TRY_RELOAD_OR_RESTART] = { request_job, CHANGE },
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
	[OP_FILTER] = { do_filter, CHANGE },
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
