/* SPDX-License-Identifier: MIT */
#include "init/signals.h"

#include "init/loading.h"
#include "init/manager.h"
#include "init/reap.h"
#include "init/shutdown.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static struct source source = { .fd = -1 };
static struct manager *manager;

/*
 * What a signal asks PID 1 for. SIGRTMIN+n are systemd(1)'s; SIGUSR1, SIGUSR2 and SIGTERM are what
 * BusyBox's halt, poweroff and reboot send to init.
 */
static enum final_action action_of(const struct signalfd_siginfo *si)
{
	int sig = (int)si->ssi_signo;

	if (sig == SIGUSR1)
		return FINAL_HALT;
	if (sig == SIGUSR2 || sig == SIGPWR || sig == SIGRTMIN + 4)
		return FINAL_POWEROFF;
	if (sig == SIGTERM || sig == SIGRTMIN + 5)
		return FINAL_REBOOT;
	return sig == SIGRTMIN + 3 ? FINAL_HALT : FINAL_NONE;
}

static bool reload_again;

static void on_reloaded(struct load_waiter *w, int result, const struct diag *diag)
{
	(void)result, (void)diag; /* has been told */
	if (reload_again)
		loading_want(w);
	reload_again = false;
}

/* systemd(1): SIGHUP is a daemon-reload. One that comes while files are being read is for after that. */
static void reload(void)
{
	static struct load_waiter waiter = { .what = LOAD_RELOAD, .loaded = on_reloaded };

	if (manager->regime != REGIME_RUN)
		return;
	if (load_waiter_waits(&waiter))
		reload_again = true;
	else
		loading_want(&waiter);
}

static void handle(const struct signalfd_siginfo *si)
{
	enum final_action action = action_of(si);
	struct diag diag = { 0 };

	if (si->ssi_signo == SIGINT) {
		/* Only the kernel's keyboard handler means it (PITFALLS 7). */
		if (si->ssi_code == SI_KERNEL)
			shutdown_ctrl_alt_del(manager);
		return;
	}
	if (si->ssi_signo == SIGHUP)
		reload();
	if (action == FINAL_NONE)
		return;
	log_notice("signal %u from pid %u: going down", si->ssi_signo, si->ssi_pid);
	if (shutdown_begin(manager, action, 0, &diag) < 0)
		log_err("%s", diag.text);
}

static void on_signal(struct source *src, uint32_t revents)
{
	struct signalfd_siginfo si[4];
	ssize_t n;
	bool child = false;

	(void)revents;
	do {
		n = read(src->fd, si, sizeof(si));
		for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(si[0]); i++) {
			if (si[i].ssi_signo == SIGCHLD)
				child = true;
			else
				handle(&si[i]);
		}
	} while (n == sizeof(si));
	/* Signals coalesce (PITFALLS 16): one look at all children per round. */
	if (child && reaper_run(manager))
		raise(SIGCHLD); /* blocked, so it waits in the descriptor for the next round */
}

int signals_open(struct manager *m)
{
	static const int handled[] = { SIGCHLD, SIGINT,	 SIGTERM, SIGPWR,
				       SIGUSR1, SIGUSR2, SIGHUP,  SIGPIPE };
	sigset_t set;

	manager = m;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&set, handled[i]);
	for (int i = 3; i <= 5; i++)
		sigaddset(&set, SIGRTMIN + i);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	source = (struct source){ .fd = spawn_lift_fd(fd), .events = EPOLLIN, .fn = on_signal };
	return source.fd < 0 ? source.fd : loop_add(m->loop, &source);
}
