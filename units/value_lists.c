/* SPDX-License-Identifier: MIT */
#include "units/value_lists.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/environment.h"
#include "units/name.h"
#include "units/words.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

/* Room for one more element of @size bytes; returns its place or NULL. */
static void *list_push(struct arena *arena, struct value_list *list, size_t size)
{
	if (list->n >= list->room) {
		uint32_t room = list->room ? list->room * 2 : 4;
		void *v = arena_alloc(arena, room * size);

		if (!v)
			return NULL;
		if (list->n)
			memcpy(v, list->v, list->n * size);
		list->v = v;
		list->room = room;
	}
	return (char *)(uintptr_t)list->v + size * list->n++;
}

static int push_string(struct value_context *c, struct value_list *list, const char *s)
{
	const char **place = list_push(c->arena, list, sizeof(s));

	if (!place)
		return -ENOMEM;
	*place = s;
	return 0;
}

/* @text quoted within a reason. */
static int word_error(struct value_context *c, const char *word, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "\"%.80s\" %s", word, what);
	c->why = arena_strdup(c->arena, text);
	return c->why ? -EINVAL : -ENOMEM;
}

static int expand(struct value_context *c, const char *text, const char **out)
{
	int r = specifier_expand(c->sp, text, c->arena, out);

	if (r == -EINVAL)
		return word_error(c, text, "has an unknown % specifier");
	if (r == -ENAMETOOLONG)
		return value_error(c, EINVAL, "the expanded text is too long");
	return r;
}

/* Takes doubled and trailing slashes and "." parts out in place; false for a ".." part. */
static bool normalise_path(char *path)
{
	char *out = path;
	bool absolute = path[0] == '/';

	for (const char *s = path; *s;) {
		size_t n;

		while (*s == '/')
			s++;
		n = strcspn(s, "/");
		if (n == 2 && s[0] == '.' && s[1] == '.')
			return false;
		if (n > 0 && !(n == 1 && s[0] == '.')) {
			if (absolute || out > path)
				*out++ = '/';
			memmove(out, s, n);
			out += n;
		}
		s += n;
	}
	if (absolute && out == path)
		*out++ = '/';
	*out = '\0';
	return true;
}

/* @text with specifiers expanded, checked and normalised; @optional prefixes stay in front. */
static int take_path(struct value_context *c, const char *text, const char *prefixes, bool absolute,
		     const char **out)
{
	const char *expanded;
	size_t skip;
	char *copy;
	int r = expand(c, text, &expanded);

	if (r < 0)
		return r;
	skip = strspn(expanded, prefixes);
	if (absolute && expanded[skip] != '/')
		return word_error(c, expanded, "is not an absolute path");
	if (!absolute && (expanded[skip] == '/' || expanded[skip] == '\0'))
		return word_error(c, expanded, "is not a relative path");
	copy = arena_strdup(c->arena, expanded);
	if (!copy)
		return -ENOMEM;
	if (!normalise_path(copy + skip))
		return word_error(c, expanded, "has a \"..\" part");
	*out = copy;
	return 0;
}

static int take_user(struct value_context *c, const char *text, const char **out)
{
	int r = expand(c, text, out);

	if (r < 0)
		return r;
	/* The relaxed rules of systemd.exec(5): what would break passwd(5) or a path. */
	if (strpbrk(*out, ":/\n\t ") || (*out)[0] == '-' || (*out)[0] == '\0')
		return word_error(c, *out, "is no user or group name");
	return 0;
}

static int take_workdir(struct value_context *c, const char *text, const char **out)
{
	if (str_eq(text, "~") || str_eq(text, "-~")) {
		*out = arena_strdup(c->arena, text);
		return *out ? 0 : -ENOMEM;
	}
	return take_path(c, text, "-", true, out);
}

static int take_run_path(struct value_context *c, const struct key_info *info, const char *text,
			 const char **out)
{
	char full[4096];
	struct strbuf b = STRBUF_INIT(full);

	if (info->flags & KEY_RUN_RELATIVE && text[0] != '/')
		strbuf_put(&b, "/run/");
	strbuf_put(&b, text);
	if (b.cut)
		return value_error(c, EINVAL, "path too long");
	return take_path(c, full, "", true, out);
}

static int take_unit_name(struct value_context *c, const char *text, const char **out)
{
	int r = expand(c, text, out);

	if (r < 0)
		return r;
	if (unit_type_of_name(*out) < 0)
		return word_error(c, *out,
				  unit_name_is_foreign_type(*out)
					  ? "is of a unit type that berth does not have"
				  : strchr(*out, '.')
					  ? "is no unit name"
					  : "is no unit name (no .service or other suffix)");
	if (unit_name_is_template(*out))
		return word_error(c, *out, "is a template without an instance");
	return 0;
}

static int assign_string(struct value_context *c, const struct key_info *info,
			 struct draft_setting *d, const char *text)
{
	const char *s = NULL;
	int r;

