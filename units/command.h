/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_COMMAND_H
#define BERTH_UNITS_COMMAND_H

#include "units/specifier.h"
#include "units/unit.h"

/*
 * Exec lines: systemd.service(5) "Command lines". Parsing happens at load (words, quotes, escapes,
 * prefixes, ";", specifiers); $VAR only at exec, because EnvironmentFile= is read then.
 */

/* Commands that are being collected; @v is in the arena. */
struct command_list {
	struct command *v;
	uint32_t n, room;
};

/*
 * Appends the command or commands of one line. 0, -ENOMEM, or -EINVAL with the reason in *@why;
 * then the list is unchanged. *@note (may come back NULL) tells of an escape that was kept verbatim.
 */
int command_parse(const char *text, const struct specifiers *sp, struct arena *arena,
		  struct command_list *list, const char **why, const char **note);

/*
 * The argv to exec: $VAR and ${VAR} replaced from @env ("NAME=value" strings). "${X}" in a word is
 * the exact value, "$X" as a whole word is split at whitespace and may vanish, "$$" is "$". All of
 * it is allocated in @arena or points into @cmd. 0 or -ENOMEM.
 */
int command_argv(const struct command *cmd, const struct strings *env, struct arena *arena,
		 char ***argv);

#endif
