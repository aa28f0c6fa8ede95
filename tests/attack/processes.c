/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Processes, namespaces and cgroups. */

int attack_neighbour_process(void)
{
	DIR *dir = opendir("/proc");
	char path[64];
	int r = -ESRCH;

	if (!dir)
		return -errno;
	for (struct dirent *e; r != 0 && (e = readdir(dir));) {
		if (strspn(e->d_name, "0123456789") != strlen(e->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/cmdline", e->d_name);
		if (strtol(e->d_name, NULL, 10) == getpid())
			continue;
		r = try_read(path, VICTIM_NAME) == 0 ? 0 : -ESRCH;
	}
	closedir(dir);
	return r;
}

int attack_neighbour_signal(void)
{
	return victim_pid() ? outcome(kill(victim_pid(), 0)) : -ESRCH;
}

int attack_neighbour_memory(void)
{
	char path[64];

	if (!victim_pid())
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/mem", victim_pid());
	return try_open(path, O_RDWR);
}

int attack_ptrace_init(void)
{
	if (ptrace(PTRACE_SEIZE, 1, NULL, NULL) < 0)
		return -errno;
	ptrace(PTRACE_DETACH, 1, NULL, NULL);
	return 0;
}

int attack_init_memory(void)
{
	return try_open("/proc/1/mem", O_RDWR);
}

int attack_init_root(void)
{
	struct stat st;

	return outcome(stat("/proc/1/root/", &st));
}

int attack_init_program(void)
{
	return try_open("/proc/1/exe", O_WRONLY);
}

int attack_init_descriptors(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0), fd;

	if (pidfd < 0)
		return -errno;
	for (int i = 0; i < 64; i++) {
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, i, 0);
		if (fd >= 0)
			return 0;
		if (errno != EBADF)
			return -errno;
	}
	return -EBADF;
}

int attack_join_namespace(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : outcome(setns(fd, 0));
}

int attack_user_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

static int reap(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	waitpid((pid_t)pid, NULL, 0);
	return 0;
}

int attack_user_namespace_clone(void)
{
	return reap(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

int attack_user_namespace_clone3(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	return reap(syscall(SYS_clone3, &args, sizeof(args)));
}

int attack_mount_namespace(void)
{
	return outcome(unshare(CLONE_NEWNS));
}

int attack_network_namespace(void)
{
	return outcome(unshare(CLONE_NEWNET));
}

int attack_cgroup_leave(void)
{
	char pid[16];
	int fd = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	snprintf(pid, sizeof(pid), "%d", getpid());
	r = outcome(write(fd, pid, strlen(pid)));
	close(fd);
	return r;
}

int attack_cgroup_limit(void)
{
	DIR *dir = opendir("/sys/fs/cgroup/system.slice");
	int r = try_open("/sys/fs/cgroup/memory.max", O_WRONLY);

	if (!dir)
		return r;
	closedir(dir);
	return try_open("/sys/fs/cgroup/system.slice/memory.max", O_WRONLY);
}

int attack_cgroup_make(void)
{
	int r = outcome(mkdir("/sys/fs/cgroup/attack", 0700));

	if (r == 0)
		rmdir("/sys/fs/cgroup/attack");
	return r;
}

int attack_cgroup_clone3(void)
{
	int fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };

	if (fd < 0)
		return -errno;
	args.cgroup = (uint64_t)fd;
	return reap(syscall(SYS_clone3, &args, sizeof(args)));
}
