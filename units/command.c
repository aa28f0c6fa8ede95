/* SPDX-License-Identifier: MIT */
#include "units/command.h"

#include "lib/str.h"
#include "units/words.h"

#include <errno.h>

/* Words of one command, growing in the arena by doubling. */
struct word_list {
	const char **v;
	uint32_t n, room;
};

static int push_word(struct arena *arena, struct word_list *list, const char *word)
{
	if (list->n + 1 >= list->room) {
		uint32_t room = list->room ? list->room * 2 : 8;
		const char **v = arena_alloc(arena, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = word;
	list->v[list->n] = NULL;
	return 0;
}

static int push_command(struct arena *arena, struct command_list *list, const struct command *cmd)
{
	if (list->n >= list->room) {
		uint32_t room = list->room ? list->room * 2 : 2;
		struct command *v = arena_alloc(arena, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->room = room;
	}
	list->v[list->n++] = *cmd;
	return 0;
}

/* Prefixes in any order, each once ("!" twice is "!!"); returns what follows them. */
static const char *take_prefixes(const char *s, uint8_t *flags)
{
	for (;; s++) {
		uint8_t flag;

		switch (*s) {
		case '-': flag = COMMAND_IGNORE_FAILURE; break;
		case '@': flag = COMMAND_ARGV0; break;
		case ':': flag = COMMAND_NO_EXPAND; break;
		case '+': flag = COMMAND_FULL_PRIVILEGES; break;
		case '!':
			flag = *flags & COMMAND_NO_SETUID ? COMMAND_AMBIENT : COMMAND_NO_SETUID;
			break;
		default: return s;
		}
		/* "+" and "!" exclude each other; a prefix written twice is part of the path. */
		if (*flags & flag ||
		    (flag == COMMAND_FULL_PRIVILEGES &&
		     *flags & (COMMAND_NO_SETUID | COMMAND_AMBIENT)) ||
		    (flag == COMMAND_NO_SETUID && *flags & COMMAND_FULL_PRIVILEGES))
			return s;
		if (flag == COMMAND_AMBIENT)
			*flags &= (uint8_t)~COMMAND_NO_SETUID;
		*flags |= flag;
	}
}

static bool has_control_char(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	}
	return false;
}

/* Why @path cannot be run, or NULL. */
static const char *path_problem(const char *path)
{
	if (path[0] == '\0')
		return "empty program name";
	if (has_control_char(path))
		return "control character in the program name";
	if (str_ends(path, "/"))
		return "the program is a directory";
	if (path[0] != '/' && (strchr(path, '/') || str_eq(path, ".") || str_eq(path, "..")))
		return "the program is neither an absolute path nor a plain name";
	if (strstr(path, "/../") || str_ends(path, "/.."))
		return "\"..\" in the program's path";
	return NULL;
}

static bool is_separator(const char *s)
{
	return s[0] == ';' && (s[1] == '\0' || is_space(s[1]));
}

static int expand_failed(int r, const char **why)
{
	*why = r == -ENAMETOOLONG ? "the expanded text is too long" : "unknown % specifier";
	return r == -ENOMEM ? r : -EINVAL;
}

/* The words behind the program up to ";" or the end. */
static int take_arguments(struct word_reader *r, const struct specifiers *sp, struct arena *arena,
			  struct word_list *words, const char **why)
{
	const char *expanded;
	char *word;
	int n;

	while (*r->at && !is_separator(r->at)) {
		/* \; alone is a literal semicolon, which only the raw text can tell from ";". */
		if (r->at[0] == '\\' && is_separator(r->at + 1)) {
			r->at += 2;
			r->at += strspn(r->at, " \t\n\r");
			n = push_word(arena, words, ";");
			if (n < 0)
				return n;
			continue;
		}
		n = word_next(r, WORD_C_ESCAPES, &word);
		if (n < 0) {
			*why = "unbalanced quotes";
			return n;
		}
		if (n == 0)
			break;
		n = specifier_expand(sp, word, arena, &expanded);
		if (n < 0)
			return expand_failed(n, why);
		n = push_word(arena, words, expanded);
		if (n < 0)
			return n;
	}
	return 0;
}

static int take_command(struct word_reader *r, const struct specifiers *sp, struct arena *arena,
			struct command_list *list, const char **why)
{
	struct word_list words = { 0 };
	struct command cmd = { 0 };
	const char *path;
	char *word;
	int n = word_next(r, WORD_C_ESCAPES, &word);

	if (n <= 0) {
		*why = "unbalanced quotes";
		return n;
	}
	n = specifier_expand(sp, take_prefixes(word, &cmd.flags), arena, &path);
	if (n < 0)
		return expand_failed(n, why);
	*why = path_problem(path);
	if (*why)
		return -EINVAL;
	cmd.path = path;
	n = cmd.flags & COMMAND_ARGV0 ? 0 : push_word(arena, &words, path);
	if (n == 0)
		n = take_arguments(r, sp, arena, &words, why);
	if (n < 0)
		return n;
	if (words.n == 0 || words.n > UINT16_MAX) {
		*why = words.n ? "too many arguments" : "@ needs a word for argv[0]";
		return -EINVAL;
	}
	cmd.argv = words.v;
	cmd.argc = (uint16_t)words.n;
	return push_command(arena, list, &cmd);
}

int command_parse(const char *text, const struct specifiers *sp, struct arena *arena,
		  struct command_list *list, const char **why, const char **note)
{
	struct command_list before = *list;
	struct word_reader r = { .at = text + strspn(text, " \t\n\r") };
	int n = 0;

	*why = NULL;
	*note = NULL;
	r.out = arena_alloc(arena, strlen(text) + 1);
	if (!r.out)
		return -ENOMEM;
	while (n == 0 && *r.at) {
		n = take_command(&r, sp, arena, list, why);
		if (is_separator(r.at)) {
			r.at++;
			r.at += strspn(r.at, " \t\n\r");
		}
	}
	if (r.odd_escape)
		*note = "unknown escape sequence, taken literally";
	if (n < 0)
		*list = before;
	return n;
}

static const char *env_get(const struct strings *env, const char *name, size_t len)
{
	if (len == 0)
		return NULL;
	/* From the end: later assignments win. */
	for (uint32_t i = env->n; i-- > 0;) {
		if (strncmp(env->v[i], name, len) == 0 && env->v[i][len] == '=')
			return env->v[i] + len + 1;
	}
	return NULL;
}

/* One pass over @word; with @out NULL only the length is counted. */
static size_t replace_braced(const char *word, const struct strings *env, char *out)
{
	size_t len = 0;

	for (const char *s = word; *s; s++) {
		const char *piece = s, *end;
		size_t n = 1;

		if (s[0] == '$' && s[1] == '$') {
			s++;
		} else if (s[0] == '$' && s[1] == '{') {
			/* A ":" inside is the shell's syntax, which is kept literally. */
			end = s + 2 + strcspn(s + 2, "}:");
			if (*end == '}') {
				piece = env_get(env, s + 2, (size_t)(end - s - 2));
				n = piece ? strlen(piece) : 0;
				s = end;
			}
		}
		if (out && n)
			memcpy(out + len, piece, n);
		len += n;
	}
	if (out)
		out[len] = '\0';
	return len;
}

/* "$X" alone: the value's words, quotes honoured. */
static int split_variable(const char *value, struct arena *arena, struct word_list *words)
{
	struct word_reader r = { .at = value, .out = arena_alloc(arena, strlen(value) + 1) };
	char *word;
	int n;

	if (!r.out)
		return -ENOMEM;
	while ((n = word_next(&r, WORD_RELAX, &word)) > 0) {
		n = push_word(arena, words, word);
		if (n < 0)
			return n;
	}
	return n;
}

static int expand_word(const char *word, const struct strings *env, struct arena *arena,
		       struct word_list *words)
{
	const char *value;
	char *copy;

	if (!strchr(word, '$'))
		return push_word(arena, words, word);
	if (word[0] == '$' && word[1] != '{' && word[1] != '$') {
		value = env_get(env, word + 1, strlen(word + 1));
		return value ? split_variable(value, arena, words) : 0;
	}
	copy = arena_alloc(arena, replace_braced(word, env, NULL) + 1);
	if (!copy)
		return -ENOMEM;
	replace_braced(word, env, copy);
	return push_word(arena, words, copy);
}

int command_argv(const struct command *cmd, const struct strings *env, struct arena *arena,
		 char ***argv)
{
	struct word_list words = { 0 };
	int r = 0;

	for (uint16_t i = 0; i < cmd->argc && r == 0; i++) {
		/* The program's own path is never expanded. */
		if (cmd->flags & COMMAND_NO_EXPAND || cmd->argv[i] == cmd->path)
			r = push_word(arena, &words, cmd->argv[i]);
		else
			r = expand_word(cmd->argv[i], env, arena, &words);
	}
	/* An argv[0] that vanished would make an empty argv, which the kernel rewrites. */
	if (r == 0 && words.n == 0)
		r = push_word(arena, &words, cmd->path);
	if (r < 0)
		return r;
	*argv = (char **)(uintptr_t)words.v;
	return 0;
}
