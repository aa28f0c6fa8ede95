/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUES_H
#define BERTH_UNITS_VALUES_H

#include "units/command.h"
#include "units/keys.h"
#include "units/specifier.h"
#include "units/unit.h"

/* Text of a value into its kind: one converter per kind. */

/* A list of @v elements that grows in an arena. */
struct value_list {
	const void *v;
	uint32_t n, room;
};

/* A setting while files are still being read: lists can grow. */
struct draft_setting {
	uint16_t key;
	uint8_t file, source;
	uint32_t line;
	union {
		uint64_t u;
		const char *s;
		struct value_list list; /* strings (const char *), commands, ports */
		const void *p;		/* struct rlimit_value, struct exit_set */
	};
};

struct value_context {
	struct arena *arena;
	const struct specifiers *sp;
	const char *why;  /* after an error: the reason, static text or in the arena */
	const char *note; /* after success: something odd that was tolerated, or NULL */
};

/*
 * Applies the assignment of @text to @d. 0, or 1 when an empty value takes the setting back to its
 * default. -ENOMEM; -EINVAL and -ERANGE with the reason in @c->why; -EOPNOTSUPP when the word is
 * known but refused. After an error @d is unchanged, save for lists of independent words
 * (units, variables), where the good ones are in.
 */
int value_assign(struct value_context *c, const struct key_info *info, struct draft_setting *d,
		 const char *text);

/* True when @d asks for nothing beyond the row's default (a refused key may say that). */
bool value_is_default(const struct key_info *info, const struct draft_setting *d);

/* True for the kinds held in union value's .list. */
bool kind_is_strings(enum key_kind kind);
/* True for the kinds held in .u. */
bool kind_is_number(enum key_kind kind);

#endif
