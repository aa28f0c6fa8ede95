/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/term.h"
#include "ctl/table.h"
#include "ctl/verbs.h"
#include "lib/timezone.h"
#include "lib/fd.h"
#include "lib/diag.h"
#include "lib/calendar.h"
#include "lib/str.h"

#include <unistd.h>
#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* `list-timers` and `calendar`: when things happen. */

struct entry {
	const char *unit, *activates;
	usec_t next, last; /* 0: none */
};

/* The soonest first, what never elapses last (systemctl's order). */
static int by_next(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	usec_t left = x->next ? x->next : USEC_INFINITY, right = y->next ? y->next : USEC_INFINITY;

	if (left != right)
		return left < right ? -1 : 1;
	return strcmp(x->unit, y->unit);
}

static struct entry *take_entries(const struct args *args, const struct units *u, size_t *n)
{
	struct entry *v = calloc(u->n + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; v && i < u->n; i++) {
		const struct props *p = &u->v[i];
		const char *id = props_get(p, "Id");
		char *end;

		if (!str_ends(id, ".timer") || !units_match(args, id))
			continue;
		if (!args->all && !str_eq(props_get(p, "ActiveState"), "active"))
			continue;
		v[*n] = (struct entry){ .unit = id, .activates = props_get(p, "Unit") };
		v[*n].next = strtoull(props_get(p, "TimerTimes"), &end, 10);
		v[(*n)++].last = strtoull(end, NULL, 10);
	}
	if (v)
		qsort(v, *n, sizeof(*v), by_next);
	return v;
}

static void print_json(const struct entry *v, size_t n)
{
	struct json j = json_to(stdout);

	json_array_open(&j);
	for (size_t i = 0; i < n; i++) {
		json_object_open(&j);
		json_key(&j, "next");
		json_u64(&j, v[i].next);
		json_key(&j, "last");
		json_u64(&j, v[i].last);
		json_key(&j, "unit");
		json_text(&j, v[i].unit);
		json_key(&j, "activates");
		json_text(&j, v[i].activates);
		json_object_close(&j);
	}
	json_array_close(&j);
	json_line(&j);
}

/* "Sun 2026-11-22 00:00:00 UTC" and "3h left", or "n/a" twice; behind each other in @text. */
static void put_time(usec_t at, usec_t now, char text[2][48])
{
	char span[32];

	str_copy(text[0], 48, "n/a");
	str_copy(text[1], 48, "n/a");
	if (!at)
		return;
	format_time(at, text[0], 48);
	format_age(at > now ? at - now : now - at, span, sizeof(span));
	snprintf(text[1], 48, "%s %s", span, at > now ? "left" : "ago");
}

enum { N_COLUMNS = 6 };

static void print_table(const struct args *args, const struct entry *v, size_t n)
{
	static const char *const head[N_COLUMNS] = { "NEXT",   "LEFT", "LAST",
						     "PASSED", "UNIT", "ACTIVATES" };
	const char **cells = calloc((n + 1) * N_COLUMNS, sizeof(*cells));
	char(*texts)[4][48] = calloc(n + 1, sizeof(*texts));
	usec_t now = clock_now(CLOCK_REALTIME);

	if (!cells || !texts)
		exit(1);
	memcpy(cells, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		const char **row = &cells[(i + 1) * N_COLUMNS];

		put_time(v[i].next, now, &texts[i][0]);
		put_time(v[i].last, now, &texts[i][2]);
		for (size_t k = 0; k < 4; k++)
			row[k] = texts[i][k];
		row[4] = v[i].unit;
		row[5] = v[i].activates;
	}
	if (args->no_legend)
		table_print(cells + N_COLUMNS, n, N_COLUMNS);
	else
		table_print(cells, n + 1, N_COLUMNS);
	if (!args->no_legend)
		printf("\n%zu timers listed.%s\n", n,
		       args->all ? "" : " Pass --all to see those that are not active, too.");
	free(cells);
	free(texts);
}

int verb_list_timers(const struct args *args)
{
	static const char *const wants[] = { "Id", "ActiveState", "Unit", "TimerTimes", NULL };
	struct client *c = client_open(args->socket);
	struct units u = { 0 };
	struct entry *v;
	int status;
	size_t n;

	if (!c)
		return 1;
	status = units_get(c, wants, &u);
	v = take_entries(args, &u, &n);
	if (!v)
		return 1;
	if (status == 0 && (args->json || (args->output && str_starts(args->output, "json"))))
		print_json(v, n);
	else if (status == 0)
		print_table(args, v, n);
	free(v);
	units_free(&u);
	client_close(c);
	return status;
}

/* The wall clock that is meant; NULL: UTC. False: there is no such zone, which has been told. */
static bool read_zone(const struct calendar *c, const struct timezone_table **zone)
{
	static struct timezone_table table;
	static char data[64 * 1024];
	char path[200] = "/etc/localtime";
	int r;

	*zone = NULL;
	if (c->utc)
		return true;
	if (c->zone)
		snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", c->zone);

	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof(data));

	if (n < 0 && errno == ENOENT && !c->zone)
		return true;
	r = n < 0 ? -errno : timezone_parse(data, (size_t)n, &table);
	*zone = &table;
	if (r < 0)
		fprintf(stderr, "%s: %s\n", path, diag_errno(-r));
	return r == 0;
}

/* systemd-analyze calendar: what was understood, and when it is next. */
static int tell_calendar(const char *text)
{
	usec_t now = clock_now(CLOCK_REALTIME), next;
	const struct timezone_table *zone;
	struct arena arena = { 0 };
	struct calendar calendar;
	const char *why = "";
	char form[512], time[48], left[32];

	if (calendar_parse(text, &arena, &calendar, &why) < 0) {
		fprintf(stderr, "%s: %s\n", text, why);
		arena_free(&arena);
		return 1;
	}
	calendar_format(&calendar, form, sizeof(form));
	printf("  Original form: %s\nNormalized form: %s\n", text, form);
	if (!read_zone(&calendar, &zone)) {
		arena_free(&arena);
		return 1;
	}
	if (calendar_next_in(&calendar, zone, now, &next) < 0) {
		puts("    Next elapse: never");
	} else {
		format_time(next, time, sizeof(time));
		format_age(next - now, left, sizeof(left));
		printf("    Next elapse: %s\n       From now: %s left\n", time, left);
	}
	arena_free(&arena);
	return 0;
}

int verb_calendar(const struct args *args)
{
	int status = 0;

	for (int i = 0; i < args->n_operands; i++) {
		if (i > 0)
			putchar('\n');
		status |= tell_calendar(args->operands[i]);
	}
	return status;
}
