/* SPDX-License-Identifier: MIT */
#include "init/notify_message.h"

#include "lib/parse.h"
#include "lib/str.h"

static bool number(const char *value, size_t n, uint64_t min, uint64_t max, uint64_t *out)
{
	char text[24];

	if (n == 0 || n >= sizeof(text))
		return false;
	memcpy(text, value, n);
	text[n] = '\0';
	return parse_u64(text, min, max, out) == 0;
}

static bool is(const char *value, size_t n, const char *word)
{
	return n == strlen(word) && strncmp(value, word, n) == 0;
}

/* Lines that are one word as a whole. */
static const struct {
	const char *line;
	uint32_t flag;
} words[] = {
	{ "READY=1", NOTIFY_READY },
	{ "STOPPING=1", NOTIFY_STOPPING },
	{ "RELOADING=1", NOTIFY_RELOADING },
	{ "WATCHDOG=1", NOTIFY_WATCHDOG },
	{ "WATCHDOG=trigger", NOTIFY_TRIGGER },
	{ "FDSTORE=1", NOTIFY_FDSTORE },
	{ "FDSTOREREMOVE=1", NOTIFY_FDSTOREREMOVE },
	{ "FDPOLL=0", NOTIFY_FDPOLL_OFF },
};

static void parse_value(const char *name, size_t k, const char *v, size_t n,
			struct notify_message *out)
{
	uint64_t u;

	if (is(name, k, "STATUS")) {
		out->flags |= NOTIFY_STATUS;
		out->status = v;
		out->status_len = n;
	} else if (is(name, k, "FDNAME")) {
		out->flags |= NOTIFY_FDNAME;
		out->fd_name = v;
		out->fd_name_len = n;
	} else if (is(name, k, "MAINPID") && number(v, n, 1, INT32_MAX, &u)) {
		out->flags |= NOTIFY_MAINPID;
		out->main_pid = (pid_t)u;
	} else if (is(name, k, "ERRNO") && number(v, n, 0, 4095, &u)) {
		out->flags |= NOTIFY_ERRNO;
		out->error = (int)u;
	} else if (is(name, k, "EXTEND_TIMEOUT_USEC") && number(v, n, 0, UINT64_MAX - 1, &u)) {
		out->flags |= NOTIFY_EXTEND_TIMEOUT;
		out->extend_usec = u;
	} else if (is(name, k, "WATCHDOG_USEC") && number(v, n, 0, UINT64_MAX, &u)) {
		out->flags |= NOTIFY_WATCHDOG_USEC;
		out->watchdog_usec = u == 0 ? USEC_INFINITY : u;
	} else if (is(name, k, "MONOTONIC_USEC") && number(v, n, 0, UINT64_MAX - 1, &u)) {
		out->monotonic_usec = u;
	}
}

static void parse_line(const char *line, size_t len, struct notify_message *out)
{
	const char *equals = memchr(line, '=', len);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (is(line, len, words[i].line)) {
			out->flags |= words[i].flag;
			return;
		}
	}
	if (equals)
		parse_value(line, (size_t)(equals - line), equals + 1,
			    len - (size_t)(equals + 1 - line), out);
}

void notify_parse(const char *text, size_t len, struct notify_message *out)
{
	memset(out, 0, sizeof(*out));
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		parse_line(text, n, out);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
}
