/* SPDX-License-Identifier: MIT */
#include "lib/log.h"

#include "lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_SIZE 1024

static struct log_outlet *outlets;

/* An outlet that fails may want to say so: its message must not come back to itself for ever. */
static bool busy;

void log_add_outlet(struct log_outlet *outlet)
{
	outlet->next = outlets;
	outlets = outlet;
}

void log_forget_outlets(void)
{
	outlets = NULL;
}

static size_t format_line(char *line, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(line, size, fmt, ap);

	if (n < 0)
		return 0;
	if ((size_t)n < size)
		return (size_t)n;
	memcpy(line + size - 4, "...", 4); /* seen to be cut, not silently shorter */
	return size - 1;
}

void log_msg(int priority, const char *fmt, ...)
{
	char line[LINE_SIZE];
	int saved = errno;
	va_list ap;
	size_t len;

	if (busy)
		return;
	va_start(ap, fmt);
	len = format_line(line, sizeof(line), fmt, ap);
	va_end(ap);
	busy = true;
	for (struct log_outlet *o = outlets; o != NULL; o = o->next) {
		if (priority <= o->max_priority)
			o->line(o, priority, line, len);
	}
	busy = false;
	errno = saved;
}
