/* SPDX-License-Identifier: MIT */
#include "sandbox/child.h"

#include "lib/fd.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * PrivateUsers=. The maps of a user namespace are written by somebody in its parent who has the
 * privileges there (user_namespaces(7); PITFALLS 44), and the program's process shall stay there
 * until it needs them no more. So the namespace is made by a helper that does nothing else, the maps are
 * written from here, and the program's process enters at the end: what it is entered with is a
 * descriptor, which the mounts with mapped ids need, too.
 */
#define HELPER_STACK 2048

/* In our memory, on a piece of our stack: it must not do anything. */
static int wait_to_be_killed(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

/* A pidfd tells the number in the PID namespace of the /proc that it is asked in, which is the host's. */
static pid_t number_of(int pidfd)
{
	char path[40], text[256];
	struct strbuf b = STRBUF_INIT(path);
	const char *at;

	strbuf_put(&b, "/proc/self/fdinfo/");
	strbuf_put_u64(&b, (uint64_t)pidfd);
	ssize_t n = fd_read_file_at(AT_FDCWD, path, text, sizeof(text));

	at = n > 0 ? strstr(text, "Pid:") : NULL;
	return at ? (pid_t)strtol(at + strlen("Pid:"), NULL, 10) : (pid_t)(n < 0 ? n : -ESRCH);
}

static void put_extent(struct strbuf *b, uint32_t inner, uint32_t outer, uint32_t count)
{
	strbuf_put_u64(b, inner);
	strbuf_put(b, " ");
	strbuf_put_u64(b, outer);
	strbuf_put(b, " ");
	strbuf_put_u64(b, count);
	strbuf_put(b, "\n");
}

/* One write(2) is all that the kernel allows. */
static int write_map(int dir, const char *name, const struct spawn_plan *p, uint32_t own)
{
	char text[64];
	struct strbuf b = STRBUF_INIT(text);

	switch ((enum sandbox_users)p->users) {
	case USERS_HOST: return 0;
	case USERS_SELF:
		put_extent(&b, 0, 0, 1);
		if (own != 0)
			put_extent(&b, own, own, 1);
		break;
	case USERS_IDENTITY: put_extent(&b, 0, 0, USERS_RANGE); break;
	case USERS_MANAGED: put_extent(&b, 0, p->id_base, USERS_RANGE); break;
	}
	return fd_write_file_at(dir, name, text, b.len);
}

static int open_in(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What the helper's folder in /proc is for; the descriptor of its user namespace or -errno. */
static int take_over(struct child *c, int dir)
{
	const struct spawn_plan *p = c->plan;
	int r = 0;

	str_copy(c->text, sizeof(c->text), "mapping its ids");
	/* systemd.exec(5): with one group mapped there are none to choose from. */
	if (p->users == USERS_SELF)
		r = fd_write_file_at(dir, "setgroups", "deny", 4);
	if (r == 0)
		r = write_map(dir, "gid_map", p, p->set_user ? p->gid : 0);
	if (r == 0)
		r = write_map(dir, "uid_map", p, p->set_user ? p->uid : 0);
	if (r == 0 && p->users_namespaces & CLONE_NEWNET) {
		autoclose int net = open_in(dir, "ns/net");

		r = net < 0 ? net : setns(net, CLONE_NEWNET) < 0 ? -errno : 0;
	}
	return r < 0 ? r : open_in(dir, "ns/user");
}

static int adopt(struct child *c, int pidfd)
{
	char path[32];
	struct strbuf b = STRBUF_INIT(path);
	pid_t pid = number_of(pidfd);

	if (pid <= 0)
		return pid < 0 ? pid : -ESRCH;
	strbuf_put(&b, "/proc/");
	strbuf_put_u64(&b, (uint64_t)pid);
	autoclose int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -errno : take_over(c, dir);
}

int step_make_users(struct child *c)
{
	_Alignas(16) char stack[HELPER_STACK];
	const struct spawn_plan *p = c->plan;
	int pidfd = -1;

	if (p->users == USERS_HOST)
		return 0;
	pid_t pid = clone(wait_to_be_killed, stack + sizeof(stack),
			  CLONE_VM | CLONE_NEWUSER | CLONE_PIDFD | (int)p->users_namespaces, NULL,
			  &pidfd);

	if (pid < 0) {
		str_copy(c->text, sizeof(c->text),
			 errno == ENOSPC   ? "all of /proc/sys/user/max_user_namespaces are in use"
			 : errno == EINVAL ? "the kernel needs CONFIG_USER_NS"
					   : "making it");
		return -errno;
	}
	c->users = adopt(c, pidfd);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close(pidfd);
	return c->users < 0 ? c->users : 0;
}

/*
 * With the namespace come all capabilities in it and none outside. Groups are set before, in the host's
 * numbers: inside they may be out of reach.
 */
int step_enter_users(struct child *c)
{
	const struct spawn_plan *p = c->plan;
	gid_t groups[USERS_MAX_GROUPS];
	size_t n = p->set_user ? p->n_groups : 0;
	int r;

	if (c->users < 0 || !p->enter_users)
		return 0;
	for (size_t i = 0; i < n; i++)
		groups[i] = p->groups[i] + p->id_base;
	r = sys_setgroups(n, groups);
	if (r < 0)
		return r;
	if (setns(c->users, CLONE_NEWUSER) < 0)
		return -errno;
	if (p->set_user || p->users != USERS_MANAGED)
		return 0;
	/* The host's root is nobody in there: become the one of the namespace. */
	r = sys_setresgid(0, 0, 0);
	return r < 0 ? r : sys_setresuid(0, 0, 0);
}
