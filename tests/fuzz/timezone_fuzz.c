/* SPDX-License-Identifier: MIT */
#include "lib/timezone.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the file, the table rises, and its offsets are less than a day. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct timezone_table z;
	int r = timezone_parse(data, size, &z);

	assert(z.n <= ZONE_CHANGES_MAX && (r == 0 || (z.n == 0 && z.before == 0)));
	for (uint32_t i = 0; i <= z.n; i++) {
		int32_t offset = timezone_offset(&z, i);

		assert(offset > -86400 && offset < 86400);
		assert(i == 0 || (z.v[i - 1].at > 0 && timezone_find(&z, z.v[i - 1].at) == i));
	}
	return 0;
}
