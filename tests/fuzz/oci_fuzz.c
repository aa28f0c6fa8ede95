/* SPDX-License-Identifier: MIT */
#include "ctl/oci.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int told;

static void tell(void *ctx, bool stricter, const char *path, const char *what)
{
	(void)ctx;
	assert(strlen(path) < 256 && *what && !strpbrk(path, "\n\r"));
	told += !stricter;
}

/*
 * Whatever the text is: problems are told as often as counted, and no line of the unit is anything
 * else than a comment, a section or an assignment, however strings in the bundle try to break out.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct oci_options options = { .name = "x", .bundle = "/srv/x", .tell = tell };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return 0;
	told = 0;
	int problems = oci_convert((const char *)data, size, &options, out);

	fclose(out);
	assert(problems < 0 || problems == told);
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		assert(!*line || line[0] == '#' || line[0] == '[' ||
		       (strchr(line, '=') && line[0] >= 'A' && line[0] <= 'Z'));
		assert(line[0] != '[' || !strcmp(line, "[Unit]") || !strcmp(line, "[Service]") ||
		       !strcmp(line, "[Container]") || !strcmp(line, "[Install]"));
		assert(!*line || line[0] == '#' || line[strlen(line) - 1] != '\\');
	}
	free(text);
	return 0;
}
