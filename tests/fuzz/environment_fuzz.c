/* SPDX-License-Identifier: MIT */
#include "units/environment.h"

#include <stdlib.h>
#include <string.h>

/* The same bytes as an EnvironmentFile= and as an Environment= line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct environment *env)
{
	for (uint32_t i = 0; i < env->n; i++) {
		const char *eq = strchr(env->v[i], '=');

		if (!eq || !environment_name_valid(env->v[i], (size_t)(eq - env->v[i])))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct environment env = { .arena = &arena };
	struct environment_skipped skips;
	unsigned int skipped;
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	(void)environment_file(&env, text, size, &skips);
	check(&env);
	(void)environment_words(&env, text, &skipped);
	check(&env);
	arena_free(&arena);
	free(text);
	return 0;
}
