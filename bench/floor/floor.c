/* SPDX-License-Identifier: MIT */
#include "bench/floor/floor.h"
#include "bench/floor/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/keyctl.h>

#define CGROUPS	     "/sys/fs/cgroup/"
#define AGENT	     "/usr/bin/bench-agent"
#define SERVICE	     "/usr/bin/bench-service"
#define MAX_SERVICES 1024
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET)

struct service {
	pid_t pid;
	int pidfd;
	int netns;	/* kept over a restart, with the veth in it */
	int log;	/* our end of its output */
	int log_writer; /* kept too: the same pipe over a restart */
	int cgroup;
};

/* Service 0 is the agent, which measures: it belongs to the bench, not to the load. */
static struct service services[MAX_SERVICES + 1];
static enum floor_mode mode;
static sigset_t all_signals;

/*
 * Copying PID 1's descriptor table costs 0.2 us per open descriptor, with 1000 services more than
 * the rest of a fork. So the child shares the table for a moment and then takes a copy that ends
 * behind these few, which hold what it needs; PID 1 leaves them alone until the child has done so.
 */
enum slot {
	SLOT_KMSG = 3, /* a service has no /dev/kmsg any more when it fails */
	SLOT_LOG,
	SLOT_NETNS,
	SLOT_NETLINK,
	SLOT_END,
};
static uint32_t *copied; /* shared with children: how many have their own table */
static uint32_t cloned;

void die(const char *what)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "<0>floor: %s: %s\n", what, strerror(errno));

	(void)!write(SLOT_KMSG, line, (size_t)n);
	/* In a PID namespace of its own this only ends that namespace. */
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	_exit(1);
}

void write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	must(name, fd);
	must(name, write(fd, text, strlen(text)));
	close(fd);
}

/*
 * A user with the standard profile's capabilities: root's permitted set at exec is the bounding
 * set, so that dropping from it is enough, and no_new_privs keeps it so. One call each, there is
 * no call for several. The session keyring would be shared with all services otherwise.
 */
static void drop_privileges(unsigned int number)
{
	/* CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID */
	const uint64_t keep = mode == FLOOR_FULL ? 0 : 0xfb;

	if (mode == FLOOR_FULL)
		users_enter(number);
	must("keyring", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0));
	for (int cap = 0; cap <= 40; cap++)
		if (!(keep >> cap & 1))
			must("capability", prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	if (mode == FLOOR_FULL)
		users_become();
	must("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	filter_install();
}

static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

static void take_descriptors(void)
{
	must("close_range", sys_close_range(SLOT_END, ~0U, CLOSE_RANGE_UNSHARE));
	__atomic_add_fetch(copied, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, copied, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_for_copy(void)
{
	for (uint32_t seen; (seen = __atomic_load_n(copied, __ATOMIC_ACQUIRE)) != cloned;)
		syscall(SYS_futex, copied, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void put_slot(enum slot slot, int fd)
{
	if (fd >= 0 && fd != (int)slot)
		must("slot", dup3(fd, slot, O_CLOEXEC));
}

__attribute__((noreturn)) static void run_program(const char *path)
{
	char *const argv[] = { (char *)(uintptr_t)path, NULL };
	sigset_t none;

	/* The session keeps terminals and process groups apart; both outputs are the log's. */
	setsid();
	must("stdout", dup2(SLOT_LOG, 1));
	must("stderr", dup2(SLOT_LOG, 2));
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, argv, environment);
	die(path);
}

/*
 * Process 1 of a PID namespace cannot be the program: without it orphans stay, and signals with
 * default action would not reach the program. It forwards, reaps, and ends with the program.
 */
__attribute__((noreturn)) static void run_stub(pid_t program)
{
	/* The log pipe would never end, and PID 1's descriptors are not the stub's business. */
	must("close_range", sys_close_range(0, ~0U, 0));
	/* With the stub all of its service dies: when memory runs out, the program goes first. */
	write_file(AT_FDCWD, "/proc/self/oom_score_adj", "-999");
	for (;;) {
		siginfo_t si = { 0 };
		int sig = sigwaitinfo(&all_signals, &si);

		if (sig > 0 && sig != SIGCHLD)
			kill(program, sig);
		for (int status; (si.si_pid = waitpid(-1, &status, WNOHANG)) > 0;)
			if (si.si_pid == program)
				_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status)
							  : WEXITSTATUS(status));
	}
}

__attribute__((noreturn)) static void run_isolated(unsigned int number, bool fresh_net)
{
	char hostname[8];

	if (mode == FLOOR_FULL)
		users_make(number);
	if (!fresh_net)
		must("setns", setns(SLOT_NETNS, CLONE_NEWNET));
	else if (mode == FLOOR_NET)
		net_service(SLOT_NETLINK, number);
	else
		net_loopback();
	snprintf(hostname, sizeof(hostname), "s%04u", number % 10000);
	view_enter(hostname, mode == FLOOR_FULL ? USERS_BASE(number) : 0);
	/* vfork: no page tables to copy, and the stub has nothing to do before the exec. */
	pid_t program = vfork();

	if (program == 0) {
		drop_privileges(number);
		run_program(SERVICE);
	}
	must("vfork", program);
	run_stub(program);
}

/* What stays over a restart: the cgroup with its limits, the log pipe. */
static void prepare(unsigned int number)
{
	struct service *s = &services[number];
	char path[48];
	int log[2];

	snprintf(path, sizeof(path), CGROUPS "s%04u.service", number % 10000);
	must(path, mkdir(path, 0755));
	s->cgroup = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(path, s->cgroup);
	write_file(s->cgroup, "memory.max", "67108864");
	write_file(s->cgroup, "pids.max", "32");
	if (mode != FLOOR_NONE && number > 0)
		devices_attach(s->cgroup);
	must("log pipe", pipe2(log, O_CLOEXEC));
	s->log = log[0];
	s->log_writer = log[1];
	s->netns = -1;
}

__attribute__((noreturn)) static void run_plain(unsigned int number)
{
	take_descriptors();
	run_program(number > 0 ? SERVICE : AGENT);
}

/*
 * One clone3 makes process, namespaces, cgroup membership and pidfd. A stub lives on with a copy of
 * our memory, so that one is a real fork.
 */
static pid_t clone_isolated(struct clone_args *args, unsigned int number)
{
	struct service *s = &services[number];
	bool fresh_net = s->netns < 0;
	int host_net = -1;

	args->flags |= NAMESPACES & ~(fresh_net ? 0ULL : CLONE_NEWNET);
	put_slot(SLOT_NETNS, s->netns);
	/* Of its own for each: answers to several children must not mix. */
	if (mode == FLOOR_NET && fresh_net) {
		host_net = net_host_socket();
		put_slot(SLOT_NETLINK, host_net);
	}
	pid_t pid = sys_clone3(args);

	must("clone3", pid);
	if (pid == 0) {
		take_descriptors();
		run_isolated(number, fresh_net);
	}
	if (host_net >= 0)
		close(host_net);
	if (fresh_net) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		s->netns = open(path, O_RDONLY | O_CLOEXEC);
		must(path, s->netns);
	}
	return pid;
}

static void spawn(unsigned int number)
{
	struct service *s = &services[number];
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP | CLONE_PIDFD | CLONE_FILES,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)s->cgroup,
		.pidfd = (uint64_t)(uintptr_t)&s->pidfd,
	};

	wait_for_copy();
	put_slot(SLOT_LOG, s->log_writer);
	cloned++;
	if (mode != FLOOR_NONE && number > 0) {
		s->pid = clone_isolated(&args, number);
	} else {
		s->pid = clone_sharing(&args, run_plain, number);
		must("clone3", s->pid);
	}
}

