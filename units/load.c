/* SPDX-License-Identifier: MIT */
#include "units/load.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "units/builtin.h"
#include "units/check.h"
#include "units/manager.h"
#include "units/fstab.h"
#include "units/name.h"
#include "units/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define ALIAS_HOPS 16
#define PATH_SIZE  4096
/* Drop-in directories of one unit: its own, its template's, one per dash in the name, its type's. */
#define DROPIN_NAMES 64

void loader_init(struct loader *l, const char *root, struct diag_sink *sink)
{
	*l = (struct loader){ .draft = { .sink = sink, .specifiers = { .root = root } } };
	directories_init(&l->directories, root);
}

void loader_forget(struct loader *l)
{
	directories_forget(&l->directories);
	draft_reset(&l->draft, NULL, 0);
	free(l->buf);
	l->buf = NULL;
	l->buf_size = 0;
	free(l->fstab);
	l->fstab = NULL;
}

/* The file that describes @name: its own, else its template's. NULL if there is none. */
static const struct directory_entry *main_entry(const struct loader *l, const char *name)
{
	const struct directory_entry *e = directories_find(&l->directories, name);
	char template[UNIT_NAME_MAX + 1];

	if (!e && unit_name_template(name, template, sizeof(template)))
		e = directories_find(&l->directories, template);
	return e;
}

static unsigned int first_directory(const struct directory_entry *e)
{
	return (unsigned int)__builtin_ctz(e->present);
}

/* True when @name is a link to a unit file of another name, which is put into @id. */
static bool is_alias(const struct loader *l, const char *name, char *id)
{
	const struct directory_entry *e = directories_find(&l->directories, name);
	char target[PATH_SIZE];
	const char *base;
	unsigned int n;

	if (!e)
		return false;
	n = first_directory(e);
	if (!(e->links & 1 << n) ||
	    !directories_readlink(&l->directories, n, NULL, name, target, sizeof(target)))
		return false;
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (str_eq(base, name) || unit_type_of_name(base) != unit_type_of_name(name))
		return false;
	/* "getty@tty1.service -> getty@.service" is an instance, and a link out of all directories a unit of its own. */
	if (unit_name_is_template(base) && !unit_name_is_template(name)) {
		char instance[UNIT_NAME_MAX + 1], full[UNIT_NAME_MAX + 1];

		if (!unit_name_instance(name, instance, sizeof(instance)) ||
		    !unit_name_replace_instance(base, instance, full, sizeof(full)) ||
		    str_eq(full, name))
			return false;
		return instance[0] && directories_find(&l->directories, base) &&
		       str_copy(id, UNIT_NAME_MAX + 1, full);
	}
	/* Berth's own have no file: default.target -> rescue.target leads nowhere and is an alias all the same. */
	return (directories_find(&l->directories, base) || builtin_find(base)) &&
	       str_copy(id, UNIT_NAME_MAX + 1, base);
}

static void tell(struct loader *l, const char *path, const char *what)
{
	struct diag diag = { 0 };

	diag_set(&diag, DIAG_ERROR, 0, "%s", what);
	diag_place(&diag, path, 0, NULL);
	if (l->draft.sink)
		l->draft.sink->emit(l->draft.sink, &diag);
}

/* Lists the directories; one that is there and cannot be read is told: its units are missed. */
static int read_directories(struct loader *l)
{
	struct directories *d = &l->directories;
	int r = directories_read(d);

	for (unsigned int n = 0; n < DIRECTORY_COUNT; n++) {
		char path[PATH_SIZE];

		if (!d->error[n])
			continue;
		directory_file_path(d, n, NULL, "", path, sizeof(path));
		tell(l, path, diag_errno(-d->error[n]));
		d->error[n] = 0;
	}
	return r;
}

int loader_resolve(struct loader *l, const char *name, char *id)
{
	const struct builtin_unit *b;
	int r = read_directories(l);

	if (r < 0)
		return r;
	if (unit_type_of_name(name) < 0 || !str_copy(id, UNIT_NAME_MAX + 1, name))
		return -EINVAL;
	for (int hops = 0; hops < ALIAS_HOPS; hops++) {
		char next[UNIT_NAME_MAX + 1];

		if (is_alias(l, id, next)) {
			str_copy(id, UNIT_NAME_MAX + 1, next);
			continue;
		}
		b = main_entry(l, id) ? NULL : builtin_find(id);
		if (!b || !b->alias)
			return 0;
		str_copy(id, UNIT_NAME_MAX + 1, b->alias);
	}
	return -ELOOP;
}

enum content {
	CONTENT_TEXT,
	CONTENT_MASKED,
};

