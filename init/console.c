/* SPDX-License-Identifier: MIT */
#include "init/console.h"

#include "lib/fd.h"
#include "lib/layout.h"
#include "lib/loop.h"
#include "lib/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>

#define BUFFER_SIZE  8192
#define LINE_SIZE    1280
#define WORD_WIDTH   9
#define UNIT_WIDTH   36
#define REOPEN_DELAY USEC_PER_SEC

#define GREEN  "\033[32m"
#define RED    "\033[1;31m"
#define YELLOW "\033[33m"
#define RESET  "\033[0m"

static void on_writable(struct source *source, uint32_t revents);

static struct {
	const char *path;
	struct loop *loop;
	struct source
		source; /* in the loop only while something is pending: a hang-up would spin it */
	bool waiting;
	bool terminal, color, status;
	usec_t next_open;
	size_t len;
	unsigned int dropped; /* lines, since the last one that was taken */
} console = { .source = { .fd = -1, .fn = on_writable }, .color = true, .status = true };

/* Apart from what is initialised: no part of the program's file, and untouched while the console keeps up. */
static LARGE_STATIC char pending[BUFFER_SIZE];

/* The words of unit lines that mean more than "as it should be". */
static const struct {
	const char *word, *color;
} word_colors[] = {
	{ "started", GREEN },  { "reached", GREEN },  { "finished", GREEN }, { "stopped", GREEN },
	{ "skipped", YELLOW }, { "restart", YELLOW }, { "late", YELLOW },    { "FAILED", RED },
};

static void stop_waiting(void)
{
	if (console.waiting)
		loop_del(console.loop, &console.source);
	console.waiting = false;
}

void console_close(void)
{
	stop_waiting();
	fd_close(&console.source.fd);
}

static int reopen(void)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);
	int fd;

	if (!console.path || now < console.next_open)
		return -EAGAIN;
	console.next_open = now + REOPEN_DELAY;
	/* O_NOCTTY: a controlling terminal would give PID 1 its Ctrl-C (PITFALLS 4). */
	fd = open(console.path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	console.source.fd = fd;
	console.terminal = isatty(fd) == 1;
	return 0;
}

int console_open(const char *path)
{
	console_close();
	console.path = path;
	console.next_open = 0;
	return reopen();
}

void console_attach(struct loop *loop)
{
	stop_waiting();
	console.loop = loop;
}

void console_configure(bool status, bool color)
{
	console.status = status;
	console.color = color;
}

int console_fd(void)
{
	return console.source.fd;
}

/* Writes from @data what the device takes now. Returns the count; a device that is gone is closed. */
static size_t write_some(const char *data, size_t len)
{
	ssize_t n;

	if (console.source.fd < 0 && reopen() < 0)
		return 0;
	do
		n = write(console.source.fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n;
	if (errno != EAGAIN)
		console_close();
	return 0;
}

static void wait_if_pending(void)
{
	bool wanted = console.len > 0 && console.loop && console.source.fd >= 0;

	if (!wanted) {
		stop_waiting();
		return;
	}
	if (console.waiting)
		return;
	console.source.events = EPOLLOUT;
	/* Not every device can be polled (EPERM): then the next line pushes the rest on. */
	console.waiting = loop_add(console.loop, &console.source) == 0;
}

static void drain(void)
{
	size_t n = console.len ? write_some(pending, console.len) : 0;

	if (n > 0) {
		console.len -= n;
		memmove(pending, pending + n, console.len);
	}
}

/* There is room: the caller has looked. */
static void take(const char *line, size_t len)
{
	size_t n = console.len == 0 ? write_some(line, len) : 0;

	memcpy(pending + console.len, line + n, len - n);
	console.len += len - n;
}

/* A whole line or none: looked at before anything is written, since what is begun must be ended. */
static void put_line(const char *line, size_t len)
{
	char note[64];
	size_t n = 0;

	drain();
	if (console.dropped)
		n = (size_t)snprintf(note, sizeof(note), "[%u lines were dropped here]\n",
				     console.dropped);
	if (n + len > BUFFER_SIZE - console.len) {
		console.dropped++;
	} else {
		if (n)
			take(note, n);
		console.dropped = 0;
		take(line, len);
	}
	wait_if_pending();
}

static void on_writable(struct source *source, uint32_t revents)
{
	(void)source;
	(void)revents; /* an error shows in write(2) too */
	drain();
	wait_if_pending();
}

void console_flush(usec_t timeout)
{
	usec_t deadline = usec_add(clock_now(CLOCK_MONOTONIC), timeout), now;
	struct pollfd p = { .events = POLLOUT };

	drain();
	while (console.len > 0 && console.source.fd >= 0) {
		now = clock_now(CLOCK_MONOTONIC);
		p.fd = console.source.fd;
		if (now >= deadline ||
		    poll(&p, 1, (int)((deadline - now) / USEC_PER_MSEC) + 1) == 0)
			return;
		drain();
	}
}

/* "[  1.873] ", seconds since the kernel started. */
static void put_stamp(struct strbuf *b)
{
	usec_t now = clock_now(CLOCK_MONOTONIC);

	strbuf_printf(b, "[%3u.%03u] ", (unsigned int)(now / USEC_PER_SEC),
		      (unsigned int)(now % USEC_PER_SEC / USEC_PER_MSEC));
}

static const char *color_of(const char *word)
{
	if (console.terminal && console.color)
		for (size_t i = 0; i < ARRAY_SIZE(word_colors); i++)
			if (str_eq(word_colors[i].word, word))
				return word_colors[i].color;
	return NULL;
}

static void put_colored(struct strbuf *b, const char *text, const char *color)
{
	if (color)
		strbuf_put(b, color);
	strbuf_put(b, text);
	if (color)
		strbuf_put(b, RESET);
}

static void put_word(struct strbuf *b, const char *word)
{
	put_colored(b, word, color_of(word));
	for (size_t n = strlen(word); n < WORD_WIDTH; n++)
		strbuf_put(b, " ");
	strbuf_put(b, " ");
}

/*
 * Text from elsewhere. Control characters become "?", so that no unit can paint the console
 * (PITFALLS 129); lines after the first are indented beneath it.
 */
static void put_text(struct strbuf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' && !text[1])
			break;
		if (*text == '\n')
			strbuf_put(b, "\n          ");
		else if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			strbuf_put(b, "?");
		else
			strbuf_put_n(b, text, 1);
	}
}

