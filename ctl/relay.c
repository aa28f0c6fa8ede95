/* SPDX-License-Identifier: MIT */
#include "ctl/relay.h"

#include "lib/fd.h"
#include "lib/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not more at once than a serial line is rid of in a moment: keys have to come through meanwhile. */
#define OUTPUT_CHUNK 1024
/* How soon a terminal that somebody else reads is looked at again. */
#define HELD_MSEC 200
/* More than a pseudo terminal holds (drivers/tty/pty.c: 8 kB, and a line discipline's 4 kB). */
#define MOST_REST (64 * 1024)

#ifndef TIOCSIG
#define TIOCSIG _IOW('T', 0x36, int)
#endif

/* -- beginning ------------------------------------------------------------------------------- */

/* All but those that tell of a fault, and those that the caller wants ignored (nohup). */
static int take_signals(struct relay *r)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(&set, faults[i]);
	for (int sig = 1; sig < SIGRTMIN; sig++) {
		struct sigaction now;

		if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			sigdelset(&set, sig);
	}
	if (sigprocmask(SIG_BLOCK, &set, &r->caller_mask) < 0)
		return -errno;
	r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return r->signals < 0 ? -errno : 0;
}

int relay_init(struct relay *r)
{
	r->terminal = r->master = r->slave = r->pidfd = r->signals = -1;
	for (int fd = 2; fd >= 0; fd--) {
		r->is_terminal[fd] = isatty(fd);
		if (r->is_terminal[fd])
			r->terminal = fd;
	}
	r->interactive = r->is_terminal[STDIN_FILENO] && r->is_terminal[STDOUT_FILENO];
	if (r->terminal >= 0 && tcgetattr(r->terminal, &r->saved) < 0)
		return -errno;
	return take_signals(r);
}

/* The kernel sends SIGWINCH to those inside if it has changed. */
static void copy_size(const struct relay *r)
{
	struct winsize size;

	if (r->master >= 0 && ioctl(r->terminal, TIOCGWINSZ, &size) == 0)
		(void)ioctl(r->master, TIOCSWINSZ, &size);
}

int relay_connect(struct relay *r, int master, int slave)
{
	struct termios inner = r->saved;

	r->master = master;
	r->slave = slave;
	/* The caller's own echoes, and ends lines, as long as it is left as it is. */
	if (!r->interactive) {
		inner.c_lflag &= ~(tcflag_t)ECHO;
		inner.c_oflag &= ~(tcflag_t)OPOST;
	}
	if (tcsetattr(slave, TCSANOW, &inner) < 0)
		return -errno;
	copy_size(r);
	return 0;
}

