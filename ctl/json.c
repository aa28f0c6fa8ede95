/* SPDX-License-Identifier: MIT */
#include "ctl/json.h"
#include "lib/str.h"

#include <inttypes.h>

static void before_value(struct json *j)
{
	if (j->comma)
		fputc(',', j->out);
	j->comma = true;
}

static void open_level(struct json *j, char c)
{
	before_value(j);
	fputc(c, j->out);
	j->comma = false;
}

static void close_level(struct json *j, char c)
{
	fputc(c, j->out);
	j->comma = true;
}

void json_object_open(struct json *j)
{
	open_level(j, '{');
}

void json_object_close(struct json *j)
{
	close_level(j, '}');
}

void json_array_open(struct json *j)
{
	open_level(j, '[');
}

void json_array_close(struct json *j)
{
	close_level(j, ']');
}

/* Length of the well-formed sequence at @s, 0 if there is none. */
static size_t sequence_length(const char *s, size_t n)
{
	for (size_t len = 1; len <= 4 && len <= n; len++)
		if (str_utf8_valid(s, len))
			return len;
	return 0;
}

static void put_escaped(FILE *out, unsigned char c)
{
	static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (const char *e = short_escapes; *e; e += 2) {
		if ((unsigned char)*e == c) {
			fputc('\\', out);
			fputc(e[1], out);
			return;
		}
	}
	if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else
		fputc(c, out);
}

static void put_string(FILE *out, const char *s, size_t n)
{
	fputc('"', out);
	while (n > 0) {
		/* NUL is well-formed here, though str_utf8_valid() does not count it as text. */
		size_t len = *s == '\0' ? 1 : sequence_length(s, n);

		if (len == 1)
			put_escaped(out, (unsigned char)*s);
		else if (len > 1)
			fwrite(s, 1, len, out);
		else
			fputs("\xef\xbf\xbd", out);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	fputc('"', out);
}

void json_key(struct json *j, const char *key)
{
	before_value(j);
	put_string(j->out, key, strlen(key));
	fputc(':', j->out);
	j->comma = false;
}

void json_text_n(struct json *j, const char *s, size_t n)
{
	before_value(j);
	put_string(j->out, s, n);
}

void json_text(struct json *j, const char *s)
{
	if (s)
		json_text_n(j, s, strlen(s));
	else
		json_null(j);
}

void json_u64(struct json *j, uint64_t v)
{
	before_value(j);
	fprintf(j->out, "%" PRIu64, v);
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	fputs(v ? "true" : "false", j->out);
}

void json_null(struct json *j)
{
	before_value(j);
	fputs("null", j->out);
}

void json_line(struct json *j)
{
	fputc('\n', j->out);
	j->comma = false;
}
