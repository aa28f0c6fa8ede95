/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"
#include "sandbox/credentials.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "sandbox/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Where credentials are looked for by name, systemd.exec(5). */
static const char *const stores[] = { "/etc/credstore/", "/run/credstore/",
				      "/usr/local/lib/credstore/", "/usr/lib/credstore/" };

struct work {
	struct child *c;
	int dirs[IN_ENVIRONMENT]; /* of the places before that: where files are made; -1: not there yet */
	size_t left;		  /* of CREDENTIALS_MAX */
	size_t n_env;
};

/* A file system of the child's own that is attached nowhere yet. */
static int make_ramfs(void)
{
	autoclose int fs = sys_fsopen("ramfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return fs;
	int r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	return r < 0 ? r
		     : sys_fsmount(fs, FSMOUNT_CLOEXEC,
				   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* The directory of a place, made on first use: credentials are in one that is called after the unit. */
static int place_dir(struct work *w, unsigned int place)
{
	const struct credentials *cr = w->c->plan->credentials;
	const uid_t base = w->c->plan->id_base;
	int *mount = &w->c->credentials[place];

	if (w->dirs[place] >= 0)
		return w->dirs[place];
	*mount = make_ramfs();
	if (*mount < 0)
		return *mount;
	const char *name = place == IN_CREDENTIALS ? cr->unit : ".";

	if (place == IN_CREDENTIALS && mkdirat(*mount, name, 0500) < 0)
		return -errno;
	w->dirs[place] = openat(*mount, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dirs[place] < 0 || fchmod(w->dirs[place], place == IN_CREDENTIALS ? 0500 : 0555) < 0)
		return -errno;
	if (place == IN_CREDENTIALS && fchown(w->dirs[place], cr->uid + base, cr->gid + base) < 0)
		return -errno;
	return w->dirs[place];
}

/* @from at its end, or @data when @from is none; -EFBIG if it is more than all may be. */
static int copy(struct work *w, int from, const char *data, int to)
{
	char buf[4096];
	ssize_t n;

	if (from < 0) {
		size_t len = strlen(data);

		if (len > w->left)
			return -EFBIG;
		w->left -= len;
		return fd_write_all(to, data, len);
	}
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n > w->left)
			return -EFBIG;
		w->left -= (size_t)n;
		int r = fd_write_all(to, buf, (size_t)n);

		if (r < 0)
			return r;
	}
	return 0;
}

static int to_file(struct work *w, const struct credential *cr, const char *name, int from)
{
	const uid_t base = w->c->plan->id_base;
	int dir = place_dir(w, cr->place);
	char number[24];
	struct strbuf b = STRBUF_INIT(number);

	if (dir < 0)
		return dir;
	if (cr->place == IN_TARGETS) {
		strbuf_put_u64(&b, (uint64_t)(cr - w->c->plan->credentials->v));
		name = number;
	}
	/* A later one of that name is no other one: systemd takes the first, too. */
	autoclose int to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (to < 0)
		return errno == EEXIST ? 0 : -errno;
	int r = copy(w, from, cr->data, to);

	if (r < 0)
		return r;
	return fchown(to, cr->uid + base, cr->gid + base) < 0 || fchmod(to, cr->mode) < 0 ? -errno
											  : 0;
}

/* "NAME=VALUE" in memory that no core dump of ours holds, in the place that the plan has left. */
static int to_environment(struct work *w, const struct credential *cr, int from)
{
	size_t name = strlen(cr->name), len = 0, room = 131072; /* MAX_ARG_STRLEN */
	char *text = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;

	if (text == MAP_FAILED)
		return -errno;
	(void)madvise(text, room, MADV_DONTDUMP);
	if (name + 2 > room)
		return -E2BIG;
	memcpy(text, cr->name, name);
	text[name] = '=';
	len = name + 1;
	while ((n = read(from, text + len, room - 1 - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += (size_t)n;
		if (len == room - 1)
			return -E2BIG;
	}
	if (memchr(text, '\0', len))
		return -EILSEQ; /* what follows would be lost */
	w->c->plan->credentials->env[w->n_env++] = text;
	return 0;
}

static int take(struct work *w, const struct credential *cr, const char *name, int from)
{
	return cr->place == IN_ENVIRONMENT ? to_environment(w, cr, from)
					   : to_file(w, cr, name, from);
}

/* systemd.exec(5): "the socket is connected to", under a name that tells who asks for what. */
static int connect_to(struct child *c, const char *path, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	const struct credentials *cr = c->plan->credentials;
	struct strbuf b;

	if (!str_copy(to.sun_path, sizeof(to.sun_path), path))
		return -ENAMETOOLONG;
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* "\0" RANDOM "/unit/" UNIT "/" ID, RANDOM by the pid, which is nobody else's meanwhile */
	strbuf_init(&b, own.sun_path + 1, sizeof(own.sun_path) - 1);
	strbuf_put_u64(&b, (uint64_t)getpid());
	strbuf_put(&b, "-");
	strbuf_put_u64(&b, (uint64_t)(uintptr_t)&own >> 4 & 0xffffff);
	strbuf_put(&b, "/unit/");
	strbuf_put(&b, cr->unit);
	strbuf_put(&b, "/");
	strbuf_put(&b, name);
	(void)bind(fd, (struct sockaddr *)&own,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + b.len));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return fd_take(&fd);
}

/* Each file in a directory and the directories in it: "ID_FILE", "ID_DIR_FILE". */
static int take_directory(struct work *w, const struct credential *cr, int dir, const char *prefix,
			  unsigned int depth)
{
	_Alignas(struct sys_dirent) char buf[1024];
	long n;

	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			struct sys_dirent *e = (struct sys_dirent *)(buf + at);
			char name[256];
			struct strbuf b = STRBUF_INIT(name);
			struct stat st;

			at += e->len;
			if (e->name[0] == '.')
				continue;
			strbuf_put(&b, prefix);
			strbuf_put(&b, "_");
			strbuf_put(&b, e->name);
			autoclose int fd = openat(dir, e->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);

			if (fd < 0 || fstat(fd, &st) < 0)
				return -errno;
			int r = b.cut		       ? -ENAMETOOLONG
				: !S_ISDIR(st.st_mode) ? take(w, cr, name, fd)
				: depth == 0	       ? -ELOOP
						       : take_directory(w, cr, fd, name, depth - 1);

			if (r < 0)
				return r;
		}
	}
	return n < 0 ? -errno : 0;
}

