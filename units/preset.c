/* SPDX-License-Identifier: MIT */
#include "units/preset.h"

#include "lib/fd.h"
#include "lib/match.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "units/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>

#define FILE_MAX  65536 /* bytes of a preset file */
#define WORDS_MAX 64
#define SPACES	  " \t\r"

static const char *const directories[] = {
	"/etc/berth/preset",	      "/run/berth/preset",
	"/usr/lib/berth/preset",      "/etc/systemd/system-preset",
	"/run/systemd/system-preset", "/usr/lib/systemd/system-preset",
	"/lib/systemd/system-preset",
};

/* A file that was found: which directory has it first. */
struct found {
	const char *name;
	size_t directory;
};

struct reading {
	struct presets *presets;
	struct diag_sink *sink;
	const char *root;
	int root_fd;
	struct found *files;
	size_t n, room;
};

/* Absolute links of an image lead into the image. */
static int open_in_root(const struct reading *r, const char *path, int flags)
{
	int fd;

	flags |= O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	fd = sys_openat2(r->root_fd, path, (uint64_t)flags, 0, RESOLVE_IN_ROOT);
	if (fd != -ENOSYS && fd != -EPERM)
		return fd;
	fd = openat(r->root_fd, path + 1, flags);
	return fd < 0 ? -errno : fd;
}

static int add_file(struct reading *r, const char *name, size_t directory)
{
	for (size_t i = 0; i < r->n; i++) {
		if (str_eq(r->files[i].name, name))
			return 0;
	}
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		struct found *files = reallocarray(r->files, room, sizeof(*files));

		if (!files)
			return -ENOMEM;
		r->files = files;
		r->room = room;
	}
	name = arena_strdup(&r->presets->arena, name);
	if (!name)
		return -ENOMEM;
	r->files[r->n++] = (struct found){ name, directory };
	return 0;
}

static int find_files(struct reading *r, size_t directory)
{
	int fd = open_in_root(r, directories[directory], O_DIRECTORY), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (err == 0 && (de = readdir(dir))) {
		if (str_ends(de->d_name, ".preset") && de->d_name[0] != '.')
			err = add_file(r, de->d_name, directory);
	}
	closedir(dir);
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static int add_rule(struct presets *p, enum preset_action action, char **words, size_t n)
{
	const char **instances = NULL;

	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 32;
		struct preset_rule *rules = reallocarray(p->rules, room, sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		p->rules = rules;
		p->room = room;
	}
	if (n > 1) {
		instances = arena_alloc(&p->arena, n * sizeof(*instances));
		if (!instances)
			return -ENOMEM;
		for (size_t i = 1; i < n; i++) {
			instances[i - 1] = arena_strdup(&p->arena, words[i]);
			if (!instances[i - 1])
				return -ENOMEM;
		}
	}
	p->rules[p->n] =
		(struct preset_rule){ action, arena_strdup(&p->arena, words[0]), instances };
	return p->rules[p->n++].pattern ? 0 : -ENOMEM;
}

/* "enable PATTERN [INSTANCE...]", "disable PATTERN", "ignore PATTERN". 0, -ENOMEM, -EINVAL. */
static int read_line(struct presets *p, char *line)
{
	static const char *const actions[] = { "enable", "disable", "ignore" };
	char *words[WORDS_MAX], *save = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, SPACES, &save); w; w = strtok_r(NULL, SPACES, &save)) {
		if (n == WORDS_MAX)
			return -EINVAL;
		words[n++] = w;
	}
	if (n == 0 || strchr("#;", words[0][0]))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(actions) && n > 1; i++) {
		if (str_eq(words[0], actions[i]))
			return n > 2 && i != PRESET_ENABLE
				       ? -EINVAL
				       : add_rule(p, (enum preset_action)i, words + 1, n - 1);
	}
	return -EINVAL;
}

static void tell(const struct reading *r, const char *path, unsigned int line, const char *text)
{
	struct diag diag = { 0 };
	char full[4096];

	snprintf(full, sizeof(full), "%s%s", r->root, path);
	diag_set(&diag, DIAG_ERROR, 0, "%s", text);
	diag_place(&diag, full, line, NULL);
	r->sink->emit(r->sink, &diag);
}

/* By the link itself: an image need not have a /dev/null. */
static bool is_masked(const struct reading *r, const struct found *f)
{
	autoclose int dir = open_in_root(r, directories[f->directory], O_DIRECTORY);
	char target[sizeof("/dev/null") + 1];
	ssize_t n = dir < 0 ? -1 : readlinkat(dir, f->name, target, sizeof(target));

	return n == (ssize_t)strlen("/dev/null") && !memcmp(target, "/dev/null", (size_t)n);
}

static int read_file(const struct reading *r, const struct found *f)
{
	char path[4096], *rest;
	unsigned int line = 0;
	autoclose int fd = -1;
	ssize_t n;

	if (is_masked(r, f))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", directories[f->directory], f->name);
	fd = open_in_root(r, path, 0);
	if (fd < 0) {
		tell(r, path, 0, diag_errno(-fd));
		return 0;
	}
	autofree char *text = malloc(FILE_MAX + 1);

	if (!text)
		return -ENOMEM;
	n = read(fd, text, FILE_MAX + 1);
	if (n < 0 || n > FILE_MAX) {
		tell(r, path, 0, n < 0 ? diag_errno(errno) : "file larger than 64 KiB");
		return 0;
	}
	text[n] = '\0';
	rest = text;
	for (char *s; (s = strsep(&rest, "\n"));) {
		int err = read_line(r->presets, s);

		line++;
		if (err == -ENOMEM)
			return err;
		if (err < 0)
			tell(r, path, line,
			     "not \"enable\", \"disable\" or \"ignore\" with a pattern");
	}
	return 0;
}

int presets_read(struct presets *p, const char *root, struct diag_sink *sink)
{
	struct reading r = { .presets = p, .sink = sink, .root = root };
	autoclose int fd = open(root[0] ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	*p = (struct presets){ 0 };
	r.root_fd = fd;
	for (size_t i = 0; i < ARRAY_SIZE(directories) && err == 0; i++)
		err = find_files(&r, i);
	if (r.n > 0)
		qsort(r.files, r.n, sizeof(*r.files), by_name);
	for (size_t i = 0; i < r.n && err == 0; i++)
		err = read_file(&r, &r.files[i]);
	free(r.files);
	return err;
}

void presets_free(struct presets *p)
{
	arena_free(&p->arena);
	free(p->rules);
	*p = (struct presets){ 0 };
}

/* A rule with instances is for the template itself and for those instances. */
static bool fits(const struct preset_rule *rule, const char *name)
{
	char template[UNIT_NAME_MAX + 1], instance[UNIT_NAME_MAX + 1];

	if (match_text(rule->pattern, name, MATCH_NO_ESCAPE))
		return true;
	if (!rule->instances || !unit_name_template(name, template, sizeof(template)) ||
	    !match_text(rule->pattern, template, MATCH_NO_ESCAPE) ||
	    !unit_name_instance(name, instance, sizeof(instance)))
		return false;
	for (const char *const *i = rule->instances; *i; i++) {
		if (str_eq(*i, instance))
			return true;
	}
	return false;
}

const struct preset_rule *presets_find(const struct presets *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		if (fits(&p->rules[i], name))
			return &p->rules[i];
	}
	return NULL;
}
