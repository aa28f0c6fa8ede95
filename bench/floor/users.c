/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * What the full profile adds: ids of its own, which the kernel lets nobody map but a process outside
 * with privileges (user_namespaces(7)). The program's process needs those of the host until its view is made, so a
 * helper makes the namespace, shares our memory since it does nothing, and is killed when we hold it.
 */
#define USER 61184u

static int space = -1;

static int wait_to_be_killed(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 0;
}

/* Pid: of the pidfd, as the host's /proc counts, which is the one that is mounted still. */
static unsigned long number_of(int pidfd)
{
	char path[40], text[256] = "";
	const char *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(path, fd);
	must(path, read(fd, text, sizeof(text) - 1));
	close(fd);
	at = strstr(text, "Pid:");
	return at ? strtoul(at + 4, NULL, 10) : 0;
}

void users_make(unsigned int number)
{
	_Alignas(16) char stack[2048];
	char path[40], map[40];
	int pidfd = -1;
	pid_t pid = clone(wait_to_be_killed, stack + sizeof(stack),
			  CLONE_VM | CLONE_NEWUSER | CLONE_PIDFD, NULL, &pidfd);

	must("user namespace", pid);
	snprintf(path, sizeof(path), "/proc/%lu", number_of(pidfd));
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	must(path, dir);
	snprintf(map, sizeof(map), "0 %u 65536\n", USERS_BASE(number));
	write_file(dir, "gid_map", map);
	write_file(dir, "uid_map", map);
	space = openat(dir, "ns/user", O_RDONLY | O_CLOEXEC);
	must("ns/user", space);
	close(dir);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	close(pidfd);
}

/* With it comes a full bounding set, which the caller takes away before it takes the user. */
void users_enter(unsigned int number)
{
	gid_t group = USERS_BASE(number) + USER;

	must("setgroups", syscall(SYS_setgroups, 1, &group));
	must("setns", setns(space, CLONE_NEWUSER));
}

void users_become(void)
{
	must("setresgid", syscall(SYS_setresgid, USER, USER, USER));
	must("setresuid", syscall(SYS_setresuid, USER, USER, USER));
}

/* The user's name, in the view's tmpfs as long as that is not covered. */
void users_names(void)
{
	static const char *const files[][2] = { { "tmp/passwd", "etc/passwd" },
						{ "tmp/group", "etc/group" } };

	for (int i = 0; i < 2; i++) {
		static const char line[] = "service:x:61184:61184::/:/sbin/nologin\n";
		int out = open(files[i][0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		int in = open(files[i][1], O_RDONLY | O_CLOEXEC);

		must(files[i][0], out);
		must(files[i][0], write(out, line, sizeof(line) - 1));
		must(files[i][1], in);
		must(files[i][1], sendfile(out, in, NULL, 1 << 20));
		close(in);
		close(out);
		must(files[i][1], mount(files[i][0], files[i][1], NULL, MS_BIND, NULL));
	}
}
