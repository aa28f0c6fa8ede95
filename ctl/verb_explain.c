/* SPDX-License-Identifier: MIT */
#include "ctl/verbs.h"
#include "units/keysdoc.h"

/* `explain`: a row of the key table. Needs no running berth. */

#define ANY_SECTION 0xffffffffu

int verb_explain(const struct args *args)
{
	char text[4096];
	int status = 0;

	for (int i = 0; i < args->n_operands; i++) {
		const char *name = args->operands[i];
		int key = key_find(ANY_SECTION, name);
		const char *near;

		if (key >= 0) {
			key_explain((enum key)key, text, sizeof(text));
			printf("%s%s", i > 0 ? "\n" : "", text);
			continue;
		}
		near = key_nearest(ANY_SECTION, name);
		fprintf(stderr, "\"%s\" is not a setting that berth knows%s%s%s\n", name,
			near ? "; did you mean " : "", near ? near : "", near ? "?" : ".");
		status = 1;
	}
	return status;
}
