/* SPDX-License-Identifier: MIT */
#include "units/values.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/value_bits.h"

#include <errno.h>
#include <signal.h>

#define LIST_MAX  4096 /* elements; an environment has its own limit, and may repeat names */
#define LIST_FULL "more than 4096 entries"

int value_error(struct value_context *c, int err, const char *why)
{
	c->why = why;
	return -err;
}

static int explain(struct value_context *c, int r, const char *syntax, const char *range)
{
	if (r < 0)
		c->why = r == -ERANGE ? range : syntax;
	return r;
}

static int to_bool(struct value_context *c, const char *text, uint64_t *out)
{
	bool b = false;
	int r = parse_bool(text, &b);

	*out = b;
	return explain(c, r, "not a boolean", "not a boolean");
}

static int to_int(struct value_context *c, const struct key_info *info, const char *text,
		  uint64_t *out)
{
	int64_t v = 0;
	int r = parse_i64(text, info->min, info->max, &v);

	*out = (uint64_t)v;
	return explain(c, r, "not a number", "number out of range");
}

static int to_uint(struct value_context *c, const struct key_info *info, const char *text,
		   uint64_t *out)
{
	uint32_t share = 0;
	int r;

	if (info->flags & KEY_PERCENT && str_ends(text, "%")) {
		r = parse_percent(text, &share);
		*out = share / 100;
		if (r == 0 && (share % 100 || *out > (uint64_t)info->max))
			r = -ERANGE;
	} else {
		r = parse_u64(text, (uint64_t)info->min, (uint64_t)info->max, out);
	}
	return explain(c, r, "not a number", "number out of range");
}

/* A span with a sign. Below a millisecond nobody can tell, so that no number is USEC_INFINITY's. */
static int to_offset(struct value_context *c, const char *text, uint64_t *out)
{
	bool negative = *text == '-';
	usec_t span = 0;
	int r = parse_span(text + (negative || *text == '+'), USEC_PER_SEC, &span);

	if (r == 0 && span > (usec_t)INT64_MAX)
		r = -ERANGE;
	if (r == 0 && span % USEC_PER_MSEC != 0)
		return value_error(c, EINVAL, "time span in no whole milliseconds");
	*out = negative ? -span : span;
	return explain(c, r, "not a time span", "time span out of range");
}

static int to_span(struct value_context *c, const struct key_info *info, const char *text,
		   uint64_t *out)
{
	bool disable = info->flags & KEY_DISABLE && str_eq(text, "disable");
	int r;

	if (info->min < 0)
		return to_offset(c, text, out);
	r = parse_span(disable ? "infinity" : text, USEC_PER_SEC, out);

	if (r == 0 && info->kind == KIND_TIMEOUT && *out == 0)
		*out = USEC_INFINITY;
	return explain(c, r, "not a time span", "time span out of range");
}

static int to_memory(struct value_context *c, const char *text, uint64_t *out)
{
	uint32_t share = 0;
	int r;

	if (str_ends(text, "%")) {
		r = parse_percent(text, &share);
		*out = VALUE_PERCENT | share;
	} else {
		r = parse_size(text, out);
		if (r == 0 && value_is_percent(*out))
			r = -ERANGE;
	}
	return explain(c, r, "not a size", "size out of range");
}

static int to_count(struct value_context *c, const char *text, uint64_t *out)
{
	uint32_t share = 0;
	int r;

	if (str_eq(text, "infinity")) {
		*out = VALUE_INFINITY;
		return 0;
	}
	if (str_ends(text, "%")) {
		r = parse_percent(text, &share);
		*out = VALUE_PERCENT | share;
	} else {
		r = parse_u64(text, 1, INT32_MAX, out);
	}
	return explain(c, r, "not a number", "number out of range");
}

