/* SPDX-License-Identifier: MIT */
#include "lib/bus_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole conversation, from a buffer of just its size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *text = malloc(size > 0 ? size : 1), *at = text;
	bool in_auth = size > 0 && (data[0] & 1);
	enum bus_news news;

	if (!text)
		abort();
	memcpy(text, data, size);
	for (;;) {
		int took = bus_listen(at, size, &in_auth, "org.berth.Test", &news);

		if (took > 0 && (size_t)took > size)
			abort();
		if (took <= 0)
			break;
		at += took;
		size -= (size_t)took;
	}
	free(text);
	return 0;
}
