/* SPDX-License-Identifier: MIT */
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <linux/reboot.h>
#include <linux/time_types.h>
#include <sys/syscall.h>

/* Numbers above 423 are the same on every architecture (common since Linux 5.1); musl 1.2.3 lacks
 * some. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* 32-bit architectures keep the plain names for 16-bit ids and 32-bit time. */
#ifdef SYS_setresuid32
#define NR_SETRESUID SYS_setresuid32
#define NR_SETRESGID SYS_setresgid32
#define NR_SETGROUPS SYS_setgroups32
#else
#define NR_SETRESUID SYS_setresuid
#define NR_SETRESGID SYS_setresgid
#define NR_SETGROUPS SYS_setgroups
#endif
#if defined(SYS_futex_time64) && !defined(__LP64__)
#define NR_FUTEX SYS_futex_time64
#else
#define NR_FUTEX SYS_futex
#endif

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

pid_t sys_clone3(struct clone_args *args, size_t size)
{
	return result(syscall(SYS_clone3, args, size));
}

int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return result(syscall(SYS_pidfd_open, pid, flags));
}

int sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags));
}

bool sys_same_file(int a, int b)
{
	const int kcmp_file = 0; /* linux/kcmp.h */
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, kcmp_file, a, b) == 0;
}

int sys_dup_from(int fd, int lowest)
{
	long r = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);

	return r < 0 ? -errno : (int)r;
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return result(syscall(SYS_close_range, first, last, flags));
}

int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return result(syscall(SYS_open_tree, dirfd, path, flags));
}

int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	return result(syscall(SYS_move_mount, from_fd, from, to_fd, to, flags));
}

int sys_fsopen(const char *fstype, unsigned int flags)
{
	return result(syscall(SYS_fsopen, fstype, flags));
}

int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux)
{
	return result(syscall(SYS_fsconfig, fd, cmd, key, value, aux));
}

int sys_fsmount(int fd, unsigned int flags, unsigned int attr)
{
	return result(syscall(SYS_fsmount, fd, flags, attr));
}

int sys_mount_setattr(int dirfd, const char *path, unsigned int flags, struct mount_attr *attr,
		      size_t size)
{
	return result(syscall(SYS_mount_setattr, dirfd, path, flags, attr, size));
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}

int sys_reboot_with(const char *argument)
{
	return result(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			      LINUX_REBOOT_CMD_RESTART2, argument));
}

int sys_finit_module(int fd, const char *params, int flags)
{
	return result(syscall(SYS_finit_module, fd, params, flags));
}

int sys_epoll_pwait2(int epfd, struct epoll_event *events, int max, usec_t span)
{
	/* The kernel's own type: 64 bits on every architecture. */
	struct __kernel_timespec ts = {
		.tv_sec = (int64_t)(span / USEC_PER_SEC),
		.tv_nsec = (int64_t)(span % USEC_PER_SEC) * 1000,
	};

	return result(syscall(SYS_epoll_pwait2, epfd, events, max,
			      span == USEC_INFINITY ? NULL : &ts, NULL, (size_t)0));
}

int sys_futex_wait(const uint32_t *addr, uint32_t expected, const struct timespec *timeout)
{
	struct __kernel_timespec ts = { 0, 0 };

	if (timeout != NULL) {
		ts.tv_sec = timeout->tv_sec;
		ts.tv_nsec = timeout->tv_nsec;
	}
#if defined(SYS_futex_time64) || defined(__LP64__)
	return result(syscall(NR_FUTEX, addr, FUTEX_WAIT, expected, timeout != NULL ? &ts : NULL,
			      NULL, 0));
#else
#error "no futex call with 64-bit time"
#endif
}

int sys_futex_wake(const uint32_t *addr, int count)
{
	return result(syscall(NR_FUTEX, addr, FUTEX_WAKE, count, NULL, NULL, 0));
}

int sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return result(syscall(NR_SETRESUID, r, e, s));
}

int sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return result(syscall(NR_SETRESGID, r, e, s));
}

int sys_setgroups(size_t n, const gid_t *groups)
{
	return result(syscall(NR_SETGROUPS, n, groups));
}

int sys_ioprio_set(int which, int who, int prio)
{
	return result(syscall(SYS_ioprio_set, which, who, prio));
}

int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	return result(syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
}
