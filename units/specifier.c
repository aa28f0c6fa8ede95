/* SPDX-License-Identifier: MIT */
#include "units/specifier.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/name.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/utsname.h>

#define EXPANDED_MAX  ((size_t)1 << 20)
#define VALUE_MAX_LEN 4096
/* Two characters can become 255: what one unit may expand to in all is bounded. */
#define ARENA_MAX ((size_t)16 << 20)

/* Letters whose value never changes in a system manager. */
static const char *fixed_value(char letter)
{
	switch (letter) {
	case 't': return "/run";
	case 'S': return "/var/lib";
	case 'C': return "/var/cache";
	case 'L': return "/var/log";
	case 'E': return "/etc";
	case 'T': return "/tmp";
	case 'V': return "/var/tmp";
	/* systemd.unit(5): of the user running the manager, not of User=. */
	case 'u':
	case 'g': return "root";
	case 'U':
	case 'G': return "0";
	case 'h': return "/root";
	case 's': return "/bin/sh";
	case '%': return "%";
	default: return NULL;
	}
}

static bool read_id(const char *root, const char *path, char *buf, size_t size, bool dashes)
{
	char full[VALUE_MAX_LEN], text[128], *out = buf;
	struct strbuf b = STRBUF_INIT(full);

	strbuf_put(&b, root);
	strbuf_put(&b, path);
	if (b.cut || fd_read_file_at(AT_FDCWD, full, text, sizeof(text)) < 0)
		return false;
	for (const char *s = text; *s && *s != '\n' && out + 1 < buf + size; s++) {
		if (*s != '-' || dashes)
			*out++ = *s;
	}
	*out = '\0';
	return out > buf;
}

static bool host_value(const struct specifiers *sp, char letter, char *buf, size_t size)
{
	struct utsname uts;

	if (letter == 'm')
		return read_id(sp->root, "/etc/machine-id", buf, size, true);
	if (letter == 'b')
		return read_id("", "/proc/sys/kernel/random/boot_id", buf, size, false);
	if (letter == 'H' && sp->root[0] && read_id(sp->root, "/etc/hostname", buf, size, true))
		return true;
	if (uname(&uts) < 0)
		return false;
	return str_copy(buf, size, letter == 'v' ? uts.release : uts.nodename);
}

static bool unescaped(bool found, const char *part, char *buf, size_t size)
{
	return found && unit_name_unescape(part, buf, size);
}

/* %j: behind the last dash of the prefix. */
static bool last_part(const char *name, char *buf, size_t size)
{
	char prefix[UNIT_NAME_MAX + 1];
	const char *dash;

	if (!unit_name_prefix(name, prefix, sizeof(prefix)))
		return false;
	dash = strrchr(prefix, '-');
	return str_copy(buf, size, dash ? dash + 1 : prefix);
}

/* %f: the unescaped instance (or prefix) as an absolute path. */
static bool path_value(const char *name, char *buf, size_t size)
{
	char part[UNIT_NAME_MAX + 1], path[UNIT_NAME_MAX + 1];
	struct strbuf b;

	if (!unit_name_instance(name, part, sizeof(part)) ||
	    (part[0] == '\0' && !unit_name_prefix(name, part, sizeof(part))) ||
	    !unit_name_unescape(part, path, sizeof(path)))
		return false;
	strbuf_init(&b, buf, size);
	if (path[0] != '/')
		strbuf_put(&b, "/");
	strbuf_put(&b, path);
	return !b.cut;
}

static bool without_suffix(const char *name, char *buf, size_t size)
{
	const char *suffix = unit_name_suffix(name);
	size_t n = suffix ? (size_t)(suffix - name) : strlen(name);

	if (n >= size)
		return false;
	memcpy(buf, name, n);
	buf[n] = '\0';
	return true;
}

static bool joined(const char *a, const char *b, char *buf, size_t size)
{
	struct strbuf out;

	strbuf_init(&out, buf, size);
	strbuf_put(&out, a);
	strbuf_put(&out, b);
	return !out.cut;
}

static bool name_value(const char *name, char letter, char *buf, size_t size)
{
	char part[UNIT_NAME_MAX + 1];

	switch (letter) {
	case 'n': return str_copy(buf, size, name);
	case 'N': return without_suffix(name, buf, size);
	case 'p': return unit_name_prefix(name, buf, size);
	case 'P': return unescaped(unit_name_prefix(name, part, sizeof(part)), part, buf, size);
	case 'i': return unit_name_instance(name, buf, size);
	case 'I': return unescaped(unit_name_instance(name, part, sizeof(part)), part, buf, size);
	case 'j': return last_part(name, buf, size);
	case 'J': return unescaped(last_part(name, part, sizeof(part)), part, buf, size);
	case 'f': return path_value(name, buf, size);
	case 'd':
		/* systemd.exec(5) "Credentials": the directory is per unit. */
		return joined("/run/credentials/", name, buf, size);
	default: return false;
	}
}

static const char *specifier_value(const struct specifiers *sp, char letter, char *buf, size_t size)
{
	const char *fixed = fixed_value(letter);

	if (fixed)
		return fixed;
	if (strchr("mbHv", letter))
		return host_value(sp, letter, buf, size) ? buf : NULL;
	if (!sp->unit)
		return NULL;
	return name_value(sp->unit, letter, buf, size) ? buf : NULL;
}

/* The text that comes about; one allocation that grows, copied into the arena at the end. */
struct expansion {
	char *buf;
	size_t len, room;
};

static int append(struct expansion *e, const char *s, size_t n)
{
	size_t room = (e->len + n) * 2;
	char *buf;

	if (n == 0)
		return 0;
	if (e->len + n > EXPANDED_MAX)
		return -ENAMETOOLONG;
	if (!e->buf || e->len + n > e->room) {
		buf = realloc(e->buf, room);
		if (!buf)
			return -ENOMEM;
		e->buf = buf;
		e->room = room;
	}
	memcpy(e->buf + e->len, s, n);
	e->len += n;
	return 0;
}

/* Literal text up to the next specifier, or one specifier; moves *@s behind it. */
static int expand_piece(const struct specifiers *sp, struct expansion *e, const char **s)
{
	char value[VALUE_MAX_LEN];
	const char *piece;
	size_t n = strcspn(*s, "%");

	if (n == 0 && (*s)[1] != '%' && !isalnum((unsigned char)(*s)[1]))
		n = 1; /* "%" before anything else is an ordinary character */
	if (n > 0) {
		*s += n;
		return append(e, *s - n, n);
	}
	piece = specifier_value(sp, (*s)[1], value, sizeof(value));
	*s += 2;
	return piece ? append(e, piece, strlen(piece)) : -EINVAL;
}

int specifier_expand(const struct specifiers *sp, const char *text, struct arena *arena,
		     const char **out)
{
	struct expansion e = { 0 };
	int r = 0;

	*out = text;
	if (!strchr(text, '%'))
		return 0;
	if (arena->used > ARENA_MAX)
		return -ENAMETOOLONG;
	while (*text && r == 0)
		r = expand_piece(sp, &e, &text);
	if (r == 0) {
		*out = arena_strndup(arena, e.len ? e.buf : "", e.len);
		r = *out ? 0 : -ENOMEM;
	}
	free(e.buf);
	return r;
}
