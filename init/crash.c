/* SPDX-License-Identifier: MIT */
#include "init/crash.h"

#include "init/console.h"
#include "init/finish.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <ucontext.h>

/* Room for the handler and the frame that the kernel saves (AVX-512: 3.5 KiB). */
static LARGE_STATIC char stack[32768];

#define KERNEL_SIGSET_SIZE 8 /* 64 signals on every architecture but MIPS; libc's set is larger */

static enum crash_policy policy = CRASH_REBOOT;
static int exit_port;
static volatile sig_atomic_t depth; /* faults so far: the handler may run into one itself */

static const struct {
	int sig;
	const char *name;
} faults[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" },   { SIGFPE, "SIGFPE" },
	{ SIGABRT, "SIGABRT" }, { SIGSYS, "SIGSYS" }, { SIGTRAP, "SIGTRAP" },
};

static const char *fault_name(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (faults[i].sig == sig)
			return faults[i].name;
	return "signal";
}

/* By hand: vsnprintf() is not async-signal-safe by any promise. */
static void put_hex(struct strbuf *b, unsigned long v)
{
	char digits[2 * sizeof(v)];
	size_t n = sizeof(digits);

	do
		digits[--n] = "0123456789abcdef"[v & 15];
	while (v >>= 4);
	strbuf_put(b, "0x");
	strbuf_put_n(b, digits + n, sizeof(digits) - n);
}

bool crash_was_sent(const siginfo_t *info, pid_t self)
{
	/* si_code of the kernel's own faults is positive (sigaction(2)). */
	return info->si_code <= 0 && info->si_pid != self;
}

size_t crash_message(char *buf, size_t size, int sig, const siginfo_t *info, unsigned long pc)
{
	struct strbuf b;

	strbuf_init(&b, buf, size);
	strbuf_put(&b, "berth: PID 1 crashed: ");
	strbuf_put(&b, fault_name(sig));
	if (info->si_code > 0) {
		strbuf_put(&b, " at address ");
		put_hex(&b, (unsigned long)info->si_addr);
	}
	strbuf_put(&b, ", pc ");
	put_hex(&b, pc);
	return b.len;
}

void crash_tell(int priority, const char *line, size_t len)
{
	autoclose int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	autoclose int console = -1;
	char text[512];
	struct strbuf b = STRBUF_INIT(text);
	int fd;

	strbuf_put(&b, "<");
	strbuf_put_u64(&b, (uint64_t)priority);
	strbuf_put(&b, ">");
	strbuf_put_n(&b, line, len);
	strbuf_put(&b, "\n");
	/* Best effort by nature: there is nowhere to tell that telling failed. */
	if (kmsg >= 0)
		(void)!write(kmsg, text, b.len);
	if (priority > LOG_CRIT)
		return;
	if (console_fd() < 0)
		console = open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	fd = console >= 0 ? console : console_fd();
	if (fd >= 0)
		(void)!write(fd, text + 3, b.len - 3);
}

static void tell(const char *line)
{
	crash_tell(LOG_CRIT, line, strlen(line));
}

static unsigned long program_counter(const void *context)
{
	const ucontext_t *u = context;

#if defined(__x86_64__)
	return (unsigned long)u->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (unsigned long)u->uc_mcontext.pc;
#else
	(void)u;
	return 0;
#endif
}

/* Takes up what has ended until @deadline. */
static void reap_until(usec_t deadline)
{
	struct timespec tick;
	usec_t now;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		now = clock_now(CLOCK_MONOTONIC);
		if (now >= deadline)
			return;
		/* A second at most: the signal may have been taken by a signalfd that nobody reads. */
		tick = (struct timespec){ .tv_sec = 1 };
		if (deadline - now < USEC_PER_SEC)
			tick = (struct timespec){ .tv_nsec = (long)(deadline - now) * 1000 };
		(void)sigtimedwait(&chld, NULL, &tick);
	}
}

/* In a child, since it may hang; fork(3) proper would run handlers that take locks. */
static void sync_aside(void)
{
	if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
		sync();
		_exit(0);
	}
}

/* Only what cannot go wrong any more: two system calls of our own. */
static _Noreturn void end_machine(void)
{
	if (policy != CRASH_HANG) {
		finish_verdict(exit_port, CRASH_STATUS);
		reboot(policy == CRASH_POWEROFF ? RB_POWER_OFF : RB_AUTOBOOT);
		reboot(RB_AUTOBOOT);
	}
	for (;;)
		syscall(SYS_rt_sigsuspend, &(sigset_t){ 0 }, KERNEL_SIGSET_SIZE);
}

static _Noreturn void carry_out_policy(void)
{
	sync_aside();
	if (policy == CRASH_HANG) {
		tell("berth: going on as a mere reaper (berth.crash=hang)");
		reap_until(USEC_INFINITY);
	}
	tell(policy == CRASH_POWEROFF ? "berth: powering off in 10 s" : "berth: rebooting in 10 s");
	reap_until(clock_now(CLOCK_MONOTONIC) + CRASH_DELAY);
	end_machine();
}

/* Not PID 1: a forked child before its exec. The fault repeats on return, then with its default action. */
static void step_back(int sig, const siginfo_t *info)
{
	signal(sig, SIG_DFL);
	if (info->si_code <= 0)
		raise(sig);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	char line[256];
	size_t n;

	if (syscall(SYS_getpid) != 1) {
		step_back(sig, info);
		errno = saved;
		return;
	}
	if (crash_was_sent(info, 1)) {
		struct strbuf b = STRBUF_INIT(line);

		strbuf_put(&b, "berth: ignored ");
		strbuf_put(&b, fault_name(sig));
		strbuf_put(&b, " sent by process ");
		strbuf_put_u64(&b, (uint64_t)info->si_pid);
		crash_tell(LOG_WARNING, line, b.len);
		errno = saved;
		return;
	}
	/* A fault in here comes back to this place (SA_NODEFER), and each time less is tried. */
	if (++depth > 2)
		end_machine();
	if (depth == 1) {
		n = crash_message(line, sizeof(line), sig, info, program_counter(context));
		crash_tell(LOG_CRIT, line, n);
	}
	carry_out_policy();
}

int crash_install(void)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	/* A stack overflow is a fault like others, but leaves no room for its own handler. */
	if (sigaltstack(&alternate, NULL) < 0)
		return -errno;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (sigaction(faults[i].sig, &sa, NULL) < 0)
			return -errno;
	return 0;
}

void crash_configure(enum crash_policy new_policy, int port)
{
	policy = new_policy;
	exit_port = port;
}