/* Any change of a file's content, place or owner changes what is mixed in here (inode(7) ctime). */
static uint32_t stamp_of(uint32_t stamp, const struct stat *st)
{
	const uint64_t parts[] = { st->st_ino, (uint64_t)st->st_size, (uint64_t)st->st_ctim.tv_sec,
				   (uint64_t)st->st_ctim.tv_nsec };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		stamp = (stamp ^ (uint32_t)parts[i]) * 16777619u;
		stamp = (stamp ^ (uint32_t)(parts[i] >> 32)) * 16777619u;
	}
	return stamp;
}

/*
 * Reads a whole regular file; the null device and an empty file mean "masked". Anything else could
 * block or never end (a FIFO, a device): it is refused by its type, after a non-blocking open.
 */
static int read_content(struct loader *l, int fd, size_t *len, enum content *content)
{
	struct stat st;
	size_t have = 0;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	*content = CONTENT_MASKED;
	*len = 0;
	l->draft.stamp = stamp_of(l->draft.stamp, &st);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	if (st.st_size > (off_t)TEXT_MAX)
		return -EFBIG;
	if ((size_t)st.st_size + 1 > l->buf_size) {
		size_t size = (size_t)st.st_size + 4096;
		char *buf = realloc(l->buf, size);

		if (!buf)
			return -ENOMEM;
		l->buf = buf;
		l->buf_size = size;
	}
	/* A file that grows while it is read is read as far as it was long at first. */
	while (have < (size_t)st.st_size) {
		n = read(fd, l->buf + have, (size_t)st.st_size - have);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*len = have;
	*content = have ? CONTENT_TEXT : CONTENT_MASKED;
	return 0;
}

static const char *file_problem(int r)
{
	if (r == -ENOTSUP)
		return "not a regular file";
	if (r == -EFBIG)
		return "file larger than 1 MiB";
	if (r == -E2BIG)
		return "more than 255 files for one unit";
	return diag_errno(-r);
}

/* A file that could not be read at all: told, and the unit is lost. */
static void unreadable(struct loader *l, const char *path, int r)
{
	struct draft *d = &l->draft;
	struct diag diag = { 0 };

	diag_set(&diag, DIAG_ERROR, 0, "%s", file_problem(r));
	diag_place(&diag, path, 0, NULL);
	if (!d->bad)
		diag_format(&diag, d->error, sizeof(d->error));
	d->bad = true;
	tell(l, path, file_problem(r));
}

/* By the link itself: an offline root need not have a /dev/null. */
static bool is_masked(const struct loader *l, const struct directory_entry *e, unsigned int n)
{
	char target[sizeof("/dev/null") + 1];

	return e->links & 1 << n &&
	       directories_readlink(&l->directories, n, NULL, e->name, target, sizeof(target)) &&
	       str_eq(target, "/dev/null");
}

/* Reads one file into the draft; LOAD_LOADED, or what the unit becomes by it. */
static int read_file(struct loader *l, unsigned int directory, const char *parent, const char *name,
		     enum load_state *state)
{
	char path[PATH_SIZE];
	enum content content = CONTENT_MASKED;
	autoclose int fd = directories_open(&l->directories, directory, parent, name);
	size_t len = 0;
	int r = fd < 0 ? fd : read_content(l, fd, &len, &content);

	*state = LOAD_LOADED;
	directory_file_path(&l->directories, directory, parent, name, path, sizeof(path));
	if (r < 0 && r != -ENOMEM) {
		unreadable(l, path, r);
		*state = LOAD_ERROR;
		return 0;
	}
	if (r == 0 && content == CONTENT_MASKED)
		*state = LOAD_MASKED;
	if (r < 0 || content == CONTENT_MASKED)
		return r;
	r = draft_read(&l->draft, path, directory_is_foreign(&l->directories, directory),
		       parent != NULL, l->buf, len);
	if (r == -E2BIG)
		unreadable(l, path, r);
	if (r == -EBADMSG || r == -E2BIG) {
		*state = LOAD_ERROR;
		return 0;
	}
	return r;
}

/* Names of the drop-in directories of @name, most specific first; returns how many exist. */
static int dropin_names(const struct loader *l, const char *name, struct directory_entry **out)
{
	char base[UNIT_NAME_MAX + 1], text[UNIT_NAME_MAX + 8];
	const char *suffix = unit_name_suffix(name);
	size_t prefix;
	int n = 0;

#define TRY(...)                                                                                   \
	do {                                                                                       \
		const char *parts[] = { __VA_ARGS__, ".d" };                                       \
		struct strbuf b = STRBUF_INIT(text);                                               \
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)                                     \
			strbuf_put(&b, parts[i]);                                                  \
		out[n] = b.cut ? NULL : directories_find(&l->directories, text);                   \
		n += out[n] != NULL;                                                               \
	} while (0)

	TRY(name);
	str_copy(base, sizeof(base), name);
	if (unit_name_template(name, base, sizeof(base)))
		TRY(base);
	/* foo-bar-baz.service: foo-bar-.service.d, foo-.service.d (systemd.unit(5)) */
	prefix = strcspn(base, "@");
	if (base[prefix] == '\0')
		prefix = (size_t)(unit_name_suffix(base) - base);
	while (prefix > 0 && n < DROPIN_NAMES - 1) {
		prefix--;
		if (base[prefix] != '-' || base[prefix + 1] == '\0')
			continue;
		base[prefix + 1] = '\0';
		if (base + prefix + 1 != name + (suffix - name))
			TRY(base, suffix);
	}
	TRY(suffix + 1);
#undef TRY
	return n;
}

