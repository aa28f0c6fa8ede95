/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "ctl/when.h"
#include "lib/fd.h"
#include "lib/parse.h"
#include "log/read.h"
#include "units/enums.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* `logs`: what the files and the ring in PID 1's memory hold, as one stream. */

#define LOG_DIR "/var/log/berth"

enum log_output {
	OUTPUT_SHORT,
	OUTPUT_CAT,
	OUTPUT_JSON,
};

/* Control characters of a service must not steer the reader's terminal (PITFALLS 129). */
static void put_text(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			fprintf(out, "^%c", c ^ 0x40);
		else
			fputc(c, out);
	}
}

static void put_short(FILE *out, const struct log_record *r)
{
	time_t t = (time_t)(r->realtime / USEC_PER_SEC);
	enum colour colour = r->priority <= 3 ? COLOUR_BAD : COLOUR_PLAIN;
	int unit_len = (int)r->unit_len;
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%b %d %H:%M:%S", &tm);
	if (str_ends(r->unit, ".service"))
		unit_len -= (int)strlen(".service");
	fprintf(out, "%s %.*s", when, unit_len, r->unit);
	if (r->flags & LOG_FLAG_MANAGER)
		fputs("[berth]", out);
	else if (r->pid)
		fprintf(out, "[%" PRIu32 "]", r->pid);
	fprintf(out, ": %s", term_colour(colour));
	put_text(out, r->text, r->text_len);
	fprintf(out, "%s\n", term_off(colour));
}

static void put_number_text(struct json *j, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	json_key(j, key);
	json_text(j, text);
}

/* journalctl -o json's field names, and all values as text, as there. */
static void put_json(FILE *out, const struct log_record *r)
{
	struct json j = json_to(out);

	json_object_open(&j);
	put_number_text(&j, "__REALTIME_TIMESTAMP", r->realtime);
	if (r->monotonic)
		put_number_text(&j, "__MONOTONIC_TIMESTAMP", r->monotonic);
	put_number_text(&j, "PRIORITY", r->priority);
	json_key(&j, r->flags & LOG_FLAG_MANAGER ? "UNIT" : "_SYSTEMD_UNIT");
	json_text_n(&j, r->unit, r->unit_len);
	if (r->pid)
		put_number_text(&j, "_PID", r->pid);
	json_key(&j, "MESSAGE");
	json_text_n(&j, r->text, r->text_len);
	json_object_close(&j);
	json_line(&j);
}

static void put_record(FILE *out, enum log_output output, const struct log_record *r)
{
	switch (output) {
	case OUTPUT_SHORT: put_short(out, r); break;
	case OUTPUT_CAT:
		fwrite(r->text, 1, r->text_len, out);
		fputc('\n', out);
		break;
	case OUTPUT_JSON: put_json(out, r); break;
	}
}

/* PID 1's ring, read-only; -1 when there is none to be had. */
static int get_ring(struct client *c)
{
	struct proto_writer w;
	struct failure failure;
	struct reply reply;

	if (!c)
		return -1;
	w = client_begin(c, OP_LOG_RING, 0);
	return client_call(c, &w, &reply, &failure) == 0 ? reply.fd : -1;
}

void print_log_tail(FILE *out, struct client *c, const char *unit, unsigned int n,
		    const char *before)
{
	struct log_query query = { .units = &unit,
				   .unit_count = 1,
				   .max_priority = 7,
				   .until = USEC_INFINITY,
				   .last = n };
	autoclose int ring = get_ring(c);
	struct log_record record;
	struct log_read *log;

	if (log_read_open(&log, LOG_DIR, ring, &query) < 0)
		return;
	while (log_read_next(log, &record) > 0) {
		fputs(before, out);
		before = "";
		put_short(out, &record);
	}
	fflush(out);
	log_read_close(log);
}

static int parse_output(const char *name)
{
	if (!name || str_starts(name, "short"))
		return OUTPUT_SHORT;
	if (str_eq(name, "cat"))
		return OUTPUT_CAT;
	if (str_eq(name, "json"))
		return OUTPUT_JSON;
	fprintf(stderr, "The output is short, cat or json, not \"%s\".\n", name);
	return -EINVAL;
}

