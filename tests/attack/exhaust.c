/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Taking all there is. Each gives back what it got, so that those that follow meet their own wall. */

#define MUCH_MEMORY ((size_t)256 << 20) /* the unit has MemoryMax=64M */
#define MANY_TASKS  600			/* TasksMax=64 */
#define MANY_FILES  300000

/* Dies of it: a kill counts as refused. */
int attack_exhaust_memory(void)
{
	char *p =
		mmap(NULL, MUCH_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < MUCH_MEMORY; i += 4096)
		p[i] = 1;
	return 0;
}

int attack_exhaust_tasks(void)
{
	pid_t pids[MANY_TASKS];
	int n = 0, r = 0;

	for (; n < MANY_TASKS; n++) {
		pids[n] = fork();
		if (pids[n] == 0)
			for (;;)
				pause();
		if (pids[n] < 0) {
			r = -errno;
			break;
		}
	}
	while (n-- > 0) {
		kill(pids[n], SIGKILL);
		waitpid(pids[n], NULL, 0);
	}
	return r;
}

int attack_exhaust_descriptors(void)
{
	for (int i = 0; i < MANY_FILES; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			return -errno;
	return 0;
}

int attack_exhaust_tmp(void)
{
	static char block[1 << 16];
	int fd = open("/tmp/attack-fill", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return -errno;
	unlink("/tmp/attack-fill");
	memset(block, 1, sizeof(block));
	for (size_t done = 0; r == 0 && done < MUCH_MEMORY; done += sizeof(block))
		r = outcome(write(fd, block, sizeof(block)));
	close(fd);
	return r;
}

int attack_exhaust_inodes(void)
{
	char name[64];
	int n = 0, r = 0;

	for (; r == 0 && n < MANY_FILES; n++) {
		snprintf(name, sizeof(name), "/tmp/attack-%d", n);
		r = try_open(name, O_WRONLY | O_CREAT | O_EXCL);
	}
	while (n-- > 0) {
		snprintf(name, sizeof(name), "/tmp/attack-%d", n);
		unlink(name);
	}
	return r;
}
