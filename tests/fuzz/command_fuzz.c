/* SPDX-License-Identifier: MIT */
#include "units/command.h"

#include <stdlib.h>
#include <string.h>

/* Up to the first new line an Exec line, behind it the value of $X. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct specifiers sp = { .root = "/nowhere", .unit = "fuzz@in-put.service" };
	struct command_list list = { 0 };
	struct arena arena = { 0 };
	const char *why, *note, *env_v[2] = { "Y=a b" };
	struct strings env = { 2, env_v };
	char *text = malloc(size + 1), *assignment = malloc(size + 3), *newline;

	if (!text || !assignment)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	newline = strchr(text, '\n');
	strcpy(assignment, "X=");
	if (newline) {
		*newline = '\0';
		strcat(assignment, newline + 1);
	}
	env_v[1] = assignment;
	if (command_parse(text, &sp, &arena, &list, &why, &note) < 0 && !why)
		abort();
	for (uint32_t i = 0; i < list.n; i++) {
		char **argv;

		if (command_argv(&list.v[i], &env, &arena, &argv) == 0 && !argv[0])
			abort();
	}
	arena_free(&arena);
	free(text);
	free(assignment);
	return 0;
}
