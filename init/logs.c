/* SPDX-License-Identifier: MIT */
#include "init/logs.h"

#include "init/console.h"
#include "init/manager.h"
#include "init/plan_parts.h"
#include "init/process.h"
#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/log.h"
#include "lib/str.h"
#include "log/lines.h"
#include "units/value_stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How much one pipe may say per round before the others have their turn. */
#define READ_MAX ((size_t)16 * 1024)
/* The writer is woken for this much at once, and for less after a moment: it shares the processor
 * with a service that is just being started, and a line does not get lost in the ring. */
#define WAKE_BYTES ((uint64_t)32 * 1024)
#define WAKE_DELAY (5 * USEC_PER_MSEC)
/*
 * A writer that makes no progress for this long holds up nobody who says little: the ring goes on
 * without it. Whoever has put SHARE into the ring since waits for as long as the writer is there
 * and stands still: a flood must not wash away the others' lines (PITFALLS 125).
 */
#define PATIENCE (2 * USEC_PER_SEC)
#define SHARE	 16   /* KiB of the ring, of the third that is left then */
#define SIP_MAX	 2048 /* instead of READ_MAX: short lines take six times their length in the ring */

static struct log_ack ack = { .fd = -1 };
static struct timer pause_timer, wake_timer;
static uint64_t woken_at; /* where in the ring the writer was woken last */
static bool paused;	  /* pipes are left unread */
static usec_t paused_since;
static uint64_t acked_at_pause;
static bool held;    /* of those that flooded since, some pipe is left unread */
static bool gave_up; /* the writer made no progress for PATIENCE: until it does, nobody waits */
static int writer_fds[2] = { -1,
			     -1 }; /* the ring, read-only, and the ack page: 3 and 4 over there */
static struct service *writer;
static struct manager *manager;

static void append(struct manager *m, const char *unit, uint8_t priority, uint8_t flags, pid_t pid,
		   const char *text, size_t len)
{
	struct log_record r = {
		.priority = priority,
		.flags = flags,
		.pid = (uint32_t)pid,
		.unit = unit,
		.unit_len = strlen(unit),
		.text = text,
		.text_len = len,
	};

	if (m->ring.shared)
		log_ring_append(&m->ring, &r);
}

void logs_append(struct manager *m, const struct node *node, int priority, const char *text,
		 size_t len)
{
	append(m, node->unit->id, (uint8_t)priority, LOG_FLAG_MANAGER, 0, text, len);
}

/*
 * Into the kernel's log, each time anew: it limits the rate per open file (devkmsg), and says nothing
 * of what it drops.
 */
static void copy_to_kmsg(const char *id, uint8_t priority, const char *text, size_t len)
{
	char line[1024];
	struct strbuf b = STRBUF_INIT(line);
	autoclose int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	strbuf_printf(&b, "<%u>%s: ", LOG_DAEMON | (unsigned int)priority, id);
	strbuf_put_n(&b, text, len < sizeof(line) - b.len - 2 ? len : sizeof(line) - b.len - 2);
	strbuf_put(&b, "\n"); /* else it is not told to anybody before the next one comes */
	if (fd >= 0)
		(void)!write(fd, line, b.len);
}

/*
 * StandardOutput=journal+console, kmsg, kmsg+console. One pipe carries the lines of output and error,
 * so what is said of one holds for both (units/check.c).
 */
static void copy_line(const struct unit *u, uint8_t priority, const char *text, size_t len)
{
	struct stdio v[3];
	bool console = false, kmsg = false;

	if (!unit_setting(u, K_StandardOutput) && !unit_setting(u, K_StandardError))
		return;
	unit_stdio(u, v);
	for (unsigned int i = 1; i < 3; i++) {
		console |= v[i].kind == STD_LOG_CONSOLE || v[i].kind == STD_KMSG_CONSOLE;
		kmsg |= v[i].kind == STD_KMSG || v[i].kind == STD_KMSG_CONSOLE;
	}
	if (kmsg)
		copy_to_kmsg(u->id, priority, text, len);
	if (console) {
		char line[1024];
		struct strbuf b = STRBUF_INIT(line);

		strbuf_put(&b, u->id);
		strbuf_put(&b, ": ");
		strbuf_put_n(&b, text, len);
		console_line(line);
	}
}

static void on_line(void *ctx, const char *text, size_t len, uint8_t priority, uint8_t flags)
{
	struct service *s = ctx;
	const struct unit *u = manager_node(s->manager, s->index)->unit;

	if (priority > unit_u64(u, K_LogLevelMax))
		return;
	append(s->manager, u->id, priority, flags, service_main_pid(s), text, len);
	copy_line(u, priority, text, len);
}

static void close_pipe(struct service *s)
{
	log_lines_flush(&s->lines, on_line, s);
	close(loop_del(s->manager->loop, &s->log));
}

