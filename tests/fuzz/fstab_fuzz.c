/* SPDX-License-Identifier: MIT */
#include "units/fstab.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), unit[4096];
	const char *at = text;
	struct fstab_entry e;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	while (fstab_next(&at, &e)) {
		assert(at > text && at <= text + strlen(text));
		assert((e.where[0] == '/' || e.target == FSTAB_SWAP) && strlen(e.name) <= 255);
		if (fstab_unit(&e, unit, sizeof(unit)))
			assert(strlen(unit) < sizeof(unit));
	}
	free(text);
	return 0;
}
