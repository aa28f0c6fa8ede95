/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "ctl/offline.h"
#include "ctl/security.h"
#include "ctl/term.h"
#include "ctl/verbs.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>

/* `security`: how exposed services are by their settings; looks at files, as verify does. */

#define THRESHOLD_NONE 100

static enum colour colour_of(unsigned int exposure)
{
	return exposure >= 75 ? COLOUR_BAD : exposure >= 50 ? COLOUR_MIDDLE : COLOUR_GOOD;
}

/* --threshold=N or N.N, in tenths as security_exposure() counts. */
static int get_threshold(const struct args *args, unsigned int *out)
{
	char whole[8];
	const char *dot;
	uint64_t n, tenth = 0;

	*out = THRESHOLD_NONE;
	if (!args->threshold)
		return 0;
	dot = strchr(args->threshold, '.');
	if (!str_copy(whole, sizeof(whole), args->threshold) ||
	    (dot &&
	     (dot - args->threshold >= (int)sizeof(whole) || parse_u64(dot + 1, 0, 9, &tenth) < 0)))
		return -EINVAL;
	if (dot)
		whole[dot - args->threshold] = '\0';
	if (parse_u64(whole, 0, 10, &n) < 0)
		return -EINVAL;
	*out = (unsigned int)(n * 10 + tenth);
	return 0;
}

/* What one finding adds to the whole, in tenths. */
static unsigned int share_of(const struct unit *u, const struct security_finding *f)
{
	struct security_finding other;
	unsigned int weights = 0;

	for (unsigned int i = 0; security_find(u, i, &other); i++)
		weights += other.asked ? other.weight : 0;
	if (weights == 0 || f->range == 0)
		return 0;
	return (f->bad * f->weight * 100 / f->range + weights - 1) / weights;
}

static void print_details(const struct unit *u)
{
	unsigned int exposure = security_exposure(u);
	struct security_finding f;

	printf("  %-58s %-46s %s\n", "SETTING", "OTHERWISE THE SERVICE", "EXPOSURE");
	for (unsigned int i = 0; security_find(u, i, &f); i++) {
		unsigned int share = share_of(u, &f);
		enum colour colour = f.bad ? COLOUR_BAD : COLOUR_GOOD;

		printf("%s%s%s %-58s ", term_colour(f.asked ? colour : COLOUR_PLAIN),
		       !f.asked ? " "
		       : f.bad	? "-"
				: "+",
		       term_off(f.asked ? colour : COLOUR_PLAIN), f.name);
		if (f.bad)
			printf("%-46s %u.%u\n", f.text, share / 10, share % 10);
		else
			printf("%s\n", f.asked ? "" : "(does not apply)");
	}
	printf("\nOverall exposure of %s: %s%u.%u %s%s\n", u->id, term_colour(colour_of(exposure)),
	       exposure / 10, exposure % 10, security_word(exposure),
	       term_off(colour_of(exposure)));
}

static void print_json(struct json *j, const struct unit *u, bool details)
{
	unsigned int exposure = security_exposure(u);
	struct security_finding f;
	char text[16];

	snprintf(text, sizeof(text), "%u.%u", exposure / 10, exposure % 10);
	json_object_open(j);
	json_key(j, "unit");
	json_text(j, u->id);
	json_key(j, "exposure");
	json_text(j, text);
	json_key(j, "predicate");
	json_text(j, security_word(exposure));
	if (details) {
		json_key(j, "findings");
		json_array_open(j);
	}
	for (unsigned int i = 0; details && security_find(u, i, &f); i++) {
		if (!f.asked)
			continue;
		json_object_open(j);
		json_key(j, "name");
		json_text(j, f.name);
		json_key(j, "weight");
		json_u64(j, f.weight);
		json_key(j, "badness");
		json_u64(j, f.bad);
		json_key(j, "range");
		json_u64(j, f.range);
		json_object_close(j);
	}
	if (details)
		json_array_close(j);
	json_object_close(j);
}

static void print_line(const struct unit *u)
{
	unsigned int exposure = security_exposure(u);

	printf("%-40s %3u.%u %s%s%s\n", u->id, exposure / 10, exposure % 10,
	       term_colour(colour_of(exposure)), security_word(exposure),
	       term_off(colour_of(exposure)));
}

static bool has_processes(const struct unit *u)
{
	return u->type == UNIT_SERVICE && u->load_state == LOAD_LOADED;
}

/* All services that have a file, or one at a time in detail. The exit status. */
static int report_units(const struct offline *o, const struct args *args, unsigned int threshold)
{
	struct json j = json_to(stdout);
	int status = 0;

	if (args->json)
		json_array_open(&j);
	else if (args->n_operands == 0)
		printf("%-40s %5s %s\n", "UNIT", "", "EXPOSURE");
	for (uint32_t i = 0; args->n_operands == 0 && i < unit_set_count(o->set); i++) {
		const struct unit *u = unit_set_at(o->set, i);

		if (!has_processes(u))
			continue;
		if (args->json)
			print_json(&j, u, false);
		else
			print_line(u);
		status |= security_exposure(u) > threshold;
	}
	for (int i = 0; i < args->n_operands; i++) {
		const struct unit *u = offline_unit(o, args->operands[i]);

		if (!u || !has_processes(u)) {
			fprintf(stderr, "%s: %s\n", args->operands[i],
				!u			  ? "there is no such unit"
				: u->type != UNIT_SERVICE ? "not a service"
				: u->load_error		  ? u->load_error
							  : "cannot be loaded");
			status = 1;
			continue;
		}
		if (args->json)
			print_json(&j, u, true);
		else
			print_details(u);
		status |= security_exposure(u) > threshold;
	}
	if (args->json) {
		json_array_close(&j);
		json_line(&j);
	}
	return status;
}

int verb_security(const struct args *args)
{
	unsigned int threshold;
	struct offline o;
	int status;

	if (get_threshold(args, &threshold) < 0) {
		fprintf(stderr, "--threshold=%s is no exposure (0 to 10)\n", args->threshold);
		return 1;
	}
	status = offline_open(&o, args, "security") < 0 ? 1 : report_units(&o, args, threshold);
	offline_close(&o);
	return status;
}