	if (info->kind == KIND_USER)
		r = take_user(c, text, &s);
	else if (info->kind == KIND_PATH)
		r = take_run_path(c, info, text, &s);
	else if (info->kind == KIND_WORKDIR)
		r = take_workdir(c, text, &s);
	else if (info->kind == KIND_UNIT_NAME)
		r = take_unit_name(c, text, &s);
	else
		r = expand(c, text, &s);
	if (r < 0)
		return r;
	/* What was not expanded still lies in the reader's line buffer. */
	d->s = s == text ? arena_strdup(c->arena, s) : s;
	return d->s ? 0 : -ENOMEM;
}

static int take_word(struct value_context *c, const struct key_info *info, const char *word,
		     const char **out)
{
	unsigned int prefix;
	uint32_t addr;
	int r;

	if (info->kind == KIND_PATHS)
		return take_path(c, word, "-+", true, out);
	if (info->kind == KIND_DIRECTORIES)
		return take_path(c, word, "", false, out);
	if (info->kind == KIND_UNITS)
		return take_unit_name(c, word, out);
	r = expand(c, word, out);
	if (r == 0 && info->kind == KIND_IPV4S && parse_ipv4_prefix(*out, &addr, &prefix) < 0)
		return word_error(c, *out, "is no IPv4 address");
	return r;
}

static int assign_words(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct value_list before = d->list;
	const char *first_why = NULL, *s;
	char *word;
	int n, failed = 0;

	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = take_word(c, info, word, &s);
		if (n == 0)
			n = push_string(c, &d->list, s);
		if (n == -ENOMEM)
			return n;
		if (n < 0 && !failed) {
			failed = n;
			first_why = c->why;
		}
	}
	if (n < 0) {
		d->list = before;
		return value_error(c, EINVAL, "unbalanced quotes");
	}
	c->why = first_why;
	return failed;
}

static int assign_line(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text)
{
	const char *s;
	int r = 0;

	if (info->kind == KIND_ENV_FILES) {
		r = take_path(c, text, "-", true, &s);
	} else {
		s = arena_strdup(c->arena, text);
		r = s ? 0 : -ENOMEM;
	}
	return r < 0 ? r : push_string(c, &d->list, s);
}

static int assign_environment(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct environment env = {
		.arena = c->arena,
		.v = (const char **)(uintptr_t)d->list.v,
		.n = d->list.n,
		.room = d->list.room,
	};
	const char *s;
	char *word;
	int n, failed = 0;

	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_C_ESCAPES, &word)) > 0) {
		n = expand(c, word, &s);
		if (n == 0) {
			n = environment_put(&env, s);
			if (n == -E2BIG)
				return value_error(c, EINVAL, "more than 4096 variables");
			if (n == -EINVAL)
				n = word_error(c, s, "is no valid assignment");
		}
		if (n == -ENOMEM)
			return n;
		if (n < 0)
			failed = n;
	}
	if (n < 0)
		return value_error(c, EINVAL, "unbalanced quotes");
	d->list = (struct value_list){ env.v, env.n, env.room };
	return failed;
}

static int assign_commands(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct command_list list = { (struct command *)(uintptr_t)d->list.v, d->list.n,
				     d->list.room };
	int r = command_parse(text, c->sp, c->arena, &list, &c->why, &c->note);

	if (r == 0)
		d->list = (struct value_list){ list.v, list.n, list.room };
	return r;
}

static int limit_nice(const char *text, uint64_t *out)
{
	int64_t nice;
	int r;

	if (text[0] != '+' && text[0] != '-')
		return parse_u64(text, 0, 40, out);
	r = parse_i64(text[0] == '+' ? text + 1 : text, -20, 19, &nice);
	if (r == 0)
		*out = (uint64_t)(20 -
				  nice); /* getrlimit(2): the limit counts the other way round */
	return r;
}

static int one_limit(const struct key_info *info, const char *text, uint64_t *out)
{
	usec_t span;
	int r;

	if (str_eq(text, "infinity")) {
		*out = UINT64_MAX;
		return 0;
	}
	if (info->kind == KIND_LIMIT_SIZE)
		return parse_size(text, out);
	if (info->kind == KIND_LIMIT_USEC)
		return parse_span(text, 1, out);
	if (info->kind == KIND_LIMIT_NICE)
		return limit_nice(text, out);
	if (info->kind != KIND_LIMIT_SEC)
		return parse_u64(text, 0, UINT64_MAX - 1, out);
	r = parse_span(text, USEC_PER_SEC, &span);
	if (r == 0)
		*out = span / USEC_PER_SEC + (span % USEC_PER_SEC != 0);
	return r;
}

static int assign_limit(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text)
{
	struct rlimit_value limit = { 0, 0 };
	const char *colon = strchr(text, ':');
	char soft[64];
	int r = 0;

	if ((colon ? (size_t)(colon - text) : strlen(text)) >= sizeof(soft))
		return value_error(c, EINVAL, "not a limit");
	str_copy(soft, colon ? (size_t)(colon - text) + 1 : sizeof(soft), text);
	r = one_limit(info, soft, &limit.soft);
	if (r == 0)
		r = one_limit(info, colon ? colon + 1 : soft, &limit.hard);
	if (r < 0)
		return value_error(c, -r, r == -ERANGE ? "limit out of range" : "not a limit");
	if (limit.soft > limit.hard)
		return value_error(c, EINVAL, "the soft limit is above the hard limit");
	d->p = arena_memdup(c->arena, &limit, sizeof(limit));
	return d->p ? 0 : -ENOMEM;
}

