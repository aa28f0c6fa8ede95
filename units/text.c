/* SPDX-License-Identifier: MIT */
#include "units/text.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/words.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>

#define LINE_INITIAL 480 /* grown when needed; musl maps and unmaps a page for each larger one */
#define SECTION_MAX  64

struct reader {
	const char *at, *end; /* what is left of the text */
	const char *nul;      /* the first NUL byte in it, or NULL */
	struct text_handler *handler;
	char *line; /* the logical line that inih is being fed, NUL-terminated */
	size_t len, room;
	size_t fed;		 /* bytes of it that inih has had */
	unsigned int next_line;	 /* number of the next physical line */
	unsigned int first_line; /* where the logical line began */
	char section[SECTION_MAX];
	int error;
};

static void problem(struct reader *r, const char *what)
{
	r->handler->problem(r->handler, what, r->first_line);
}

static int fatal(struct reader *r, const char *what)
{
	problem(r, what);
	return r->error = -EBADMSG;
}

/* Appends to the logical line. */
static int append(struct reader *r, const char *s, size_t n)
{
	size_t room = r->room ? r->room : LINE_INITIAL;
	char *line;

	if (r->len + n + 2 > TEXT_MAX)
		return fatal(r, "line longer than 1 MiB");
	while (room < r->len + n + 2)
		room *= 2;
	if (room > r->room) {
		line = realloc(r->line, room);
		if (!line)
			return r->error = -ENOMEM;
		r->line = line;
		r->room = room;
	}
	memcpy(r->line + r->len, s, n);
	r->len += n;
	r->line[r->len] = '\0';
	return 0;
}

/* The next physical line without its end and leading blanks. */
static const char *physical_line(struct reader *r, size_t *n)
{
	const char *start = r->at, *nl = memchr(start, '\n', (size_t)(r->end - start)), *stop;

	stop = nl ? nl : r->end;
	r->at = nl ? nl + 1 : r->end;
	r->next_line++;
	if (stop > start && stop[-1] == '\r')
		stop--;
	while (start < stop && is_space(*start))
		start++;
	*n = (size_t)(stop - start);
	return start;
}

/* An odd number of backslashes at the end. */
static bool is_continued(const char *s, size_t n)
{
	size_t count = 0;

	while (count < n && s[n - 1 - count] == '\\')
		count++;
	return count % 2 == 1;
}

/*
 * Collects one logical line: comments between continued lines are dropped, an empty line ends the
 * continuation. False at the end of the text or on error.
 */
static bool logical_line(struct reader *r)
{
	bool continued = false;
	const char *s;
	size_t n;

	r->len = r->fed = 0;
	while (r->at < r->end) {
		if (!continued)
			r->first_line = r->next_line;
		s = physical_line(r, &n);
		if (n > 0 && (*s == '#' || *s == ';'))
			continue;
		if (r->nul && r->nul >= s && r->nul < s + n) {
			r->first_line = r->next_line - 1;
			fatal(r, "NUL byte");
			return false;
		}
		if (append(r, s, n) < 0)
			return false;
		continued = is_continued(s, n);
		if (!continued)
			return true;
		r->line[r->len - 1] = ' ';
	}
	return r->len > 0;
}

static void skip_line(struct reader *r)
{
	r->len = 0;
	r->line[0] = '\0';
}

static void take_header(struct reader *r)
{
	size_t n = r->len;

	while (is_space(r->line[n - 1]))
		n--;
	if (r->line[n - 1] != ']' || n < 3 || memchr(r->line + 1, ']', n - 2)) {
		fatal(r, "broken section header");
		return;
	}
	r->line[n - 1] = '\0';
	/* A name that long is unknown anyway; what matters is that it is not cut into a known one. */
	if (!str_copy(r->section, sizeof(r->section), r->line + 1))
		r->section[sizeof(r->section) - 2] = '~';
	skip_line(r); /* the section is known here; inih would cut it at 49 bytes */
}

/* Checks what inih does not, and makes lines empty that it must not see. */
static void check_line(struct reader *r)
{
	size_t blanks = 0;
	char *eq;

	/* Blanks stay in front when the first of the joined lines held nothing else. */
	while (is_space(r->line[blanks]))
		blanks++;
	r->len -= blanks;
	if (r->len == 0)
		return;
	if (blanks > 0)
		memmove(r->line, r->line + blanks, r->len + 1);
	if (!str_utf8_valid(r->line, r->len)) {
		problem(r, "invalid UTF-8, line ignored");
		skip_line(r);
		return;
	}
	if (r->line[0] == '[') {
		take_header(r);
		return;
	}
	eq = memchr(r->line, '=', r->len);
	if (!eq)
		problem(r, "no \"=\" in the line");
	else if (eq == r->line)
		problem(r, "no name before \"=\"");
	else if (r->section[0] == '\0')
		problem(r, "assignment outside of any section");
	else if (memchr(r->line, ':', (size_t)(eq - r->line)))
		problem(r, "\":\" in the name");
	else
		return;
	skip_line(r);
}

/* fgets() for inih: one logical line, in pieces of at most @size - 1 bytes. */
static char *feed(char *buf, int size, void *stream)
{
	struct reader *r = stream;
	size_t n;

	if (r->len == 0) {
		if (r->error || !logical_line(r))
			return NULL;
		check_line(r);
		if (r->error)
			return NULL;
		/* The new line shows inih where the line ends. */
		r->line[r->len++] = '\n';
		r->line[r->len] = '\0';
	}
	n = r->len - r->fed;
	if (n > (size_t)size - 1)
		n = (size_t)size - 1;
	memcpy(buf, r->line + r->fed, n);
	buf[n] = '\0';
	r->fed += n;
	if (r->fed == r->len)
		r->len = 0;
	return buf;
}

static int on_assign(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	(void)section; /* always empty: headers are kept from inih */
	if (!r->error)
		r->error = r->handler->assign(r->handler, r->section, name, value, r->first_line);
	return 1;
}

int text_parse(const char *text, size_t len, struct text_handler *h)
{
	struct reader r = { .at = text,
			    .end = text + len,
			    .nul = len > 0 ? memchr(text, '\0', len) : NULL,
			    .handler = h,
			    .next_line = 1,
			    .first_line = 1 };
	int n;

	if (len > TEXT_MAX)
		return fatal(&r, "file larger than 1 MiB");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	ini_use_stack = false;
	ini_allow_realloc = true;
	ini_max_line = (int)TEXT_MAX + 4;
	ini_initial_alloc = LINE_INITIAL;
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_stop_on_first_error = false;
	n = ini_parse_stream(feed, &r, on_assign, &r);
	free(r.line);
	if (r.error)
		return r.error;
	return n == -2 ? -ENOMEM : 0;
}
