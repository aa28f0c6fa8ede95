/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"
#include "lib/parse.h"
#include "lib/sys.h"
#include "lib/version.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

/* Verbs about the system as a whole. */

static const struct shutdown_verb {
	const char *name;
	enum proto_op op;
	int reboot_command; /* of reboot(2), for --force --force */
} shutdown_verbs[] = {
	{ "poweroff", OP_POWEROFF, RB_POWER_OFF },
	{ "reboot", OP_REBOOT, RB_AUTOBOOT },
	{ "halt", OP_HALT, RB_HALT_SYSTEM },
	{ "exit", OP_EXIT, RB_POWER_OFF },
};

/* halt(8): `reboot --poweroff` powers off. */
static const struct shutdown_verb *find_shutdown(const struct args *args)
{
	const char *name = args->poweroff ? "poweroff"
			   : args->reboot ? "reboot"
			   : args->halt	  ? "halt"
					  : args->verb->name;

	for (size_t i = 0; i < ARRAY_SIZE(shutdown_verbs); i++)
		if (str_eq(shutdown_verbs[i].name, name))
			return &shutdown_verbs[i];
	return &shutdown_verbs[0];
}

static int reboot_now(const struct shutdown_verb *verb, const char *argument)
{
	sync();
	if (argument && verb->op == OP_REBOOT)
		(void)sys_reboot_with(argument); /* refused: then without it */
	if (reboot(verb->reboot_command) < 0)
		fprintf(stderr, "reboot: %s\n", diag_errno(errno));
	return 1;
}

int verb_shutdown(const struct args *args)
{
	const struct shutdown_verb *verb = find_shutdown(args);
	struct failure failure = { 0 };
	uint64_t status = 0;
	struct proto_writer w;
	struct reply reply;
	struct client *c;
	int r;

	if (args->n_operands > 0 &&
	    (verb->op != OP_EXIT || parse_u64(args->operands[0], 0, 255, &status) < 0)) {
		fprintf(stderr, "An exit status is 0 to 255, not \"%s\".\n", args->operands[0]);
		return 1;
	}
	if (args->force > 1)
		return reboot_now(verb, args->reboot_argument);
	c = client_open(args->socket);
	if (!c)
		return 1;
	w = client_begin(c, verb->op, args->force ? PROTO_FORCE : 0);
	if (verb->op == OP_EXIT)
		proto_put_u32(&w, TAG_STATUS, (uint32_t)status);
	if (verb->op == OP_REBOOT && args->reboot_argument)
		proto_put_text(&w, TAG_TEXT, args->reboot_argument);
	r = client_call(c, &w, &reply, &failure);
	if (r < 0)
		fprintf(stderr, "Failed to %s: %s\n", args->verb->name, failure.text);
	client_close(c);
	return r < 0 ? failure_status(&failure) : 0;
}

static int get_system_state(struct client *c, char *state, size_t size)
{
	struct proto_writer w = client_begin(c, OP_STATUS, 0);
	struct failure failure = { 0 };
	struct props p = { 0 };
	struct reply reply;

	if (client_call(c, &w, &reply, &failure) < 0) {
		fprintf(stderr, "%s\n", failure.text);
		return 1;
	}
	props_take(&p, &reply);
	str_copy(state, size, props_get(&p, "SystemState"));
	props_free(&p);
	return 0;
}

static bool is_booting(const char *state)
{
	return str_eq(state, "initializing") || str_eq(state, "starting");
}

/*
 * Events are only the reason to ask again. The state has no event of its own (the last job of a
 * boot may end without one), so it is asked for once a second anyway.
 */
static int wait_for_boot(struct client *c, const struct args *args, char *state, size_t size)
{
	usec_t limit = USEC_INFINITY, end;
	struct client *events;
	struct reply reply;
	int r;

	if (args->timeout && parse_span(args->timeout, USEC_PER_SEC, &limit) < 0) {
		fprintf(stderr, "\"%s\" is not a time span.\n", args->timeout);
		return 1;
	}
	end = usec_add(clock_now(CLOCK_MONOTONIC), limit);
	events = client_open(args->socket);
	r = events ? client_subscribe(events) : 1;
	while (r == 0 && is_booting(state)) {
		r = client_receive(events, &reply, 1000);
		if (r == 0 || r == -ETIMEDOUT)
			r = get_system_state(c, state, size);
		if (r == 0 && clock_now(CLOCK_MONOTONIC) >= end)
			break;
	}
	client_close(events);
	return r ? 1 : 0;
}

int verb_is_system_running(const struct args *args)
{
	struct client *c = client_open(args->socket);
	char state[32] = "offline";
	int r = 1;

	if (c && get_system_state(c, state, sizeof(state)) == 0)
		r = args->wait ? wait_for_boot(c, args, state, sizeof(state)) : 0;
	client_close(c);
	if (!args->quiet)
		puts(state);
	return r || !str_eq(state, "running");
}

int verb_version(const struct args *args)
{
	struct client *c = client_open(args->socket);
	struct failure failure = { 0 };
	struct json j = json_to(stdout);
	struct proto_writer w;
	struct reply reply;
	char running[64] = "";

	if (c) {
		w = client_begin(c, OP_PING, 0);
		if (client_call(c, &w, &reply, &failure) < 0 ||
		    !reply_text(&reply, TAG_VERSION, running, sizeof(running)))
			fprintf(stderr, "%s\n", failure.text);
		client_close(c);
	}
	if (args->json) {
		json_object_open(&j);
		json_key(&j, "berthctl");
		json_text(&j, BERTH_VERSION);
		json_key(&j, "berth");
		json_text(&j, *running ? running : NULL);
		json_object_close(&j);
		json_line(&j);
		return 0;
	}
	printf("berthctl %s\n", BERTH_VERSION);
	if (*running)
		printf("berth %s\n", running);
	return 0;
}