static int by_file_name(const void *a, const void *b)
{
	const struct directory_item *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : (int)x->rank - (int)y->rank;
}

/* All drop-ins in the order of their file names; of equal names the most specific alone counts. */
static int read_dropins(struct loader *l, const char *name, enum load_state *state)
{
	struct directory_entry *entries[DROPIN_NAMES];
	struct directory_list all = { 0 };
	int n, r = 0;

	if (!l->directories.any_dropins)
		return 0;
	n = dropin_names(l, name, entries);
	for (int i = 0; i < n; i++) {
		const struct directory_list *list = directories_list(&l->directories, entries[i]);

		if (!list)
			return -ENOMEM;
		if (list->error) {
			char path[PATH_SIZE];

			directory_file_path(&l->directories, list->failed, NULL, entries[i]->name,
					    path, sizeof(path));
			unreadable(l, path, list->error);
			*state = LOAD_ERROR;
		}
		all.room += list->n;
	}
	all.v = arena_alloc(&l->draft.arena, all.room * sizeof(*all.v) + 1);
	if (!all.v)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		const struct directory_list *list = entries[i]->listing;

		for (uint32_t k = 0; k < list->n; k++) {
			if (!str_ends(list->v[k].name, ".conf"))
				continue;
			all.v[all.n] = list->v[k];
			all.v[all.n++].rank = (uint8_t)i;
		}
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), by_file_name);
	for (uint32_t i = 0; i < all.n && r == 0 && *state == LOAD_LOADED; i++) {
		const struct directory_item *item = &all.v[i];
		enum load_state one;

		if (item->masked || (i > 0 && str_eq(item->name, item[-1].name)))
			continue;
		r = read_file(l, item->directory, item->parent, item->name, &one);
		if (r == 0 && one != LOAD_MASKED)
			*state = one;
	}
	return r;
}

/* Larger ones do not exist. */
#define FSTAB_MAX ((size_t)256 << 10)

const char *loader_fstab(struct loader *l)
{
	char path[PATH_SIZE];
	ssize_t n = 0;

	if (l->fstab)
		return l->fstab;
	l->fstab = malloc(FSTAB_MAX);
	if (!l->fstab)
		return "";
	if ((size_t)snprintf(path, sizeof(path), "%s/etc/fstab", l->directories.root) <
	    sizeof(path))
		n = fd_read_file_at(AT_FDCWD, path, l->fstab, FSTAB_MAX);
	if (n < 0 && n != -ENOENT)
		tell(l, path, n == -E2BIG ? "file larger than 256 KiB" : diag_errno((int)-n));
	l->fstab[n > 0 ? n : 0] = '\0';
	return l->fstab;
}

static bool find_in_fstab(struct loader *l, const char *id, struct fstab_entry *e)
{
	const char *at = loader_fstab(l);

	while (fstab_next(&at, e))
		if (str_eq(e->name, id))
			return true;
	return false;
}

bool loader_has_mount(struct loader *l, const char *id)
{
	struct fstab_entry e;

	return main_entry(l, id) || find_in_fstab(l, id, &e);
}

/* 1: it is there and was read. */
static int read_fstab(struct loader *l, const char *id)
{
	char text[4096];
	struct fstab_entry e;
	int r;

	if (!find_in_fstab(l, id, &e) || !fstab_unit(&e, text, sizeof(text)))
		return 0;
	r = draft_read(&l->draft, "/etc/fstab", false, false, text, strlen(text));
	return r < 0 ? r : 1;
}

