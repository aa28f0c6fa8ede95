/* SPDX-License-Identifier: MIT */
#include "cgroupfs/walk.h"

#include "lib/fd.h"
#include "lib/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WALK_DEPTH  16 /* levels below; each takes about 2 KiB of stack */
#define WALK_ROUNDS 4  /* passes over cgroup.procs until nothing new is found */

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* The record of getdents64(2); opendir() would allocate. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

typedef int (*child_fn)(int dirfd, const char *name, unsigned int depth, void *ctx);

static int each_child(int dirfd, unsigned int depth, child_fn fn, void *ctx)
{
	_Alignas(struct entry) char buf[1024];
	int result = 0;

	if (lseek(dirfd, 0, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		long n = syscall(SYS_getdents64, dirfd, buf, sizeof(buf));

		if (n < 0)
			return errno == ENOENT ? result : -errno;
		if (n == 0)
			return result;
		for (long at = 0; at < n;) {
			struct entry *e = (struct entry *)(void *)(buf + at);
			int r;

			at += e->reclen;
			if (e->type != DT_DIR || str_eq(e->name, ".") || str_eq(e->name, ".."))
				continue;
			r = fn(dirfd, e->name, depth, ctx);
			if (r < 0)
				result = r;
		}
	}
}

static int open_child(int dirfd, const char *name, unsigned int depth)
{
	int fd;

	if (depth >= WALK_DEPTH)
		return -ELOOP;
	fd = openat(dirfd, name, DIR_FLAGS);
	return fd < 0 ? -errno : fd;
}

static int prune_child(int dirfd, const char *name, unsigned int depth, void *ctx)
{
	autoclose int fd = -1;
	int r;

	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	fd = open_child(dirfd, name, depth);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = each_child(fd, depth + 1, prune_child, ctx);
	if (r < 0)
		return r;
	return unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

int cgroup_walk_prune(int dirfd)
{
	/* Removing while listing may skip an entry: what is left is found by a second look. */
	int r = each_child(dirfd, 0, prune_child, NULL);

	return r == -EBUSY ? each_child(dirfd, 0, prune_child, NULL) : r;
}

/* Calls @fn for each number in cgroup.procs. A pid from outside our namespace reads 0: skipped. */
static int each_process(int dirfd, void (*fn)(pid_t pid, void *ctx), void *ctx)
{
	char buf[1024];
	pid_t pid = 0;
	autoclose int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			return n == 0 ? 0 : -errno;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				pid = pid * 10 + (buf[i] - '0');
				continue;
			}
			if (pid > 0)
				fn(pid, ctx);
			pid = 0;
		}
	}
}

/* Who got the signal already: a second SIGTERM means "at once" to many programs. */
struct signalling {
	int sig;
	bool wake; /* SIGCONT behind it */
	pid_t except;
	int count; /* signalled in all */
	int fresh; /* signalled in this round */
	uint32_t n_seen;
	bool overflow; /* more processes than we can remember: one round has to do */
	pid_t seen[512];
};

static bool already_signalled(const struct signalling *s, pid_t pid)
{
	for (uint32_t i = 0; i < s->n_seen; i++)
		if (s->seen[i] == pid)
			return true;
	return false;
}

/*
 * kill(2), not a pidfd: opening one by number has the very same window between reading the number
 * and using it, and the kernel hands numbers out anew only after going once round the whole pid
 * space.
 */
static void signal_one(pid_t pid, void *ctx)
{
	struct signalling *s = ctx;

	if (pid == s->except || pid == getpid() || already_signalled(s, pid))
		return;
	if (kill(pid, s->sig) < 0)
		return; /* it has exited */
	if (s->wake)
		kill(pid, SIGCONT);
	s->count++;
	s->fresh++;
	if (s->n_seen < ARRAY_SIZE(s->seen))
		s->seen[s->n_seen++] = pid;
	else
		s->overflow = true;
}

static int signal_tree(int dirfd, unsigned int depth, struct signalling *s);

static int signal_child(int dirfd, const char *name, unsigned int depth, void *ctx)
{
	autoclose int fd = open_child(dirfd, name, depth);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return signal_tree(fd, depth + 1, ctx);
}

/*
 * A directory of cgroupfs has as many links as sub-cgroups, and two: most have none, and reading some
 * sixty names to learn that costs more than all the rest here. Where links do not count (1), look.
 */
static bool has_children(int dirfd)
{
	struct stat st;

	return fstat(dirfd, &st) < 0 || st.st_nlink != 2;
}

static int signal_tree(int dirfd, unsigned int depth, struct signalling *s)
{
	int r = each_process(dirfd, signal_one, s);

	/* Removed under our hands, or threaded: its processes are listed further up. */
	if (r == -ENODEV || r == -ENOENT || r == -EOPNOTSUPP)
		r = 0;
	return r < 0 || !has_children(dirfd) ? r : each_child(dirfd, depth, signal_child, s);
}

int cgroup_walk_signal(int dirfd, int sig, bool wake, pid_t except)
{
	struct signalling s = { .sig = sig, .wake = wake, .except = except };

	for (unsigned int round = 0; round < WALK_ROUNDS; round++) {
		int r;

		s.fresh = 0;
		r = signal_tree(dirfd, 0, &s);
		if (r < 0)
			return r;
		if (s.fresh == 0 || s.overflow)
			break;
	}
	return s.count;
}

struct moving {
	int tofd;
	int error;
};

static void move_one(pid_t pid, void *ctx)
{
	struct moving *m = ctx;
	char text[16];
	struct strbuf b = STRBUF_INIT(text);
	int r;

	strbuf_put_u64(&b, (uint64_t)pid);
	r = fd_write_file_at(m->tofd, "cgroup.procs", text, b.len);
	if (r < 0 && r != -ESRCH)
		m->error = r;
}

int cgroup_walk_move(int fromfd, int tofd)
{
	struct moving m = { .tofd = tofd };
	int r = each_process(fromfd, move_one, &m);

	return r < 0 ? r : m.error;
}
