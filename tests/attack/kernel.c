/* SPDX-License-Identifier: MIT */
#include "tests/attack/attack.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/*
 * Calls into the kernel. Where going through would end the test, the call asks for something
 * harmless that needs the same privilege: what it was refused for tells (past() below).
 */

/* Arguments that are refused only after the question of privilege: then the wall is not there. */
static int past(long r, int later)
{
	return r < 0 && errno != later ? -errno : 0;
}

int attack_kernel_log(void)
{
	char buf[4096];

	return outcome(klogctl(3 /* SYSLOG_ACTION_READ_ALL */, buf, sizeof(buf)));
}

int attack_module_init(void)
{
	static char image[4096] = "no module";

	return past(syscall(SYS_init_module, image, sizeof(image), ""), ENOEXEC);
}

int attack_module_finit(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = past(syscall(SYS_finit_module, fd, "", 0), ENOEXEC);
	close(fd);
	return r;
}

int attack_module_delete(void)
{
	return past(syscall(SYS_delete_module, "attack", O_NONBLOCK), ENOENT);
}

/* No segments: takes a loaded kernel out again. */
int attack_kexec(void)
{
	return outcome(syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0ul));
}

int attack_kexec_file(void)
{
	return past(syscall(SYS_kexec_file_load, -1, -1, 0ul, NULL, 0ul), EBADF);
}

/* Ctrl-Alt-Del off: berth has done so already. */
int attack_restart_machine(void)
{
	return outcome(reboot(RB_DISABLE_CAD));
}

int attack_clock_set(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return outcome(clock_settime(CLOCK_REALTIME, &now));
}

int attack_clock_adjust(void)
{
	struct timex t = { .modes = 0 };

	if (adjtimex(&t) < 0)
		return -errno;
	t.modes = ADJ_FREQUENCY; /* to what it is */
	return outcome(adjtimex(&t));
}

int attack_hostname(void)
{
	char name[256];

	if (gethostname(name, sizeof(name)) < 0)
		return -errno;
	return outcome(sethostname(name, strlen(name)));
}

int attack_domainname(void)
{
	return outcome(setdomainname("(none)", 6));
}

int attack_bpf_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

int attack_perf(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK };

	return outcome(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0ul));
}

int attack_io_uring(void)
{
	uint32_t params[30] = { 0 };

	return outcome(syscall(SYS_io_uring_setup, 1u, params));
}

int attack_userfault(void)
{
	return outcome(syscall(SYS_userfaultfd, O_CLOEXEC));
}

int attack_fanotify(void)
{
	return outcome(syscall(SYS_fanotify_init, 0u, O_RDONLY));
}

/* A handle of the root directory of whatever "/" is on: 2 is the root's inode of many. */
int attack_file_handle(void)
{
	struct {
		unsigned int bytes;
		int type;
		unsigned char data[128];
	} handle = { .bytes = sizeof(handle.data) };
	int mount_id, fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_name_to_handle_at, AT_FDCWD, "/tmp", &handle, &mount_id, 0) < 0) {
		/* A file system without handles: the privilege is asked for first. */
		handle.bytes = 8;
		handle.type = 1;
	}
	r = past(syscall(SYS_open_by_handle_at, fd, &handle, O_RDONLY), ESTALE);
	close(fd);
	return r == -EOPNOTSUPP || r == -EINVAL ? 0 : r;
}

int attack_io_privilege(void)
{
	return outcome(syscall(SYS_iopl, 3));
}

int attack_io_permission(void)
{
	return outcome(syscall(SYS_ioperm, 0x80ul, 1ul, 1));
}

int attack_swap_on(void)
{
	return past(swapon("/dev/null", 0), EINVAL);
}

int attack_accounting(void)
{
	return outcome(syscall(SYS_acct, NULL));
}

int attack_quota(void)
{
	return past(syscall(SYS_quotactl, 0x800001 /* Q_SYNC */, "/dev/null", 0, NULL), ENOTBLK);
}

int attack_hang_up(void)
{
	return outcome(syscall(SYS_vhangup));
}

int attack_x32_call(void)
{
	return outcome(syscall(0x40000000 | SYS_getpid));
}

int attack_i386_call(void)
{
	long r;

	/* getpid is 20 there */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20l) : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? (int)r : 0;
}

int attack_realtime(void)
{
	struct sched_param param = { .sched_priority = 1 };

	return outcome(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param));
}

int attack_renice(void)
{
	errno = 0;
	return outcome(setpriority(PRIO_PROCESS, 0, -20));
}

int attack_lock_memory(void)
{
	const size_t size = 64ul << 20;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (p == MAP_FAILED)
		return -errno;
	/* Above the hard limit, which is the wall. MLOCK_ONFAULT: without the memory. */
	setrlimit(RLIMIT_MEMLOCK, &limit);
	return outcome(mlock2(p, size, 1));
}

int attack_change_personality(void)
{
	int now = personality(0xffffffff);

	return now < 0 ? -errno : outcome(personality((unsigned long)now | READ_IMPLIES_EXEC));
}
