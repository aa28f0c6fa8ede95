/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_UNIT_H
#define BERTH_UNITS_UNIT_H

#include "units/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A unit as its files describe it: parsed, checked, immutable until a reload replaces it whole.
 *
 * Only what was written is stored, sorted by key: a unit that writes five keys pays for five, not
 * for the 250 the language has; that is how a thousand units fit the memory budget. Everything
 * else answers with the key table's default. Each setting remembers file and line.
 */
enum unit_type {
	UNIT_SERVICE,
	UNIT_SOCKET,
	UNIT_TIMER,
	UNIT_PATH,
	UNIT_MOUNT,
	UNIT_SWAP,
	UNIT_TARGET,
	UNIT_SLICE,
	UNIT_TYPE_COUNT,
};

enum load_state {
	LOAD_LOADED,
	LOAD_NOT_FOUND,	  /* wanted by somebody, no file */
	LOAD_BAD_SETTING, /* a value refuses the unit */
	LOAD_ERROR,	  /* unreadable, broken header, ... */
	LOAD_MASKED,	  /* link to /dev/null, or empty file */
};

enum command_flag {
	COMMAND_IGNORE_FAILURE = 1 << 0,  /* - */
	COMMAND_ARGV0 = 1 << 1,		  /* @ */
	COMMAND_NO_EXPAND = 1 << 2,	  /* : */
	COMMAND_FULL_PRIVILEGES = 1 << 3, /* + */
	COMMAND_NO_SETUID = 1 << 4,	  /* ! */
	COMMAND_AMBIENT = 1 << 5,	  /* !! */
};

/* One Exec line's command: words are unquoted and specifiers expanded; $VAR is not (that is per exec). */
struct command {
	const char *path;	 /* absolute, or a bare name to look up at exec time */
	const char *const *argv; /* NULL-terminated, argv[0] included */
	uint16_t argc;
	uint8_t flags; /* enum command_flag */
};

struct strings {
	uint32_t n;
	const char *const *v;
};

struct commands {
	uint32_t n;
	const struct command *v;
};

/* How many low-order bits of value a kind uses is told by keys.h's enum key_kind. */
union value {
	uint64_t u;    /* bool, integers, sizes, spans (usec), enums, modes, signals, percent */
	const char *s; /* strings and paths */
	const struct strings *list;
	const struct commands *commands;
	const void *p; /* kinds with a struct of their own, see keys.h */
};

enum setting_source {
	SOURCE_FILE,
	SOURCE_DROPIN,
	SOURCE_RUNTIME, /* set-property */
};

struct setting {
	uint16_t key;	/* enum key */
	uint8_t file;	/* index into unit->files */
	uint8_t source; /* enum setting_source */
	uint32_t line;
	union value value;
};

struct unit {
	const char *id;		/* "web.service" */
	const char *path;	/* main file, NULL for a built-in or placeholder */
	struct strings files;	/* main file and drop-ins in reading order */
	uint64_t absent;	/* bit n: no key was written whose number ends in n (mod 64) */
	const char *load_error; /* one line for status, NULL when loaded */
	const struct setting *settings; /* sorted by key, one per key (lists are merged) */
	uint32_t stamp; /* of its files as they were read; others when they were changed since */
	uint32_t index; /* place in its unit_set */
	uint16_t n_settings;
	enum unit_type type : 8;
	enum load_state load_state : 8;
	bool foreign; /* from one of systemd's own directories (DESIGN 2) */
	bool builtin; /* made by berth itself, no file */
};

const struct setting *unit_setting_search(const struct unit *u, enum key key);

/*
 * The setting as written, or NULL when nobody wrote the key. Inline for those: a start asks for
 * some four hundred keys, of which the unit has written nine.
 */
__attribute__((always_inline)) static inline const struct setting *unit_setting(
	const struct unit *u, enum key key)
{
	return u->absent & 1ULL << key % 64 ? NULL : unit_setting_search(u, key);
}

/* Values with the key table's default for the unit's type where nothing was written. */
uint64_t unit_u64(const struct unit *u, enum key key);
static inline bool unit_bool(const struct unit *u, enum key key)
{
	return unit_u64(u, key) != 0;
}
/* NULL when neither written nor defaulted. */
const char *unit_str(const struct unit *u, enum key key);
/* The profile whose defaults count (profiles.h). */
enum isolation unit_profile(const struct unit *u);
/* Never NULL; empty when nothing was written. */
const struct strings *unit_list(const struct unit *u, enum key key);
/* What the profile has in that list beside what is written, see profile_adds(); of others it has nothing. */
const struct strings *unit_list_of_profile(const struct unit *u, enum key key);
/* What $PATH is by itself: ExecSearchPath=, in @arena, or berth's own; NULL: no memory. */
#define SEARCH_PATH_MAX 16 /* directories; units/check.c counts them */
struct arena;
const char *unit_search_path(const struct unit *u, struct arena *arena);
/* systemd.service(5) NotifyAccess=: what cannot work without messages gets them from main at least. */
bool unit_wants_notify(const struct unit *u);
const struct commands *unit_commands(const struct unit *u, enum key key);

/* "service" for UNIT_SERVICE. */
const char *unit_type_name(enum unit_type type);
/* The sections that files of this type may have, a mask of enum section. */
uint32_t unit_type_sections(enum unit_type type);
/* From the suffix of @name; -1 if it is no unit name (systemd.unit(5): characters, length, one suffix). */
int unit_type_of_name(const char *name);

#endif
