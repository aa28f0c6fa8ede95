/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/verbs.h"

#include <errno.h>

/* Verbs that answer with properties of units: show, and the questions that scripts ask. */

static bool is_wanted(const struct args *args, const char *name)
{
	if (args->properties.n == 0)
		return true;
	for (unsigned int i = 0; i < args->properties.n; i++)
		if (str_eq(args->properties.v[i], name))
			return true;
	return false;
}

/* What berth tells alone is half of this answer (resolve_need_reload()). */
static bool is_half(const struct args *args, const char *name)
{
	return args->properties.n == 0 && str_eq(name, "NeedDaemonReload");
}

/* "NAME:from" as PID 1 answers to --origin; "" for what is no setting. */
static const char *origin_of(const struct props *p, const char *name)
{
	char from[96];

	snprintf(from, sizeof(from), "%s:from", name);
	return props_get(p, from);
}

static void print_props(const struct args *args, const struct props *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct property *v = &p->v[i];

		if (!is_wanted(args, v->name) || is_half(args, v->name))
			continue;
		/* like systemctl: empty ones only when they are asked for */
		if (!*v->value && !args->all && args->properties.n == 0)
			continue;
		if (args->origin && str_ends(v->name, ":from"))
			continue;
		if (args->value)
			puts(v->value);
		else if (args->origin && *origin_of(p, v->name))
			printf("%s=%s  # %s\n", v->name, v->value, origin_of(p, v->name));
		else
			printf("%s=%s\n", v->name, v->value);
	}
}

static void put_props(struct json *j, const struct args *args, const struct props *p)
{
	json_object_open(j);
	for (size_t i = 0; i < p->n; i++) {
		if (!is_wanted(args, p->v[i].name) || is_half(args, p->v[i].name))
			continue;
		json_key(j, p->v[i].name);
		json_text(j, p->v[i].value);
	}
	json_object_close(j);
}

/* Properties of one unit, or of berth itself for NULL. */
static int get_props(struct client *c, const struct args *args, const char *unit, struct props *p)
{
	struct proto_writer w = client_begin(c, unit ? OP_SHOW : OP_STATUS, 0);
	struct failure failure = { 0 };
	struct reply reply;

	if (unit)
		proto_put_text(&w, TAG_UNIT, unit);
	for (unsigned int i = 0; unit && i < args->properties.n; i++)
		proto_put_text(&w, TAG_WANT, args->properties.v[i]);
	if (unit && args->origin)
		proto_put_text(&w, TAG_WANT, "--origin");
	if (client_call(c, &w, &reply, &failure) < 0) {
		fprintf(stderr, "Failed to show %s: %s\n", unit ? unit : "the system",
			failure.text);
		return failure_status(&failure);
	}
	if (reply.header.flags & PROTO_CUT)
		fprintf(stderr, "Some properties of %s are too long to be shown.\n", unit);
	props_take(p, &reply);
	/* Only for who asks: it looks at files. */
	if (unit && args->properties.n && is_wanted(args, "NeedDaemonReload"))
		resolve_need_reload(unit, p);
	return 0;
}

int verb_show(const struct args *args)
{
	struct client *c = client_open(args->socket);
	int n = args->n_operands ? args->n_operands : 1, status = 0;
	struct json j = json_to(stdout);

	if (!c)
		return 1;
	if (args->json && n > 1)
		json_array_open(&j);
	for (int i = 0; i < n; i++) {
		const char *unit = args->n_operands ? full_unit_name(args->operands[i]) : NULL;
		struct props p = { 0 };
		int r = get_props(c, args, unit, &p);

		status = status ? status : r;
		if (r)
			continue;
		if (args->json)
			put_props(&j, args, &p);
		else
			print_props(args, &p);
		if (!args->json && i + 1 < n)
			putchar('\n');
		props_free(&p);
	}
	if (args->json && n > 1)
		json_array_close(&j);
	if (args->json)
		json_line(&j);
	client_close(c);
	return status;
}

/*
 * Prints property @name of each unit. Returns how many have one of the values in @good (ends with
 * NULL), -1 after a message.
 */
static int count_good(const struct args *args, const char *name, const char *const *good)
{
	const char *wants[] = { name, NULL };
	struct client *c = client_open(args->socket);
	struct json j = json_to(stdout);
	int n = 0;

	if (!c)
		return -1;
	if (args->json)
		json_object_open(&j);
	for (int i = 0; i < args->n_operands; i++) {
		const char *unit = full_unit_name(args->operands[i]);
		struct failure failure = { 0 };
		struct props p = { 0 };
		const char *value;

		if (client_show(c, unit, wants, &p, &failure) < 0) {
			fprintf(stderr, "%s: %s\n", unit, failure.text);
			n = -1;
			break;
		}
		value = props_get(&p, name);
		for (const char *const *g = good; *g; g++)
			n += str_eq(*g, value);
		if (args->json) {
			json_key(&j, unit);
			json_text(&j, value);
		} else if (!args->quiet && *value) {
			puts(value);
		}
		props_free(&p);
	}
	if (args->json) {
		json_object_close(&j);
		json_line(&j);
	}
	client_close(c);
	return n;
}

int verb_is_active(const struct args *args)
{
	static const char *const good[] = { "active", "reloading", NULL };
	int n = count_good(args, "ActiveState", good);

	return n < 0 ? 1 : n > 0 ? 0 : EXIT_DEAD;
}

int verb_is_failed(const struct args *args)
{
	static const char *const good[] = { "failed", NULL };

	return count_good(args, "ActiveState", good) > 0 ? 0 : 1;
}
