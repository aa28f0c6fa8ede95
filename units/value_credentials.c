/* SPDX-License-Identifier: MIT */
#include "units/value_credentials.h"

#include "lib/parse.h"
#include "lib/str.h"
#include "units/words.h"

#include <errno.h>
#include <stdio.h>

/* systemd.exec(5): "a short ASCII string suitable as filename". */
static bool is_name(const char *name, size_t n)
{
	if (n == 0 || n > 255 || name[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (name[i] <= ' ' || name[i] >= 127 || name[i] == '/' || name[i] == ':')
			return false;
	}
	return true;
}

/* An absolute path of a file, as it is written: nothing that would have to be left out. */
static bool is_place(const char *path)
{
	size_t n = strlen(path);

	for (const char *c = path; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 127)
			return false;
	}
	return path[0] == '/' && path[n - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/./") && !strstr(path, "/../") && !str_ends(path, "/.") &&
	       !str_ends(path, "/..");
}

static bool is_variable(const char *name)
{
	const char *at = name;

	while ((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || *at == '_' ||
	       (at > name && *at >= '0' && *at <= '9'))
		at++;
	return at > name && *at == '\0';
}

/* In place. */
static int unescape(char *text)
{
	char *out = text;

	while (*text) {
		int bytes = 1, used = 1;
		char piece[4] = { *text };

		if (*text == '\\') {
			used = unescape_one(text + 1, piece, &bytes) + 1;
			if (used < 1)
				return -EINVAL;
		}
		memcpy(out, piece, (size_t)bytes);
		out += bytes;
		text += used;
	}
	*out = '\0';
	return 0;
}

static int set_option(struct secret *s, const char *key, const char *value)
{
	uint64_t id;

	if (str_eq(key, "type") && (str_eq(value, "mount") || str_eq(value, "env"))) {
		s->environment = str_eq(value, "env");
		return 0;
	}
	if (str_eq(key, "target"))
		return str_copy(s->target, sizeof(s->target), value) ? 0 : -EINVAL;
	if (str_eq(key, "mode")) {
		s->has_mode = true;
		return parse_mode(value, &s->mode);
	}
	if ((!str_eq(key, "uid") && !str_eq(key, "gid")) ||
	    parse_u64(value, 0, UINT32_MAX - 1, &id) < 0)
		return -EINVAL;
	if (str_eq(key, "uid")) {
		s->has_uid = true;
		s->uid = (uid_t)id;
	} else {
		s->has_gid = true;
		s->gid = (gid_t)id;
	}
	return 0;
}

int secret_parse(const char *text, struct secret *s, const char **why)
{
	char copy[1024], *at = copy, *word;

	*s = (struct secret){ .environment = false };
	*why = "is NAME[,type=mount|env][,target=...][,mode=...][,uid=...][,gid=...]";
	if (!str_copy(copy, sizeof(copy), text))
		return -EINVAL;
	word = strsep(&at, ",");
	if (!is_name(word, strlen(word)))
		return -EINVAL;
	str_copy(s->name, sizeof(s->name), word);
	while ((word = strsep(&at, ","))) {
		char *value = strchr(word, '=');

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (set_option(s, word, value) < 0)
			return -EINVAL;
	}
	if (s->target[0] == '\0')
		str_copy(s->target, sizeof(s->target), s->name);
	if (s->environment && (s->has_mode || s->has_uid || s->has_gid)) {
		*why = "a variable has no mode and no owner";
		return -EINVAL;
	}
	if (s->environment && !is_variable(s->target)) {
		*why = "target= has to be the name of a variable";
		return -EINVAL;
	}
	if (!s->environment && !is_name(s->target, strlen(s->target)) && !is_place(s->target)) {
		*why = "target= has to be the name of a file, which is put beneath /run/secrets, "
		       "or an absolute path";
		return -EINVAL;
	}
	return 0;
}

/* "ID:PATH", where ID alone stands for "ID:ID". */
static int take_load(struct value_context *c, const char *text, const char **out)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	const char *path = colon ? colon + 1 : text, *checked = path;
	char *whole;
	int r = 0;

	if (path[0] == '/')
		r = value_check_path(c, path, &checked);
	else if (!is_name(path, strlen(path)))
		return value_error(c, EINVAL,
				   "\"ID:PATH\": the path is neither absolute nor a name");
	if (r < 0)
		return r;
	size_t size = n + strlen(checked) + 2;

	whole = arena_alloc(c->arena, size);
	if (!whole)
		return -ENOMEM;
	snprintf(whole, size, "%.*s:%s", (int)n, text, checked);
	*out = whole;
	return 0;
}

static int take_set(struct value_context *c, const char *text, const char **out)
{
	const char *colon = strchr(text, ':');
	char *copy = colon ? arena_strdup(c->arena, text) : NULL;

	if (!colon)
		return value_error(c, EINVAL, "\"ID:VALUE\" is expected");
	if (!copy)
		return -ENOMEM;
	if (unescape(copy + (colon - text) + 1) < 0)
		return value_error(c, EINVAL, "\"ID:VALUE\": unknown escape sequence in the value");
	*out = copy;
	return 0;
}

int value_take_credential(struct value_context *c, const struct key_info *info, const char *text,
			  const char **out)
{
	const char *expanded = text, *why;
	struct secret secret;
	int r = str_eq(info->name, "SetCredential") ? 0 : value_expand(c, text, &expanded);

	if (r < 0)
		return r;
	if (str_eq(info->name, "Secret")) {
		r = secret_parse(expanded, &secret, &why);
		*out = expanded == text ? arena_strdup(c->arena, text) : expanded;
		return r < 0 ? value_error(c, EINVAL, why) : *out ? 0 : -ENOMEM;
	}
	if (!is_name(expanded, strcspn(expanded, ":")))
		return value_error(
			c, EINVAL,
			"what comes first is no name of a credential (ASCII, no slash, no blank)");
	return str_eq(info->name, "SetCredential") ? take_set(c, expanded, out)
						   : take_load(c, expanded, out);
}