static int open_source(struct work *w, const struct credential *cr)
{
	char path[600];

	if (cr->path[0] == '/') {
		int fd = open(cr->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0)
			return fd;
		return errno == ENXIO ? connect_to(w->c, cr->path, cr->name) : -errno;
	}
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		struct strbuf b = STRBUF_INIT(path);

		strbuf_put(&b, stores[i]);
		strbuf_put(&b, cr->path);
		int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0 || errno != ENOENT)
			return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

static int load(struct work *w, const struct credential *cr)
{
	struct stat st;

	if (!cr->path)
		return take(w, cr, cr->name, -1);
	autoclose int fd = open_source(w, cr);

	if (fd == -ENOENT && cr->data)
		return take(w, cr, cr->name, -1);
	if (fd == -ENOENT && !cr->needed)
		return 0;
	if (fd < 0)
		return fd;
	if (cr->place == IN_CREDENTIALS && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return take_directory(w, cr, fd, cr->name, 8);
	return take(w, cr, cr->name, fd);
}

int step_credentials(struct child *c)
{
	const struct credentials *cr = c->plan->credentials;
	struct work w = { .c = c, .dirs = { -1, -1, -1 }, .left = CREDENTIALS_MAX };
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	int r = 0;

	if (!cr)
		return 0;
	for (size_t i = 0; i < cr->n && r == 0; i++) {
		struct strbuf b = STRBUF_INIT(c->text);

		/* Files are there already, made by the process that made the namespace. */
		if (c->plan->join_pidfd >= 0 && cr->v[i].place != IN_ENVIRONMENT)
			continue;
		c->item = cr->v[i].tag;
		strbuf_put(&b, cr->v[i].name);
		strbuf_put(&b, cr->v[i].path ? " from " : "");
		strbuf_put(&b, cr->v[i].path ? cr->v[i].path : "");
		r = load(&w, &cr->v[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(w.dirs); i++) {
		fd_close(&w.dirs[i]);
		if (r == 0 && c->credentials[i] >= 0)
			r = sys_mount_setattr(c->credentials[i], "", AT_EMPTY_PATH, &attr,
					      sizeof(attr));
	}
	return r;
}

/* The file that a secret is to be seen at; where it is missing it is made, without a view on the host. */
static int open_target(const char *root, const char *path)
{
	int fd = root ? beneath_make(root, path + 1, false)
		      : open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (root || fd >= 0 || errno != ENOENT)
		return root || fd >= 0 ? fd : -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * Files of one file system at many places: only what is mounted in this namespace can be cloned, so it is,
 * meanwhile.
 */
static int attach_targets(struct child *c, const char *root)
{
	const struct credentials *cr = c->plan->credentials;
	int from = c->credentials[IN_TARGETS];
	int r = sys_move_mount(from, "", AT_FDCWD, cr->place, MOVE_MOUNT_F_EMPTY_PATH);

	for (size_t i = 0; i < cr->n && r == 0; i++) {
		char number[24];
		struct strbuf b = STRBUF_INIT(number);

		if (cr->v[i].place != IN_TARGETS)
			continue;
		c->item = cr->v[i].tag;
		str_copy(c->text, sizeof(c->text), cr->v[i].name);
		strbuf_put_u64(&b, (uint64_t)i);
		autoclose int file =
			sys_open_tree(from, number, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		autoclose int at = file < 0 ? file : open_target(root, cr->v[i].name);

		r = at < 0 ? at
			   : sys_move_mount(file, "", at, "",
					    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	}
	if (r == 0 && umount2(cr->place, MNT_DETACH) < 0)
		r = -errno;
	fd_close(&c->credentials[IN_TARGETS]);
	return r;
}

int credentials_attach(struct child *c, const char *root)
{
	static const char *const places[] = { CREDENTIALS_DIR, SECRETS_DIR };
	int r = c->credentials[IN_TARGETS] < 0 ? 0 : attach_targets(c, root);

	if (r < 0)
		return r;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (c->credentials[i] < 0)
			continue;
		str_copy(c->text, sizeof(c->text), places[i]);
		c->item = c->plan->credentials->v[0].tag;
		if (!root && mkdir(places[i], 0755) < 0 && errno != EEXIST)
			return -errno;
		autoclose int at = root ? beneath_make(root, places[i] + 1, true)
					: open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (at < 0)
			return root ? at : -errno;
		r = sys_move_mount(c->credentials[i], "", at, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

		if (r < 0)
			return r;
		fd_close(&c->credentials[i]);
	}
	return 0;
}
