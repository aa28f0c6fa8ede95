/* SPDX-License-Identifier: MIT */
#include "init/path_check.h"

#include "lib/match.h"
#include "lib/str.h"
#include "units/unit.h"

#include <dirent.h>
#include <errno.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF	(IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)
#define ENTRIES (IN_CREATE | IN_MOVED_TO)
#define CHANGES (SELF | ENTRIES | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM)

static const struct {
	enum key key;
	uint32_t mask; /* of the path itself */
} types[PATH_TYPES] = {
	[PATH_EXISTS] = { K_PathExists, SELF },
	[PATH_EXISTS_GLOB] = { K_PathExistsGlob, SELF },
	[PATH_CHANGED] = { K_PathChanged, CHANGES },
	[PATH_MODIFIED] = { K_PathModified, CHANGES | IN_MODIFY },
	[PATH_DIRECTORY_NOT_EMPTY] = { K_DirectoryNotEmpty, SELF | ENTRIES },
};

const char *path_spec(const struct unit *u, unsigned int n, enum path_type *type)
{
	for (*type = 0; *type < PATH_TYPES; ++*type) {
		const struct strings *paths = unit_list(u, types[*type].key);

		if (n < paths->n)
			return paths->v[n];
		n -= paths->n;
	}
	return NULL;
}

/* --- watching ----------------------------------------------------------------------------- */

/* 0, -ENOENT and its kin, or -E2BIG. */
static int watch(struct path_page *page, int fd, const char *path, uint32_t mask, unsigned int spec,
		 bool primary)
{
	/* Somebody else may watch the same inode with this descriptor: never take away. */
	int wd = inotify_add_watch(fd, path, mask | IN_MASK_ADD);

	if (wd < 0)
		return -errno;
	/* Without a link there is one inode, not two. */
	if (page->n > 0 && page->watches[page->n - 1].wd == wd &&
	    page->watches[page->n - 1].spec == spec &&
	    page->watches[page->n - 1].primary == primary)
		return 0;
	if (page->n == PATH_WATCHES_MAX)
		return -E2BIG;
	page->watches[page->n++] = (struct path_watch){ wd, mask, (uint8_t)spec, primary };
	return 0;
}

/* A link may be put somewhere else, and what it leads to may change: both are watched. */
static int watch_both(struct path_page *page, int fd, const char *path, uint32_t mask,
		      unsigned int spec, bool primary)
{
	int r = watch(page, fd, path, mask | IN_DONT_FOLLOW, spec, primary);

	return r < 0 ? r : watch(page, fd, path, mask, spec, primary);
}

/*
 * All folders on the way: each may be moved away, or the next part may appear in it. The walk ends
 * at what does not exist; there the creation is waited for.
 */
static int watch_path(struct path_page *page, int fd, const char *path, uint32_t mask,
		      unsigned int spec)
{
	char part[4096];
	int r = 0;

	for (const char *slash = path; slash && r == 0; slash = strchr(slash + 1, '/')) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		if (n >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, n);
		part[n] = '\0';
		if (path[n] != '\0')
			r = watch_both(page, fd, part, IN_MOVE_SELF | IN_DELETE_SELF | ENTRIES,
				       spec, false);
	}
	if (r == 0)
		r = watch_both(page, fd, path, mask, spec, true);
	return r;
}

struct watching {
	struct path_page *page;
	int fd;
	unsigned int spec;
	int result;
};

static bool watch_match(void *ctx, const char *path)
{
	struct watching *w = ctx;

	w->result = watch(w->page, w->fd, path, ENTRIES, w->spec, false);
	return w->result != -E2BIG;
}

/* Folders that the pattern's own folder stands for: "x" appears in one of "y/z-N". */
static int watch_matches(struct path_page *page, int fd, const char *pattern, unsigned int spec)
{
	const char *slash = strrchr(pattern, '/');
	struct watching w = { page, fd, spec, 0 };
	char folder[4096];

	if (slash == pattern || !str_copy(folder, sizeof(folder), pattern))
		return 0;
	folder[slash - pattern] = '\0';
	if (strpbrk(folder, "*?["))
		match_paths(folder, watch_match, &w);
	return w.result;
}

static bool is_expected(int r)
{
	return r == 0 || r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -ELOOP;
}

/* --- looking ------------------------------------------------------------------------------ */

/* Hidden files do not count, as in systemd. */
static bool has_entries(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry = NULL;

	while (dir && (entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	if (dir)
		closedir(dir);
	return entry != NULL;
}

static bool any_will_do(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	return false;
}

static void look(struct path_page *page, const char *path, enum path_type type, unsigned int spec)
{
	uint64_t bit = (uint64_t)1 << spec;
	bool exists = type == PATH_EXISTS_GLOB ? match_paths(path, any_will_do, NULL)
					       : access(path, F_OK) == 0;

	if (exists)
		page->exist |= bit;
	if (type == PATH_DIRECTORY_NOT_EMPTY ? has_entries(path)
					     : exists && type <= PATH_EXISTS_GLOB)
		page->hold |= bit;
}

static void make_directories(const char *path, mode_t mode)
{
	char part[4096];

	if (!str_copy(part, sizeof(part), path))
		return;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, mode);
		*slash = '/';
	}
	/* Whatever went wrong: then there is no folder, and the path unit waits for it. */
	mkdir(part, mode);
}

int path_check(void *arg, int inotify_fd)
{
	struct path_page *page = arg;
	enum path_type type;
	const char *path;
	int r = 0;

	umask(0);
	for (unsigned int i = 0; is_expected(r) && (path = path_spec(page->unit, i, &type)); i++) {
		if (page->make_directories && type > PATH_EXISTS_GLOB)
			make_directories(path, (mode_t)unit_u64(page->unit, K_PathDirectoryMode));
		r = watch_path(page, inotify_fd, path, types[type].mask, i);
		if (is_expected(r) && type == PATH_EXISTS_GLOB)
			r = watch_matches(page, inotify_fd, path, i);
		look(page, path, type, i);
	}
	return is_expected(r) ? 0 : r;
}
