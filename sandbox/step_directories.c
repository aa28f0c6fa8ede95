/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Opens @name beneath @parent, making it if it is missing. @fresh tells. */
static int open_or_make(int parent, const char *name, bool *fresh)
{
	*fresh = mkdirat(parent, name, 0755) == 0;
	if (!*fresh && errno != EEXIST)
		return -errno;
	int fd = openat(parent, name, DIR_FLAGS);

	return fd < 0 ? -errno : fd;
}

/*
 * Walks down one component at a time without following links below the first: the parents of a
 * service's directory may belong to another service. A directory that is there keeps its mode.
 */
static int make_directory(const struct directory_op *d)
{
	autoclose int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *p = d->path;
	bool fresh = false;

	if (fd < 0)
		return -errno;
	while (*p == '/')
		p++;
	while (*p) {
		char name[256];
		size_t n = strcspn(p, "/");

		if (n >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, p, n);
		name[n] = '\0';
		p += n;
		while (*p == '/')
			p++;
		int next = d->inside && *p ? openat(fd, name, DIR_FLAGS)
					   : open_or_make(fd, name, &fresh);

		if (next < 0)
			return d->inside && *p ? (errno == ENOENT ? 0 : -errno) : next;
		fd_close(&fd);
		fd = next;
	}
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!fresh && d->kept)
		return 0;
	if (!fresh && d->ours && (st.st_uid != 0 || st.st_mode & 077))
		return -EEXIST;
	if ((st.st_uid != d->uid || st.st_gid != d->gid) && fchown(fd, d->uid, d->gid) < 0)
		return -errno;
	return fresh && fchmod(fd, d->mode) < 0 ? -errno : 0;
}

int step_directories(struct child *c)
{
	const struct spawn_plan *p = c->plan;

	for (size_t i = 0; i < p->n_directories; i++) {
		c->item = p->directories[i].tag;
		int r = make_directory(&p->directories[i]);

		if (r < 0) {
			str_copy(c->text, sizeof(c->text), p->directories[i].path);
			c->exit_status = p->directories[i].exit_status;
			return r;
		}
	}
	return 0;
}
