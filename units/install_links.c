/* SPDX-License-Identifier: MIT */
#include "units/install_links.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_SIZE 4096

/* In order of precedence; the vendor's directories have no say in what is enabled. */
static const unsigned int writable[] = {
	DIRECTORY_ETC,
	DIRECTORY_RUN,
	DIRECTORY_FOREIGN_ETC,
	DIRECTORY_FOREIGN_RUN,
};

bool install_is_runtime(unsigned int directory)
{
	return directory == DIRECTORY_RUN || directory == DIRECTORY_FOREIGN_RUN;
}

int install_tell(struct install *in, enum diag_level level, int err, const char *fmt, ...)
{
	struct diag diag = { 0 };
	char text[sizeof(diag.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	diag_set(&diag, level, 0, "%s", text);
	in->errors += level == DIAG_ERROR;
	in->sink->emit(in->sink, &diag);
	return -err;
}

const char *install_base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- links that are there ---- */

static int add_link(struct install *in, unsigned int n, const char *parent, const char *name)
{
	const struct directories *d = &in->loader.directories;
	char target[PATH_SIZE];

	if (!directories_readlink(d, n, parent, name, target, sizeof(target)))
		return 0;
	if (in->n_links == in->room_links) {
		size_t room = in->room_links ? 2 * in->room_links : 64;
		struct install_link *links = reallocarray(in->links, room, sizeof(*links));

		if (!links)
			return -ENOMEM;
		in->links = links;
		in->room_links = room;
	}
	in->links[in->n_links] = (struct install_link){
		.directory = n,
		.parent = parent,
		.name = arena_strdup(&in->arena, name),
		.target = arena_strdup(&in->arena, target),
	};
	if (!in->links[in->n_links].name || !in->links[in->n_links].target)
		return -ENOMEM;
	in->n_links++;
	return 0;
}

static int add_links_of(struct install *in, struct directory_entry *e)
{
	const struct directory_list *list = directories_list(&in->loader.directories, e);
	int r = list ? 0 : -ENOMEM;

	for (size_t k = 0; k < ARRAY_SIZE(writable) && r == 0; k++) {
		/* The list has each name once, from the first directory; here they count one by one. */
		for (uint32_t i = 0; i < list->n && r == 0; i++)
			r = add_link(in, writable[k], e->name, list->v[i].name);
	}
	return r;
}

int install_find_links(struct install *in)
{
	struct directories *d = &in->loader.directories;
	int r = 0;

	for (uint32_t i = 0; i < d->n_buckets && r == 0; i++) {
		for (struct directory_entry *e = d->buckets[i]; e && r == 0; e = e->next) {
			if (str_ends(e->name, ".wants") || str_ends(e->name, ".requires")) {
				r = add_links_of(in, e);
				continue;
			}
			for (size_t k = 0; k < ARRAY_SIZE(writable) && r == 0; k++) {
				if (e->links & 1u << writable[k])
					r = add_link(in, writable[k], NULL, e->name);
			}
		}
	}
	return r;
}

/* ---- making links ---- */

static void link_path(char *buf, size_t size, const struct install *in, unsigned int directory,
		      const char *parent, const char *name)
{
	snprintf(buf, size, "%s%s%s%s", directory_path(&in->loader.directories, directory),
		 parent ? parent : "", parent ? "/" : "", name);
}

/*
 * Opens @path beneath the root, made where it is missing. In an image no link is followed: one
 * that leads to the build host's files would be written through.
 */
static int make_directory(const char *root, const char *path, int *out)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, follow = root[0] ? O_NOFOLLOW : 0;
	autoclose int fd = open(root[0] ? root : "/", flags);
	char part[PATH_SIZE];

	while (fd >= 0) {
		size_t n;
		int next;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0)
			break;
		if (n >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, n);
		part[n] = '\0';
		path += n;
		if (mkdirat(fd, part, 0755) < 0 && errno != EEXIST)
			return -errno;
		next = openat(fd, part, flags | follow);
		if (next < 0)
			return -errno;
		fd_close(&fd);
		fd = next;
	}
	if (fd < 0)
		return -errno;
	*out = fd_take(&fd);
	return 0;
}

/* 1: it leads there already. 0: it is free now. -EEXIST otherwise. */
static int make_room(int fd, const char *name, const char *target, bool force)
{
	char old[PATH_SIZE];
	ssize_t n = readlinkat(fd, name, old, sizeof(old) - 1);

	if (n < 0)
		return errno == ENOENT ? 0 : -EEXIST;
	old[n] = '\0';
	if (str_eq(old, target))
		return 1;
	if (!force)
		return -EEXIST;
	return unlinkat(fd, name, 0) < 0 ? -errno : 0;
}

int install_make_link(struct install *in, const char *parent, const char *name, const char *target,
		      bool force)
{
	unsigned int directory = in->runtime ? DIRECTORY_RUN : DIRECTORY_ETC;
	char path[PATH_SIZE], where[PATH_SIZE];
	autoclose int fd = -1;
	int r;

	link_path(path, sizeof(path), in, directory, parent, name);
	link_path(where, sizeof(where), in, directory, parent, "");
	r = make_directory(in->root, where, &fd);
	if (r == 0)
		r = make_room(fd, name, target, force || in->force);
	if (r == -EEXIST)
		return install_tell(in, DIAG_ERROR, EEXIST,
				    "%s is there already and is no link to %s", path, target);
	if (r == 0 && symlinkat(target, fd, name) < 0)
		r = -errno;
	if (r < 0)
		return install_tell(in, DIAG_ERROR, -r, "cannot link %s: %s", path, diag_errno(-r));
	if (r == 0)
		in->changed(in, path, target);
	return 0;
}

/* ---- removing links ---- */

int install_remove_link(struct install *in, struct install_link *link)
{
	const struct directories *d = &in->loader.directories;
	char path[PATH_SIZE];
	autoclose int parent = -1;
	int fd = d->fd[link->directory];

	link_path(path, sizeof(path), in, link->directory, link->parent, link->name);
	if (link->parent) {
		parent = openat(fd, link->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		fd = parent;
	}
	if (fd < 0 || unlinkat(fd, link->name, 0) < 0)
		return install_tell(in, DIAG_ERROR, errno, "cannot remove %s: %s", path,
				    diag_errno(errno));
	link->gone = true;
	in->changed(in, path, NULL);
	/* The last one takes the directory along; if others are left, that fails, as it should. */
	if (link->parent)
		unlinkat(d->fd[link->directory], link->parent, AT_REMOVEDIR);
	return 0;
}
