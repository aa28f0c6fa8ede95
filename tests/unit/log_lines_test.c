/* SPDX-License-Identifier: MIT */
#include "log/lines.h"

#include "log/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* All that came out, one "PRIORITY[+]|TEXT\n" after the other. */
static char out[200000];
static size_t out_len;
static size_t longest;

static void collect(void *ctx, const char *text, size_t len, uint8_t priority, uint8_t flags)
{
	assert_ptr_equal(ctx, out);
	out_len += (size_t)sprintf(out + out_len, "%u%s|", priority,
				   flags & LOG_FLAG_PARTIAL ? "+" : "");
	memcpy(out + out_len, text, len);
	out_len += len;
	out[out_len++] = '\n';
	out[out_len] = '\0';
	longest = len > longest ? len : longest;
}

static int reset(void **state)
{
	(void)state;
	out_len = longest = 0;
	out[0] = '\0';
	return 0;
}

static void feed(struct log_lines *lines, const char *data, size_t len)
{
	log_lines_feed(lines, data, len, collect, out);
}

#define FEED(lines, literal) feed(lines, literal, sizeof(literal) - 1)

static void test_lines(void **state)
{
	struct log_lines l = { 0 };

	(void)state;
	FEED(&l, "one\ntwo\n\nthr");
	assert_string_equal(out, "6|one\n6|two\n6|\n");
	assert_non_null(l.partial);
	FEED(&l, "ee\n");
	assert_string_equal(out, "6|one\n6|two\n6|\n6|three\n");
	assert_null(l.partial);
	log_lines_flush(&l, collect, out);
	assert_string_equal(out, "6|one\n6|two\n6|\n6|three\n");
}

static void test_priorities(void **state)
{
	struct log_lines l = { 0 };

	(void)state;
	FEED(&l, "<3>bad\n<7>\n<8>no\n<3\n<12>no\nx<3>\n<");
	FEED(&l, "0");
	FEED(&l, ">worst\n");
	assert_string_equal(out, "3|bad\n7|\n6|<8>no\n6|<3\n6|<12>no\n6|x<3>\n0|worst\n");
}

static void test_flush(void **state)
{
	struct log_lines l = { 0 };

	(void)state;
	FEED(&l, "<4>half");
	log_lines_flush(&l, collect, out);
	assert_string_equal(out, "4|half\n");
	assert_null(l.partial);
	log_lines_flush(&l, collect, out);
	assert_string_equal(out, "4|half\n");
}

static void test_nul_is_escaped(void **state)
{
	struct log_lines l = { 0 };
	static char many[LOG_TEXT_MAX];

	(void)state;
	FEED(&l, "a\0b\xff\x1b[0m\n");
	assert_string_equal(out, "6|a\\x00b\xff\x1b[0m\n");
	reset(NULL);
	feed(&l, many, sizeof(many));
	FEED(&l, "\n");
	/* 2048 NULs are four pieces of 512 of them */
	assert_int_equal(out_len, 4 * 3 + 3 + sizeof(many) * 4);
	assert_true(longest <= LOG_TEXT_MAX);
	assert_memory_equal(out, "6+|\\x00\\x00", 11);
}

static void test_long_line(void **state)
{
	struct log_lines l = { 0 };
	static char line[5000];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "<2>", 3);
	line[sizeof(line) - 1] = '\n';
	feed(&l, line, sizeof(line));
	FEED(&l, "<5>next\n");
	assert_int_equal(longest, LOG_TEXT_MAX);
	assert_memory_equal(out, "2+|xxx", 6);
	assert_non_null(strstr(out, "x\n2+|x"));
	assert_non_null(strstr(out, "x\n2|x"));
	assert_non_null(strstr(out, "x\n5|next\n"));
	assert_null(l.partial);
}

/* A line that ends just where a piece does still gets an end of its own. */
static void test_exact_piece(void **state)
{
	struct log_lines l = { 0 };
	static char line[LOG_TEXT_MAX];

	(void)state;
	memset(line, 'x', sizeof(line));
	feed(&l, line, sizeof(line));
	FEED(&l, "\n");
	assert_int_equal(out_len, 2 + LOG_TEXT_MAX + 1);
	reset(NULL);
	feed(&l, line, sizeof(line));
	FEED(&l, "yy");
	assert_memory_equal(out, "6+|xx", 5);
	log_lines_flush(&l, collect, out);
	assert_string_equal(out + 3 + LOG_TEXT_MAX, "\n6|yy\n");
}

static void test_utf8_is_not_cut(void **state)
{
	struct log_lines l = { 0 };
	static char line[LOG_TEXT_MAX + 10];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + LOG_TEXT_MAX - 1, "\xe2\x82\xac", 3); /* the euro sign over the border */
	line[sizeof(line) - 1] = '\n';
	feed(&l, line, sizeof(line));
	assert_memory_equal(out + 3 + LOG_TEXT_MAX - 1, "\n6|\xe2\x82\xac", 6);
}

/* However the bytes are cut up on their way, the same lines come out, and none is lost. */
static void test_any_chunks(void **state)
{
	static char data[20000], whole[sizeof(out)];
	unsigned int seed = 7;
	size_t whole_len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++) {
		int x = rand_r(&seed) % 300;

		data[i] = x < 2 ? '\n' : x < 4 ? '<' : (char)('a' + x % 26);
	}
	for (int round = 0; round < 200; round++) {
		struct log_lines l = { 0 };
		size_t at = 0;
		size_t payload = 0;

		reset(NULL);
		while (at < sizeof(data)) {
			size_t n = round == 0 ? sizeof(data) : 1 + (size_t)rand_r(&seed) % 3000;

			n = n < sizeof(data) - at ? n : sizeof(data) - at;
			feed(&l, data + at, n);
			at += n;
		}
		log_lines_flush(&l, collect, out);
		assert_null(l.partial);
		assert_false(l.going_on);
		/* Glue the pieces together again before comparing. */
		for (char *p = out; p < out + out_len;) {
			char *end = strchr(p, '\n');
			bool more = p[1] == '+';
			size_t skip = more ? 3 : 2;
			size_t n = (size_t)(end - p) - skip;

			memmove(out + payload, p + skip, n);
			payload += n;
			if (!more)
				out[payload++] = '\n';
			p = end + 1;
		}
		if (round == 0) {
			memcpy(whole, out, payload);
			whole_len = payload;
		}
		assert_int_equal(payload, whole_len);
		assert_memory_equal(out, whole, whole_len);
	}
	/* The data held no prefix, so what came out is what went in. */
	assert_memory_equal(whole, data, sizeof(data));
}

#define LINES_TEST(f) cmocka_unit_test_setup(f, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINES_TEST(test_lines),		  LINES_TEST(test_priorities),
		LINES_TEST(test_flush),		  LINES_TEST(test_nul_is_escaped),
		LINES_TEST(test_long_line),	  LINES_TEST(test_exact_piece),
		LINES_TEST(test_utf8_is_not_cut), LINES_TEST(test_any_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