/* With 1000 services this table of pids is searched by a death: 4 kB of memory, 1 us. */
static struct service *reap(void)
{
	pid_t pid = waitpid(-1, NULL, WNOHANG);

	if (pid <= 0)
		return NULL;
	for (unsigned int i = 0; i <= MAX_SERVICES; i++)
		if (services[i].pid == pid)
			return &services[i];
	return &services[0];
}

/* Terminates all, waits for all, ends the machine. Nothing is mounted that needs more than sync. */
__attribute__((noreturn)) static void shut_down(void)
{
	for (unsigned int i = 0; i <= MAX_SERVICES; i++)
		if (services[i].pid > 0)
			syscall(SYS_pidfd_send_signal, services[i].pidfd, SIGTERM, NULL, 0);
	while (waitpid(-1, NULL, 0) > 0)
		;
	sync();
	reboot(RB_POWER_OFF);
	die("reboot");
}

static unsigned int number_of(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 10) : otherwise;
}

static void raise_limits(void)
{
	const struct rlimit limit = { 16384, 16384 };

	must("RLIMIT_NOFILE", setrlimit(RLIMIT_NOFILE, &limit));
	put_slot(SLOT_KMSG, open("/dev/kmsg", O_WRONLY | O_CLOEXEC));
	copied = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (copied == MAP_FAILED)
		die("mmap");
}

int main(void)
{
	unsigned int count = number_of("floor_n", 1);

	mode = (enum floor_mode)number_of("floor_mode", 0);
	if (count > MAX_SERVICES || mode > FLOOR_FULL)
		die("floor_n or floor_mode");
	sigfillset(&all_signals);
	sigprocmask(SIG_SETMASK, &all_signals, NULL);
	boot_mounts();
	raise_limits();
	if (mode == FLOOR_NET)
		boot_modules();
	net_prepare(mode == FLOOR_NET);
	if (mode != FLOOR_NONE) {
		view_make_room(count);
		view_prepare();
		filter_prepare();
	}
	/* One for all: standard input of every service. */
	put_slot(0, open("/dev/null", O_RDONLY | O_CLOEXEC));
	must("stdin", fcntl(0, F_SETFD, 0));
	for (int slot = SLOT_LOG; slot < SLOT_END; slot++)
		put_slot(slot, 0);
	if (mode != FLOOR_NONE) /* keeps a descriptor, which must not be one of those */
		devices_prepare();
	for (unsigned int i = 0; i <= count; i++) {
		prepare(i);
		spawn(i);
	}
	for (;;) {
		siginfo_t si;
		int sig = sigwaitinfo(&all_signals, &si);

		if (sig == SIGUSR2)
			shut_down();
		for (struct service *s; (s = reap()) != NULL;) {
			if (s == &services[0])
				continue;
			close(s->pidfd);
			spawn((unsigned int)(s - services));
		}
	}
}
