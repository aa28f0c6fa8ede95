/* SPDX-License-Identifier: MIT */
#include "units/word_lines.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct word_line {
	const char *key, *word, *file;
	unsigned int order, line;
};

struct reader {
	struct text_handler handler;
	struct word_lines *lines;
	const char *file;
};

static int by_word(const void *a, const void *b)
{
	const struct word_line *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	if (r == 0)
		r = strcmp(x->word, y->word);
	return r || x->order == y->order ? r : x->order < y->order ? -1 : 1;
}

static int add(struct word_lines *w, const struct word_line *line)
{
	if (w->n == w->room) {
		uint32_t room = w->room ? w->room * 2 : 64;
		struct word_line *v = realloc(w->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		w->v = v;
		w->room = room;
	}
	w->v[w->n] = *line;
	w->v[w->n].order = w->n;
	w->n++;
	return line->word ? 0 : -ENOMEM;
}

/* What can follow a word of a list: blanks, quotes, a colon and more ("ptrace:EPERM"). */
static int on_assign(struct text_handler *h, const char *section, const char *key,
		     const char *value, unsigned int line)
{
	struct reader *r = (struct reader *)h;
	struct word_line one = { .file = r->file, .line = line };
	int err = 0;

	(void)section;
	one.key = arena_strdup(&r->lines->arena, key);
	if (!one.key)
		return -ENOMEM;
	for (const char *s = value; err == 0;) {
		size_t n;

		s += strspn(s, " \t\"'~");
		n = strcspn(s, " \t\"':");
		if (n == 0 && *s == '\0')
			break;
		one.word = arena_strndup(&r->lines->arena, s, n);
		err = n ? add(r->lines, &one) : 0;
		s += strcspn(s, " \t\"'");
	}
	return err;
}

static void on_problem(struct text_handler *h, const char *what, unsigned int line)
{
	(void)h, (void)what, (void)line; /* told when the unit was loaded */
}

static void read_file(struct word_lines *w, const char *path)
{
	struct reader r = { { on_assign, on_problem }, w, path };
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)TEXT_MAX)
		return;
	autofree char *text = malloc((size_t)st.st_size + 1);

	n = text ? read(fd, text, (size_t)st.st_size) : -1;
	if (n > 0)
		(void)text_parse(text, (size_t)n, &r.handler);
}

static void read_unit(struct word_lines *w, const struct unit *u)
{
	arena_free(&w->arena);
	w->n = 0;
	w->unit = u;
	for (uint32_t i = 0; i < u->files.n; i++)
		read_file(w, u->files.v[i]);
	if (w->n)
		qsort(w->v, w->n, sizeof(*w->v), by_word);
}

void word_lines_find(struct word_lines *w, const struct unit *u, enum key key, const char *word,
		     const char **file, unsigned int *line)
{
	struct word_line wanted = { .key = key_info(key)->name, .word = word };
	const struct setting *s = unit_setting(u, key);
	uint32_t low = 0, high;

	if (w->unit != u)
		read_unit(w, u);
	for (high = w->n; low < high;) {
		uint32_t middle = low + (high - low) / 2;

		/* An order of 0 is before all that are equal otherwise, or is the first of them. */
		if (by_word(&w->v[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < w->n && str_eq(w->v[low].key, wanted.key) && str_eq(w->v[low].word, word)) {
		*file = w->v[low].file;
		*line = w->v[low].line;
		return;
	}
	/* Specifiers, an old spelling: the word as it is stands nowhere. */
	*file = s ? u->files.v[s->file] : u->path;
	*line = s ? s->line : 0;
}

void word_lines_free(struct word_lines *w)
{
	arena_free(&w->arena);
	free(w->v);
	*w = (struct word_lines){ 0 };
}
