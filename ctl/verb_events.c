/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "lib/match.h"
#include "lib/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* `events`: everything as it happens. `wait`: until units are where they are wanted. */

struct event {
	char unit[256], active[32], sub[32], result[32], kind[32], health[32];
	usec_t time;
	uint64_t lost;
	bool job;
};

static void take_event(struct event *e, const struct reply *reply)
{
	*e = (struct event){ .time = reply_number(reply, TAG_TIME, 0),
			     .lost = reply_number(reply, TAG_LOST, 0) };
	reply_text(reply, TAG_UNIT, e->unit, sizeof(e->unit));
	reply_text(reply, TAG_ACTIVE, e->active, sizeof(e->active));
	reply_text(reply, TAG_SUB, e->sub, sizeof(e->sub));
	reply_text(reply, TAG_RESULT, e->result, sizeof(e->result));
	reply_text(reply, TAG_HEALTH, e->health, sizeof(e->health));
	e->job = reply_text(reply, TAG_JOB_KIND, e->kind, sizeof(e->kind));
}

static bool is_selected(const struct args *args, const struct event *e)
{
	for (int i = 0; i < args->n_operands; i++)
		if (match_text(args->operands[i], e->unit, 0) ||
		    str_eq(full_unit_name(args->operands[i]), e->unit))
			return true;
	return args->n_operands == 0 || e->lost > 0;
}

static void print_event(const struct event *e)
{
	time_t t = (time_t)(e->time / USEC_PER_SEC);
	char when[32] = "";
	struct tm tm;

	if (e->lost) {
		printf("(%" PRIu64 " events were lost)\n", e->lost);
		return;
	}
	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	printf("%s.%03u %s ", when, (unsigned int)(e->time / USEC_PER_MSEC % 1000), e->unit);
	if (e->job)
		printf("job %s: %s\n", e->kind, e->result);
	else
		printf("%s%s%s (%s)%s%s%s%s\n", term_colour(state_colour(e->active)), e->active,
		       term_off(state_colour(e->active)), e->sub,
		       *e->result && !str_eq(e->result, "success") ? " result " : "",
		       *e->result && !str_eq(e->result, "success") ? e->result : "",
		       *e->health ? " health " : "", e->health);
}

static void print_event_json(const struct event *e)
{
	struct json j = json_to(stdout);

	json_object_open(&j);
	if (e->lost) {
		json_key(&j, "lost");
		json_u64(&j, e->lost);
	} else {
		json_key(&j, "time");
		json_u64(&j, e->time);
		json_key(&j, "unit");
		json_text(&j, e->unit);
		json_key(&j, e->job ? "job" : "active");
		json_text(&j, e->job ? e->kind : e->active);
		if (!e->job) {
			json_key(&j, "sub");
			json_text(&j, e->sub);
		}
		if (*e->health) {
			json_key(&j, "health");
			json_text(&j, e->health);
		}
		json_key(&j, "result");
		json_text(&j, *e->result ? e->result : NULL);
	}
	json_object_close(&j);
	json_line(&j);
}

int verb_events(const struct args *args)
{
	struct client *c = client_open(args->socket);
	struct reply reply;
	struct event e;

	if (!c || client_subscribe(c)) {
		client_close(c);
		return 1;
	}
	while (client_receive(c, &reply, -1) == 0) {
		if (reply.header.op != OP_EVENT)
			continue;
		take_event(&e, &reply);
		if (!is_selected(args, &e))
			continue;
		if (args->json)
			print_event_json(&e);
		else
			print_event(&e);
		if (fflush(stdout) != 0)
			break;
	}
	client_close(c);
	return 1; /* only an end that nobody asked for gets here */
}

/* -- wait -- */

static bool is_reached(const struct args *args, const struct props *p)
{
	const char *active = props_get(p, "ActiveState");

	if (args->state)
		return str_eq(active, args->state);
	return props_number(p, "Job", 0) == 0 &&
	       (str_eq(active, "active") || str_eq(active, "inactive") || str_eq(active, "failed"));
}

/* 1: all are there, 0: not yet, -1 after a message. */
static int all_reached(struct client *c, const struct args *args)
{
	static const char *const wants[] = { "ActiveState", "SubState", "Job", NULL };
	int reached = 1;

	for (int i = 0; i < args->n_operands && reached == 1; i++) {
		const char *unit = full_unit_name(args->operands[i]);
		struct failure failure = { 0 };
		struct props p = { 0 };

		if (client_show(c, unit, wants, &p, &failure) < 0) {
			fprintf(stderr, "%s: %s\n", unit, failure.text);
			return -1;
		}
		/* between two tries a service is on its way, whatever its active state says */
		reached =
			is_reached(args, &p) && !str_eq(props_get(&p, "SubState"), "auto-restart");
		props_free(&p);
	}
	return reached;
}

static int wait_for(struct client *events, struct client *c, const struct args *args, usec_t end)
{
	struct reply reply;
	int r;

	/* Subscribed first, asked afterwards: what happens in between wakes us up. */
	while ((r = all_reached(c, args)) == 0) {
		usec_t now = clock_now(CLOCK_MONOTONIC);
		int ms = end == USEC_INFINITY ? -1
			 : end <= now	      ? 0
					      : (int)((end - now) / USEC_PER_MSEC + 1);

		r = client_receive(events, &reply, ms);
		if (r == -ETIMEDOUT) {
			fprintf(stderr, "Gave up waiting.\n");
			return 1;
		}
		if (r < 0)
			return 1;
	}
	return r < 0;
}

int verb_wait(const struct args *args)
{
	struct client *events, *c;
	usec_t span = USEC_INFINITY;
	int status = 1;

	if (args->timeout && (parse_span(args->timeout, USEC_PER_SEC, &span) < 0 ||
			      (span != USEC_INFINITY && span / USEC_PER_MSEC >= INT32_MAX))) {
		fprintf(stderr, "\"%s\" is not a time span that can be waited for.\n",
			args->timeout);
		return 1;
	}
	events = client_open(args->socket);
	c = events ? client_open(args->socket) : NULL;
	if (c && client_subscribe(events) == 0)
		status = wait_for(events, c, args, usec_add(clock_now(CLOCK_MONOTONIC), span));
	client_close(c);
	client_close(events);
	return status;
}
