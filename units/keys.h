/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_KEYS_H
#define BERTH_UNITS_KEYS_H

#include "units/enums.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The key table: one row per directive (keys.def). Parser, checks, `berthctl explain`, man page
 * tables and the README's list all come from it; a name stands nowhere else as a literal.
 *
 * K_Name is the id of directive Name. Where one name means different things in different sections
 * the second id carries the section (K_MountType). Old spellings (MemoryLimit, ReadOnlyDirectories)
 * are aliases: they have no id and end up in the row they stand for.
 */
enum key {
#define KEY(id, ...)	K_##id,
#define KEY_AS(id, ...) K_##id,
#define ALIAS(...)
#include "units/keys.def"
#undef KEY
#undef KEY_AS
#undef ALIAS
	K_COUNT,
};

enum section {
	SECTION_UNIT = 1 << 0,
	SECTION_SERVICE = 1 << 1,
	SECTION_SOCKET = 1 << 2,
	SECTION_TIMER = 1 << 3,
	SECTION_PATH = 1 << 4,
	SECTION_MOUNT = 1 << 5,
	SECTION_SWAP = 1 << 6,
	SECTION_SLICE = 1 << 7,
	SECTION_INSTALL = 1 << 8,
	SECTION_CONTAINER = 1 << 9,
	SECTION_MATCH = 1 << 10,
	SECTION_NETWORK = 1 << 11,
	SECTION_MANAGER = 1 << 12,
	SECTION_AUTOMOUNT = 1 << 13,
};

/* The sections in which systemd.exec(5), systemd.kill(5) and systemd.resource-control(5) apply. */
#define SECTIONS_EXEC	  (SECTION_SERVICE | SECTION_SOCKET | SECTION_MOUNT | SECTION_SWAP)
#define SECTIONS_RESOURCE (SECTIONS_EXEC | SECTION_SLICE)

/* What a value looks like in text, and which member of union value (unit.h) holds it. */
enum key_kind {
	/* in .u */
	KIND_BOOL,	  /* 0 or 1 */
	KIND_INT,	  /* int64_t, stored as uint64_t; within min..max */
	KIND_UINT,	  /* within min..max */
	KIND_SPAN,	  /* usec_t; 0 is 0, USEC_INFINITY; with a negative min: int64_t, finite */
	KIND_TIMEOUT,	  /* usec_t; 0 is written for USEC_INFINITY (systemd.service(5)) */
	KIND_MEMORY,	  /* bytes, VALUE_PERCENT of the machine's memory, or VALUE_INFINITY */
	KIND_COUNT,	  /* number, VALUE_PERCENT of the system's limit, or VALUE_INFINITY */
	KIND_QUOTA,	  /* hundredths of a percent of one CPU, VALUE_INFINITY: none */
	KIND_WEIGHT,	  /* 1..10000; 0 is "idle" (only CPUWeight=); VALUE_INFINITY: not set */
	KIND_ENUM,	  /* int from the row's names */
	KIND_MODE,	  /* mode_t bits */
	KIND_SIGNAL,	  /* signal number */
	KIND_BITS,	  /* bit numbers from the row's names, or-ed together */
	KIND_NANOSECONDS, /* span, a bare number is nanoseconds */
	KIND_IPV4,	  /* address in host byte order */
	KIND_IPV4_PREFIX, /* address << 8 | prefix length */
	/* in .s */
	KIND_STRING,	/* any text, specifiers expanded */
	KIND_USER,	/* user or group name, or number; resolved at start (PITFALLS 178) */
	KIND_PATH,	/* absolute, normalised */
	KIND_WORKDIR,	/* absolute or "~", a leading "-" is kept */
	KIND_UNIT_NAME, /* one unit */
	KIND_STDIO,	/* a word of the row's names, perhaps with what follows its colon */
	/* in .list: appended to by repetition, emptied by an empty value */
	KIND_WORDS, /* whitespace-separated, quotes respected */
	KIND_LINES, /* each assignment is one element */
	KIND_PATHS, /* words that are absolute paths, prefixes "-" and "+" kept, ":" parts kept */
	KIND_DIRECTORIES, /* words that are relative paths, perhaps "SOURCE:LINK" */
	KIND_ENVIRONMENT, /* "NAME=value" words, one per name, the last wins */
	KIND_ENV_FILES,	  /* each assignment one absolute path, a leading "-" is kept */
	KIND_UNITS,	  /* unit names; cannot be emptied (systemd.unit(5)) */
	KIND_IPV4S,	  /* "ADDRESS[/PREFIX]" words, validated */
	KIND_INPUT,  /* units/value_stdio.h; both such keys are one list, StandardInputText='s */
	KIND_LISTEN, /* units/listen.h; all such keys are one list, that of ListenStream= */
	/* in .commands */
	KIND_COMMANDS,
	/* in .p */
	KIND_LIMIT,	 /* struct rlimit_value, plain numbers */
	KIND_LIMIT_SIZE, /* struct rlimit_value, bytes */
	KIND_LIMIT_SEC,	 /* struct rlimit_value, seconds from a time span */
	KIND_LIMIT_USEC, /* struct rlimit_value, microseconds from a time span */
	KIND_LIMIT_NICE, /* struct rlimit_value, "+5" and "-5" are nice levels (setrlimit(2)) */
	KIND_EXIT_SET,	 /* struct exit_set */
	KIND_CPU_SET,	 /* struct cpu_set_value */
	KIND_PORTS,	 /* struct published_ports */
};

/* Numbers that are a share: VALUE_PERCENT | hundredths of a percent. */
#define VALUE_INFINITY UINT64_MAX
#define VALUE_PERCENT  ((uint64_t)1 << 63)

