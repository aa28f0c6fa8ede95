/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"
#include "lib/parse.h"

#include <errno.h>
#include <stdlib.h>

/* Verbs that change what runs: jobs, signals, forgetting failures. */

static const struct {
	const char *name;
	enum proto_op op;
} job_ops[] = {
	{ "start", OP_START },
	{ "stop", OP_STOP },
	{ "restart", OP_RESTART },
	{ "try-restart", OP_TRY_RESTART },
	{ "reload", OP_RELOAD },
	{ "reload-or-restart", OP_RELOAD_OR_RESTART },
	/* names of older times, which scripts in packages still use */
	{ "condrestart", OP_TRY_RESTART },
	{ "force-reload", OP_RELOAD_OR_RESTART },
	{ "try-reload-or-restart", OP_TRY_RELOAD_OR_RESTART },
};

static const struct {
	const char *name;
	enum proto_mode mode;
} job_modes[] = {
	{ "replace", PROTO_MODE_REPLACE },
	{ "fail", PROTO_MODE_FAIL },
	{ "ignore-dependencies", PROTO_MODE_IGNORE_DEPENDENCIES },
	{ "isolate", PROTO_MODE_ISOLATE },
	{ "flush", PROTO_MODE_FLUSH },
	{ "ignore-requirements", PROTO_MODE_IGNORE_REQUIREMENTS },
	{ "replace-irreversibly", PROTO_MODE_REPLACE_IRREVERSIBLY },
};

/* One request under way. */
struct pending {
	const char *unit;
	uint32_t id;	 /* 0: answered */
	char failed[32]; /* the job's result when it is a bad one, "": none */
};

static enum proto_op op_of(const struct args *args)
{
	for (size_t i = 0; i < ARRAY_SIZE(job_ops); i++)
		if (str_eq(job_ops[i].name, args->verb->name))
			return job_ops[i].op;
	return OP_START;
}

/* rescue, emergency, default: the target that is isolated; NULL for other verbs. */
static const char *goal_of(const struct args *args)
{
	static const char *const goals[] = { "rescue", "emergency", "default" };

	for (size_t i = 0; i < ARRAY_SIZE(goals); i++)
		if (str_eq(args->verb->name, goals[i]))
			return goals[i];
	return NULL;
}

static int mode_of(const struct args *args)
{
	if (str_eq(args->verb->name, "isolate") || goal_of(args))
		return PROTO_MODE_ISOLATE;
	if (!args->job_mode)
		return PROTO_MODE_REPLACE;
	for (size_t i = 0; i < ARRAY_SIZE(job_modes); i++)
		if (str_eq(job_modes[i].name, args->job_mode))
			return (int)job_modes[i].mode;
	fprintf(stderr, "Unknown job mode \"%s\"; known:", args->job_mode);
	for (size_t i = 0; i < ARRAY_SIZE(job_modes); i++)
		fprintf(stderr, " %s", job_modes[i].name);
	fputs(".\n", stderr);
	return -EINVAL;
}

