/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/offline.h"
#include "ctl/verbs.h"
#include "lib/str.h"

/* `verify`: what berth would say of unit files when it loads them, said on a build host. */

/* Units that have a file, and those of them that cannot be started. */
static unsigned int count_units(const struct unit_set *set, unsigned int *refused)
{
	unsigned int n = 0;

	*refused = 0;
	for (uint32_t i = 0; i < unit_set_count(set); i++) {
		const struct unit *u = unit_set_at(set, i);

		if (u->builtin || u->load_state == LOAD_NOT_FOUND || u->load_state == LOAD_MASKED)
			continue;
		n++;
		*refused += u->load_state != LOAD_LOADED;
	}
	return n;
}

static void print_json(const struct report *r, unsigned int units, unsigned int refused)
{
	static const char *const levels[] = { "error", "warning", "note" };
	struct json j = json_to(stdout);

	json_object_open(&j);
	json_key(&j, "messages");
	json_array_open(&j);
	for (size_t i = 0; i < r->n; i++) {
		json_object_open(&j);
		json_key(&j, "file");
		json_text(&j, r->v[i].file);
		json_key(&j, "line");
		if (r->v[i].line)
			json_u64(&j, r->v[i].line);
		else
			json_null(&j);
		json_key(&j, "level");
		json_text(&j, levels[r->v[i].level]);
		json_key(&j, "key");
		json_text(&j, r->v[i].key[0] ? r->v[i].key : NULL);
		json_key(&j, "text");
		json_text(&j, r->v[i].text);
		json_object_close(&j);
	}
	json_array_close(&j);
	json_key(&j, "units");
	json_u64(&j, units);
	json_key(&j, "refused");
	json_u64(&j, refused);
	json_key(&j, "errors");
	json_u64(&j, r->errors);
	json_key(&j, "warnings");
	json_u64(&j, r->warnings);
	json_object_close(&j);
	json_line(&j);
}

static void print_text(const struct args *args, const struct report *r, unsigned int units,
		       unsigned int refused)
{
	char line[1024];

	for (size_t i = 0; i < r->n; i++) {
		diag_format(&r->v[i], line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	if (!args->quiet)
		printf("%u units, %u of them refused; %u errors, %u warnings\n", units, refused,
		       r->errors, r->warnings);
}

int verb_verify(const struct args *args)
{
	unsigned int units, refused;
	struct offline o;
	int err = offline_open(&o, args, "verify"), status;

	if (err == 0) {
		units = count_units(o.set, &refused);
		if (args->json)
			print_json(&o.report, units, refused);
		else
			print_text(args, &o.report, units, refused);
	}
	status = err < 0 || o.report.errors > 0;
	offline_close(&o);
	return status;
}
