/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* Files of the kernel, of neighbours, of the machine. */

int attack_core_pattern(void)
{
	return try_open("/proc/sys/kernel/core_pattern", O_WRONLY);
}

int attack_modprobe_path(void)
{
	return try_open("/proc/sys/kernel/modprobe", O_WRONLY);
}

int attack_sysrq(void)
{
	return try_open("/proc/sysrq-trigger", O_WRONLY);
}

int attack_sys_writable(void)
{
	return try_open("/sys/kernel/mm/transparent_hugepage/enabled", O_WRONLY);
}

int attack_sys_power(void)
{
	return try_open("/sys/power/state", O_WRONLY);
}

int attack_proc_irq(void)
{
	return try_open("/proc/irq/default_smp_affinity", O_WRONLY);
}

/* A mask is an empty file or a null device: it opens, and gives nothing. */
static int read_something(const char *path)
{
	char c;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	n = read(fd, &c, 1);
	err = errno;
	close(fd);
	if (n < 0)
		return -err;
	return n == 0 ? -ENODATA : 0;
}

int attack_kcore(void)
{
	return read_something("/proc/kcore");
}

int attack_proc_keys(void)
{
	return read_something("/proc/keys");
}

int attack_timer_list(void)
{
	return read_something("/proc/timer_list");
}

int attack_kallsyms(void)
{
	char line[256];
	FILE *f = fopen("/proc/kallsyms", "re");
	int r = -ENODATA;

	if (!f)
		return -errno;
	while (r != 0 && fgets(line, sizeof(line), f))
		r = strtoull(line, NULL, 16) != 0 ? 0 : -ENODATA;
	fclose(f);
	return r;
}

int attack_dev_mem(void)
{
	return try_open("/dev/mem", O_RDONLY);
}

int attack_dev_port(void)
{
	return try_open("/dev/port", O_RDONLY);
}

int attack_kmsg(void)
{
	return try_open("/dev/kmsg", O_RDONLY);
}

int attack_neighbour_state(void)
{
	return try_read(VICTIM_STATE, VICTIM_TEXT);
}

int attack_undeclared(void)
{
	return try_read(VICTIM_DATA, VICTIM_TEXT);
}

int attack_neighbour_tmp(void)
{
	return try_read(VICTIM_TMP, VICTIM_TEXT);
}

int attack_home_directory(void)
{
	return try_read("/root/victim-secret", VICTIM_TEXT);
}

int attack_posix_shm(void)
{
	int fd = shm_open("/" VICTIM_NAME, O_RDWR, 0);

	if (fd >= 0)
		close(fd);
	return outcome(fd);
}

int attack_own_program(void)
{
	return try_open("/proc/self/exe", O_WRONLY);
}

static int make_node(mode_t type, dev_t dev)
{
	int r = mknod("/tmp/attack-node", type | 0600, dev);

	if (r < 0)
		return -errno;
	unlink("/tmp/attack-node");
	return 0;
}

int attack_mknod_block(void)
{
	return make_node(S_IFBLK, makedev(7, 0));
}

int attack_mknod_char(void)
{
	return make_node(S_IFCHR, makedev(1, 1));
}

static int make_file(const char *path)
{
	int r = try_open(path, O_WRONLY | O_CREAT | O_EXCL);

	if (r == 0)
		unlink(path);
	return r;
}

int attack_dev_writable(void)
{
	return make_file("/dev/attack");
}

int attack_root_writable(void)
{
	return make_file("/etc/attack");
}

int attack_set_uid_bit(void)
{
	int fd = open("/tmp/attack-suid", O_WRONLY | O_CREAT | O_CLOEXEC, 0700), r;

	if (fd < 0)
		return -errno;
	r = outcome(fchmod(fd, 04755));
	close(fd);
	unlink("/tmp/attack-suid");
	return r;
}

/* /tests/bin/suid-id is set-uid root in the image, and exits with 0 where it runs as root. */
int attack_set_uid_run(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		execl("/tests/suid-id", "suid-id", (char *)NULL);
		_exit(3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int attack_terminal_input(void)
{
	int fd = open("/dev/console", O_RDWR | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0)
		return -errno;
	r = outcome(ioctl(fd, TIOCSTI, ""));
	close(fd);
	return r;
}

static void type_into(int fd)
{
	for (const char *c = "typed-by-the-command\n"; *c && isatty(fd); c++)
		if (ioctl(fd, TIOCSTI, c) < 0)
			return;
}

/*
 * Under "berthctl exec": there is a terminal, and typing into it is its owner's right - but it must not
 * be the one in front of berthctl, where a shell reads on when we are through.
 */
int terminal_main(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		type_into(fd);
	for (fd = 0; fd < 256; fd++)
		type_into(fd);
	return 0;
}

/* Whatever is open besides standard input, output and error was left open by somebody. */
int attack_leaked_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int r = -ENOENT;
	char path[64], target[256];

	if (!dir)
		return -errno;
	for (struct dirent *e; (e = readdir(dir));) {
		int fd = (int)strtol(e->d_name, NULL, 10);
		ssize_t n;

		/* 0-2, this directory, and the pipe that the outcome is told through */
		if (e->d_name[0] == '.' || fd <= 2 || fd == dirfd(dir) ||
		    (fcntl(fd, F_GETFD) & FD_CLOEXEC))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		printf("left open: %d %s\n", fd, target);
		r = 0;
	}
	closedir(dir);
	return r;
}
