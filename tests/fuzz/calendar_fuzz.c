/* SPDX-License-Identifier: MIT */
#include "lib/calendar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer than any normal form: six lists of 240 items, the longest "00.000001..59.999999/12.345678". */
static char normal[64 * 1024], again[sizeof(normal)];

/* The first eight bytes are the moment. A next point is later, and there is none in between. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct calendar c, same;
	usec_t after, next, later, found;
	const char *why = NULL;
	char *text;

	if (size < sizeof(after))
		return 0;
	memcpy(&after, data, sizeof(after));
	size -= sizeof(after);
	text = malloc(size + 1);
	if (!text)
		abort();
	memcpy(text, data + sizeof(after), size);
	text[size] = '\0';
	if (calendar_parse(text, &arena, &c, &why) < 0) {
		if (!why)
			abort();
	} else {
		if (calendar_format(&c, normal, sizeof(normal)) >= sizeof(normal) - 1 ||
		    calendar_parse(normal, &arena, &same, NULL) < 0)
			abort();
		calendar_format(&same, again, sizeof(again));
		if (strcmp(normal, again) != 0)
			abort();
		if (calendar_next(&c, after, &next) == 0) {
			later = after + (next - after) / 2;
			if (next <= after || calendar_next(&same, next - 1, &found) < 0 ||
			    found != next || calendar_next(&same, later, &found) < 0 ||
			    (later < next && found != next))
				abort();
		}
	}
	arena_free(&arena);
	free(text);
	return 0;
}