static const char *result_reason(const char *result)
{
	static const struct {
		const char *result, *reason;
	} reasons[] = {
		{ "resources", "of unavailable resources or another system error" },
		{ "protocol",
		  "the service did not take the steps required by its unit configuration" },
		{ "timeout", "a timeout was exceeded" },
		{ "exit-code", "a process of it exited with an error code" },
		{ "signal", "a fatal signal was delivered to a process of it" },
		{ "core-dump", "a fatal signal was delivered causing a core dump" },
		{ "watchdog", "the service failed to send its watchdog ping" },
		{ "unhealthy", "its health checks failed" },
		{ "start-limit-hit", "start of the service was attempted too often" },
		{ "oom-kill", "a process of it was killed for lack of memory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (str_eq(reasons[i].result, result))
			return reasons[i].reason;
	return NULL;
}

static void explain_failed_job(struct client *c, const struct args *args, const char *unit,
			       const char *result)
{
	static const char *const wants[] = { "Result", "Reason", NULL };
	struct failure failure = { 0 };
	struct props p = { 0 };
	const char *reason = NULL;

	fflush(stdout);
	if (str_eq(result, "canceled")) {
		fprintf(stderr, "Job for %s canceled.\n", unit);
		return;
	}
	if (str_eq(result, "failed") && client_show(c, unit, wants, &p, &failure) == 0)
		reason = result_reason(props_get(&p, "Result"));
	if (*props_get(&p, "Reason"))
		fprintf(stderr, "Job for %s failed: %s\n", unit, props_get(&p, "Reason"));
	else if (reason)
		fprintf(stderr, "Job for %s failed because %s.\n", unit, reason);
	else if (str_eq(result, "dependency"))
		fprintf(stderr, "A dependency job for %s failed.\n", unit);
	else if (str_eq(result, "timeout"))
		fprintf(stderr, "Job for %s timed out.\n", unit);
	else
		fprintf(stderr, "Job for %s failed.\n", unit);
	props_free(&p);
	if (args->quiet)
		return;
	print_log_tail(stderr, c, unit, 5, "");
	fprintf(stderr, "See \"berthctl status %s\" and \"berthctl logs %s\" for details.\n", unit,
		unit);
}

static bool is_up(struct client *c, const char *unit)
{
	static const char *const wants[] = { "ActiveState", NULL };
	struct failure failure = { 0 };
	struct props p = { 0 };
	bool up = client_show(c, unit, wants, &p, &failure) == 0 &&
		  str_eq(props_get(&p, "ActiveState"), "active");

	props_free(&p);
	return up;
}

/* A socket, timer or path that is left may bring back what was stopped: systemctl says so, too. */
static void warn_of_triggers(struct client *c, const char *unit)
{
	static const char *const wants[] = { "TriggeredBy", NULL };
	struct failure failure = { 0 };
	struct props p = { 0 };
	char *names = NULL;
	bool told = false;

	if (client_show(c, unit, wants, &p, &failure) == 0)
		names = strdup(props_get(&p, "TriggeredBy"));
	for (char *name = names ? strtok(names, " ") : NULL; name; name = strtok(NULL, " ")) {
		if (!is_up(c, name))
			continue;
		if (!told)
			fprintf(stderr, "Warning: Stopping %s, but it can still be activated by:\n",
				unit);
		fprintf(stderr, "  %s\n", name);
		told = true;
	}
	free(names);
	props_free(&p);
}

static void print_json(const char *unit, const char *result, const struct failure *failure)
{
	struct json j = json_to(stdout);

	json_object_open(&j);
	json_key(&j, "unit");
	json_text(&j, unit);
	json_key(&j, "result");
	json_text(&j, result);
	if (failure) {
		json_key(&j, "error");
		json_text(&j, failure->text);
	}
	json_object_close(&j);
	json_line(&j);
}

/* One answer; returns the exit status it stands for. */
static int take_answer(const struct args *args, struct pending *p, const struct reply *reply)
{
	struct failure failure;
	char result[32];

	p->id = 0;
	if (reply->header.op == OP_ERROR) {
		reply_failure(reply, &failure);
		fprintf(stderr, "Failed to %s %s: %s\n", args->verb->name, p->unit, failure.text);
		if (args->json)
			print_json(p->unit, "refused", &failure);
		return failure_status(&failure);
	}
	if (!reply_text(reply, TAG_RESULT, result, sizeof(result)))
		str_copy(result, sizeof(result), "enqueued");
	if (args->json)
		print_json(p->unit, result, NULL);
	if (str_eq(result, "done") || str_eq(result, "skipped") || str_eq(result, "enqueued"))
		return 0;
	str_copy(p->failed, sizeof(p->failed), result);
	return 1;
}

static struct pending *find_pending(struct pending *v, int n, uint32_t id)
{
	for (int i = 0; i < n; i++)
		if (v[i].id == id)
			return &v[i];
	return NULL;
}

/*
 * All requests are sent before the first answer is waited for, so that their jobs run side by
 * side and in the units' own order. berth reads no further request while 16 are unfinished, which
 * is what keeps this loop from filling anything: what it sends waits in the socket.
 */
static int run_jobs(struct client *c, const struct args *args, struct pending *pending, int mode)
{
	int n = goal_of(args) ? 1 : args->n_operands, left = n, status = 0;

	for (int i = 0; i < n; i++) {
		struct proto_writer w =
			client_begin(c, op_of(args), args->no_block ? PROTO_NO_WAIT : 0);

		pending[i].unit = goal_of(args) ? full_target_name(goal_of(args))
						: full_unit_name(args->operands[i]);
		proto_put_text(&w, TAG_UNIT, pending[i].unit);
		proto_put_u32(&w, TAG_MODE, (uint32_t)mode);
		pending[i].id = client_send(c, &w);
		if (!pending[i].id)
			return 1;
	}
	while (left > 0) {
		struct pending *p;
		struct reply reply;
		int r;

		if (client_receive(c, &reply, -1) < 0)
			return 1;
		/* id 0: turned away before any request was read */
		p = reply.header.id ? find_pending(pending, n, reply.header.id) : &pending[0];
		if (!p || reply.header.op == OP_RECORD)
			continue;
		r = take_answer(args, p, &reply);
		if (status == 0)
			status = r;
		if (reply.header.id == 0)
			return status ? status : 1;
		left--;
	}
	/* Only now: asking berth for reasons would have run into the answers that were to come. */
	for (int i = 0; i < n; i++) {
		if (pending[i].failed[0])
			explain_failed_job(c, args, pending[i].unit, pending[i].failed);
		else if (op_of(args) == OP_STOP && !args->quiet)
			warn_of_triggers(c, pending[i].unit);
	}
	return status;
}

int verb_job(const struct args *args)
{
	int mode = mode_of(args);
	struct pending *pending;
	struct client *c;
	int status = 1;

	if (mode < 0)
		return 1;
	c = client_open(args->socket);
	pending = calloc((size_t)args->n_operands + 1, sizeof(*pending));
	if (c && pending)
		status = run_jobs(c, args, pending, mode);
	free(pending);
	client_close(c);
	return status;
}

/* A request about one unit that is answered at once. */
static int simple_request(struct client *c, const char *what, const char *unit,
			  struct proto_writer *w)
{
	struct failure failure = { 0 };
	struct reply reply;

	if (unit)
		proto_put_text(w, TAG_UNIT, unit);
	if (client_call(c, w, &reply, &failure) == 0)
		return 0;
	fprintf(stderr, "Failed to %s%s%s: %s\n", what, unit ? " " : "", unit ? unit : "",
		failure.text);
	return failure_status(&failure);
}

static int parse_who(const char *who)
{
	if (!who || str_eq(who, "all"))
		return PROTO_WHO_ALL;
	if (str_eq(who, "main"))
		return PROTO_WHO_MAIN;
	if (str_eq(who, "control"))
		return PROTO_WHO_CONTROL;
	fprintf(stderr, "--kill-who is main, control or all, not \"%s\".\n", who);
	return -EINVAL;
}

int verb_kill(const struct args *args)
{
	int who = parse_who(args->kill_who), sig, status = 0;
	struct client *c;

	if (who < 0)
		return 1;
	if (parse_signal(args->signal ? args->signal : "TERM", &sig) < 0) {
		fprintf(stderr, "Unknown signal \"%s\".\n", args->signal);
		return 1;
	}
	c = client_open(args->socket);
	for (int i = 0; c && i < args->n_operands; i++) {
		struct proto_writer w = client_begin(c, OP_KILL, 0);
		int r;

		proto_put_u32(&w, TAG_SIGNAL, (uint32_t)sig);
		proto_put_u32(&w, TAG_WHO, (uint32_t)who);
		r = simple_request(c, "kill", full_unit_name(args->operands[i]), &w);
		status = status ? status : r;
	}
	if (!c)
		return 1;
	client_close(c);
	return status;
}

int verb_reset_failed(const struct args *args)
{
	struct client *c = client_open(args->socket);
	int status = 0, i = 0;

	if (!c)
		return 1;
	do {
		const char *unit = args->n_operands ? full_unit_name(args->operands[i]) : NULL;
		struct proto_writer w = client_begin(c, OP_RESET_FAILED, 0);
		int r = simple_request(c, "reset failed state of", unit, &w);

		status = status ? status : r;
	} while (++i < args->n_operands);
	client_close(c);
	return status;
}

int verb_cancel(const struct args *args)
{
	struct client *c = client_open(args->socket);
	int status = 0, i = 0;
	uint64_t job = 0;

	if (!c)
		return 1;
	do {
		struct proto_writer w = client_begin(c, OP_CANCEL, 0);
		int r;

		if (args->n_operands) {
			r = parse_u64(args->operands[i], 1, UINT32_MAX, &job);
			if (r < 0) {
				fprintf(stderr, "\"%s\" is not a job's number.\n",
					args->operands[i]);
				status = 1;
				break;
			}
			proto_put_u32(&w, TAG_JOB, (uint32_t)job);
		}
		r = simple_request(c, "cancel jobs", NULL, &w);
		status = status ? status : r;
	} while (++i < args->n_operands);
	client_close(c);
	return status;
}
