/* SPDX-License-Identifier: MIT */
#include "lib/diag.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "log/files.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>

/*
 * berth-log: an ordinary, unprivileged process that brings the ring's records to disk. It can be
 * stopped, killed, replaced at any time: what it had not acknowledged is in the ring and is written
 * by its successor (a kill between write and acknowledgement writes some lines twice).
 */
#define ACK_EVERY 256		     /* records between acknowledgements while it is busy */
#define RETRY	  (1 * USEC_PER_SEC) /* while the place cannot be written */

struct options {
	int ring_fd, ack_fd;
	const char *dir;
	uint64_t max_size;
	unsigned int keep;
};

struct writer {
	struct log_ring_view view;
	struct log_reader reader;
	struct log_ack ack;
	struct log_files *files;
	uint64_t done_pos, done_seq; /* behind the last record that the files have taken */
	uint64_t told_lost;	     /* of reader.lost, how much is in a line already */
	unsigned int unacked;
	char buf[LOG_RECORD_MAX];
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

/* Writes what the files hold and tells PID 1 that it is safe. 0 or -errno. */
static int settle(struct writer *w)
{
	int r = log_files_flush(w->files);

	w->unacked = 0;
	if (r == 0)
		log_ack_set(&w->ack, w->done_pos, w->done_seq);
	return r;
}

static void pause_for_retry(void)
{
	struct timespec ts = { .tv_sec = RETRY / USEC_PER_SEC };

	nanosleep(&ts, NULL); /* a signal ends it early, as it should */
}

/* Puts the record, waiting for the place to be writable. False: stopping, and it still is not. */
static bool put(struct writer *w, const struct log_record *record)
{
	while (log_files_put(w->files, record) < 0) {
		if (stopping)
			return false;
		pause_for_retry();
	}
	return true;
}

/* A line about records that were overwritten before they could be read. */
static bool put_lost(struct writer *w)
{
	uint64_t n = w->reader.lost - w->told_lost;
	char text[80];
	struct strbuf b = STRBUF_INIT(text);
	struct log_record record = {
		.priority = LOG_WARNING,
		.flags = LOG_FLAG_MANAGER,
		.realtime = clock_now(CLOCK_REALTIME),
		.unit = "",
		.text = text,
	};

	if (n == 0)
		return true;
	strbuf_put_u64(&b, n);
	strbuf_put(&b, n == 1 ? " line lost (overwritten in memory)"
			      : " lines lost (overwritten in memory)");
	record.text_len = b.len;
	if (!put(w, &record))
		return false;
	w->told_lost += n;
	return true;
}

/* One record, if there is one. 1: go on, 0: none there, -1: stopping with the place not writable.
 */
static int step(struct writer *w)
{
	struct log_record record;
	int r = log_ring_next(&w->reader, &record, w->buf, sizeof(w->buf));

	if (r == 0)
		return 0;
	if (r == -EBADMSG)
		log_err("the log ring is damaged; going on with what comes next");
	if (!put_lost(w) || (r > 0 && !put(w, &record)))
		return -1;
	w->done_pos = w->reader.pos;
	w->done_seq = w->reader.next_seq;
	if (++w->unacked >= ACK_EVERY)
		settle(w); /* trouble shows again, and is waited for, with the next put */
	return 1;
}

/* Follows the ring until asked to stop, then brings out what is in it at that moment. */
static void follow(struct writer *w)
{
	uint64_t end = UINT64_MAX;

	for (;;) {
		int r;

		if (stopping && end == UINT64_MAX)
			end = log_ring_end(&w->view);
		r = w->reader.pos < end ? step(w) : 0;
		if (r > 0)
			continue;
		if (r < 0)
			break;
		r = settle(w);
		if (stopping)
			break;
		if (log_ring_wait(&w->reader, r < 0 ? RETRY : USEC_INFINITY) < 0)
			pause_for_retry();
	}
	if (settle(w) < 0)
		log_err("lines remain in memory only");
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

static int open_shared(struct writer *w, const struct options *o)
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
	w->done_pos = w->reader.pos;
	w->done_seq = w->reader.next_seq;
	return 0;
}

int main(int argc, char **argv)
{
	/* Static: all memory this program will ever use is there when it starts. */
	static struct log_files files;
	static struct writer writer = { .files = &files };
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
	log_files_init(&files, options.dir, options.max_size, options.keep);
	follow(&writer);
	log_files_close(&files);
	return 0;
}
