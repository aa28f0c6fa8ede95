/* SPDX-License-Identifier: MIT */
#include "units/value_volume.h"

#include "lib/str.h"

#include <errno.h>
#include <stdio.h>

/* The option at @s, which ends at a comma; its length. */
static bool is_option(const char *s, size_t length, const char *option)
{
	return strlen(option) == length && strncmp(s, option, length) == 0;
}

bool volume_has_option(const char *options, const char *option)
{
	for (const char *s = options; *s;) {
		size_t length = strcspn(s, ",");

		if (is_option(s, length, option))
			return true;
		s += length + (s[length] == ',');
	}
	return false;
}

/* Some mean nothing here: there are no labels to change (z, Z), and the owner is the service's user (U). */
static bool options_are_known(const char *options)
{
	static const char *const known[] = { "ro", "rw", "noexec", "exec", "z", "Z", "U" };

	for (const char *s = options; *s;) {
		size_t length = strcspn(s, ","), i = 0;

		while (i < ARRAY_SIZE(known) && !is_option(s, length, known[i]))
			i++;
		if (i == ARRAY_SIZE(known))
			return false;
		s += length + (s[length] == ',');
	}
	return true;
}

/* podman's names: letters, digits, "_", "-" and ".", the first none of the signs. */
static bool name_is_valid(const char *name)
{
	static const char characters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t n = strlen(name);

	return n > 0 && n < 200 && !strchr("_.-", name[0]) && strspn(name, characters) == n;
}

/* @text cut into its parts in place; 0 or -errno with the reason. */
static int split(struct value_context *c, char *text, char **target, char **options)
{
	*target = strchr(text, ':');
	if (!*target)
		return value_word_error(c, text,
					"has no source: what nothing keeps is a "
					"TemporaryFileSystem=");
	*(*target)++ = '\0';
	*options = strchr(*target, ':');
	if (!*options)
		*options = *target + strlen(*target);
	else
		*(*options)++ = '\0';
	if (!options_are_known(*options))
		return value_word_error(c, *options,
					"is no option of a volume (ro, rw, noexec, exec)");
	/* Quadlet's name of a volume unit */
	if (text[0] != '/' && str_ends(text, ".volume"))
		text[strlen(text) - strlen(".volume")] = '\0';
	return text[0] == '/' || name_is_valid(text)
		       ? 0
		       : value_word_error(c, text, "is neither a path nor a volume's name");
}

int value_take_volume(struct value_context *c, const char *word, const char **out)
{
	const char *expanded, *source, *target = NULL;
	char *text, *options = (char[]){ "" }, *target_text = options;
	int r = value_expand(c, word, &expanded);

	if (r < 0)
		return r;
	text = arena_strdup(c->arena, expanded);
	if (!text)
		return -ENOMEM;
	r = split(c, text, &target_text, &options);
	if (r < 0)
		return r;
	source = text;
	if (text[0] == '/')
		r = value_check_path(c, text, &source);
	if (r == 0)
		r = value_check_path(c, target_text, &target);
	if (r < 0 || !target)
		return r;
	size_t size = sizeof(VOLUMES) + strlen(source) + strlen(target) + strlen(options) + 2;
	char *whole = arena_alloc(c->arena, size);

	if (!whole)
		return -ENOMEM;
	snprintf(whole, size, "%s%s:%s:%s", text[0] == '/' ? "" : VOLUMES, source, target, options);
	*out = whole;
	return 0;
}
