/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_ENVIRONMENT_H
#define BERTH_UNITS_ENVIRONMENT_H

#include "lib/arena.h"
#include "units/unit.h"

/* A set of "NAME=value" strings in which each name stands once; the last assignment wins. */
struct environment {
	struct arena *arena;
	const char **v;
	uint32_t n, room;
};

/* [A-Za-z_][A-Za-z0-9_]* */
bool environment_name_valid(const char *name, size_t len);

/* 0, -ENOMEM, -EINVAL for an invalid name or a value with control characters or invalid UTF-8, -E2BIG beyond 4096 variables. */
int environment_set(struct environment *env, const char *name, size_t name_len, const char *value);
/* @assignment is "NAME=value". */
int environment_put(struct environment *env, const char *assignment);

/* Takes out each "NAME", or "NAME=VALUE" if that is its very value (systemd.exec(5) UnsetEnvironment=). */
void environment_unset(struct environment *env, const char *what);

/* The value of @name, or NULL. */
const char *environment_get(const struct environment *env, const char *name);

static inline struct strings environment_strings(const struct environment *env)
{
	return (struct strings){ env->n, env->v };
}

struct environment_skipped {
	unsigned int n;
	unsigned int line; /* of the first one, from 1 */
};

/* The words of one Environment= assignment; invalid ones are counted in *@skipped and left out. 0, -ENOMEM, -EINVAL (quotes). */
int environment_words(struct environment *env, const char *text, unsigned int *skipped);

/*
 * Text of an EnvironmentFile= (systemd.exec(5)): shell-like quotes, no expansion. Lines without "="
 * and invalid names are left out and counted in *@skipped. @text needs no NUL and may hold any
 * bytes. 0, -ENOMEM, -EINVAL (NUL or invalid UTF-8: nothing of the file is trusted then).
 */
int environment_file(struct environment *env, const char *text, size_t len,
		     struct environment_skipped *skipped);

#endif