static int add_exit(struct value_context *c, struct exit_set *set, const char *word)
{
	int code = exit_status_by_name(word), sig;
	uint64_t number;

	if (code < 0 && parse_u64(word, 0, 255, &number) == 0)
		code = (int)number;
	if (code >= 0)
		set->codes[code / 32] |= 1u << (code % 32);
	else if ((word[0] < '0' || word[0] > '9') && parse_signal(word, &sig) == 0)
		set->signals |= (uint64_t)1 << (sig - 1);
	else
		return word_error(c, word, "is neither an exit code nor a signal");
	return 0;
}

static int assign_exits(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct exit_set set = { 0 };
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	if (d->p)
		set = *(const struct exit_set *)d->p;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = add_exit(c, &set, word);
		if (n < 0)
			return n;
	}
	if (n < 0)
		return value_error(c, EINVAL, "unbalanced quotes");
	d->p = arena_memdup(c->arena, &set, sizeof(set));
	return d->p ? 0 : -ENOMEM;
}

/* [[IP:]HOST:]CONTAINER, @text is modified. */
static int parse_port(char *text, struct published_port *port)
{
	char *last = strrchr(text, ':'), *host = NULL;
	uint64_t number = 0;

	if (last) {
		*last = '\0';
		host = strrchr(text, ':');
		if (host) {
			*host = '\0';
			if (parse_ipv4(text, &port->ip) < 0)
				return -EINVAL;
		}
		if (parse_u64(host ? host + 1 : text, 1, UINT16_MAX, &number) < 0)
			return -EINVAL;
		port->host = (uint16_t)number;
	}
	if (parse_u64(last ? last + 1 : text, 1, UINT16_MAX, &number) < 0)
		return -EINVAL;
	port->container = (uint16_t)number;
	if (!last)
		port->host = port->container;
	return 0;
}

static int add_port(struct value_context *c, struct value_list *list, const char *word)
{
	struct published_port port = { .protocol = IPPROTO_TCP }, *place;
	char text[64], *slash;
	const char *expanded;
	int r = expand(c, word, &expanded);

	if (r < 0)
		return r;
	if (!str_copy(text, sizeof(text), expanded))
		return word_error(c, word, "is no port");
	slash = strchr(text, '/');
	if (slash) {
		*slash++ = '\0';
		if (str_eq(slash, "udp"))
			port.protocol = IPPROTO_UDP;
		else if (!str_eq(slash, "tcp"))
			return word_error(c, word, "has a protocol other than tcp and udp");
	}
	if (parse_port(text, &port) < 0)
		return word_error(c, word, "is not of the form [[IP:]HOST:]CONTAINER[/PROTO]");
	place = list_push(c->arena, list, sizeof(port));
	if (!place)
		return -ENOMEM;
	*place = port;
	return 0;
}

static int assign_ports(struct value_context *c, struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct value_list before = d->list;
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_KEEP_BACKSLASH, &word)) > 0) {
		n = add_port(c, &d->list, word);
		if (n < 0)
			break;
	}
	if (n < 0) {
		d->list = before;
		if (!c->why && n != -ENOMEM)
			c->why = "unbalanced quotes";
	}
	return n;
}

int value_assign_object(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text)
{
	switch ((enum key_kind)info->kind) {
	case KIND_STRING:
	case KIND_USER:
	case KIND_PATH:
	case KIND_WORKDIR:
	case KIND_UNIT_NAME: return assign_string(c, info, d, text);
	case KIND_WORDS:
	case KIND_PATHS:
	case KIND_DIRECTORIES:
	case KIND_UNITS:
	case KIND_IPV4S: return assign_words(c, info, d, text);
	case KIND_LINES:
	case KIND_ENV_FILES: return assign_line(c, info, d, text);
	case KIND_ENVIRONMENT: return assign_environment(c, d, text);
	case KIND_COMMANDS: return assign_commands(c, d, text);
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE: return assign_limit(c, info, d, text);
	case KIND_EXIT_SET: return assign_exits(c, d, text);
	case KIND_PORTS: return assign_ports(c, d, text);
	case KIND_BOOL:
	case KIND_INT:
	case KIND_UINT:
	case KIND_SPAN:
	case KIND_TIMEOUT:
	case KIND_MEMORY:
	case KIND_COUNT:
	case KIND_QUOTA:
	case KIND_WEIGHT:
	case KIND_ENUM:
	case KIND_MODE:
	case KIND_SIGNAL:
	case KIND_IPV4:
	case KIND_IPV4_PREFIX: break;
	}
	return value_error(c, EINVAL, "unknown kind of value");
}
