/* SPDX-License-Identifier: MIT */
#include "units/environment.h"

#include "lib/str.h"
#include "units/words.h"

#include <errno.h>

bool environment_name_valid(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return len > 0;
}

/* Names are searched one by one: a bound keeps a hostile file from taking quadratic time. */
#define VARIABLES_MAX 4096

/* systemd's env_value_is_valid(): tab and new line are the only control characters. */
static bool value_valid(const char *value)
{
	for (const char *s = value; *s; s++) {
		if (((unsigned char)*s < ' ' && *s != '\t' && *s != '\n') || *s == 0x7f)
			return false;
	}
	return str_utf8_valid(value, strlen(value));
}

static int grow(struct environment *env)
{
	uint32_t room = env->room ? env->room * 2 : 8;
	const char **v = arena_alloc(env->arena, room * sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (env->n)
		memcpy(v, env->v, env->n * sizeof(*v));
	env->v = v;
	env->room = room;
	return 0;
}

static uint32_t find(const struct environment *env, const char *name, size_t len)
{
	uint32_t i = 0;

	while (i < env->n && !(strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '='))
		i++;
	return i;
}

int environment_set(struct environment *env, const char *name, size_t name_len, const char *value)
{
	size_t len = strlen(value);
	uint32_t at;
	char *s;

	if (!environment_name_valid(name, name_len) || !value_valid(value))
		return -EINVAL;
	at = find(env, name, name_len);
	if (at == VARIABLES_MAX)
		return -E2BIG;
	if (at == env->room && grow(env) < 0)
		return -ENOMEM;
	s = arena_alloc(env->arena, name_len + len + 2);
	if (!s)
		return -ENOMEM;
	memcpy(s, name, name_len);
	s[name_len] = '=';
	memcpy(s + name_len + 1, value, len + 1);
	env->v[at] = s;
	if (at == env->n)
		env->n++;
	return 0;
}

void environment_unset(struct environment *env, const char *what)
{
	size_t n = strcspn(what, "=");
	uint32_t kept = 0;

	for (uint32_t i = 0; i < env->n; i++) {
		bool out = strncmp(env->v[i], what, n) == 0 && env->v[i][n] == '=' &&
			   (what[n] == '\0' || str_eq(env->v[i], what));

		if (!out)
			env->v[kept++] = env->v[i];
	}
	env->n = kept;
}

int environment_put(struct environment *env, const char *assignment)
{
	const char *eq = strchr(assignment, '=');

	if (!eq)
		return -EINVAL;
	return environment_set(env, assignment, (size_t)(eq - assignment), eq + 1);
}

const char *environment_get(const struct environment *env, const char *name)
{
	size_t len = strlen(name);
	uint32_t at = find(env, name, len);

	return at < env->n ? env->v[at] + len + 1 : NULL;
}

int environment_words(struct environment *env, const char *text, unsigned int *skipped)
{
	struct word_reader r = { .at = text, .out = arena_alloc(env->arena, strlen(text) + 1) };
	char *word;
	int n;

	*skipped = 0;
	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_C_ESCAPES, &word)) > 0) {
		n = environment_put(env, word);
		if (n == -ENOMEM || n == -E2BIG)
			return n;
		if (n < 0)
			++*skipped;
	}
	return n;
}

/*
 * The states of systemd's parse_env_file_internal(). A value may be several quoted pieces with
 * blanks between them, which are dropped: PRE_VALUE is entered again behind each closing quote.
 */
enum state {
	PRE_KEY,
	KEY,
	PRE_VALUE,
	VALUE,
	VALUE_ESCAPE,
	SINGLE_QUOTED,
	DOUBLE_QUOTED,
	DOUBLE_QUOTED_ESCAPE,
	COMMENT,
	COMMENT_ESCAPE,
};

struct file_parser {
	struct environment *env;
	enum state state;
	char *key, *value; /* buffers as large as the text */
	size_t key_len, value_len;
	size_t kept; /* length of value up to the last byte that is no trailing blank */
	unsigned int line;
	struct environment_skipped *skipped;
};

static bool is_newline(char c)
{
	return c == '\n' || c == '\r';
}

static void add_to_value(struct file_parser *p, char c, bool keep)
{
	p->value[p->value_len++] = c;
	if (keep)
		p->kept = p->value_len;
}

