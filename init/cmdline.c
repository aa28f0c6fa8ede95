/* SPDX-License-Identifier: MIT */
#include "init/cmdline.h"

#include "lib/fd.h"
#include "lib/parse.h"
#include "lib/str.h"
#include "units/enums.h"
#include "units/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define CMDLINE_FILE "/proc/cmdline"

/* Kernels allow 4096 bytes at most on the architectures we know (COMMAND_LINE_SIZE). */
#define CMDLINE_MAX 4096

/*
 * One row per word. @value is NULL for a word without "=". A row with @fixed ignores the value and
 * stands for that text: the short words that distributions have always known.
 */
struct option {
	const char *name;
	int (*set)(struct cmdline *c, const char *value);
	const char *fixed;
};

static int set_default_unit(struct cmdline *c, const char *value)
{
	if (!value || unit_type_of_name(value) < 0)
		return -EINVAL;
	return str_copy(c->default_unit, sizeof(c->default_unit), value) ? 0 : -ERANGE;
}

static int set_hostname(struct cmdline *c, const char *value)
{
	if (!value || !*value || strlen(value) >= sizeof(c->hostname))
		return -EINVAL;
	str_copy(c->hostname, sizeof(c->hostname), value);
	return 0;
}

static int set_exit_port(struct cmdline *c, const char *value)
{
	char *end;
	unsigned long port;

	if (!value || !*value || *value == '-')
		return -EINVAL;
	port = strtoul(value, &end, 0);
	if (*end)
		return -EINVAL;
	if (port > 0xffff)
		return -ERANGE;
	c->exit_port = (int)port;
	return 0;
}

static int set_log_level(struct cmdline *c, const char *value)
{
	const struct enum_name *row = value ? enum_by_name(log_level_names, value) : NULL;
	uint64_t number;
	int r;

	if (row) {
		c->log_level = row->value;
		return 0;
	}
	r = value ? parse_u64(value, LOG_EMERG, LOG_DEBUG, &number) : -EINVAL;
	if (r == 0)
		c->log_level = (int)number;
	return r;
}

/* A switch without "=" is on. */
static int set_bool(bool *out, const char *value)
{
	if (value)
		return parse_bool(value, out);
	*out = true;
	return 0;
}

static int set_status(struct cmdline *c, const char *value)
{
	return set_bool(&c->status, value);
}

static int set_color(struct cmdline *c, const char *value)
{
	return set_bool(&c->color, value);
}

static int set_quiet(struct cmdline *c, const char *value)
{
	return set_bool(&c->quiet, value);
}

static int set_crash(struct cmdline *c, const char *value)
{
	static const struct enum_name names[] = {
		{ "reboot", CRASH_REBOOT, NULL },
		{ "poweroff", CRASH_POWEROFF, NULL },
		{ "hang", CRASH_HANG, NULL },
		{ NULL, 0, NULL },
	};
	const struct enum_name *row = value ? enum_by_name(names, value) : NULL;

	if (!row)
		return -EINVAL;
	c->crash = (enum crash_policy)row->value;
	return 0;
}

static const struct option options[] = {
	{ "berth.default_unit", set_default_unit, NULL },
	{ "berth.hostname", set_hostname, NULL },
	{ "berth.exit_port", set_exit_port, NULL },
	{ "berth.log_level", set_log_level, NULL },
	{ "berth.status", set_status, NULL },
	{ "berth.color", set_color, NULL },
	{ "berth.crash", set_crash, NULL },
	/* systemd's names, kernel-command-line(7) */
	{ "systemd.unit", set_default_unit, NULL },
	{ "systemd.hostname", set_hostname, NULL },
	{ "systemd.log_level", set_log_level, NULL },
	{ "quiet", set_quiet, NULL },
	{ "single", set_default_unit, "rescue.target" },
	{ "rescue", set_default_unit, "rescue.target" },
	{ "s", set_default_unit, "rescue.target" },
	{ "S", set_default_unit, "rescue.target" },
	{ "1", set_default_unit, "rescue.target" },
	{ "emergency", set_default_unit, "emergency.target" },
	{ "-b", set_default_unit, "emergency.target" },
};

__attribute__((format(printf, 3, 4))) static void warn(struct diag_sink *sink, const char *key,
						       const char *fmt, ...)
{
	struct diag d = { .level = DIAG_WARNING };
	char text[sizeof(d.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_set(&d, DIAG_WARNING, 0, "%s", text);
	diag_place(&d, CMDLINE_FILE, 0, key);
	if (sink)
		sink->emit(sink, &d);
}

static void apply(struct cmdline *c, const char *name, const char *value, struct diag_sink *sink)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *o = &options[i];

		if (!str_eq(o->name, name))
			continue;
		/* "single=x" is no word of ours */
		if (o->fixed && value)
			return;
		r = o->set(c, o->fixed ? o->fixed : value);
		if (r < 0 && !value)
			warn(sink, name, "needs a value, ignored");
		else if (r < 0)
			warn(sink, name, "cannot use \"%s\"%s, ignored", value,
			     r == -ERANGE ? " (out of range)" : "");
		return;
	}
	if (str_starts(name, "berth."))
		warn(sink, name, "unknown, ignored");
}

/*
 * Cuts the next word off *@pos in place, without its quotes: next_arg() takes them away only at
 * both ends, we do so anywhere, which is the same for every word that means something to us.
 * Returns NULL at the end.
 */
static char *next_word(char **pos)
{
	char *in = *pos, *out, *word;
	bool quoted = false;

	while (*in == ' ' || *in == '\t' || *in == '\n')
		in++;
	if (!*in)
		return NULL;
	word = out = in;
	for (; *in && (quoted || (*in != ' ' && *in != '\t' && *in != '\n')); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*pos = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

void cmdline_init(struct cmdline *c)
{
	*c = (struct cmdline){
		.log_level = -1, .status = true, .color = true, .crash = CRASH_REBOOT
	};
}

void cmdline_parse(struct cmdline *c, const char *text, struct diag_sink *sink)
{
	char copy[CMDLINE_MAX];
	char *pos = copy, *word, *value;

	if (!str_copy(copy, sizeof(copy), text))
		warn(sink, NULL, "longer than %d bytes, the rest is ignored", CMDLINE_MAX - 1);
	while ((word = next_word(&pos))) {
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		apply(c, word, value, sink);
	}
}

int cmdline_read(struct cmdline *c, struct diag_sink *sink)
{
	char text[CMDLINE_MAX];
	ssize_t n = fd_read_file_at(AT_FDCWD, CMDLINE_FILE, text, sizeof(text));

	if (n < 0)
		return (int)n;
	cmdline_parse(c, text, sink);
	return 0;
}