/* Ends the line within the buffer, whatever its length. */
static void finish_line(struct strbuf *b)
{
	static const char end[] = "\n";
	size_t room = b->size - sizeof(end);

	if (b->len > room)
		b->len = room;
	memcpy(b->data + b->len, end, sizeof(end));
	put_line(b->data, b->len + sizeof(end) - 1);
}

void console_line(const char *text)
{
	char line[LINE_SIZE];
	struct strbuf b = STRBUF_INIT(line);

	put_stamp(&b);
	put_text(&b, text);
	finish_line(&b);
}

void console_unit_line(const char *name, const char *description, const char *word, usec_t elapsed)
{
	char line[LINE_SIZE];
	struct strbuf b = STRBUF_INIT(line);
	size_t begin;

	if (!console.status)
		return;
	put_stamp(&b);
	put_word(&b, word);
	begin = b.len;
	put_text(&b, name);
	if (elapsed != USEC_INFINITY && elapsed < 10 * USEC_PER_SEC)
		strbuf_printf(&b, " (%u ms)", (unsigned int)(elapsed / USEC_PER_MSEC));
	else if (elapsed != USEC_INFINITY)
		strbuf_printf(&b, " (%u s)", (unsigned int)(elapsed / USEC_PER_SEC));
	if (description && *description) {
		for (size_t n = b.len - begin; n < UNIT_WIDTH; n++)
			strbuf_put(&b, " ");
		strbuf_put(&b, "  ");
		put_text(&b, description);
	}
	finish_line(&b);
}

void console_unit_error(const char *name, const char *word, const char *reason)
{
	char line[LINE_SIZE];
	struct strbuf b = STRBUF_INIT(line);

	put_stamp(&b);
	put_word(&b, word);
	put_text(&b, name);
	strbuf_put(&b, ": ");
	put_text(&b, reason);
	finish_line(&b);
}

static void outlet_line(struct log_outlet *outlet, int priority, const char *text, size_t len)
{
	char line[LINE_SIZE];
	struct strbuf b = STRBUF_INIT(line);
	bool color = console.terminal && console.color;

	(void)outlet;
	(void)len;
	put_stamp(&b);
	if (priority <= LOG_ERR)
		put_colored(&b, "error: ", color ? RED : NULL);
	else if (priority == LOG_WARNING)
		put_colored(&b, "warning: ", color ? YELLOW : NULL);
	put_text(&b, text);
	finish_line(&b);
}

struct log_outlet console_outlet = { .line = outlet_line, .max_priority = LOG_NOTICE };