static inline bool value_is_percent(uint64_t v)
{
	return v != VALUE_INFINITY && (v & VALUE_PERCENT);
}

/* A percent value as bytes or count of @whole; others come back as they are. */
static inline uint64_t value_resolve(uint64_t v, uint64_t whole)
{
	uint64_t share = v & ~VALUE_PERCENT;

	if (!value_is_percent(v))
		return v;
	return whole / 10000 * share + whole % 10000 * share / 10000;
}

/* UINT64_MAX is "infinity", which equals RLIM_INFINITY on all 64-bit kernels' ABIs. */
struct rlimit_value {
	uint64_t soft;
	uint64_t hard;
};

/* Exit codes and signals, SuccessExitStatus= and its kin. */
struct exit_set {
	uint32_t codes[8]; /* bit n of 256 */
	uint64_t signals;  /* bit n - 1 for signal n, 1..64 */
};

static inline bool exit_set_has_code(const struct exit_set *set, unsigned int code)
{
	return set && code < 256 && (set->codes[code / 32] >> (code % 32) & 1);
}

static inline bool exit_set_has_signal(const struct exit_set *set, int sig)
{
	return set && sig > 0 && sig <= 64 && (set->signals >> (sig - 1) & 1);
}

/* CPUs or memory nodes, as sched_setaffinity(2) and set_mempolicy(2) want them. */
#define CPU_SET_MAX 1024
struct cpu_set_value {
	uint64_t bits[CPU_SET_MAX / 64];
};

static inline bool cpu_set_has(const struct cpu_set_value *set, unsigned int n)
{
	return n < CPU_SET_MAX && (set->bits[n / 64] >> n % 64 & 1);
}

/* PublishPort= as in podman-systemd.unit(5): [[ip:]host:]container[/proto] */
struct published_port {
	uint32_t ip;   /* host byte order, 0: any */
	uint16_t host; /* equal to container when not written */
	uint16_t container;
	uint16_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
};

struct published_ports {
	uint32_t n;
	const struct published_port *v;
};

enum key_status {
	KEY_ENFORCED,
	KEY_ACCEPTED, /* no effect is needed here; the row has the reason */
	KEY_REFUSED,  /* known, but not carried out; the row has the reason */
};

enum key_flag {
	KEY_PROTECTS = 1 << 0, /* restricts or protects: when refused it stops foreign units too */
	KEY_BOOLISH = 1 << 1,  /* KIND_ENUM whose "yes" and "no" may be written as any boolean */
	KEY_RUN_RELATIVE = 1 << 2, /* KIND_PATH: a relative one is beneath /run */
	KEY_CONDITION = 1 << 3, /* KIND_LINES: Condition...= or Assert...=, "|" and "!" before it */
	KEY_CONDITION_PATH = 1 << 4, /* the same, and what follows is an absolute path */
	KEY_PERCENT = 1 << 5,	     /* KIND_UINT: whole percent, a "%" may follow */
	KEY_DISABLE = 1 << 9,	     /* KIND_SPAN: "disable" is infinity (podman-run(1)) */
	KEY_INVERTIBLE = 1 << 6,  /* KIND_BITS: "~" takes away; an empty value is the empty set */
	KEY_HEX = 1 << 7,	  /* KIND_BITS: a mask in hexadecimal will do, too */
	KEY_PROFILED = 1 << 8,	  /* a profile of isolation may have another default (profiles.h) */
	KEY_BIND = 1 << 9,	  /* KIND_PATHS: "[-]SOURCE[:DESTINATION[:OPTIONS]]"; completed */
	KEY_CREDENTIAL = 1 << 15, /* KIND_LINES: units/value_credentials.h */
	KEY_VOLUME = 1 << 15,	  /* KIND_PATHS: "SOURCE:TARGET[:OPTIONS]", completed */
	KEY_PATH_OPTIONS = 1 << 10, /* KIND_PATHS: "PATH[:OPTIONS]" */
	KEY_SPANS = 1 << 11,	    /* KIND_LINES of time spans */
	KEY_CALENDARS = 1 << 12,    /* KIND_LINES of calendar expressions */
	KEY_ABSOLUTE = 1 << 14,	    /* KIND_LINES of absolute paths */
	KEY_FAMILY = 1 << 13, /* an empty value takes back all keys of the section that have this */
};

/* Sized by what is needed: there are some 350 rows, and PID 1 carries them. */
struct key_info {
	const char *name;
	const char *reason;	       /* why accepted or refused */
	const struct enum_name *names; /* KIND_ENUM, KIND_BITS, KIND_STDIO */
	uint64_t def;		       /* for the kinds in .u, KIND_STDIO */
	int32_t min, max;  /* KIND_INT, KIND_UINT, KIND_WEIGHT; KIND_ENUM: numbers up to max, too */
	uint16_t sections; /* enum section bits */
	uint16_t manager;  /* key of [Manager] that replaces def, 0: none */
	uint8_t kind;	   /* enum key_kind */
	uint8_t status;	   /* enum key_status */
	uint16_t flags;	   /* enum key_flag */
};

const struct key_info *key_info(enum key key);

/* The key called @name in one of @sections (a mask), or -1. Old spellings find their row. */
int key_find(uint32_t sections, const char *name);

/* The known name nearest to @name in @sections, or NULL when nothing is near. */
const char *key_nearest(uint32_t sections, const char *name);

/* Another section in which @name is known, or 0: for "belongs into [Service]". */
uint32_t key_sections_of(const char *name);

/* SECTION_* for "Service", 0 if unknown. */
uint32_t section_by_name(const char *name);
/* "Service" for the lowest bit in @mask. */
const char *section_name(uint32_t mask);

#endif
