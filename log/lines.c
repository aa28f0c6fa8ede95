/* SPDX-License-Identifier: MIT */
#include "log/lines.h"

#include "log/ring.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN	 128
#define DEFAULT_PRIORITY 6 /* LOG_INFO, as systemd has it for both streams */

_Static_assert(sizeof(struct log_lines) <= 32, "there are two of them per running service");

struct sink {
	log_line_fn *fn;
	void *ctx;
};

/* Bytes of @text to put into a piece of at most @max, not cutting a UTF-8 sequence if it is one. */
static size_t piece_len(const char *text, size_t len, size_t max)
{
	size_t n = max;

	if (len <= max)
		return len;
	while (n > max - 3 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return ((unsigned char)text[n] & 0xc0) == 0x80 ? max : n;
}

/* Text with NULs in it, which become four characters each: it may take several pieces. */
static void put_escaped(const struct sink *sink, const char *text, size_t len, uint8_t priority,
			uint8_t flags)
{
	static const char escape[] = { '\\', 'x', '0', '0' };
	char piece[LOG_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (n + sizeof(escape) > sizeof(piece)) {
			sink->fn(sink->ctx, piece, n, priority, flags | LOG_FLAG_PARTIAL);
			n = 0;
		}
		if (text[i] == '\0') {
			memcpy(piece + n, escape, sizeof(escape));
			n += sizeof(escape);
		} else {
			piece[n++] = text[i];
		}
	}
	sink->fn(sink->ctx, piece, n, priority, flags);
}

/* One piece of at most LOG_TEXT_MAX bytes; @last: it ends its line. */
static void put_piece(struct log_lines *lines, const struct sink *sink, const char *text,
		      size_t len, bool last)
{
	uint8_t flags = last ? 0 : LOG_FLAG_PARTIAL;

	if (!lines->going_on) {
		lines->priority = lines->plain ? (uint8_t)(lines->plain - 1) : DEFAULT_PRIORITY;
		if (!lines->verbatim && len >= 3 && text[0] == '<' && text[1] >= '0' &&
		    text[1] <= '7' && text[2] == '>') {
			lines->priority = (uint8_t)(text[1] - '0');
			text += 3;
			len -= 3;
		}
	}
	lines->going_on = !last;
	if (memchr(text, '\0', len) != NULL)
		put_escaped(sink, text, len, lines->priority, flags);
	else
		sink->fn(sink->ctx, text, len, lines->priority, flags);
}

/* Puts out @text; what does not fit one piece first. Without @last, stops with at most a piece left
 * over. */
static size_t put_text(struct log_lines *lines, const struct sink *sink, const char *text,
		       size_t len, bool last)
{
	size_t done = 0;

	while (len - done > LOG_TEXT_MAX) {
		size_t n = piece_len(text + done, len - done, LOG_TEXT_MAX);

		put_piece(lines, sink, text + done, n, false);
		done += n;
	}
	if (last) {
		put_piece(lines, sink, text + done, len - done, true);
		done = len;
	}
	return done;
}

static void drop_partial(struct log_lines *lines)
{
	free(lines->partial);
	lines->partial = NULL;
	lines->len = lines->room = 0;
}

/* Room for @len bytes, at most LOG_TEXT_MAX; false when there is no memory. */
static bool make_room(struct log_lines *lines, size_t len)
{
	size_t room = lines->room > 0 ? lines->room : ROOM_MIN;
	char *p;

	if (len <= lines->room)
		return true;
	while (room < len)
		room *= 2;
	p = realloc(lines->partial, room);
	if (p == NULL)
		return false;
	lines->partial = p;
	lines->room = (uint16_t)room;
	return true;
}

/* Keeps @len bytes (at most a piece) of an incomplete line, or puts them out if that cannot be. */
static void keep(struct log_lines *lines, const struct sink *sink, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (make_room(lines, lines->len + len)) {
		memcpy(lines->partial + lines->len, text, len);
		lines->len = (uint16_t)(lines->len + len);
		return;
	}
	if (lines->len > 0)
		put_piece(lines, sink, lines->partial, lines->len, false);
	drop_partial(lines);
	put_piece(lines, sink, text, len, false);
}

/* The line so far and @len more bytes are too much for one piece: fills one up and puts it out. */
static size_t fill_and_put(struct log_lines *lines, const struct sink *sink, const char *text,
			   size_t len)
{
	size_t take = LOG_TEXT_MAX - lines->len;
	size_t cut;

	if (take > len)
		take = len;
	if (!make_room(lines, LOG_TEXT_MAX)) {
		put_piece(lines, sink, lines->partial, lines->len, false);
		drop_partial(lines);
		return 0;
	}
	memcpy(lines->partial + lines->len, text, take);
	/* Look at the byte behind the cut only if it is there. */
	cut = take < len ? piece_len(text, take + 1, take) : take;
	if (cut > take)
		cut = take;
	put_piece(lines, sink, lines->partial, lines->len + cut, false);
	drop_partial(lines);
	return cut;
}

void log_lines_feed(struct log_lines *lines, const char *data, size_t len, log_line_fn *fn,
		    void *ctx)
{
	const struct sink sink = { fn, ctx };

	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t n = end != NULL ? (size_t)(end - data) : len;
		size_t done = 0;

		if (lines->len > 0 && lines->len + n > LOG_TEXT_MAX)
			done = fill_and_put(lines, &sink, data, n);
		if (lines->len > 0 && end != NULL) {
			keep(lines, &sink, data + done, n - done);
			/* Out of memory may have put all of it out: the line still has to end. */
			put_piece(lines, &sink, lines->partial != NULL ? lines->partial : "",
				  lines->len, true);
			drop_partial(lines);
		} else {
			done += put_text(lines, &sink, data + done, n - done, end != NULL);
			keep(lines, &sink, data + done, n - done);
		}
		n += end != NULL;
		data += n;
		len -= n;
	}
}

void log_lines_flush(struct log_lines *lines, log_line_fn *fn, void *ctx)
{
	const struct sink sink = { fn, ctx };

	if (lines->len > 0)
		put_piece(lines, &sink, lines->partial, lines->len, true);
	else if (lines->going_on)
		put_piece(lines, &sink, "", 0, true);
	drop_partial(lines);
}
