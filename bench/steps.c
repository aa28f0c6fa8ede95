/* SPDX-License-Identifier: MIT */
/*
 * What one step of building a sandbox costs the kernel: a PID 1 that measures and powers off.
 * Each row is one kernel operation, timed in place in the child of one full clone, mean over the
 * runs after the first ten (caches warm, slabs grown). Read under --icount only.
 */
#include "bench/floor/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <linux/close_range.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define RUNS 50
#define WARM 10
#define V    "/run/v" /* where a view is put together */

struct row {
	const char *name;
	uint64_t sum;
	int err;
};
static struct shared {
	uint64_t last;
	int round, n;
	struct row row[80];
} * sh;

static void tick(const char *name, long rc)
{
	uint64_t t = now_nsec();
	struct row *r = &sh->row[sh->n++];

	r->name = name;
	if (rc < 0)
		r->err = errno;
	if (sh->round >= WARM)
		r->sum += t - sh->last;
	sh->last = now_nsec();
}

static void report(const char *title)
{
	printf("## %s\n", title);
	for (int i = 0; i < sh->n; i++) {
		printf("%-60s %8.1f us%s%s\n", sh->row[i].name,
		       (double)sh->row[i].sum / 1e3 / (RUNS - WARM), sh->row[i].err ? " ERR " : "",
		       sh->row[i].err ? strerror(sh->row[i].err) : "");
	}
	memset(sh, 0, sizeof(*sh));
}

static int tmpfs_new_api(const char *size, const char *target)
{
	int fs = sys_fsopen("tmpfs", FSOPEN_CLOEXEC), m;

	sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0);
	sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "4k", 0);
	sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "1777", 0);
	sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	m = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	int rc = sys_move_mount(m, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	close(m);
	close(fs);
	return rc;
}

static int mask_ro(const char *path)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					     MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = sys_mount_setattr(fd, "", AT_EMPTY_PATH, &ro);
	if (!rc)
		rc = sys_move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
	close(fd);
	return rc;
}