static int to_quota(struct value_context *c, const char *text, uint64_t *out)
{
	uint32_t share = 0;
	int r;

	if (str_eq(text, "infinity")) {
		*out = VALUE_INFINITY;
		return 0;
	}
	r = parse_percent(text, &share);
	if (r == 0 && share == 0)
		r = -ERANGE;
	*out = share;
	return explain(c, r, "not a percentage", "must be above 0%");
}

static int to_weight(struct value_context *c, const struct key_info *info, const char *text,
		     uint64_t *out)
{
	int r;

	if (info->min == 0 && str_eq(text, "idle")) {
		*out = 0;
		return 0;
	}
	r = parse_u64(text, 1, (uint64_t)info->max, out);
	return explain(c, r, "not a weight", "weight out of range (1 to 10000)");
}

int value_one_of(struct value_context *c, const struct enum_name *names)
{
	char text[256];
	struct strbuf b = STRBUF_INIT(text);

	strbuf_put(&b, "must be one of");
	for (; names->name; names++) {
		if (names->refused)
			continue;
		strbuf_put(&b, " ");
		strbuf_put(&b, names->name);
	}
	c->why = arena_strdup(c->arena, text);
	return c->why ? -EINVAL : -ENOMEM;
}

static int to_enum(struct value_context *c, const struct key_info *info, const char *text,
		   uint64_t *out)
{
	const struct enum_name *row = enum_by_name(info->names, text);
	bool b;

	if (!row && info->flags & KEY_BOOLISH && parse_bool(text, &b) == 0)
		row = enum_by_name(info->names, b ? "yes" : "no");
	if (!row && info->max > 0 && parse_u64(text, 0, (uint64_t)info->max, out) == 0)
		return 0;
	if (!row)
		return value_one_of(c, info->names);
	if (row->refused)
		return value_error(c, EOPNOTSUPP, row->refused);
	*out = (uint64_t)row->value;
	return 0;
}

static int to_mode(struct value_context *c, const char *text, uint64_t *out)
{
	mode_t mode = 0;
	int r = parse_mode(text, &mode);

	*out = mode;
	return explain(c, r, "not an octal mode", "not an octal mode");
}

static int to_signal(struct value_context *c, const char *text, uint64_t *out)
{
	int sig = 0;
	int r = parse_signal(text, &sig);

	*out = (uint64_t)sig;
	return explain(c, r, "not a signal", "not a signal");
}

/* parse_span() counts in microseconds: what is finer has to be written as a number. */
static int to_nanoseconds(struct value_context *c, const char *text, uint64_t *out)
{
	char number[24];
	size_t n = strlen(text);
	usec_t span;
	int r;

	if (n > 2 && n < sizeof(number) && str_ends(text, "ns") && text[n - 3] != ' ')
		str_copy(number, n - 1, text);
	else
		str_copy(number, sizeof(number), text);
	r = parse_u64(number, 1, UINT32_MAX, out);
	if (r == 0 || r == -ERANGE)
		return explain(c, r, "", "number of nanoseconds out of range");
	r = parse_span(text, 1, &span);
	if (r == 0 && (span == 0 || span > UINT32_MAX / 1000))
		r = -ERANGE;
	*out = span * 1000;
	return explain(c, r, "not a time span", "time span out of range");
}

static int to_address(struct value_context *c, const struct key_info *info, const char *text,
		      uint64_t *out)
{
	unsigned int prefix = 0;
	uint32_t addr = 0;
	int r;

	if (info->kind == KIND_IPV4)
		r = parse_ipv4(text, &addr);
	else
		r = parse_ipv4_prefix(text, &addr, &prefix);
	*out = info->kind == KIND_IPV4 ? addr : (uint64_t)addr << 8 | prefix;
	return explain(c, r, "not an IPv4 address", "not an IPv4 address");
}

