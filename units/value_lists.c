/* SPDX-License-Identifier: MIT */
#include "units/value_lists.h"

#include "lib/calendar.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/environment.h"
#include "units/filter_words.h"
#include "units/listen.h"
#include "units/name.h"
#include "units/value_bits.h"
#include "units/value_credentials.h"
#include "units/value_stdio.h"
#include "units/value_structs.h"
#include "units/value_volume.h"
#include "units/words.h"

#include <errno.h>
#include <stdio.h>

/* Room for one more element of @size bytes; returns its place or NULL. */
void *value_list_push(struct arena *arena, struct value_list *list, size_t size)
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
	const char **place = value_list_push(c->arena, list, sizeof(s));

	if (!place)
		return -ENOMEM;
	*place = s;
	return 0;
}

int value_word_error(struct value_context *c, const char *word, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "\"%.80s\" %s", word, what);
	c->why = arena_strdup(c->arena, text);
	return c->why ? -EINVAL : -ENOMEM;
}

int value_expand(struct value_context *c, const char *text, const char **out)
{
	int r = specifier_expand(c->sp, text, c->arena, out);

	if (r == -EINVAL)
		return value_word_error(c, text, "has an unknown % specifier");
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

/* @expanded checked and normalised; what it has of @prefixes stays in front. */
static int check_path(struct value_context *c, const char *expanded, const char *prefixes,
		      bool absolute, const char **out)
{
	size_t skip = strspn(expanded, prefixes);
	char *copy;

	if (absolute && expanded[skip] != '/')
		return value_word_error(c, expanded, "is not an absolute path");
	if (!absolute && (expanded[skip] == '/' || expanded[skip] == '\0'))
		return value_word_error(c, expanded, "is not a relative path");
	copy = arena_strdup(c->arena, expanded);
	if (!copy)
		return -ENOMEM;
	if (!normalise_path(copy + skip))
		return value_word_error(c, expanded, "has a \"..\" part");
	*out = copy;
	return 0;
}

int value_check_path(struct value_context *c, const char *text, const char **out)
{
	return check_path(c, text, "", true, out);
}

/* The same with specifiers expanded first. */
static int take_path(struct value_context *c, const char *text, const char *prefixes, bool absolute,
		     const char **out)
{
	const char *expanded;
	int r = value_expand(c, text, &expanded);

	return r < 0 ? r : check_path(c, expanded, prefixes, absolute, out);
}

size_t value_part(const char *text)
{
	size_t n = 0;

	while (text[n] && text[n] != ':')
		n += text[n] == '\\' && text[n + 1] == ':' ? 2 : 1;
	return n;
}

/* The part of @text up to the next colon as an absolute path; @text moves behind it. */
static int take_path_part(struct value_context *c, const char **text, const char *prefixes,
			  const char **out)
{
	size_t n = value_part(*text);
	char *part = arena_strndup(c->arena, *text, n);

	if (!part)
		return -ENOMEM;
	*text += n + ((*text)[n] == ':');
	return check_path(c, part, prefixes, true, out);
}

/* "SOURCE[:DESTINATION[:OPTIONS]]" or "PATH[:OPTIONS]", with all parts written out where a default is meant. */
static int take_path_parts(struct value_context *c, const struct key_info *info, const char *word,
			   const char **out)
{
	bool bind = info->flags & KEY_BIND;
	const char *text, *source = NULL, *target;
	char *whole;
	int r = value_expand(c, word, &text);

	bool image = str_eq(info->name, "MountImages");
	bool extension = str_starts(info->name, "Extension");

	if (r == 0)
		r = take_path_part(c, &text, bind || extension ? "-" : "", &source);
	if (r < 0 || !source)
		return r;
	target = source + (*source == '-');
	if (image && *text == '\0')
		return value_word_error(c, word, "needs a place: SOURCE:DESTINATION");
	if (bind && *text)
		r = take_path_part(c, &text, "", &target);
	if (r < 0)
		return r;
	if ((image || extension) && str_starts(text, "root:"))
		text += strlen("root:");
	if ((image || extension) && strchr(text, ':'))
		return value_word_error(c, text,
					"names another partition than root, and an image has one");
	if (bind && !image && *text == '\0')
		text = "rbind";
	if (bind && !image && !str_eq(text, "rbind") && !str_eq(text, "norbind"))
		return value_word_error(c, text, "is no option of a bind mount (rbind, norbind)");
	size_t size = strlen(source) + strlen(target) + strlen(text) + 3;

	whole = arena_alloc(c->arena, size);
	if (!whole)
		return -ENOMEM;
	snprintf(whole, size, "%s%s%s%s%s", source, bind ? ":" : "", bind ? target : "",
		 *text ? ":" : "", text);
	*out = whole;
	return 0;
}

static int take_user(struct value_context *c, const char *text, const char **out)
{
	int r = value_expand(c, text, out);

	if (r < 0)
		return r;
	/* The relaxed rules of systemd.exec(5): what would break passwd(5) or a path. */
	if (strpbrk(*out, ":/\n\t ") || (*out)[0] == '-' || (*out)[0] == '\0')
		return value_word_error(c, *out, "is no user or group name");
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
	int r = value_expand(c, text, out);

	if (r < 0)
		return r;
	if (unit_type_of_name(*out) < 0)
		return value_word_error(c, *out,
					unit_name_is_foreign_type(*out)
						? "is of a unit type that berth does not have"
					: strchr(*out, '.')
						? "is no unit name"
						: "is no unit name (no .service or other suffix)");
	if (unit_name_is_template(*out))
		return value_word_error(c, *out, "is a template without an instance");
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
		r = value_expand(c, text, &s);
	if (r < 0)
		return r;
	/* What was not expanded still lies in the reader's line buffer. */
	d->s = s == text ? arena_strdup(c->arena, s) : s;
	return d->s ? 0 : -ENOMEM;
}

/* systemd.exec(5): "NAME" or "NAME:LINK", one more name of it; a configuration has none. */
static int take_directory(struct value_context *c, const struct key_info *info, const char *word,
			  const char **out)
{
	const char *text, *name = NULL, *link = NULL;
	int r = value_expand(c, word, &text);
	size_t n = r == 0 ? strcspn(text, ":") : 0;

	if (r < 0 || text[n] == '\0')
		return r < 0 ? r : check_path(c, text, "", false, out);
	if (strchr(text + n + 1, ':') || str_eq(info->name, "ConfigurationDirectory"))
		return value_word_error(c, text, "can have no such link");
	char *first = arena_strndup(c->arena, text, n), *whole;

	if (!first)
		return -ENOMEM;
	r = check_path(c, first, "", false, &name);
	if (r == 0)
		r = check_path(c, text + n + 1, "", false, &link);
	if (r < 0 || !name || !link)
		return r;
	size_t size = strlen(name) + strlen(link) + 2;

	whole = arena_alloc(c->arena, size);
	if (!whole)
		return -ENOMEM;
	snprintf(whole, size, "%s:%s", name, link);
	*out = whole;
	return 0;
}

static int take_word(struct value_context *c, const struct key_info *info, const char *word,
		     const char **out)
{
	unsigned int prefix;
	uint32_t addr;
	int r;

	if (info->flags & KEY_VOLUME)
		return value_take_volume(c, word, out);
	if (info->kind == KIND_PATHS && (info->flags & (KEY_BIND | KEY_PATH_OPTIONS)))
		return take_path_parts(c, info, word, out);
	if (info->kind == KIND_PATHS)
		return take_path(c, word, "-+", true, out);
	if (info->kind == KIND_DIRECTORIES)
		return take_directory(c, info, word, out);
	if (info->kind == KIND_UNITS)
		return take_unit_name(c, word, out);
	r = value_expand(c, word, out);
	if (r == 0 && info->kind == KIND_IPV4S && parse_ipv4_prefix(*out, &addr, &prefix) < 0)
		return value_word_error(c, *out, "is no IPv4 address");
	return r;
}

static int assign_words(struct value_context *c, const struct key_info *info,
			struct draft_setting *d, const char *text)
{
	struct word_reader r = { .at = text, .out = arena_alloc(c->arena, strlen(text) + 1) };
	struct value_list before = d->list;
	const char *first_why = NULL, *s = NULL;
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

size_t value_condition_prefix(const char *text, bool *trigger, bool *negated)
{
	const char *at = text;

	*trigger = *at == '|';
	at += *trigger;
	at += strspn(at, " \t");
	*negated = *at == '!';
	at += *negated;
	at += strspn(at, " \t");
	return (size_t)(at - text);
}

static int take_condition(struct value_context *c, const struct key_info *info, const char *text,
			  const char **out)
{
	bool trigger, negated;
	size_t skip = value_condition_prefix(text, &trigger, &negated);

	if (text[skip] == '\0')
		return value_error(c, EINVAL, "nothing to look for");
	if (negated && !trigger && text[skip] == '|')
		return value_error(c, EINVAL, "| has to stand before !");
	if (info->flags & KEY_CONDITION_PATH)
		return take_path(c, text, "|! \t", true, out);
	return value_expand(c, text, out);
}

/* Checked here, kept as text: how it is meant depends on the moment it is asked (timer_plan.c). */
static int take_elapse(struct value_context *c, const struct key_info *info, const char *text,
		       const char **out)
{
	struct arena scratch = { 0 };
	struct calendar calendar;
	usec_t span;
	int r = value_expand(c, text, out);

	if (r < 0)
		return r;
	if (info->flags & KEY_SPANS) {
		r = parse_span(*out, USEC_PER_SEC, &span);
		c->why = r == -ERANGE ? "time span out of range" : "not a time span";
	} else {
		r = calendar_parse(*out, &scratch, &calendar, &c->why);
	}
	arena_free(&scratch);
	return r == -EOPNOTSUPP ? -EINVAL : r;
}

/* Words between blanks as berth-seccomp takes them, the "~" aside. */
static int check_filter(struct value_context *c, const struct key_info *info, const char *text)
{
	char *copy = arena_strdup(c->arena, text + (text[0] == '~')), *save;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		const char *wrong = filter_word_wrong(info, word);

		if (wrong)
			return value_word_error(c, word, wrong);
	}
	return 0;
}

static int assign_line(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text)
{
	const char *s = NULL;
	int r = 0;

	if (info->kind == KIND_ENV_FILES) {
		r = take_path(c, text, "-", true, &s);
	} else if (info->flags & KEY_CREDENTIAL) {
		r = value_take_credential(c, info, text, &s);
	} else if (info->flags & KEY_ABSOLUTE) {
		r = take_path(c, text, "", true, &s);
	} else if (info->flags & (KEY_CONDITION | KEY_SPANS | KEY_CALENDARS)) {
		r = info->flags & KEY_CONDITION ? take_condition(c, info, text, &s)
						: take_elapse(c, info, text, &s);
		/* What was not expanded still lies in the reader's line buffer. */
		if (r == 0 && s == text)
			s = arena_strdup(c->arena, text);
		if (r == 0 && !s)
			r = -ENOMEM;
	} else {
		r = filter_is_list(info) ? check_filter(c, info, text) : 0;
		s = r == 0 ? arena_strdup(c->arena, text) : NULL;
		if (r == 0 && !s)
			r = -ENOMEM;
	}
	return r < 0 ? r : push_string(c, &d->list, s);
}

static int assign_listen(struct value_context *c, const struct key_info *info,
			 struct draft_setting *d, const char *text)
{
	const char *kind = info->name + strlen("Listen"), *expanded;
	struct listen_address address;
	size_t size;
	char *s;
	int r = value_expand(c, text, &expanded);

	if (r < 0)
		return r;
	size = strlen(kind) + strlen(expanded) + 2;
	s = arena_alloc(c->arena, size);
	if (!s)
		return -ENOMEM;
	snprintf(s, size, "%s %s", kind, expanded);
	r = listen_parse(s, &address, &c->why);
	if (r == 0 && address.path && !normalise_path(s + strlen(kind) + 1))
		r = value_word_error(c, expanded, "has a \"..\" part");
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
		n = value_expand(c, word, &s);
		if (n == 0) {
			n = environment_put(&env, s);
			if (n == -E2BIG)
				return value_error(c, EINVAL, "more than 4096 variables");
			if (n == -EINVAL)
				n = value_word_error(c, s, "is no valid assignment");
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
	case KIND_STDIO: return value_assign_stdio(c, info, d, text);
	case KIND_INPUT: return value_assign_input(c, info, d, text);
	case KIND_LISTEN: return assign_listen(c, info, d, text);
	case KIND_ENVIRONMENT: return assign_environment(c, d, text);
	case KIND_COMMANDS: return assign_commands(c, d, text);
	case KIND_LIMIT:
	case KIND_LIMIT_SIZE:
	case KIND_LIMIT_SEC:
	case KIND_LIMIT_USEC:
	case KIND_LIMIT_NICE: return value_assign_limit(c, info, d, text);
	case KIND_EXIT_SET: return value_assign_exits(c, d, text);
	case KIND_CPU_SET: return value_assign_cpus(c, info, d, text);
	case KIND_PORTS: return value_assign_ports(c, d, text);
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
	case KIND_BITS:
	case KIND_NANOSECONDS:
	case KIND_IPV4:
	case KIND_IPV4_PREFIX: break;
	}
	return value_error(c, EINVAL, "unknown kind of value");
}
