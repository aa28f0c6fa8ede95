/* SPDX-License-Identifier: MIT */
#include "init/finish.h"

#include "init/bounded.h"
#include "init/console.h"
#include "init/unmount.h"
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/log.h"
#include "lib/str.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <sys/io.h>
#endif

#define TERM_LIMIT    (10 * USEC_PER_SEC)
#define KILL_LIMIT    (5 * USEC_PER_SEC)
#define SYNC_LIMIT    (60 * USEC_PER_SEC)
#define CONSOLE_LIMIT USEC_PER_SEC
#define MOMENT	      (5 * USEC_PER_SEC)

/* The kernel reads no more of it (kernel/reboot.c). */
static LARGE_STATIC char reboot_argument[256];

void finish_verdict(int port, int status)
{
#if defined(__x86_64__) || defined(__i386__)
	/*
	 * QEMU ends with 2 * status + 1, of which the caller sees 8 bits: 128 would read as success. Where
	 * no such device is, the port is simply not there.
	 */
	if (status > 99)
		status = 99;
	if (port > 0 && ioperm((unsigned long)port, 4, 1) == 0)
		outl((unsigned int)status, (unsigned short)port);
#else
	(void)port;
	(void)status;
#endif
}

bool finish_is_real_machine(void)
{
	char link[64];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);

	if (getpid() != 1)
		return false;
	if (n < 0)
		return true;
	link[n] = '\0';
	/* PROC_PID_INIT_INO (linux/proc_ns.h): the number of the first pid namespace is fixed. */
	return str_eq(link, "pid:[4026531836]");
}

void finish_set_reboot_argument(const char *argument)
{
	str_copy(reboot_argument, sizeof(reboot_argument), argument);
}

_Noreturn void finish_reboot(enum final_action action, int status)
{
	if (getpid() != 1 || !finish_is_real_machine())
		_exit(action == FINAL_EXIT ? status : 0);
	switch (action) {
	case FINAL_POWEROFF:
	case FINAL_EXIT: reboot(RB_POWER_OFF); break;
	case FINAL_REBOOT:
		if (reboot_argument[0])
			(void)sys_reboot_with(reboot_argument); /* refused: then without it */
		reboot(RB_AUTOBOOT);
		break;
	case FINAL_NONE: reboot(RB_AUTOBOOT); break;
	case FINAL_HALT: break;
	}
	/* A machine that cannot switch itself off comes back from the call (PITFALLS 152). */
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}

/* Takes up every child that has ended. False when there are no more children. */
static bool reap(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG | __WALL);
	while (pid > 0);
	return pid == 0;
}

/*
 * Waits until nothing of user space is left but us: whoever loses its parent becomes our child, so
 * no children means no processes. SIGCHLD is blocked here, none can be missed.
 */
static bool all_gone_within(usec_t limit, const sigset_t *chld)
{
	usec_t deadline = clock_now(CLOCK_MONOTONIC) + limit, now;
	struct timespec ts;

	while (reap()) {
		now = clock_now(CLOCK_MONOTONIC);
		if (now >= deadline)
			return false;
		ts.tv_sec = (time_t)((deadline - now) / USEC_PER_SEC);
		ts.tv_nsec = (long)((deadline - now) % USEC_PER_SEC) * 1000;
		(void)sigtimedwait(chld, NULL, &ts);
	}
	return true;
}

/* "12 (sleep), 15 (cat)" of our children; empty on kernels without the file. */
static void name_children(char *buf, size_t size)
{
	char list[256], path[40], comm[32];
	char *pos = list, *word;
	struct strbuf b;
	ssize_t n = fd_read_file_at(AT_FDCWD, "/proc/1/task/1/children", list, sizeof(list));

	strbuf_init(&b, buf, size);
	if (n < 0 && n != -E2BIG) /* a list that is cut is enough to know */
		return;
	while ((word = strsep(&pos, " ")) && *word) {
		snprintf(path, sizeof(path), "/proc/%.12s/comm", word);
		n = fd_read_file_at(AT_FDCWD, path, comm, sizeof(comm));
		if (n <= 0)
			continue;
		comm[strcspn(comm, "\n")] = '\0';
		strbuf_printf(&b, "%s%s (%s)", b.len ? ", " : "", word, comm);
	}
}

/*
 * What no unit answers for, and what units could not get rid of. kill(-1) reaches every process in
 * every namespace and cgroup, frozen ones included, and the kernel makes it atomic against fork(2): a
 * fork bomb ends here too, no cgroup.kill is needed.
 */
static void kill_everything(void)
{
	char names[400] = "";
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	if (!reap())
		return;
	kill(-1, SIGTERM);
	kill(-1, SIGCONT); /* a stopped process does not see its SIGTERM */
	if (all_gone_within(TERM_LIMIT, &chld))
		return;
	name_children(names, sizeof(names));
	log_warn("killing what ignores SIGTERM: %s", names);
	kill(-1, SIGKILL);
	if (all_gone_within(KILL_LIMIT, &chld))
		return;
	name_children(names, sizeof(names));
	log_err("survives SIGKILL, left behind: %s", names);
}

static int do_sync(const void *unused)
{
	(void)unused;
	sync();
	return 0;
}

_Noreturn void finish(enum final_action action, int status, int exit_port)
{
	int r;

	/* kill(-1) is for the init of a namespace only: anywhere else it hits the whole session. */
	if (getpid() == 1)
		kill_everything();
	if (finish_is_real_machine()) {
		(void)unmount_all(); /* told; the machine goes off all the same */
		r = bounded_run(do_sync, NULL, SYNC_LIMIT);
		if (r < 0)
			log_err("cannot write everything out: %s", diag_errno(-r));
	}
	console_flush(CONSOLE_LIMIT);
	if (action == FINAL_EXIT)
		finish_verdict(exit_port, status);
	finish_reboot(action, status);
}

_Noreturn void finish_now(enum final_action action, int status, int exit_port)
{
	if (finish_is_real_machine())
		(void)bounded_run(do_sync, NULL, MOMENT);
	console_flush(CONSOLE_LIMIT);
	if (action == FINAL_EXIT)
		finish_verdict(exit_port, status);
	finish_reboot(action, status);
}