int relay_become_command(struct relay *r)
{
	if (setsid() < 0)
		return -errno;
	if (r->slave >= 0 && ioctl(r->slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		if (r->slave >= 0 && r->is_terminal[fd] && dup2(r->slave, fd) < 0)
			return -errno;
	return sigprocmask(SIG_SETMASK, &r->caller_mask, NULL) < 0 ? -errno : 0;
}

/* -- the caller's terminal ------------------------------------------------------------------- */

/* One that is nobody's controlling terminal (the console of a rescue system) has no background. */
static bool in_foreground(const struct relay *r)
{
	pid_t front = tcgetpgrp(r->terminal);

	return front < 0 ? errno == ENOTTY : front == getpgrp();
}

/* Changing it from the background would stop, or rather (blocked SIGTTOU) confuse, whoever is in front. */
static void take_terminal(struct relay *r)
{
	struct termios raw;

	if (!r->interactive || r->raw || r->master < 0 || !in_foreground(r) ||
	    tcgetattr(r->terminal, &r->saved) < 0)
		return;
	raw = r->saved;
	cfmakeraw(&raw);
	r->raw = tcsetattr(r->terminal, TCSANOW, &raw) == 0;
}

static void give_back_terminal(struct relay *r)
{
	if (r->raw)
		(void)tcsetattr(r->terminal, TCSANOW, &r->saved);
	r->raw = false;
}

/* Others may have it raw, as a pager at the other end of our output has. */
static bool may_read(const struct relay *r)
{
	struct termios now;

	if (!in_foreground(r))
		return false;
	return r->raw ||
	       (!r->interactive && tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ICANON));
}

/* -- bytes ----------------------------------------------------------------------------------- */

static bool has_bytes(const struct relay_buffer *b)
{
	return b->from < b->to;
}

static size_t room(struct relay_buffer *b)
{
	if (b->from == b->to)
		b->from = b->to = 0;
	return sizeof(b->bytes) - b->to;
}

/* False for good: -errno other than "later". @max: at most so many at once. */
static int drain(struct relay_buffer *b, int fd, size_t max)
{
	size_t n = b->to - b->from;
	ssize_t done = write(fd, b->bytes + b->from, n < max ? n : max);

	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	b->from += (size_t)done;
	return 0;
}

/* Returns how many came, 0: none now or never again; -errno. */
static ssize_t fill(struct relay_buffer *b, int fd)
{
	ssize_t n = read(fd, b->bytes + b->to, room(b));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	b->to += (size_t)n;
	return n;
}

/*
 * Lines of a terminal that is left as it is. There a ^D ends what is read, be it a line or nothing,
 * and that is what it has to do at the other end.
 */
static int read_lines(struct relay *r)
{
	ssize_t n = fill(&r->keys, STDIN_FILENO);

	if (n < 0)
		return (int)n;
	if ((n == 0 || r->keys.bytes[r->keys.to - 1] != '\n') && room(&r->keys) > 0)
		r->keys.bytes[r->keys.to++] = (char)r->saved.c_cc[VEOF];
	return 0;
}

static int take_keys(struct relay *r, short revents)
{
	ssize_t n;

	r->held = !may_read(r);
	if (r->held)
		return revents & POLLHUP ? -EPIPE : 0;
	if (!r->raw)
		return read_lines(r);
	n = fill(&r->keys, STDIN_FILENO);
	return n > 0 ? 0 : n < 0 ? (int)n : -EPIPE;
}

static int output(const struct relay *r)
{
	return r->is_terminal[STDOUT_FILENO] ? STDOUT_FILENO
	       : r->is_terminal[STDERR_FILENO]
		       ? STDERR_FILENO
		       : r->terminal; /* input alone: what is written to /dev/tty */
}

/*
 * What the command wrote before it ended: the kernel hands over all of it before it says that there is no
 * more. Others who have the terminal may go on to write for ever.
 */
static void write_rest(struct relay *r)
{
	ssize_t n = 1;

	for (size_t total = 0; r->master >= 0 && n > 0 && total < MOST_REST; total += (size_t)n) {
		while (has_bytes(&r->output))
			if (drain(&r->output, output(r), OUTPUT_CHUNK) < 0)
				return;
		n = fill(&r->output, r->master);
		if (n < 0)
			return;
	}
}

/* -- signals --------------------------------------------------------------------------------- */

/* Its own process group is all we know of it; before it has one, it is the process. */
static void send(const struct relay *r, int sig)
{
	if (kill(-r->pid, sig) < 0)
		kill(r->pid, sig);
}

/*
 * Together with the command. It gets no SIGTSTP, which the kernel does not deliver to a session
 * whose leader's parent is in another one (an orphaned process group).
 */
static void stop(struct relay *r)
{
	bool was_raw = r->raw;

	give_back_terminal(r);
	if (!was_raw)
		send(r, SIGSTOP);
	kill(getpid(), SIGSTOP);
	send(r, SIGCONT);
	take_terminal(r);
	copy_size(r);
}

static int take_signal(struct relay *r, int sig)
{
	switch (sig) {
	case SIGCHLD:
	case SIGPIPE:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG: return 0;
	case SIGWINCH: copy_size(r); return 0;
	case SIGCONT: take_terminal(r); return 0;
	case SIGTSTP: stop(r); return 0;
	case SIGHUP: send(r, sig); return -EPIPE;
	case SIGINT:
	case SIGQUIT:
		/* As the key does: to whom is in front in there. */
		if (r->master >= 0 && ioctl(r->master, TIOCSIG, sig) == 0)
			return 0;
		break;
	default: break;
	}
	send(r, sig);
	return 0;
}

static int take_pending_signals(struct relay *r)
{
	struct signalfd_siginfo info;
	int result = 0;

	while (result == 0 && read(r->signals, &info, sizeof(info)) == sizeof(info))
		result = take_signal(r, (int)info.ssi_signo);
	return result;
}

/* -- the loop -------------------------------------------------------------------------------- */

enum {
	AT_SIGNALS,
	AT_PROCESS,
	AT_MASTER,
	AT_KEYS,
	AT_OUTPUT,
	AT_COUNT,
};

static void ask_for(struct relay *r, struct pollfd p[AT_COUNT])
{
	p[AT_SIGNALS] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
	p[AT_PROCESS] = (struct pollfd){ .fd = r->pidfd, .events = POLLIN };
	p[AT_MASTER] = p[AT_KEYS] = p[AT_OUTPUT] = (struct pollfd){ .fd = -1 };
	if (r->master < 0)
		return;
	p[AT_MASTER].fd = r->master;
	if (room(&r->output) > 0)
		p[AT_MASTER].events |= POLLIN;
	if (has_bytes(&r->keys))
		p[AT_MASTER].events |= POLLOUT;
	/* One byte is kept for read_lines(). */
	if (r->is_terminal[STDIN_FILENO] && !r->held && room(&r->keys) == sizeof(r->keys.bytes))
		p[AT_KEYS] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	if (has_bytes(&r->output))
		p[AT_OUTPUT] = (struct pollfd){ .fd = output(r), .events = POLLOUT };
}

static int move_bytes(struct relay *r, const struct pollfd p[AT_COUNT])
{
	ssize_t n = 0;

	if (p[AT_KEYS].revents)
		n = take_keys(r, p[AT_KEYS].revents);
	if (n >= 0 && (p[AT_MASTER].revents & POLLOUT))
		n = drain(&r->keys, r->master, sizeof(r->keys.bytes));
	if (n >= 0 && (p[AT_MASTER].revents & POLLIN))
		n = fill(&r->output, r->master);
	if (n >= 0 && p[AT_OUTPUT].revents)
		n = drain(&r->output, output(r), OUTPUT_CHUNK);
	/* Whatever fails here is the caller's terminal: hung up. */
	return n < 0 ? -EPIPE : 0;
}

static int relay_all(struct relay *r)
{
	for (;;) {
		struct pollfd p[AT_COUNT];
		int result = 0;

		ask_for(r, p);
		if (poll(p, AT_COUNT, r->held ? HELD_MSEC : -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		r->held = false;
		if (p[AT_SIGNALS].revents)
			result = take_pending_signals(r);
		if (result == 0)
			result = move_bytes(r, p);
		if (result < 0)
			return result;
		if (p[AT_PROCESS].revents)
			return 0;
	}
}

int relay_run(struct relay *r, pid_t pid, int pidfd, int *status)
{
	int result;

	r->pid = pid;
	r->pidfd = pidfd;
	take_terminal(r);
	result = relay_all(r);
	if (result == 0) {
		write_rest(r);
		if (waitpid(pid, status, 0) != pid)
			result = -errno;
	}
	give_back_terminal(r);
	fd_close(&r->slave);
	fd_close(&r->master); /* hangs up on whoever is still there */
	return result;
}
