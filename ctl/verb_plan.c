/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"

#include <errno.h>
#include <time.h>

/* The steps of a start, as berth plans it. */

static void print_text(const struct props *p)
{
	for (size_t i = 0; i < p->n; i++) {
		bool same = i > 0 && str_eq(p->v[i].name, p->v[i - 1].name);

		printf("%-24s %s\n", same ? "" : p->v[i].name, p->v[i].value);
	}
}

static void print_json(const struct props *p)
{
	struct json j = json_to(stdout);

	json_array_open(&j);
	for (size_t i = 0; i < p->n; i++) {
		json_object_open(&j);
		json_key(&j, "step");
		json_text(&j, p->v[i].name);
		json_key(&j, "text");
		json_text(&j, p->v[i].value);
		json_object_close(&j);
	}
	json_array_close(&j);
	json_line(&j);
}

/* A filter that nobody has needed yet takes berth some milliseconds, for which it does not keep us waiting. */
#define TRIES 100

static int ask(struct client *c, const char *unit, struct reply *reply, struct failure *failure)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		struct proto_writer w = client_begin(c, OP_PLAN, 0);

		proto_put_text(&w, TAG_UNIT, unit);
		r = client_call(c, &w, reply, failure);
		if (r >= 0 || failure->err != EAGAIN)
			break;
		nanosleep(&pause, NULL);
	}
	return r;
}

int verb_plan(const struct args *args)
{
	struct client *c = client_open(args->socket);
	const char *unit = full_unit_name(args->operands[0]);
	struct failure failure = { 0 };
	struct props p = { 0 };
	struct reply reply;
	int status = 0;

	if (!c)
		return 1;
	if (ask(c, unit, &reply, &failure) < 0) {
		fprintf(stderr, "Failed to plan %s: %s\n", unit, failure.text);
		status = failure_status(&failure);
	} else {
		props_take(&p, &reply);
		if (args->json)
			print_json(&p);
		else
			print_text(&p);
		props_free(&p);
	}
	client_close(c);
	return status;
}
