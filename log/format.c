/* SPDX-License-Identifier: MIT */
#include "log/format.h"

#include "lib/str.h"

#include <errno.h>
#include <time.h>

#define STAMP_LEN 27 /* 2026-11-21T22:40:00.123456Z */

/* Room in a file name (255 bytes) for ".log" and a generation of four digits. */
#define UNIT_KEPT_MAX 246

static const char *const priorities[] = { "emerg",   "alert",  "crit", "err",
					  "warning", "notice", "info", "debug" };

const char *log_priority_name(unsigned int priority)
{
	return priorities[priority & 7];
}

int log_file_name(char *buf, size_t size, const char *unit, unsigned int generation)
{
	size_t len = strlen(unit);
	struct strbuf b;

	if (len == 0 || unit[0] == '.')
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (unit[i] == '/' || (unsigned char)unit[i] < 0x20 || unit[i] == 0x7f)
			return -EINVAL;
	}
	strbuf_init(&b, buf, size);
	if (len > UNIT_KEPT_MAX) {
		/* Still one file per unit: what is cut off is replaced by a hash of all. */
		strbuf_put_n(&b, unit, UNIT_KEPT_MAX - 9);
		strbuf_printf(&b, "-%08x", str_hash(unit));
	} else {
		strbuf_put(&b, unit);
	}
	strbuf_put(&b, ".log");
	if (generation > 0) {
		strbuf_put(&b, ".");
		strbuf_put_u64(&b, generation);
	}
	return b.cut ? -EINVAL : 0;
}

static void put_digits(char *p, unsigned int width, unsigned long value)
{
	while (width > 0) {
		p[--width] = (char)('0' + value % 10);
		value /= 10;
	}
}

static void put_stamp(char *p, usec_t realtime)
{
	time_t seconds = (time_t)(realtime / USEC_PER_SEC);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	memcpy(p, "0000-00-00T00:00:00.000000Z", STAMP_LEN);
	put_digits(p, 4, (unsigned long)tm.tm_year + 1900);
	put_digits(p + 5, 2, (unsigned long)tm.tm_mon + 1);
	put_digits(p + 8, 2, (unsigned long)tm.tm_mday);
	put_digits(p + 11, 2, (unsigned long)tm.tm_hour);
	put_digits(p + 14, 2, (unsigned long)tm.tm_min);
	put_digits(p + 17, 2, (unsigned long)tm.tm_sec);
	put_digits(p + 20, 6, (unsigned long)(realtime % USEC_PER_SEC));
}

size_t log_format_line(char *buf, size_t size, const struct log_record *record)
{
	struct strbuf b;
	size_t start;

	strbuf_init(&b, buf, size);
	put_stamp(buf, record->realtime);
	b.len = STAMP_LEN;
	strbuf_put(&b, " ");
	strbuf_put(&b, log_priority_name(record->priority));
	strbuf_put(&b, record->flags & LOG_FLAG_PARTIAL ? "+" : "");
	strbuf_put(&b, record->flags & LOG_FLAG_MANAGER ? "*" : "");
	strbuf_put(&b, " ");
	start = b.len;
	strbuf_put_n(&b, record->text, record->text_len);
	/* The assembler leaves neither in; berth's own messages might. One record stays one line.
	 */
	for (size_t i = start; i < b.len; i++) {
		if (buf[i] == '\n' || buf[i] == '\0')
			buf[i] = ' ';
	}
	strbuf_put(&b, "\n");
	return b.len;
}

static bool take_digits(const char *p, unsigned int width, int *out)
{
	int v = 0;

	for (; width > 0; width--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		v = v * 10 + (*p - '0');
	}
	*out = v;
	return true;
}

static bool parse_stamp(const char *p, usec_t *out)
{
	struct tm tm = { 0 };
	time_t seconds;
	int usec;

	if (p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' ||
	    p[19] != '.' || p[26] != 'Z')
		return false;
	if (!take_digits(p, 4, &tm.tm_year) || !take_digits(p + 5, 2, &tm.tm_mon) ||
	    !take_digits(p + 8, 2, &tm.tm_mday) || !take_digits(p + 11, 2, &tm.tm_hour) ||
	    !take_digits(p + 14, 2, &tm.tm_min) || !take_digits(p + 17, 2, &tm.tm_sec) ||
	    !take_digits(p + 20, 6, &usec))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	seconds = timegm(&tm);
	if (seconds < 0)
		return false;
	*out = (usec_t)seconds * USEC_PER_SEC + (usec_t)usec;
	return true;
}

static bool parse_priority(const char *word, size_t len, struct log_record *record)
{
	record->flags = 0;
	if (len > 0 && word[len - 1] == '*') {
		record->flags |= LOG_FLAG_MANAGER;
		len--;
	}
	if (len > 0 && word[len - 1] == '+') {
		record->flags |= LOG_FLAG_PARTIAL;
		len--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(priorities); i++) {
		if (strlen(priorities[i]) == len && memcmp(priorities[i], word, len) == 0) {
			record->priority = (uint8_t)i;
			return true;
		}
	}
	return false;
}

int log_parse_line(const char *line, size_t len, struct log_record *record)
{
	const char *word = line + STAMP_LEN + 1;
	const char *space;

	if (len < STAMP_LEN + 2 || line[STAMP_LEN] != ' ' || !parse_stamp(line, &record->realtime))
		return -EBADMSG;
	space = memchr(word, ' ', len - (size_t)(word - line));
	if (space == NULL || !parse_priority(word, (size_t)(space - word), record))
		return -EBADMSG;
	record->text = space + 1;
	record->text_len = len - (size_t)(record->text - line);
	return 0;
}
