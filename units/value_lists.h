/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_LISTS_H
#define BERTH_UNITS_VALUE_LISTS_H

#include "units/values.h"

/* The half of values.c whose values are not numbers: strings, lists, commands, limits. */
int value_assign_object(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text);

/* Notes @why and returns -@err. */
int value_error(struct value_context *c, int err, const char *why);

/* The same with @word quoted in front of @what; -EINVAL, or -ENOMEM without memory for it. */
int value_word_error(struct value_context *c, const char *word, const char *what);

/* The words of an enum as the reason; -EINVAL or -ENOMEM. */
int value_one_of(struct value_context *c, const struct enum_name *names);

/* specifier_expand() that explains its errors in @c. */
int value_expand(struct value_context *c, const char *text, const char **out);

/* Length of the first part of "A:B:C"; a colon that belongs to it has a backslash before it, which stays. */
size_t value_part(const char *text);

/* An absolute path without specifiers, checked and normalised in the arena. */
int value_check_path(struct value_context *c, const char *text, const char **out);

/* Room for one more element of @size bytes; its place, or NULL without memory. */
void *value_list_push(struct arena *arena, struct value_list *list, size_t size);

/* What stands before a condition's value (systemd.unit(5): "|", then "!", blanks after either); its length. */
size_t value_condition_prefix(const char *text, bool *trigger, bool *negated);

/* Number of systemd.exec(5) "Process Exit Codes" by name, -1 if unknown. */
int exit_status_by_name(const char *name);

#endif