static void skip(struct file_parser *p)
{
	if (p->skipped->n++ == 0)
		p->skipped->line = p->line;
}

/* The assignment is complete. */
static int finish_assignment(struct file_parser *p)
{
	int r;

	while (p->key_len > 0 && is_space(p->key[p->key_len - 1]))
		p->key_len--;
	p->value[p->kept] = '\0';
	r = environment_set(p->env, p->key, p->key_len, p->value);
	p->key_len = p->value_len = p->kept = 0;
	p->state = PRE_KEY;
	if (r == -EINVAL) {
		skip(p);
		r = 0;
	}
	return r;
}

static void step_key(struct file_parser *p, char c)
{
	if (is_newline(c)) {
		skip(p); /* a line without "=" */
		p->key_len = 0;
		p->state = PRE_KEY;
	} else if (c == '=') {
		p->state = PRE_VALUE;
	} else {
		p->key[p->key_len++] = c;
	}
}

static int step_value(struct file_parser *p, char c)
{
	if (is_newline(c))
		return finish_assignment(p);
	if (p->state == PRE_VALUE && (c == '\'' || c == '"')) {
		p->state = c == '"' ? DOUBLE_QUOTED : SINGLE_QUOTED;
	} else if (c == '\\') {
		p->state = VALUE_ESCAPE;
	} else if (p->state == VALUE || !is_space(c)) {
		p->state = VALUE;
		add_to_value(p, c, !is_space(c));
	}
	return 0;
}

static void step_quoted(struct file_parser *p, char c)
{
	if (c == (p->state == SINGLE_QUOTED ? '\'' : '"')) {
		p->kept = p->value_len;
		p->state = PRE_VALUE;
	} else if (c == '\\' && p->state == DOUBLE_QUOTED) {
		p->state = DOUBLE_QUOTED_ESCAPE;
	} else {
		add_to_value(p, c, true);
	}
}

static void step_quoted_escape(struct file_parser *p, char c)
{
	p->state = DOUBLE_QUOTED;
	if (c == '\n')
		return;
	if (c != '"' && c != '\\' && c != '`' && c != '$')
		add_to_value(p, '\\', true);
	add_to_value(p, c, true);
}

static int step(struct file_parser *p, char c)
{
	switch (p->state) {
	case PRE_KEY:
		if (c == '#' || c == ';') {
			p->state = COMMENT;
		} else if (!is_space(c)) {
			p->state = KEY;
			step_key(p, c);
		}
		return 0;
	case KEY: step_key(p, c); return 0;
	case PRE_VALUE:
	case VALUE: return step_value(p, c);
	case VALUE_ESCAPE:
		p->state = VALUE;
		if (!is_newline(c))
			add_to_value(p, c, true);
		return 0;
	case SINGLE_QUOTED:
	case DOUBLE_QUOTED: step_quoted(p, c); return 0;
	case DOUBLE_QUOTED_ESCAPE: step_quoted_escape(p, c); return 0;
	case COMMENT:
		p->state = c == '\\' ? COMMENT_ESCAPE : is_newline(c) ? PRE_KEY : COMMENT;
		return 0;
	case COMMENT_ESCAPE: p->state = COMMENT; return 0;
	}
	return 0;
}

int environment_file(struct environment *env, const char *text, size_t len,
		     struct environment_skipped *skipped)
{
	struct file_parser p = { .env = env, .state = PRE_KEY, .line = 1, .skipped = skipped };
	int r = 0;

	*skipped = (struct environment_skipped){ 0 };
	if (memchr(text, '\0', len) || !str_utf8_valid(text, len))
		return -EINVAL;
	/* An unknown escape in double quotes writes two bytes for two: never more than is read. */
	p.key = arena_alloc(env->arena, len + 1);
	p.value = arena_alloc(env->arena, len + 2);
	if (!p.key || !p.value)
		return -ENOMEM;
	for (size_t i = 0; i < len && r == 0; i++) {
		r = step(&p, text[i]);
		p.line += text[i] == '\n';
	}
	if (r < 0)
		return r;
	if (p.state == KEY)
		skip(&p);
	if (p.state != PRE_KEY && p.state != KEY && p.state != COMMENT && p.state != COMMENT_ESCAPE)
		r = finish_assignment(&p);
	return r;
}
