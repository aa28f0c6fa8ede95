/* SPDX-License-Identifier: MIT */
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "lib/trim.h"
#include "log/writer.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>

/*
 * berth-log: an ordinary, unprivileged process that brings the ring's records to disk. It can be
 * stopped, killed, replaced at any time without a line being lost.
 */
struct options {
	int ring_fd, ack_fd;
	const char *dir;
	uint64_t max_size;
	unsigned int keep;
};

static volatile sig_atomic_t stopping;

static void on_stop(int sig)
{
	/*
	 * The signal may come just before a wait begins, which then would not be interrupted: an
	 * alarm every 20 ms does it until the exit.
	 */
	static const struct itimerval again = { { 0, 20000 }, { 0, 20000 } };

	(void)sig;
	stopping = 1;
	setitimer(ITIMER_REAL, &again, NULL);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void set_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop }; /* no SA_RESTART: waits must end */
	struct sigaction alarm_action = { .sa_handler = on_alarm };
	sigset_t none;

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGALRM, &alarm_action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void stderr_line(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	char line[1200];
	struct strbuf b = STRBUF_INIT(line);

	(void)outlet;
	if (!isatty(STDERR_FILENO))
		strbuf_printf(&b, "<%d>", priority); /* sd-daemon(3) */
	strbuf_put(&b, "berth-log: ");
	strbuf_put_n(&b, text, len);
	strbuf_put(&b, "\n");
	/* The other end is berth's pipe or a terminal; if neither takes it there is no one to tell.
	 */
	(void)fd_write_all(STDERR_FILENO, b.data, b.len);
}

static int parse_fd(const char *s, int *fd)
{
	uint64_t n;

	if (parse_u64(s, 0, INT_MAX, &n) < 0)
		return -EINVAL;
	*fd = (int)n;
	return 0;
}

static int parse_option(struct options *o, int option)
{
	uint64_t n;

	switch (option) {
	case 'r': return parse_fd(optarg, &o->ring_fd);
	case 'a': return parse_fd(optarg, &o->ack_fd);
	case 'd': o->dir = optarg; return 0;
	case 'm': return parse_size(optarg, &o->max_size);
	case 'k':
		if (parse_u64(optarg, 0, 9999, &n) < 0)
			return -EINVAL;
		o->keep = (unsigned int)n;
		return 0;
	default: return -EINVAL;
	}
}

static int parse_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "ring", required_argument, NULL, 'r' },
		{ "ack", required_argument, NULL, 'a' },
		{ "dir", required_argument, NULL, 'd' },
		{ "max-size", required_argument, NULL, 'm' },
		{ "keep", required_argument, NULL, 'k' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (parse_option(o, option) < 0)
			return -EINVAL;
	}
	return o->ring_fd < 0 || o->ack_fd < 0 || optind < argc ? -EINVAL : 0;
}

static int open_shared(struct log_writer *w, const struct options *o)
{
	int r = log_ring_map(&w->view, o->ring_fd);

	if (r < 0) {
		log_err("descriptor %d is no log ring: %s", o->ring_fd, diag_errno(-r));
		return r;
	}
	r = log_ack_attach(&w->ack, o->ack_fd, true);
	if (r < 0) {
		log_err("descriptor %d is no acknowledgement page: %s", o->ack_fd, diag_errno(-r));
		return r;
	}
	log_reader_resume(&w->reader, &w->view, log_ack_pos(&w->ack), log_ack_seq(&w->ack));
	return 0;
}

int main(int argc, char **argv)
{
	/* Static: all memory this program will ever use is there when it starts. */
	static struct log_files files;
	static struct log_writer writer = { .files = &files };
	static struct log_outlet outlet = { .line = stderr_line, .max_priority = LOG_INFO };
	struct options options = {
		.ring_fd = -1,
		.ack_fd = -1,
		.dir = "/var/log/berth",
		.max_size = 1024 * 1024,
		.keep = 1,
	};

	log_add_outlet(&outlet);
	if (parse_options(&options, argc, argv) < 0) {
		log_err("usage: berth-log --ring FD --ack FD [--dir DIR] [--max-size SIZE] [--keep "
			"N]");
		return 2;
	}
	set_signals();
	umask(0027);
	if (open_shared(&writer, &options) < 0)
		return 1;
	trim_init();
	log_files_init(&files, options.dir, options.max_size, options.keep);
	log_writer_run(&writer, &stopping);
	log_files_close(&files);
	return 0;
}
