/* SPDX-License-Identifier: MIT */
#include "units/value_stdio.h"

#include "lib/base64.h"
#include "lib/str.h"
#include "units/words.h"

#include <errno.h>
#include <stdio.h>

/* The row for @text, and what follows its colon. */
static const struct enum_name *find_row(const struct enum_name *names, const char *text,
					const char **arg)
{
	*arg = NULL;
	for (; names->name; names++) {
		if (!str_ends(names->name, ":")) {
			if (str_eq(names->name, text))
				return names;
		} else if (str_starts(text, names->name)) {
			*arg = text + strlen(names->name);
			return names;
		}
	}
	return NULL;
}

/* systemd.socket(5) FileDescriptorName= */
static int check_name(struct value_context *c, const char *name)
{
	bool odd = *name == '\0' || strlen(name) > 255;

	for (const char *at = name; *at; at++)
		odd |= *at <= ' ' || *at == 127 || *at == ':';
	return odd ? value_word_error(c, name, "is no name of a descriptor") : 0;
}

int value_assign_stdio(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text)
{
	const char *expanded, *arg, *path = NULL;
	const struct enum_name *row;
	char *whole;
	int r = value_expand(c, text, &expanded);

	if (r < 0)
		return r;
	row = find_row(info->names, expanded, &arg);
	if (!row)
		return value_one_of(c, info->names);
	if (arg && row->value == STD_FD)
		r = check_name(c, arg);
	else if (arg)
		r = value_check_path(c, arg, &path);
	if (r < 0)
		return r;
	size_t size = strlen(expanded) + 1;

	whole = arena_alloc(c->arena, size);
	if (!whole)
		return -ENOMEM;
	snprintf(whole, size, "%s%s", row->name, path ? path : arg ? arg : "");
	d->s = whole;
	return 0;
}

/* C escapes, specifiers, and the end of a line. */
static int take_text(struct value_context *c, const char *text, const char **out)
{
	char *plain = arena_alloc(c->arena, strlen(text) + 1);
	size_t n = 0;

	if (!plain)
		return -ENOMEM;
	while (*text) {
		int bytes = 1, used = 1;

		plain[n] = *text;
		if (*text == '\\') {
			used = unescape_one(text + 1, plain + n, &bytes) + 1;
			if (used < 1)
				return value_error(c, EINVAL, "unknown escape sequence");
		}
		text += used;
		n += (size_t)bytes;
	}
	plain[n] = '\0';
	return value_expand(c, plain, out);
}

int value_assign_input(struct value_context *c, const struct key_info *info,
		       struct draft_setting *d, const char *text)
{
	bool data = str_ends(info->name, "Data");
	const char *piece = text;
	int r = data ? 0 : take_text(c, text, &piece);
	const char **place;
	char *s;

	if (r < 0)
		return r;
	if (data && base64_decode(text, NULL) < 0)
		return value_error(c, EINVAL, "not Base64");
	size_t size = strlen(piece) + sizeof("Text ");

	s = arena_alloc(c->arena, size);
	place = s ? value_list_push(c->arena, &d->list, sizeof(piece)) : NULL;
	if (!place)
		return -ENOMEM;
	snprintf(s, size, "%s %s", data ? "Data" : "Text", piece);
	*place = s;
	return 0;
}

size_t unit_input(const struct unit *u, unsigned char *out)
{
	const struct strings *list = unit_list(u, K_StandardInputText);
	size_t n = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		const char *piece = list->v[i] + strlen("Text ");
		size_t len = strlen(piece);

		if (str_starts(list->v[i], "Data ")) {
			ssize_t got = base64_decode(piece, out ? out + n : NULL);

			n += got > 0 ? (size_t)got : 0;
			continue;
		}
		if (out) {
			memcpy(out + n, piece, len);
			out[n + len] = '\n';
		}
		n += len + 1;
	}
	return n;
}

bool std_is_terminal(enum std_kind kind)
{
	return kind == STD_TTY || kind == STD_TTY_FORCE || kind == STD_TTY_FAIL;
}

bool std_is_log(enum std_kind kind)
{
	return kind == STD_LOG || kind == STD_LOG_CONSOLE || kind == STD_KMSG ||
	       kind == STD_KMSG_CONSOLE;
}

static bool is_file(enum std_kind kind)
{
	return kind == STD_FILE || kind == STD_APPEND || kind == STD_TRUNCATE;
}

const char *unit_tty_path(const struct unit *u)
{
	const char *path = unit_str(u, K_TTYPath);

	return path ? path : "/dev/console";
}

static struct stdio written(const struct unit *u, enum key key)
{
	const struct key_info *info = key_info(key);
	const char *text = unit_str(u, key);
	struct stdio v = { .kind = (enum std_kind)info->def, .same = -1 };
	const struct enum_name *row = text ? find_row(info->names, text, &v.arg) : NULL;

	if (row)
		v.kind = (enum std_kind)row->value;
	return v;
}

/* Whether descriptor @out, which is meant to be the same as @in, can be its copy: one terminal, one file. */
static bool can_share(const struct stdio *in, const struct stdio *out)
{
	if (std_is_terminal(out->kind))
		return std_is_terminal(in->kind);
	if (in->kind != out->kind)
		return false;
	if (is_file(out->kind))
		return in->arg && out->arg && str_eq(in->arg, out->arg);
	return out->kind == STD_SOCKET;
}

/* What inherits from nothing or from a text writes to nothing: neither can be written to. */
static void inherit(const struct stdio *from, int number, struct stdio *to)
{
	*to = *from;
	if (to->kind == STD_DATA)
		to->kind = STD_NULL;
	if (to->same < 0 && to->kind != STD_NULL)
		to->same = number;
}

void unit_stdio(const struct unit *u, struct stdio v[3])
{
	v[0] = written(u, K_StandardInput);
	v[1] = written(u, K_StandardOutput);
	v[2] = written(u, K_StandardError);
	/* systemd.exec(5): the default, too. */
	if (v[0].kind == STD_NULL && unit_list(u, K_StandardInputText)->n > 0)
		v[0].kind = STD_DATA;
	/* What is good for both directions is the default of the outputs, too. */
	if (!unit_str(u, K_StandardOutput) && v[0].kind != STD_NULL && v[0].kind != STD_DATA &&
	    v[0].kind != STD_FILE)
		v[1].kind = STD_INHERIT;
	if (v[1].kind == STD_INHERIT)
		inherit(&v[0], 0, &v[1]);
	if (v[2].kind == STD_INHERIT)
		inherit(&v[1], 1, &v[2]);
	for (int i = 1; i < 3; i++) {
		for (int from = i - 1; from >= 0 && v[i].same < 0; from--) {
			if (can_share(&v[from], &v[i]))
				v[i].same = v[from].same >= 0 ? v[from].same : from;
		}
	}
}
