/* SPDX-License-Identifier: MIT */
#include "init/control_ops.h"
#include "init/loading.h"
#include "init/manager.h"

#include <errno.h>

/*
 * Requests for the test of connections, without a manager behind them: START waits for the job
 * whose number is in STATUS, LIST and SUBSCRIBE are themselves, KILL fails, SHOW wants a unit to be
 * looked for first, all others answer with 8 KiB of text.
 */
struct list fake_waiters = LIST_INIT(fake_waiters);

void loading_want(struct load_waiter *w)
{
	list_append(&fake_waiters, &w->link);
}

void loading_cancel(struct load_waiter *w)
{
	list_remove(&w->link);
}

int request_decode(struct request *r, struct proto_reader *fields, struct diag *diag)
{
	struct proto_field f;

	(void)diag;
	while (proto_next(fields, &f))
		if (f.tag == TAG_STATUS)
			proto_get_u32(&f, &r->status);
	return 0;
}

int request_run(struct manager *m, const struct request *r, struct answer *answer,
		struct diag *diag)
{
	static char text[8192];

	(void)m;
	switch (r->header.op) {
	case OP_START:
		answer->kind = ANSWER_JOB;
		answer->job = r->status;
		return 0;
	case OP_SHOW:
		if (!r->looked)
			answer->kind = ANSWER_LOAD;
		return 0;
	case OP_LIST: answer->kind = ANSWER_LIST; return 0;
	case OP_SUBSCRIBE: answer->kind = ANSWER_EVENTS; return 0;
	case OP_KILL: diag_set(diag, DIAG_ERROR, EBUSY, "refused"); return -ENOENT;
	default:
		memset(text, 'x', sizeof(text) - 1);
		proto_put_text(&answer->w, TAG_TEXT, text);
		return 0;
	}
}

void status_put_unit(struct manager *m, const struct node *node, const struct status_want *want,
		     struct proto_writer *w)
{
	(void)m, (void)node, (void)want;
	proto_put_text(w, TAG_PROPERTY, "Description=of about the usual length");
}

const char *job_result_name(enum job_result result)
{
	return result == JOB_DONE ? "done" : "failed";
}
