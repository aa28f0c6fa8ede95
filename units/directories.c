/* SPDX-License-Identifier: MIT */
#include "units/directories.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PATH_SIZE   4096
#define BUCKETS_MIN 64

static const struct {
	const char *path;
	bool foreign;
} standard[DIRECTORY_STANDARD] = {
	{ "/etc/berth/units/", false },	    { "/run/berth/units/", false },
	{ "/usr/lib/berth/units/", false }, { "/etc/systemd/system/", true },
	{ "/run/systemd/system/", true },   { "/usr/lib/systemd/system/", true },
	{ "/lib/systemd/system/", true },
};

const char *directory_path(const struct directories *d, unsigned int n)
{
	return n < DIRECTORY_EXTRA ? d->extra[n].path : standard[n - DIRECTORY_EXTRA].path;
}

bool directory_is_foreign(const struct directories *d, unsigned int n)
{
	return n < DIRECTORY_EXTRA ? d->extra[n].foreign : standard[n - DIRECTORY_EXTRA].foreign;
}

void directories_init(struct directories *d, const char *root)
{
	*d = (struct directories){ .root = root, .root_fd = -1 };
	for (int i = 0; i < DIRECTORY_COUNT; i++)
		d->fd[i] = -1;
}

int directories_add(struct directories *d, const char *path)
{
	unsigned int n = 0;
	char *real;

	while (n < DIRECTORY_EXTRA && d->extra[n].path)
		n++;
	if (n == DIRECTORY_EXTRA)
		return -ENOSPC;
	real = realpath(path[0] ? path : ".", NULL);
	if (!real)
		return -errno;
	d->extra[n].path = path;
	d->extra[n].foreign = str_ends(real, "/systemd/system");
	free(real);
	return 0;
}

void directories_forget(struct directories *d)
{
	for (int i = 0; i < DIRECTORY_COUNT; i++)
		fd_close(&d->fd[i]);
	fd_close(&d->root_fd);
	free(d->buckets);
	d->buckets = NULL;
	d->n_buckets = d->n_entries = 0;
	d->read = d->any_dropins = false;
	arena_free(&d->arena);
}

/*
 * Beneath an offline root, absolute links must lead into that root, not into the build host's
 * files: RESOLVE_IN_ROOT (openat2(2)). Kernels and containers without that call fall back to the
 * path as it is. Without a root an ordinary open is the same and cheaper.
 */