static int read_main(struct loader *l, const char *id, enum load_state *state, bool *builtin)
{
	char path[1024];
	const struct directory_entry *e = main_entry(l, id);
	const struct builtin_unit *b;

	if (e && is_masked(l, e, first_directory(e))) {
		*state = LOAD_MASKED;
		return 0;
	}
	if (e)
		return read_file(l, first_directory(e), NULL, e->name, state);
	*state = LOAD_NOT_FOUND;
	if (l->draft.type == UNIT_MOUNT || l->draft.type == UNIT_SWAP) {
		int r = read_fstab(l, id);

		if (r > 0)
			*state = LOAD_LOADED;
		return r < 0 ? r : 0;
	}
	b = builtin_find(id);
	if (!b && (l->draft.type != UNIT_SLICE || !unit_name_slice_path(id, path, sizeof(path))))
		return 0;
	/* Any slice exists by being named (systemd.slice(5)). */
	*state = LOAD_LOADED;
	*builtin = true;
	return b ? draft_read(&l->draft, "(built-in)", false, false, b->text, strlen(b->text)) : 0;
}

bool loader_is_written(struct loader *l, const char *id)
{
	char dropins[UNIT_NAME_MAX + 8];
	struct strbuf b = STRBUF_INIT(dropins);

	strbuf_put(&b, id);
	strbuf_put(&b, ".d");
	return directories_read(&l->directories) == 0 &&
	       (main_entry(l, id) || directories_find(&l->directories, dropins));
}

bool loader_file(struct loader *l, const char *id, unsigned int *directory, const char **file)
{
	const struct directory_entry *e =
		directories_read(&l->directories) < 0 ? NULL : main_entry(l, id);

	if (!e)
		return false;
	*directory = first_directory(e);
	*file = e->name;
	return true;
}

struct unit *loader_load(struct loader *l, const char *id)
{
	struct draft *d = &l->draft;
	enum load_state state = LOAD_ERROR;
	bool builtin = false;
	int type = unit_type_of_name(id), r;
	const struct directory_entry *e;
	struct unit *u;

	if (type < 0)
		return NULL;
	draft_reset(d, id, unit_type_sections((enum unit_type)type));
	d->type = (enum unit_type)type;
	r = read_directories(l);
	if (r == 0)
		r = read_main(l, id, &state, &builtin);
	if (r == 0 && state == LOAD_LOADED)
		r = read_dropins(l, id, &state);
	if (r < 0)
		return NULL;
	if (state == LOAD_LOADED) {
		draft_settle(d);
		check_draft(d);
	}
	u = draft_pack(d);
	if (!u)
		return NULL;
	if (state != LOAD_LOADED)
		u->load_state = state;
	/* What cannot even be read is still whose directory it is in. */
	if (u->files.n == 0 && (e = main_entry(l, id)))
		u->foreign = directory_is_foreign(&l->directories, first_directory(e));
	u->builtin = builtin;
	if (builtin && u->files.n <= 1)
		u->path = NULL;
	return u;
}

struct unit *loader_missing(struct loader *l, const char *id)
{
	int type = unit_type_of_name(id);
	struct unit *u;

	if (type < 0)
		return NULL;
	draft_reset(&l->draft, id, 0);
	l->draft.type = (enum unit_type)type;
	u = draft_pack(&l->draft);
	if (u)
		u->load_state = LOAD_NOT_FOUND;
	return u;
}

const struct directory_list *loader_links(struct loader *l, const char *id, const char *suffix)
{
	char text[UNIT_NAME_MAX + 16];
	struct strbuf b = STRBUF_INIT(text);
	const struct directory_list *list;
	struct directory_entry *e;

	strbuf_put(&b, id);
	strbuf_put(&b, suffix);
	e = directories_read(&l->directories) < 0 ? NULL : directories_find(&l->directories, text);
	list = e ? directories_list(&l->directories, e) : NULL;
	if (list && list->error) {
		char path[PATH_SIZE];

		directory_file_path(&l->directories, list->failed, NULL, text, path, sizeof(path));
		tell(l, path, diag_errno(-list->error));
	}
	return list;
}

int settings_load_file(const char *path, uint32_t sections, struct diag_sink *sink,
		       struct region *memory, struct unit **out)
{
	struct loader l;
	enum content content;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	int r;

	*out = NULL;
	if (fd < 0)
		return -errno;
	loader_init(&l, "", sink);
	l.draft.memory = memory;
	draft_reset(&l.draft, NULL, sections);
	r = read_content(&l, fd, &len, &content);
	if (r < 0)
		unreadable(&l, path, r);
	else
		r = draft_read(&l.draft, path, false, false, len ? l.buf : "", len);
	if (r == 0) {
		draft_settle(&l.draft);
		r = l.draft.bad ? -EBADMSG : 0;
	}
	if (r == 0) {
		*out = draft_pack(&l.draft);
		r = *out ? 0 : -ENOMEM;
	}
	loader_forget(&l);
	return r;
}