static void set_paused(struct manager *m, bool pause)
{
	if (paused == pause)
		return;
	paused = pause;
	paused_since = clock_now(CLOCK_MONOTONIC);
	acked_at_pause = log_ack_pos(&ack);
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = m->nodes[i].service;

		if (s && s->log.fd >= 0)
			loop_mod(m->loop, &s->log, pause ? 0 : EPOLLIN);
	}
	loop_arm(m->loop, &pause_timer, pause ? paused_since + 20 * USEC_PER_MSEC : USEC_INFINITY);
}

/* True while lines should wait for the writer: it lives and lags. */
static bool writer_lags(struct manager *m)
{
	return ack.page && writer && writer->main.pid != 0 &&
	       log_ring_unpersisted(&m->ring, &ack) > m->ring.size / 2;
}

/* Those who were held have a new share, too, if they are to be held again. */
static void release(struct manager *m)
{
	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = m->nodes[i].service;

		if (s && s->lines.said >= SHARE && s->log.fd >= 0)
			loop_mod(m->loop, &s->log, paused ? 0 : EPOLLIN);
		if (s)
			s->lines.said = 0;
	}
	held = false;
}

/* @was: the ring's head before it had its turn. The writer has been given up. */
static void count(struct service *s, uint64_t was)
{
	uint64_t said = s->lines.said + (s->manager->ring.head - was + 1023) / 1024;

	s->lines.said = said > SHARE ? SHARE : (uint8_t)said;
	if (s->lines.said < SHARE || s->log.fd < 0)
		return;
	loop_mod(s->manager->loop, &s->log, 0);
	if (!held)
		loop_arm(s->manager->loop, &pause_timer,
			 clock_now(CLOCK_MONOTONIC) + 20 * USEC_PER_MSEC);
	held = true;
}

static void on_pause_timer(struct timer *timer, usec_t now)
{
	struct manager *m = manager;
	uint64_t acked = log_ack_pos(&ack);

	if (acked != acked_at_pause) {
		acked_at_pause = acked;
		paused_since = now;
	}
	gave_up = now - paused_since > PATIENCE;
	if (gave_up || !writer_lags(m))
		set_paused(m, false);
	/* It goes on, and is far behind: now all wait, or what is held would come at once. */
	if (held && (!gave_up || !writer_lags(m))) {
		set_paused(m, writer_lags(m));
		release(m);
	}
	if (paused || held)
		loop_arm(m->loop, timer, now + (paused ? 20 : 200) * USEC_PER_MSEC);
}

/* Reads what is there, within the round's share. True at end of file. */
static bool drain(struct service *s, size_t budget)
{
	static LARGE_STATIC char buf[READ_MAX];

	while (budget > 0) {
		ssize_t n = read(s->log.fd, buf, budget < sizeof(buf) ? budget : sizeof(buf));

		if (n < 0)
			return errno != EAGAIN && errno != EINTR;
		if (n == 0)
			return true;
		log_lines_feed(&s->lines, buf, (size_t)n, on_line, s);
		budget -= (size_t)n;
	}
	return false;
}

static void on_pipe(struct source *source, uint32_t revents)
{
	struct service *s = container_of(source, struct service, log);

	uint64_t was = s->manager->ring.head;

	if (paused && !(revents & EPOLLHUP))
		return;
	/* Who speaks has executed, and its stub has told its pid: that is to be read first. */
	if (s->main.stub && !s->main.inner_pid && s->main.report.fd >= 0)
		process_read_reports(&s->main);
	if (s->log.fd < 0)
		return;
	if (drain(s, gave_up ? SIP_MAX : READ_MAX))
		close_pipe(s);
	else if (writer_lags(s->manager) && (!gave_up || log_ack_pos(&ack) != acked_at_pause))
		set_paused(s->manager, true);
	else if (gave_up && writer_lags(s->manager))
		count(s, was);
}

void logs_hear_out(struct service *s)
{
	if (s->log.fd < 0 || paused)
		return;
	if (drain(s, READ_MAX))
		close_pipe(s);
	else
		log_lines_flush(&s->lines, on_line, s);
}

int logs_open_pipe(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	int fds[2];

	s->lines.verbatim = !unit_bool(u, K_SyslogLevelPrefix);
	s->lines.plain = (uint8_t)(1 + unit_u64(u, K_SyslogLevel));
	if (s->log.fd >= 0) {
		/* All processes of a unit write to one pipe; a further write end by the way of /proc (pipe(7)). */
		char path[40];
		struct strbuf b = STRBUF_INIT(path);

		strbuf_printf(&b, "/proc/self/fd/%d", s->log.fd);
		fds[1] = open(path, O_WRONLY | O_CLOEXEC);
		return fds[1] < 0 ? -errno : fds[1];
	}
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* Only our end is non-blocking; the flag belongs to the open file, so it must go from theirs. */
	fcntl(fds[1], F_SETFL, O_WRONLY);
	int fd = spawn_lift_fd(fds[0]);

	if (fd < 0) {
		close(fds[1]);
		return fd;
	}
	s->log = (struct source){ .fd = fd, .events = paused ? 0 : EPOLLIN, .fn = on_pipe };
	int r = loop_add(s->manager->loop, &s->log);

	if (r < 0) {
		close(fd);
		close(fds[1]);
		s->log.fd = -1;
		return r;
	}
	return fds[1];
}