static int open_path(const struct directories *d, const char *path, int flags)
{
	int fd = -ENOSYS;

	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	if (d->root_fd >= 0)
		fd = sys_openat2(d->root_fd, path, (uint64_t)flags, 0, RESOLVE_IN_ROOT);
	if (fd != -ENOSYS && fd != -EPERM)
		return fd;
	if (d->root_fd >= 0)
		fd = openat(d->root_fd, path + strspn(path, "/"), flags);
	else
		fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static bool same_directory(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* Listing one twice (/lib is a link to /usr/lib on most systems) would only cost. */
static bool is_open(const struct directories *d, int fd)
{
	for (int i = 0; i < DIRECTORY_COUNT; i++) {
		if (d->fd[i] >= 0 && same_directory(d->fd[i], fd))
			return true;
	}
	return false;
}

static void open_directories(struct directories *d)
{
	for (int i = 0; i < DIRECTORY_EXTRA && d->extra[i].path; i++)
		d->fd[i] = open(d->extra[i].path[0] ? d->extra[i].path : ".",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->only_extra)
		return;
	if (d->root[0])
		d->root_fd = open(d->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->root[0] && d->root_fd < 0)
		return;
	for (unsigned int i = DIRECTORY_EXTRA; i < DIRECTORY_COUNT; i++) {
		int fd = open_path(d, directory_path(d, i), O_RDONLY | O_DIRECTORY);

		if (fd < 0 && fd != -ENOENT)
			d->error[i] = fd;
		if (fd >= 0 && is_open(d, fd))
			fd_close(&fd);
		d->fd[i] = fd < 0 ? -1 : fd;
	}
}

static struct directory_entry **bucket_of(const struct directories *d, const char *name)
{
	return &d->buckets[str_hash(name) % d->n_buckets];
}

struct directory_entry *directories_find(const struct directories *d, const char *name)
{
	struct directory_entry *e = d->n_buckets ? *bucket_of(d, name) : NULL;

	while (e && !str_eq(e->name, name))
		e = e->next;
	return e;
}

static int rehash(struct directories *d)
{
	uint32_t old_count = d->n_buckets;
	struct directory_entry **old = d->buckets;

	d->n_buckets = old_count ? old_count * 4 : BUCKETS_MIN;
	d->buckets = calloc(d->n_buckets, sizeof(struct directory_entry *));
	if (!d->buckets) {
		d->buckets = old;
		d->n_buckets = old_count;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < old_count; i++) {
		struct directory_entry *next;

		for (struct directory_entry *e = old[i]; e; e = next) {
			struct directory_entry **bucket = bucket_of(d, e->name);

			next = e->next;
			e->next = *bucket;
			*bucket = e;
		}
	}
	free(old);
	return 0;
}

static int add_entry(struct directories *d, int n, const struct dirent *de)
{
	struct directory_entry *e, **bucket;

	if (de->d_name[0] == '.' || !strchr(de->d_name, '.'))
		return 0;
	e = directories_find(d, de->d_name);
	if (!e) {
		if (d->n_entries >= d->n_buckets && rehash(d) < 0)
			return -ENOMEM;
		e = arena_alloc(&d->arena, sizeof(*e));
		if (!e)
			return -ENOMEM;
		e->name = arena_strdup(&d->arena, de->d_name);
		if (!e->name)
			return -ENOMEM;
		bucket = bucket_of(d, e->name);
		e->next = *bucket;
		*bucket = e;
		d->n_entries++;
	}
	e->present |= (uint16_t)(1 << n);
	/* Where the type is not told, it may be a link: readlink() will say. */
	if (de->d_type == DT_LNK || de->d_type == DT_UNKNOWN)
		e->links |= (uint16_t)(1 << n);
	if (str_ends(de->d_name, ".d"))
		d->any_dropins = true;
	return 0;
}

int directories_read(struct directories *d)
{
	int r = 0;

	if (d->read)
		return 0;
	open_directories(d);
	for (int i = 0; i < DIRECTORY_COUNT && r == 0; i++) {
		int fd = d->fd[i] < 0 ? -1
				      : openat(d->fd[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *dir = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *de;

		if (!dir) {
			if (d->fd[i] >= 0)
				d->error[i] = -errno;
			fd_close(&fd);
			continue;
		}
		while (r == 0 && (errno = 0, de = readdir(dir)))
			r = add_entry(d, i, de);
		if (r == 0 && errno)
			d->error[i] = -errno;
		closedir(dir);
	}
	if (r < 0) {
		directories_forget(d);
		return r;
	}
	d->read = true;
	return 0;
}

static bool join(char *buf, size_t size, const char *parent, const char *name)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	if (parent) {
		strbuf_put(&b, parent);
		strbuf_put(&b, "/");
	}
	strbuf_put(&b, name);
	return !b.cut;
}

int directories_open(const struct directories *d, unsigned int n, const char *parent,
		     const char *name)
{
	char relative[PATH_SIZE], full[PATH_SIZE];
	int fd;

	if (!join(relative, sizeof(relative), parent, name))
		return -ENAMETOOLONG;
	if (d->root_fd < 0 || n < DIRECTORY_EXTRA) {
		fd = openat(d->fd[n], relative, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		return fd < 0 ? -errno : fd;
	}
	if (!join(full, sizeof(full), directory_path(d, n), relative))
		return -ENAMETOOLONG;
	return open_path(d, full, O_RDONLY);
}

void directory_file_path(const struct directories *d, unsigned int n, const char *parent,
			 const char *name, char *buf, size_t size)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	strbuf_put(&b, n < DIRECTORY_EXTRA ? "" : d->root);
	strbuf_put(&b, directory_path(d, n));
	if (parent) {
		strbuf_put(&b, parent);
		strbuf_put(&b, "/");
	}
	strbuf_put(&b, name);
}

bool directories_readlink(const struct directories *d, unsigned int n, const char *parent,
			  const char *name, char *buf, size_t size)
{
	char relative[PATH_SIZE];
	ssize_t len;

	if (!join(relative, sizeof(relative), parent, name))
		return false;
	len = readlinkat(d->fd[n], relative, buf, size - 1);
	if (len < 0)
		return false;
	buf[len] = '\0';
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct directory_item *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : (int)x->directory - (int)y->directory;
}

static int add_item(struct directories *d, struct directory_list *list, unsigned int n,
		    const char *parent, const struct dirent *de)
{
	char target[sizeof("/dev/null") + 1];
	struct directory_item *item;

	if (de->d_name[0] == '.')
		return 0;
	if (list->n == list->room) {
		uint32_t room = list->room ? list->room * 2 : 8;
		struct directory_item *v = arena_alloc(&d->arena, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		if (list->n)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->room = room;
	}
	item = &list->v[list->n++];
	*item = (struct directory_item){ .parent = parent, .directory = (uint8_t)n };
	item->name = arena_strdup(&d->arena, de->d_name);
	item->masked = (de->d_type == DT_LNK || de->d_type == DT_UNKNOWN) &&
		       directories_readlink(d, n, parent, de->d_name, target, sizeof(target)) &&
		       str_eq(target, "/dev/null");
	return item->name ? 0 : -ENOMEM;
}

static int list_one(struct directories *d, struct directory_list *list, unsigned int n,
		    const char *name)
{
	int fd = directories_open(d, n, NULL, name), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	int err = fd < 0 ? fd : dir ? 0 : -errno;

	while (dir && r == 0 && (errno = 0, de = readdir(dir)))
		r = add_item(d, list, n, name, de);
	if (dir && r == 0)
		err = -errno;
	/* A link to itself, no access, a bad disk, a file: what it would have said matters, and is missed. */
	if (err < 0 && err != -ENOENT && err != -ENOMEM) {
		list->error = err;
		list->failed = n;
	}
	if (dir)
		closedir(dir);
	else
		fd_close(&fd);
	return r;
}

const struct directory_list *directories_list(struct directories *d, struct directory_entry *entry)
{
	struct directory_list *list;
	uint32_t kept = 0;

	if (entry->listing)
		return entry->listing;
	list = arena_alloc(&d->arena, sizeof(*list));
	if (!list)
		return NULL;
	for (unsigned int n = 0; n < DIRECTORY_COUNT; n++) {
		if (entry->present & 1 << n && list_one(d, list, n, entry->name) < 0)
			return NULL;
	}
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_name);
	/* The same name in a directory of less precedence does not count. */
	for (uint32_t i = 0; i < list->n; i++) {
		if (i == 0 || !str_eq(list->v[i].name, list->v[kept - 1].name))
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
	entry->listing = list;
	return list;
}
