/* SPDX-License-Identifier: MIT */
/*
 * probe NAME...: what a process may do and what it is, one line "NAME=RESULT" each: a number, "ok" or
 * the errno. With "in=USER" names that follow are asked as that uid.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long securebits(void)
{
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
}

/* The session keyring's number: another one where it is not shared. */
static long keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

/* Whether a key in the user's keyring is found by way of the session's. */
static long userkey(void)
{
	if (syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_USER_KEYRING) < 0)
		return -1;
	return syscall(SYS_request_key, "user", "probe", NULL, 0) < 0 ? -1 : 0;
}

/* -- calls that a filter may be in the way of; without one root gets what stands behind them --- */

static long do_mount(void) /* ENOENT */
{
	return mount("none", "/none", "tmpfs", 0, NULL);
}

static long do_umount(void) /* ENOENT */
{
	return umount2("/none", 0);
}

static long do_swapoff(void) /* ENOENT */
{
	return syscall(SYS_swapoff, "/none");
}

static long do_personality(void)
{
	return personality(PER_LINUX32);
}

static long do_mmap(void)
{
	/* musl makes ENOMEM of EPERM */
	long r = syscall(SYS_mmap, NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	return r == -1 ? -1 : 0;
}

static long do_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long do_realtime(void)
{
	const struct sched_param param = { .sched_priority = 1 };

	return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param);
}

static long do_setuid_file(void)
{
	int fd = open("/tmp", O_TMPFILE | O_WRONLY, 0600);

	return fd < 0 ? -1 : fchmod(fd, 04755);
}

static long do_setgid_new(void)
{
	return open("/tmp", O_TMPFILE | O_WRONLY, 02755);
}

static long do_unshare_uts(void)
{
	return unshare(CLONE_NEWUTS);
}

static long do_unshare_net(void)
{
	return unshare(CLONE_NEWNET);
}

static long do_clone3(void) /* EINVAL */
{
	return syscall(SYS_clone3, NULL, 0);
}

/* Needs no privilege, but room for one more user namespace. */
static long do_clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 || waitpid((pid_t)pid, NULL, 0) < 0 ? -1 : 0;
}

static long do_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long do_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long do_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long do_adjtimex(void) /* only reads */
{
	static char timex[256];

	return syscall(SYS_adjtimex, timex);
}

static long do_delete_module(void) /* ENOENT */
{
	return syscall(SYS_delete_module, "none", O_NONBLOCK);
}

static long do_syslog(void) /* the size of the kernel's log */
{
	return syscall(SYS_syslog, 10, NULL, 0);
}

static long do_sethostname(void) /* EINVAL */
{
	return syscall(SYS_sethostname, NULL, -1);
}

static long do_iopl(void)
{
#ifdef SYS_iopl
	return syscall(SYS_iopl, 0);
#else
	errno = EPERM;
	return -1;
#endif
}

static long open_node(const char *path, int flags)
{
	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static long do_null(void)
{
	return open_node("/dev/null", O_RDWR);
}

/* What is bound over it can be opened, too: ENODATA. */
static long do_kmsg(void)
{
	static char line[8192];
	int fd = open_node("/dev/kmsg", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line));

	if (n == 0)
		errno = ENODATA;
	return n > 0 ? 0 : -1;
}

static long do_kmsg_write(void)
{
	return open_node("/dev/kmsg", O_WRONLY);
}

static long do_mem(void) /* EPERM even for root at some addresses, but it can be opened */
{
	return open_node("/dev/mem", O_RDONLY);
}

static long do_console(void)
{
	return open_node("/dev/console", O_WRONLY | O_NOCTTY);
}

static long do_mknod(void) /* /dev/kmsg under another name */
{
	unlink("/tmp/probe-node");
	return mknod("/tmp/probe-node", S_IFCHR | 0600, makedev(1, 11));
}

static long do_modules(void)
{
	return open_node("/usr/lib/modules/probe", O_RDONLY);
}

static long do_settime(void) /* EINVAL */
{
	const struct timespec odd = { .tv_nsec = -1 };

	return clock_settime(CLOCK_REALTIME, &odd);
}

/* A call that no kernel has yet. */
static long do_future(void)
{
	return syscall(1000);
}

static long do_x32(void)
{
	return syscall(0x40000000 + SYS_getpid);
}

static long do_i386(void)
{
	long r = -ENOSYS;
#if defined(__x86_64__)
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(20L)
			 : "memory", "r8", "r9", "r10", "r11"); /* getpid */
#endif
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

static const struct probe {
	const char *name;
	long (*run)(void);
	int number; /* the result itself is of interest */
} probes[] = {
	{ "securebits", securebits, 1 },
	{ "keyring", keyring, 1 },
	{ "userkey", userkey, 0 },
	{ "mount", do_mount, 0 },
	{ "umount", do_umount, 0 },
	{ "swapoff", do_swapoff, 0 },
	{ "personality", do_personality, 0 },
	{ "mmap", do_mmap, 0 },
	{ "mprotect", do_mprotect, 0 },
	{ "realtime", do_realtime, 0 },
	{ "setuid_file", do_setuid_file, 0 },
	{ "setgid_new", do_setgid_new, 0 },
	{ "unshare_uts", do_unshare_uts, 0 },
	{ "unshare_net", do_unshare_net, 0 },
	{ "clone3", do_clone3, 0 },
	{ "clone_user", do_clone_user, 0 },
	{ "unix", do_unix, 0 },
	{ "inet", do_inet, 0 },
	{ "netlink", do_netlink, 0 },
	{ "adjtimex", do_adjtimex, 0 },
	{ "delete_module", do_delete_module, 0 },
	{ "syslog", do_syslog, 0 },
	{ "sethostname", do_sethostname, 0 },
	{ "iopl", do_iopl, 0 },
	{ "future", do_future, 0 },
	{ "null", do_null, 0 },
	{ "kmsg", do_kmsg, 0 },
	{ "kmsg_write", do_kmsg_write, 0 },
	{ "mem", do_mem, 0 },
	{ "console", do_console, 0 },
	{ "mknod", do_mknod, 0 },
	{ "modules", do_modules, 0 },
	{ "settime", do_settime, 0 },
	{ "x32", do_x32, 0 },
	{ "i386", do_i386, 0 },
};

static const char *errno_name(int err)
{
	static char text[16];

	switch (err) {
	case EPERM: return "EPERM";
	case EACCES: return "EACCES";
	case ENOSYS: return "ENOSYS";
	case EINVAL: return "EINVAL";
	case ENOENT: return "ENOENT";
	case ENOKEY: return "ENOKEY";
	case EAFNOSUPPORT: return "EAFNOSUPPORT";
	case EDOM: return "EDOM";
	case ENODATA: return "ENODATA";
	default: snprintf(text, sizeof(text), "%d", err); return text;
	}
}

static int probe(const char *name)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (strcmp(probes[i].name, name) != 0)
			continue;
		long r = probes[i].run();

		if (r >= 0 && probes[i].number)
			printf("%s=%ld\n", name, r);
		else
			printf("%s=%s\n", name, r < 0 ? errno_name(errno) : "ok");
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "probe: no such thing: %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= probe(argv[i]);
	return bad;
}
