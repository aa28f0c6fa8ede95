/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "units/load.h"
#include "units/manager.h"
#include "units/name.h"

#include <errno.h>
#include <stdlib.h>

/* Verbs that have the running berth read unit files again. */

static void tell_nobody(struct diag_sink *sink, const struct diag *diag)
{
	(void)sink, (void)diag;
}

static int reload(struct client *c)
{
	struct proto_writer w = client_begin(c, OP_DAEMON_RELOAD, 0);
	struct failure failure = { 0 };
	struct reply reply;

	if (client_call(c, &w, &reply, &failure) == 0)
		return 0;
	fprintf(stderr, "Failed to reload: %s\n", failure.text);
	return failure_status(&failure);
}

int verb_daemon_reload(const struct args *args)
{
	struct client *c = client_open(args->socket);
	int status = c ? reload(c) : 1;

	client_close(c);
	return status;
}

static int do_now(const struct args *args, const char *what)
{
	struct args job = *args;
	struct verb verb = *args->verb;

	verb.name = what;
	job.verb = &verb;
	job.force = 0;
	return verb_job(&job);
}

int reload_after_install(const struct args *args, const char *now)
{
	int status;

	/* An image that is being built, or a machine with another init: there is nobody to tell. */
	if ((args->root && !str_eq(args->root, "/")) ||
	    access(args->socket ? args->socket : PROTO_SOCKET, F_OK) < 0)
		return 0;
	status = args->no_reload ? 0 : verb_daemon_reload(args);
	return status == 0 && now && args->now ? do_now(args, now) : status;
}

void resolve_need_reload(const char *unit, struct props *p)
{
	static const struct diag_sink silent = { .emit = tell_nobody };
	char id[UNIT_NAME_MAX + 1];
	struct diag_sink sink = silent;
	struct unit *u = NULL;
	struct loader l;

	loader_init(&l, "", &sink);
	if (loader_resolve(&l, unit, id) == 0)
		u = loader_load(&l, id);
	for (size_t i = 0; i < p->n && u; i++)
		if (str_eq(p->v[i].name, "NeedDaemonReload"))
			p->v[i].value = props_number(p, p->v[i].name, 0) == u->stamp ? "no" : "yes";
	unit_free(u);
	loader_forget(&l);
	draft_free(&l.draft);
}

/* --- diff --------------------------------------------------------------------------------- */

#define FIELDS 5

struct difference {
	const char *field[FIELDS]; /* kind, unit, ... (init/changes.h) */
};

static struct difference split(char *line)
{
	struct difference d = { .field = { "", "", "", "", "" } };
	size_t n = 0;

	for (char *word; n < FIELDS && (word = strsep(&line, "\t"));)
		d.field[n++] = word;
	return d;
}

static void print_text(const struct difference *d, const char *last_unit)
{
	const char *const *f = d->field;

	if (str_eq(f[0], "added") || str_eq(f[0], "removed")) {
		printf("%c %s\n", f[0][0] == 'a' ? '+' : '-', f[1]);
		return;
	}
	if (!last_unit || !str_eq(last_unit, f[1]))
		printf("~ %s\n", f[1]);
	if (str_eq(f[0], "state"))
		printf("    %s -> %s\n", f[2], f[3]);
	else
		printf("    %s: %s -> %s\n", f[2], f[3][0] ? f[3] : "(nothing)",
		       f[4][0] ? f[4] : "(nothing)");
}

static void print_json(struct json *j, const struct difference *d)
{
	const char *const *f = d->field;
	bool state = str_eq(f[0], "state"), key = str_eq(f[0], "key");

	json_object_open(j);
	json_key(j, "type");
	json_text(j, f[0]);
	json_key(j, "unit");
	json_text(j, f[1]);
	if (key) {
		json_key(j, "key");
		json_text(j, f[2]);
	}
	if (key || state) {
		json_key(j, "old");
		json_text(j, f[key ? 3 : 2]);
		json_key(j, "new");
		json_text(j, f[key ? 4 : 3]);
	}
	json_object_close(j);
}

static int print_all(const struct args *args, FILE *in)
{
	struct json j = json_to(stdout);
	char *line = NULL, *unit = NULL;
	size_t size = 0;
	ssize_t n;
	bool bad;

	if (args->json)
		json_array_open(&j);
	while ((n = getline(&line, &size, in)) > 0) {
		struct difference d;

		line[n - 1] = '\0';
		d = split(line);
		if (args->json)
			print_json(&j, &d);
		else
			print_text(&d, unit);
		free(unit);
		unit = strdup(d.field[1]);
	}
	if (args->json) {
		json_array_close(&j);
		json_line(&j);
	}
	bad = ferror(in);
	free(line);
	free(unit);
	return bad;
}

int verb_diff(const struct args *args)
{
	struct client *c = client_open(args->socket);
	struct failure failure = { 0 };
	struct proto_writer w;
	struct reply reply;
	FILE *in;
	int status;

	if (!c)
		return 1;
	w = client_begin(c, OP_DIFF, 0);
	if (client_call(c, &w, &reply, &failure) < 0) {
		fprintf(stderr, "Failed to compare: %s\n", failure.text);
		client_close(c);
		return failure_status(&failure);
	}
	in = reply.fd >= 0 && lseek(reply.fd, 0, SEEK_SET) == 0 ? fdopen(reply.fd, "r") : NULL;
	if (!in)
		fprintf(stderr, "Failed to compare: %s\n", diag_errno(errno));
	status = in ? print_all(args, in) : 1;
	if (in)
		fclose(in);
	client_close(c);
	return status;
}
