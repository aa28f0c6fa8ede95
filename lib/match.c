/* SPDX-License-Identifier: MIT */
#include "lib/match.h"

#include "lib/str.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	int (*has)(int c);
} classes[] = {
	{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
	{ "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
	{ "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

/* "[:name:]" at @p: its end, and whether @c is in it; NULL: there is none. */
static const char *in_class(const char *p, int c, bool *in)
{
	const char *end = p[0] == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;

	if (!end)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		size_t n = strlen(classes[i].name);

		if (n == (size_t)(end - p) - 2 && strncmp(p + 2, classes[i].name, n) == 0)
			*in |= classes[i].has(c) != 0;
	}
	return end + 2;
}

static bool in_range(int c, int low, int high, unsigned int flags)
{
	if (flags & MATCH_ANY_CASE)
		return (tolower(c) >= low && tolower(c) <= high) ||
		       (toupper(c) >= low && toupper(c) <= high);
	return c >= low && c <= high;
}

/* The bracket expression at @p: its end, and whether @c is in it; NULL: it is not closed. */
static const char *in_brackets(const char *p, int c, unsigned int flags, bool *in)
{
	bool negated = p[1] == '!' || p[1] == '^';
	const char *first = p + 1 + (negated ? 1 : 0), *class_end;

	*in = false;
	for (p = first; *p && (*p != ']' || p == first);) {
		class_end = in_class(p, c, in);
		if (class_end) {
			p = class_end;
			continue;
		}
		p += *p == '\\' && !(flags & MATCH_NO_ESCAPE) && p[1];
		int low = (unsigned char)*p++, high = low;

		if (p[0] == '-' && p[1] && p[1] != ']') {
			p += 1 + (p[1] == '\\' && !(flags & MATCH_NO_ESCAPE) && p[2]);
			high = (unsigned char)*p++;
		}
		*in |= in_range(c, low, high, flags);
	}
	*in ^= negated;
	return *p ? p + 1 : NULL;
}

/* One character of the text against what @p says of it: the rest of the pattern, NULL: it does not fit. */
static const char *match_one(const char *p, int c, unsigned int flags)
{
	bool in;

	if (c == '\0' || *p == '\0')
		return NULL;
	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		const char *end = in_brackets(p, c, flags, &in);

		if (end)
			return in ? end : NULL;
	}
	if (*p == '\\' && !(flags & MATCH_NO_ESCAPE) && p[1])
		p++;
	return in_range(c, (unsigned char)*p, (unsigned char)*p, flags) ? p + 1 : NULL;
}

bool match_text(const char *pattern, const char *text, unsigned int flags)
{
	const char *star = NULL,
		   *from = NULL; /* behind the last *, and where in the text that began */

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
			continue;
		}
		const char *rest = match_one(pattern, (unsigned char)*text, flags);

		if (rest) {
			pattern = rest;
			text++;
		} else if (*pattern == '\0' && *text == '\0') {
			return true;
		} else if (star && *from) {
			/* The star takes one more: only the last one can need it. */
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
}

struct walk {
	bool (*fn)(void *ctx, const char *path);
	void *ctx;
	bool found, stop;
	char path[PATH_MAX];
};

static void walk(struct walk *w, size_t len, const char *pattern);

/* @name behind the @len bytes of path there are, then what the pattern says of the rest. */
static void enter(struct walk *w, size_t len, const char *name, const char *rest)
{
	size_t n = strlen(name);
	struct stat st;

	if (len + n + 2 > sizeof(w->path))
		return;
	memcpy(w->path + len, name, n + 1);
	if (*rest) {
		walk(w, len + n, rest);
	} else if (lstat(w->path, &st) == 0) {
		w->found = true;
		w->stop = !w->fn(w->ctx, w->path);
	}
}

/* Takes escapes out of a component in which nothing else is special. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		s += *s == '\\' && s[1];
		*to++ = *s;
	}
	*to = '\0';
}

/* @pattern: slashes, a component, and the rest. */
static void walk(struct walk *w, size_t len, const char *pattern)
{
	size_t slashes = strspn(pattern, "/"), n = strcspn(pattern + slashes, "/");
	const char *rest = pattern + slashes + n;
	char part[NAME_MAX + 1];

	if (n > NAME_MAX || len + 2 > sizeof(w->path))
		return;
	memcpy(part, pattern + slashes, n);
	part[n] = '\0';
	w->path[len++] = '/';
	w->path[len] = '\0';
	if (!strpbrk(part, "*?[")) {
		unescape(part);
		enter(w, len, part, rest);
		return;
	}
	DIR *dir = opendir(w->path);

	for (struct dirent *e; dir && !w->stop && (e = readdir(dir)) != NULL;) {
		if ((*e->d_name != '.' || *part == '.') && match_text(part, e->d_name, 0))
			enter(w, len, e->d_name, rest);
		w->path[len] = '\0';
	}
	if (dir)
		closedir(dir);
}

bool match_paths(const char *pattern, bool (*fn)(void *ctx, const char *path), void *ctx)
{
	struct walk w = { .fn = fn, .ctx = ctx };

	if (*pattern == '/')
		walk(&w, 0, pattern);
	return w.found;
}
