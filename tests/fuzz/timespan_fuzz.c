/* SPDX-License-Identifier: MIT */
#include "lib/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written and read again as the same span. The first byte chooses the default unit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const usec_t units[] = { 1, USEC_PER_MSEC, USEC_PER_SEC, USEC_PER_MINUTE };
	usec_t span = 77, again = 78;
	char buf[160], *text;
	int r;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	r = parse_span(text, units[data[0] % 4], &span);
	if (r < 0) {
		if (span != 77)
			abort();
	} else if (format_span(span, buf, sizeof(buf)) >= sizeof(buf) - 1 ||
		   parse_span(buf, USEC_PER_SEC, &again) < 0 || again != span) {
		abort();
	}
	free(text);
	return 0;
}
