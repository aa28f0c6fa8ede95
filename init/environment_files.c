/* SPDX-License-Identifier: MIT */
#include "init/environment_files.h"

#include "lib/arena.h"
#include "lib/fd.h"
#include "lib/str.h"
#include "units/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	struct environment env;
	struct arena arena;
	struct environment_read head;
	struct strbuf notes; /* head.text */
};

static int fail(struct reading *r, int err, const char *path, const char *what)
{
	r->notes.len = 0;
	r->head.text[0] = '\0';
	strbuf_put(&r->notes, path);
	strbuf_put(&r->notes, what);
	return err;
}

static void note_skipped(struct reading *r, const char *path, const struct environment_skipped *s)
{
	if (s->n)
		strbuf_printf(&r->notes, "%s%s:%u: not an assignment, passed over%s",
			      r->notes.len ? "\n" : "", path, s->line,
			      s->n > 1 ? ", and others after it" : "");
}

static int read_text(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, to + len, size - len)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	return (int)len;
}

static int read_one(struct reading *r, const char *path, bool optional)
{
	struct environment_skipped skipped;
	struct stat st;
	/* O_NONBLOCK: nobody may be at the other end of a FIFO in the file's place. */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && optional && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(r, -errno, path, "");
	if (!S_ISREG(st.st_mode) || st.st_size > ENVIRONMENT_FILES_MAX)
		return fail(r, -EINVAL, path, ": not a file of at most 1 MiB");
	char *text = arena_alloc(&r->arena, (size_t)st.st_size + 1);
	int n = text ? read_text(fd, text, (size_t)st.st_size) : -ENOMEM;

	if (n < 0)
		return fail(r, n, path, "");
	n = environment_file(&r->env, text, (size_t)n, &skipped);
	if (n < 0)
		return fail(r, n, path, n == -EINVAL ? ": not text" : "");
	note_skipped(r, path, &skipped);
	return 0;
}

static int read_pattern(struct reading *r, const char *pattern)
{
	bool optional = *pattern == '-';
	int err = 0;
	glob_t found;

	pattern += optional;
	if (!pattern[strcspn(pattern, "*?[\\")])
		return read_one(r, pattern, optional);
	switch (glob(pattern, 0, NULL, &found)) {
	case 0: break;
	case GLOB_NOMATCH: return optional ? 0 : fail(r, -ENOENT, pattern, "");
	case GLOB_NOSPACE: return fail(r, -ENOMEM, pattern, "");
	default: return fail(r, -EIO, pattern, "");
	}
	for (size_t i = 0; i < found.gl_pathc && err == 0; i++)
		err = read_one(r, found.gl_pathv[i], optional);
	globfree(&found);
	return err;
}

static int check_size(struct reading *r)
{
	size_t size = 0;

	for (uint32_t i = 0; i < r->env.n; i++)
		size += strlen(r->env.v[i]) + 1;
	r->head.size = (uint32_t)size;
	return size <= ENVIRONMENT_FILES_MAX ? 0 : fail(r, -E2BIG, "all together", "");
}

int environment_files_read(const struct strings *files, int fd)
{
	struct reading r = { .env = { .arena = &r.arena } };
	int err = 0;

	strbuf_init(&r.notes, r.head.text, sizeof(r.head.text));
	for (uint32_t i = 0; i < files->n && err == 0; i++)
		err = read_pattern(&r, files->v[i]);
	if (err == 0)
		err = check_size(&r);
	r.head.err = err;
	r.head.size = err < 0 ? 0 : r.head.size;
	err = fd_write_all(fd, &r.head, sizeof(r.head));
	for (uint32_t i = 0; i < r.env.n && err == 0 && r.head.err == 0; i++)
		err = fd_write_all(fd, r.env.v[i], strlen(r.env.v[i]) + 1);
	return err;
}