static void own_line(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	(void)outlet;
	append(manager, "berth", (uint8_t)priority, LOG_FLAG_MANAGER, 1, text, len);
}

static struct log_outlet ring_outlet = { .line = own_line, .max_priority = LOG_INFO };

static void wake_writer(struct manager *m)
{
	loop_arm(m->loop, &wake_timer, USEC_INFINITY);
	woken_at = m->ring.head;
	log_ring_wake(&m->ring);
}

static void on_wake_timer(struct timer *timer, usec_t now)
{
	(void)timer, (void)now;
	wake_writer(manager);
}

int logs_boot(struct manager *m)
{
	int r = log_ring_create(&m->ring, LOG_RING_SIZE);

	if (r < 0)
		return r;
	log_ring_keep_from_children(&m->ring);
	manager = m;
	pause_timer = (struct timer)TIMER_INIT(on_pause_timer);
	wake_timer = (struct timer)TIMER_INIT(on_wake_timer);
	log_add_outlet(&ring_outlet);
	r = log_ack_create(&ack);
	if (r == 0)
		log_ack_keep_from_children(&ack);
	return r;
}

void logs_flush(struct manager *m)
{
	if (!m->ring.shared || !m->ring.unseen)
		return;
	if (m->ring.head - woken_at >= WAKE_BYTES)
		wake_writer(m);
	else if (wake_timer.at == USEC_INFINITY)
		loop_arm(m->loop, &wake_timer, clock_now(CLOCK_MONOTONIC) + WAKE_DELAY);
}

void logs_start_writer(struct manager *m)
{
	struct diag diag = { 0 };
	struct node *node = manager_find(m, LOGS_WRITER_UNIT);

	if (!node || !node->service || !ack.page) {
		log_err("%s: cannot be started", LOGS_WRITER_UNIT);
		return;
	}
	writer_fds[0] = log_ring_open_reader(&m->ring);
	writer_fds[1] = ack.fd;
	for (size_t i = 0; i < ARRAY_SIZE(writer_fds); i++) {
		if (writer_fds[i] >= 0)
			writer_fds[i] = spawn_lift_fd(writer_fds[i]);
		if (writer_fds[i] < 0) {
			log_err("%s: descriptors: %s", LOGS_WRITER_UNIT,
				diag_errno(-writer_fds[i]));
			return;
		}
	}
	ack.fd = writer_fds[1];
	struct service_extra *extra = service_extra(node->service);

	if (!extra) {
		log_err("%s: no memory", LOGS_WRITER_UNIT);
		return;
	}
	writer = node->service;
	extra->fds = writer_fds;
	extra->n_fds = ARRAY_SIZE(writer_fds);
	uint32_t job;
	int r = jobs_enqueue(m, JOB_START, writer->index, JOB_MODE_REPLACE, &job, &diag);

	if (r < 0)
		log_err("%s: %s", LOGS_WRITER_UNIT, diag.text);
}

/*
 * The loop is over: what is still in pipes goes into the ring, then the writer gets SIGTERM, drains
 * the ring and ends. Bounded, since a dead disk may hold it.
 */
void logs_last_words(struct manager *m)
{
	usec_t deadline, now;
	sigset_t child;

	for (uint32_t i = 0; i < m->n_nodes; i++) {
		struct service *s = m->nodes[i].service;

		if (s && s->log.fd >= 0 && drain(s, (size_t)1 << 20))
			close_pipe(s);
	}
	if (m->ring.shared)
		wake_writer(m);
	if (!writer || writer->main.pid == 0)
		return;
	kill(writer->main.pid, SIGTERM);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	/*
	 * SIGCHLD is blocked in PID 1 (signals.c), so it cannot be missed between look and wait. One
	 * deadline for all: others die meanwhile, too.
	 */
	deadline = clock_now(CLOCK_MONOTONIC) + PATIENCE;
	while (waitpid(writer->main.pid, NULL, WNOHANG) == 0) {
		now = clock_now(CLOCK_MONOTONIC);
		if (now >= deadline)
			return;
		const struct timespec left = { .tv_sec = (time_t)((deadline - now) / USEC_PER_SEC),
					       .tv_nsec = (long)((deadline - now) % USEC_PER_SEC) *
							  1000 };

		(void)sigtimedwait(&child, NULL, &left);
	}
}