static int mask_ro_classic(const char *path)
{
	if (mount(path, path, NULL, MS_BIND, NULL))
		return -1;
	return mount(NULL, path, NULL,
		     MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static int lo_ioctl(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = ioctl(s, SIOCSIFFLAGS, &ifr);
	close(s);
	return rc;
}

static int lo_netlink(void)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} m = { { sizeof(m), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		{ .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP } };
	char buf[512];
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (send(s, &m, sizeof(m), 0) < 0 || recv(s, buf, sizeof(buf), 0) < 0)
		return -1;
	close(s);
	struct nlmsgerr *e = NLMSG_DATA((struct nlmsghdr *)buf);
	errno = -e->error;
	return e->error ? -1 : 0;
}

static int dev_nodes(const char *d)
{
	static const struct {
		const char *name;
		int minor;
	} n[] = { { "null", 3 }, { "zero", 5 }, { "full", 7 }, { "random", 8 }, { "urandom", 9 } };
	char p[64];
	int rc = 0;

	for (int i = 0; i < 5; i++) {
		snprintf(p, sizeof(p), "%s/%s", d, n[i].name);
		rc |= mknod(p, S_IFCHR | 0666, makedev(1, (unsigned)n[i].minor));
	}
	snprintf(p, sizeof(p), "%s/tty", d);
	rc |= mknod(p, S_IFCHR | 0666, makedev(5, 0));
	return rc;
}

static int dev_links(const char *d)
{
	static const char *const l[][2] = { { "fd", "/proc/self/fd" },
					    { "stdin", "/proc/self/fd/0" },
					    { "stdout", "/proc/self/fd/1" },
					    { "stderr", "/proc/self/fd/2" },
					    { "ptmx", "pts/ptmx" } };
	char p[64];
	int rc = 0;

	for (int i = 0; i < 5; i++) {
		snprintf(p, sizeof(p), "%s/%s", d, l[i][0]);
		rc |= symlink(l[i][1], p);
	}
	snprintf(p, sizeof(p), "%s/pts", d);
	rc |= mkdir(p, 0755);
	snprintf(p, sizeof(p), "%s/shm", d);
	rc |= mkdir(p, 01777);
	snprintf(p, sizeof(p), "%s/mqueue", d);
	rc |= mkdir(p, 01777);
	return rc;
}

static void mounts_child(void)
{
	tick("clone3(ns,pid,net,ipc,uts,cgroup), until the child runs", 0);
	tick("(a tick itself)", 0);
	tick("mount / MS_REC|MS_PRIVATE", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	int fd = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	tick("open_tree(/, CLONE), this mount only", fd);
	tick("mount_setattr RDONLY on it", sys_mount_setattr(fd, "", AT_EMPTY_PATH, &ro));
	tick("move_mount it to " V, sys_move_mount(fd, "", AT_FDCWD, V, MOVE_MOUNT_F_EMPTY_PATH));
	close(fd);
	sh->last = now_nsec();
	tick("tmpfs by mount(2) with 3 options",
	     mount("tmpfs", V "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
		   "size=16m,nr_inodes=4k,mode=1777"));
	tick("tmpfs by mount(2) without options",
	     mount("tmpfs", V "/run", "tmpfs", MS_NOSUID | MS_NODEV, NULL));
	tick("tmpfs by fsopen..move_mount, 3 options", tmpfs_new_api("16m", V "/var"));
	tick("tmpfs for /dev",
	     mount("tmpfs", V "/dev", "tmpfs", MS_NOSUID, "size=64k,nr_inodes=64,mode=755"));
	tick("6 mknod", dev_nodes(V "/dev"));
	tick("5 symlinks and 3 mkdir", dev_links(V "/dev"));
	tick("tmpfs for /dev/shm",
	     mount("tmpfs", V "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=1777"));
	tick("devpts newinstance", mount("devpts", V "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
					 "newinstance,gid=5,mode=620,ptmxmode=666"));
	tick("mqueue",
	     mount("mqueue", V "/dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	tick("bind /dev/null over a file", mount("/dev/null", V "/dev/tty", NULL, MS_BIND, NULL));
	tick("bind /run/dev (ready, shared, read-only)",
	     mount("/run/dev", V "/srv", NULL, MS_BIND, NULL));
	tick("proc", mount("proc", V "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	tick("proc again (same superblock)",
	     mount("proc", V "/mnt", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, "hidepid=2"));
	tick("mask a proc file: bind /dev/null on kcore",
	     mount("/dev/null", V "/proc/kcore", NULL, MS_BIND, NULL));
	tick("same: keys", mount("/dev/null", V "/proc/keys", NULL, MS_BIND, NULL));
	tick("same: sysrq-trigger",
	     mount("/dev/null", V "/proc/sysrq-trigger", NULL, MS_BIND, NULL));
	tick("same: timer_list", mount("/dev/null", V "/proc/timer_list", NULL, MS_BIND, NULL));
	int nul = sys_open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLOEXEC);
	sh->last = now_nsec();
	int c = sys_open_tree(nul, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int rc = sys_move_mount(c, "", AT_FDCWD, V "/proc/kmsg", MOVE_MOUNT_F_EMPTY_PATH);
	close(c);
	tick("same by open_tree(fd)+move_mount: kmsg", rc);
	tick("mask a proc folder: bind ready empty folder on acpi",
	     mount("/run/empty", V "/proc/acpi", NULL, MS_BIND, NULL));
	tick("same: scsi", mount("/run/empty", V "/proc/scsi", NULL, MS_BIND, NULL));
	tick("mask by a tmpfs of its own on tty",
	     mount("tmpfs", V "/proc/tty", "tmpfs", MS_RDONLY, "size=4k"));
	tick("read-only proc/sys: open_tree,setattr,move", mask_ro(V "/proc/sys"));
	tick("read-only proc/bus", mask_ro(V "/proc/bus"));
	tick("read-only proc/fs, by mount(2) twice", mask_ro_classic(V "/proc/fs"));
	tick("read-only proc/irq", mask_ro(V "/proc/irq"));
	tick("sysfs (new for this net ns)",
	     mount("sysfs", V "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	tick("mask /sys/firmware", mount("/run/empty", V "/sys/firmware", NULL, MS_BIND, NULL));
	tick("mask /sys/power", mount("/run/empty", V "/sys/power", NULL, MS_BIND, NULL));
	tick("mask /sys/kernel/security",
	     mount("/run/empty", V "/sys/kernel/security", NULL, MS_BIND, NULL));
	tick("cgroup2 on sys/fs/cgroup", mount("cgroup2", V "/sys/fs/cgroup", "cgroup2",
					       MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
	rc = chdir(V);
	tick("chdir", rc);
	tick("pivot_root(., .)", sys_pivot_root(".", "."));
	tick("umount2(., MNT_DETACH): drops the host's mounts", umount2(".", MNT_DETACH));
	tick("chdir /", chdir("/"));
	tick("sethostname", sethostname("s0001", 5));
	tick("lo up by ioctl", lo_ioctl());
	tick("lo again by netlink (no-op)", lo_netlink());
}

static void rest_child(void)
{
	tick("clone3, until the child runs", 0);
	tick("lo up by netlink", lo_netlink());
	for (int c = 0; c <= 40; c++)
		prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	tick("41 capability bounding drops", 0);
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	tick("capset none", syscall(SYS_capset, &h, d));
	tick("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	tick("setsid", setsid());
	tick("close_range(10, max)", sys_close_range(10, ~0u, 0));
	static const struct rlimit r = { 1024, 4096 };
	tick("one setrlimit", setrlimit(RLIMIT_NOFILE, &r));
	tick("PR_SET_PDEATHSIG", prctl(PR_SET_PDEATHSIG, SIGKILL));
	for (int i = 1; i < 65; i++)
		signal(i, SIG_DFL);
	tick("64 sigaction", 0);
}

static pid_t clone_flags(uint64_t flags)
{
	struct clone_args a = { .flags = flags, .exit_signal = SIGCHLD };
	return sys_clone3(&a);
}

#define ALL_NS                                                                                     \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static void rounds(const char *title, uint64_t flags, void (*fn)(void), int live)
{
	pid_t pids[RUNS];

	for (sh->round = 0; sh->round < RUNS; sh->round++) {
		sh->n = 0;
		sh->last = now_nsec();
		pid_t p = clone_flags(flags);
		if (!p) {
			fn();
			raise(SIGSTOP);
			pause();
			_exit(0);
		}
		int st;
		usleep(20000);
		pids[sh->round] = p;
		if (!live) {
			kill(p, SIGKILL);
			waitpid(p, &st, 0);
		}
	}
	if (live) {
		for (int i = 0; i < RUNS; i++)
			kill(pids[i], SIGKILL);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	report(title);
}

/* Init itself is the program: with another process id than 1 it ends at once. */
static char *const program[] = { "/init", "exit", NULL };

static pid_t spawn_vfork(void)
{
	pid_t p = vfork();

	if (p == 0) {
		execve(program[0], program, program + 2);
		_exit(127);
	}
	return p;
}

static pid_t spawn_clone(uint64_t flags, int close_from)
{
	struct clone_args a = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t p = sys_clone3(&a);

	if (p == 0) {
		if (close_from == 1)
			sys_close_range(10, ~0u, CLOSE_RANGE_UNSHARE);
		else if (close_from == 2)
			sys_close_range(10, ~0u, 0);
		execve(program[0], program, program + 2);
		_exit(127);
	}
	return p;
}

/* Clone flavours: the whole of clone, exec of a static program, its end, the wait. */
static uint64_t spawn_time(uint64_t flags, int vfork_like, int unshare_fd)
{
	uint64_t sum = 0;

	for (int i = 0; i < RUNS; i++) {
		uint64_t t0 = now_nsec();
		pid_t p = vfork_like ? spawn_vfork() : spawn_clone(flags, unshare_fd);

		waitpid(p, NULL, 0);
		if (i >= WARM)
			sum += now_nsec() - t0;
	}
	return sum / (RUNS - WARM) / 100;
}

static void spawn_row(const char *name, uint64_t flags, int vf, int un)
{
	uint64_t t = spawn_time(flags, vf, un);
	printf("%-60s %8.1f us\n", name, (double)t / 10);
}

static void spawns(void)
{
	printf("## clone+exec+exit+wait of a static program\n");
	spawn_row("clone3", 0, 0, 0);
	spawn_row("vfork", 0, 1, 0);
	spawn_row("clone3, close_range(10,~0)", 0, 0, 2);
	spawn_row("clone3 CLONE_FILES, close_range UNSHARE", CLONE_FILES, 0, 1);
	struct rlimit r = { 20000, 20000 };
	setrlimit(RLIMIT_NOFILE, &r);
	static const int counts[] = { 100, 1000, 4000 };
	int have = 0;
	for (int k = 0; k < 3; k++) {
		for (; have < counts[k]; have++) {
			int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				printf("open: %s\n", strerror(errno));
		}
		printf("# with %d open close-on-exec descriptors\n", have);
		spawn_row("clone3", 0, 0, 0);
		spawn_row("vfork", 0, 1, 0);
		spawn_row("clone3, close_range(10,~0)", 0, 0, 2);
		spawn_row("clone3 CLONE_FILES, close_range UNSHARE", CLONE_FILES, 0, 1);
	}
	sys_close_range(3, ~0u, 0);
	static const int mib[] = { 1, 4 };
	for (int k = 0; k < 2; k++) {
		size_t n = (size_t)mib[k] << 20;
		char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(p, 1, n);
		printf("# with %d MiB of touched heap\n", mib[k]);
		spawn_row("clone3", 0, 0, 0);
		spawn_row("vfork", 0, 1, 0);
		madvise(p, n, MADV_DONTFORK);
		spawn_row("clone3 with MADV_DONTFORK", 0, 0, 0);
		munmap(p, n);
	}
}

static void ns_rows(void)
{
	static const struct {
		const char *name;
		uint64_t f;
	} k[] = { { "none", 0 },
		  { "mount", CLONE_NEWNS },
		  { "pid", CLONE_NEWPID },
		  { "net", CLONE_NEWNET },
		  { "ipc", CLONE_NEWIPC },
		  { "uts", CLONE_NEWUTS },
		  { "cgroup", CLONE_NEWCGROUP },
		  { "all", ALL_NS },
		  { "all but net", ALL_NS & ~CLONE_NEWNET } };
	printf("## namespaces: clone3 + exec + exit + wait\n");
	for (unsigned i = 0; i < sizeof(k) / sizeof(*k); i++)
		spawn_row(k[i].name, k[i].f, 0, 0);
}

static void must(const char *what, long rc)
{
	if (rc < 0)
		printf("SETUP %s: %s\n", what, strerror(errno));
}

static void host(void)
{
	int fd = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	must("open_tree", fd);
	must("move_mount", sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	must("fchdir", fchdir(fd));
	must("chroot", chroot("."));
	close(fd);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mkdir("/dev/mqueue", 01777);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	must("mqueue", mount("mqueue", "/dev/mqueue", "mqueue", 0, NULL));
	mount("tmpfs", "/run", "tmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	must("cgroup2",
	     mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "nsdelegate,memory_recursiveprot"));
	mkdir(V, 0755);
	mkdir("/run/empty", 0555);
	mkdir("/run/dev", 0755);
	must("ready dev",
	     mount("tmpfs", "/run/dev", "tmpfs", MS_NOSUID, "size=64k,nr_inodes=64,mode=755"));
	dev_nodes("/run/dev");
	dev_links("/run/dev");
	mount(NULL, "/run/dev", NULL, MS_REMOUNT | MS_RDONLY | MS_BIND | MS_NOSUID, NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return 0;
	host();
	int con = open("/dev/console", O_RDWR | O_NOCTTY);
	dup2(con, 0);
	dup2(con, 1);
	dup2(con, 2);
	setvbuf(stdout, NULL, _IOLBF, 4096);
	sh = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rounds("steps in the child, each sandbox gone before the next", ALL_NS, mounts_child, 0);
	rounds("steps in the child, all sandboxes staying", ALL_NS, mounts_child, 1);
	rounds("other steps in the child", ALL_NS, rest_child, 0);
	ns_rows();
	spawns();
	fflush(stdout);
	tcdrain(1);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
