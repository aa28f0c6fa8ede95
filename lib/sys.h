/* SPDX-License-Identifier: MIT */
#ifndef BERTH_LIB_SYS_H
#define BERTH_LIB_SYS_H

#include "lib/clock.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/mount.h> /* before linux/mount.h: glibc 2.36 has enums where the kernel has macros */
#include <sys/types.h>
#include <linux/mount.h>
#include <linux/sched.h>

struct epoll_event;

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441 /* not in musl 1.2.3; sys.c has more of them */
#endif

/* An entry as getdents64(2) has it; opendir(3) would allocate. */
struct sys_dirent {
	uint64_t ino, off;
	unsigned short len;
	unsigned char type; /* DT_* */
	char name[];
};

/*
 * The one seam for system calls that musl 1.2.3 lacks or that tests replace. All return the
 * call's result or -errno; none retries, none logs. Safe in the child after clone3.
 */
pid_t sys_clone3(struct clone_args *args, size_t size);
int sys_pidfd_open(pid_t pid, unsigned int flags);
int sys_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags);
/* F_DUPFD_CLOEXEC in one call: musl follows it by a needless F_SETFD. */
int sys_dup_from(int fd, int lowest);
/* Whether two of our descriptors are one open file; false also where the kernel has no kcmp(2). */
bool sys_same_file(int a, int b);
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags);
int sys_open_tree(int dirfd, const char *path, unsigned int flags);
int sys_move_mount(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int sys_fsopen(const char *fstype, unsigned int flags);
int sys_fsconfig(int fd, unsigned int cmd, const char *key, const void *value, int aux);
int sys_fsmount(int fd, unsigned int flags, unsigned int attr);
int sys_mount_setattr(int dirfd, const char *path, unsigned int flags, struct mount_attr *attr,
		      size_t size);
int sys_pivot_root(const char *new_root, const char *put_old);
/* reboot(2) with an argument for the firmware or boot loader (LINUX_REBOOT_CMD_RESTART2). */
int sys_reboot_with(const char *argument);
int sys_finit_module(int fd, const char *params, int flags);
/* @span: relative, USEC_INFINITY waits without end. */
int sys_epoll_pwait2(int epfd, struct epoll_event *events, int max, usec_t span);
/* On memory shared between processes, also mapped read-only. @timeout is relative, NULL: none. */
int sys_futex_wait(const uint32_t *addr, uint32_t expected, const struct timespec *timeout);
int sys_futex_wake(const uint32_t *addr, int count);
/* Raw set*id: musl's wrappers would signal other threads; a clone child has none (PITFALLS 167). */
int sys_setresuid(uid_t r, uid_t e, uid_t s);
int sys_setresgid(gid_t r, gid_t e, gid_t s);
int sys_setgroups(size_t n, const gid_t *groups);
int sys_ioprio_set(int which, int who, int prio);
int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