static int parse_priority(const char *name, unsigned int *priority)
{
	const struct enum_name *row;
	uint64_t number;

	if (parse_u64(name, 0, 7, &number) == 0) {
		*priority = (unsigned int)number;
		return 0;
	}
	row = enum_by_name(log_level_names, name);
	if (!row) {
		fprintf(stderr, "\"%s\" is not a log level.\n", name);
		return -EINVAL;
	}
	*priority = (unsigned int)row->value;
	return 0;
}

/* A bare name stands for the service, and for streams that are no unit ("berth", "kernel"). */
static void add_unit(const char **units, size_t *n, const char *name)
{
	const char *full = full_unit_name(name);

	units[(*n)++] = name;
	if (full != name && !strpbrk(name, "*?["))
		units[(*n)++] = full;
}

static int fill_query(const struct args *args, struct log_query *query, const char **units)
{
	*query = (struct log_query){ .max_priority = 7,
				     .until = USEC_INFINITY,
				     .last = args->follow ? 10 : 0,
				     .follow = args->follow,
				     .units = units };
	for (unsigned int i = 0; i < args->units.n; i++)
		add_unit(units, &query->unit_count, args->units.v[i]);
	for (int i = 0; i < args->n_operands; i++)
		add_unit(units, &query->unit_count, args->operands[i]);
	if (args->lines && !str_eq(args->lines, "all") &&
	    parse_u64(args->lines, 0, UINT64_MAX, &query->last) < 0) {
		fprintf(stderr, "\"%s\" is not a number of lines.\n", args->lines);
		return -EINVAL;
	}
	if (args->priority && parse_priority(args->priority, &query->max_priority) < 0)
		return -EINVAL;
	if ((args->since &&
	     parse_when(args->since, clock_now(CLOCK_REALTIME), &query->since) < 0) ||
	    (args->until &&
	     parse_when(args->until, clock_now(CLOCK_REALTIME), &query->until) < 0)) {
		fprintf(stderr,
			"A time is \"2026-11-21 22:40:00\", \"22:40\", \"-5min\" or @SECONDS.\n");
		return -EINVAL;
	}
	return 0;
}

static int print_log(struct log_read *log, enum log_output output, bool follow)
{
	struct log_record record;
	uint64_t lost = 0;
	int r;

	for (;;) {
		while ((r = log_read_next(log, &record)) > 0)
			put_record(stdout, output, &record);
		if (log_read_lost(log) > lost) {
			fflush(stdout);
			fprintf(stderr,
				"(%" PRIu64 " lines were overwritten before they were read)\n",
				log_read_lost(log) - lost);
			lost = log_read_lost(log);
		}
		if (r < 0 || fflush(stdout) != 0 || !follow)
			return r;
		r = log_read_wait(log, USEC_INFINITY);
		if (r < 0)
			return r;
	}
}

static int open_and_print(const struct args *args, enum log_output output,
			  const struct log_query *query)
{
	/* Without berth (a disk looked at elsewhere) there are still the files. */
	struct client *c = client_open(args->socket);
	autoclose int ring = get_ring(c);
	struct log_read *log;
	int r;

	client_close(c);
	r = log_read_open(&log, LOG_DIR, ring, query);
	if (r == 0) {
		r = print_log(log, output, args->follow);
		log_read_close(log);
	}
	if (r < 0)
		fprintf(stderr, "Log: %s\n", diag_errno(-r));
	return r < 0;
}

int verb_logs(const struct args *args)
{
	size_t room = 2 * ((size_t)args->n_operands + args->units.n) + 1;
	int output = args->json ? OUTPUT_JSON : parse_output(args->output);
	const char **units = calloc(room, sizeof(*units));
	struct log_query query;
	int status = 1;

	if (!units)
		return 1;
	if (output >= 0 && fill_query(args, &query, units) == 0)
		status = open_and_print(args, (enum log_output)output, &query);
	free(units);
	return status;
}