static int to_number(struct value_context *c, const struct key_info *info,
		     const struct draft_setting *d, const char *text, uint64_t *out)
{
	switch ((enum key_kind)info->kind) {
	case KIND_BOOL: return to_bool(c, text, out);
	case KIND_INT: return to_int(c, info, text, out);
	case KIND_UINT: return to_uint(c, info, text, out);
	case KIND_SPAN:
	case KIND_TIMEOUT: return to_span(c, info, text, out);
	case KIND_MEMORY: return to_memory(c, text, out);
	case KIND_COUNT: return to_count(c, text, out);
	case KIND_QUOTA: return to_quota(c, text, out);
	case KIND_WEIGHT: return to_weight(c, info, text, out);
	case KIND_ENUM: return to_enum(c, info, text, out);
	case KIND_MODE: return to_mode(c, text, out);
	case KIND_SIGNAL: return to_signal(c, text, out);
	case KIND_BITS: return value_assign_bits(c, info, d, text, out);
	case KIND_NANOSECONDS: return to_nanoseconds(c, text, out);
	case KIND_IPV4:
	case KIND_IPV4_PREFIX: return to_address(c, info, text, out);
	case KIND_STRING:
	case KIND_USER:
	case KIND_PATH:
	case KIND_WORKDIR:
	case KIND_UNIT_NAME:
	case KIND_STDIO:
	case KIND_WORDS:
	case KIND_LINES:
	case KIND_PATHS:
	case KIND_DIRECTORIES:
	case KIND_ENVIRONMENT:
	case KIND_ENV_FILES:
	case KIND_UNITS:
	case KIND_IPV4S:
	case KIND_INPUT:
	case KIND_LISTEN:
	case KIND_COMMANDS:
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE:
	case KIND_EXIT_SET:
	case KIND_CPU_SET:
	case KIND_PORTS: break;
	}
	return value_error(c, EINVAL, "not a number");
}

bool kind_is_number(enum key_kind kind)
{
	return kind <= KIND_IPV4_PREFIX;
}

bool kind_is_strings(enum key_kind kind)
{
	return kind >= KIND_WORDS && kind <= KIND_LISTEN;
}

static bool is_list(enum key_kind kind)
{
	return kind_is_strings(kind) || kind == KIND_COMMANDS || kind == KIND_PORTS;
}

/* An empty value: lists stay written but empty, dependencies cannot be taken back, the rest is as if never written. */
static int assign_empty(const struct key_info *info, struct draft_setting *d)
{
	if (info->kind == KIND_UNITS)
		return 0;
	if (info->kind == KIND_BITS && info->flags & KEY_INVERTIBLE) {
		d->u = 0;
		return 0;
	}
	if (!is_list(info->kind))
		return 1;
	d->list.n = 0;
	return 0;
}

/*
 * One element too many costs more than a line: a name in Wants= is a unit to look for and to keep,
 * a command a process. Files of a megabyte have room for 100,000 of them, PID 1 has not.
 */
static int assign_object(struct value_context *c, const struct key_info *info,
			 struct draft_setting *d, const char *text)
{
	const struct value_list before = d->list;
	bool list = is_list(info->kind);
	int r;

	/* A full one is left alone: each of the next 100,000 would make room anew in the arena. */
	if (list && before.n >= LIST_MAX && info->kind != KIND_ENVIRONMENT)
		return value_error(c, EINVAL, LIST_FULL);
	r = value_assign_object(c, info, d, text);
	if (r == -ENOMEM || !list || d->list.n <= LIST_MAX)
		return r;
	d->list = before;
	return value_error(c, EINVAL, LIST_FULL);
}

int value_assign(struct value_context *c, const struct key_info *info, struct draft_setting *d,
		 const char *text)
{
	uint64_t number = 0;
	int r;

	c->why = c->note = NULL;
	if (text[0] == '\0')
		return assign_empty(info, d);
	if (!kind_is_number(info->kind))
		return assign_object(c, info, d, text);
	r = to_number(c, info, d, text, &number);
	if (r == 0)
		d->u = number;
	return r;
}

bool value_is_default(const struct key_info *info, const struct draft_setting *d)
{
	if (kind_is_number(info->kind))
		return d->u == info->def;
	if (is_list(info->kind))
		return d->list.n == 0;
	return false;
}
