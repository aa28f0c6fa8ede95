/* SPDX-License-Identifier: MIT */
#include "ctl/proto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static uint8_t buf[PROTO_MAX];

/* What a field holds after a way through encoder and decoder. */
static void test_round_trip(void **state)
{
	struct proto_writer w;
	struct proto_reader r;
	struct proto_header h;
	struct proto_field f;
	uint32_t small;
	uint64_t big;
	char text[32];

	(void)state;
	proto_begin(&w, buf, sizeof(buf), OP_SHOW, 0x01020304, PROTO_NO_WAIT);
	proto_put_text(&w, TAG_UNIT, "web.service");
	proto_put_u32(&w, TAG_SIGNAL, 0xfffefdfc);
	proto_put_u64(&w, TAG_TIME, 0x8001020304050607);
	proto_put_text(&w, TAG_TEXT, "");

	assert_int_equal(proto_open(&r, &h, buf, proto_end(&w)), 0);
	assert_int_equal(h.op, OP_SHOW);
	assert_int_equal(h.id, 0x01020304);
	assert_int_equal(h.flags, PROTO_NO_WAIT);
	assert_true(proto_next(&r, &f));
	assert_int_equal(f.tag, TAG_UNIT);
	assert_int_equal(proto_get_text(&f, text, sizeof(text)), 0);
	assert_string_equal(text, "web.service");
	assert_true(proto_next(&r, &f));
	assert_int_equal(proto_get_u32(&f, &small), 0);
	assert_int_equal(small, 0xfffefdfc);
	assert_int_equal(proto_get_u64(&f, &big), -EPROTO);
	assert_true(proto_next(&r, &f));
	assert_int_equal(proto_get_u64(&f, &big), 0);
	assert_true(big == 0x8001020304050607);
	assert_int_equal(proto_get_u32(&f, &small), -EPROTO);
	assert_true(proto_next(&r, &f));
	assert_int_equal(proto_get_text(&f, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_false(proto_next(&r, &f));
}

/* PROTO.md is what other programs are written from: the bytes are fixed. */
static void test_bytes_on_the_wire(void **state)
{
	static const uint8_t expected[] = {
		0x01, 0xbe, 5, 0, 7,   0,   0,	 0, 1, 0, 0, 0, /* version, START, id 7, NO_WAIT */
		1,    0,    3, 0, 'a', '.', 'b',		/* UNIT */
		8,    0,    4, 0, 1,   0,   0,	 0,		/* MODE fail */
	};
	struct proto_writer w;

	(void)state;
	proto_begin(&w, buf, sizeof(buf), OP_START, 7, PROTO_NO_WAIT);
	proto_put_text(&w, TAG_UNIT, "a.b");
	proto_put_u32(&w, TAG_MODE, PROTO_MODE_FAIL);
	assert_int_equal(proto_end(&w), sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
}

static void test_what_does_not_fit_is_left_out_whole(void **state)
{
	uint8_t small[PROTO_HEADER + 12];
	struct proto_writer w;
	struct proto_reader r;
	struct proto_header h;
	struct proto_field f;
	struct strbuf b;

	(void)state;
	proto_begin(&w, small, sizeof(small), OP_OK, 1, 0);
	proto_put_text(&w, TAG_UNIT, "more than eight");
	assert_int_equal(w.len, PROTO_HEADER);
	proto_put_text(&w, TAG_UNIT, "8 bytes.");
	assert_int_equal(w.len, sizeof(small));
	proto_put_u32(&w, TAG_JOB, 1);
	proto_text_open(&w, &b);
	strbuf_put(&b, "x");
	proto_text_close(&w, TAG_TEXT, &b);

	assert_int_equal(proto_open(&r, &h, small, proto_end(&w)), 0);
	assert_int_equal(h.flags, PROTO_CUT);
	assert_true(proto_next(&r, &f));
	assert_int_equal(f.len, 8);
	assert_false(proto_next(&r, &f));
}

static void test_text_in_place(void **state)
{
	uint8_t small[PROTO_HEADER + 12];
	struct proto_writer w;
	struct proto_reader r;
	struct proto_header h;
	struct proto_field f;
	struct strbuf b;
	char text[16];

	(void)state;
	proto_begin(&w, small, sizeof(small), OP_OK, 1, 0);
	proto_text_open(&w, &b);
	strbuf_printf(&b, "Id=%s", "much-too-long");
	proto_text_close(&w, TAG_PROPERTY, &b);
	assert_int_equal(w.len, PROTO_HEADER);
	assert_true(w.cut);
	proto_text_open(&w, &b);
	strbuf_printf(&b, "Id=%s", "abc");
	proto_text_close(&w, TAG_PROPERTY, &b);
	assert_int_equal(proto_open(&r, &h, small, proto_end(&w)), 0);
	assert_true(proto_next(&r, &f));
	assert_int_equal(proto_get_text(&f, text, sizeof(text)), 0);
	assert_string_equal(text, "Id=abc");
}

static void test_text_that_is_refused(void **state)
{
	struct proto_field nul = { TAG_UNIT, 3, (const uint8_t *)"a\0b" };
	struct proto_field full = { TAG_UNIT, 4, (const uint8_t *)"abcd" };
	char text[4];

	(void)state;
	assert_int_equal(proto_get_text(&nul, text, sizeof(text)), -EPROTO);
	assert_int_equal(proto_get_text(&full, text, sizeof(text)), -E2BIG);
}

static int open_bytes(const void *data, size_t len)
{
	struct proto_reader r;
	struct proto_header h;

	return proto_open(&r, &h, data, len);
}

static void test_bad_records(void **state)
{
	static const uint8_t good[] = { 0x01, 0xbe, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 'x' };
	uint8_t bad[sizeof(good)];

	(void)state;
	assert_int_equal(open_bytes(good, sizeof(good)), 0);
	assert_int_equal(open_bytes(good, 0), -EPROTO);
	assert_int_equal(open_bytes(good, PROTO_HEADER - 1), -EPROTO);
	assert_int_equal(open_bytes(good, PROTO_HEADER), 0);
	for (size_t len = PROTO_HEADER + 1; len < sizeof(good); len++)
		assert_int_equal(open_bytes(good, len), -EPROTO);
	memcpy(bad, good, sizeof(good));
	bad[0] = 2;
	assert_int_equal(open_bytes(bad, sizeof(bad)), -EPROTONOSUPPORT);
	bad[1] = 0xbf;
	assert_int_equal(open_bytes(bad, sizeof(bad)), -EPROTO);
	memcpy(bad, good, sizeof(good));
	bad[14] = 2; /* one more byte than there is */
	assert_int_equal(open_bytes(bad, sizeof(bad)), -EPROTO);
	bad[15] = 0xff;
	assert_int_equal(open_bytes(bad, sizeof(bad)), -EPROTO);
}

static void test_longest_record(void **state)
{
	static char text[PROTO_MAX];
	struct proto_writer w;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[PROTO_MAX - PROTO_HEADER - PROTO_FIELD_HEAD] = '\0';
	proto_begin(&w, buf, sizeof(buf), OP_OK, 1, 0);
	proto_put_text(&w, TAG_TEXT, text);
	assert_int_equal(proto_end(&w), PROTO_MAX);
	assert_int_equal(open_bytes(buf, w.len), 0);
}

static void test_another_receiver(void **state)
{
	struct proto_writer w;
	struct proto_reader r;
	struct proto_header h;

	(void)state;
	proto_begin(&w, buf, sizeof(buf), OP_EVENT, 1, 0);
	proto_put_u32(&w, TAG_LOST, 3);
	proto_set_id(&w, 0xa1b2c3d4);
	assert_int_equal(proto_open(&r, &h, buf, proto_end(&w)), 0);
	assert_true(h.id == 0xa1b2c3d4);
	assert_int_equal(h.op, OP_EVENT);
}

/* Each op of PROTO.md's table carries the number and name that the code has. */
static void test_documented_numbers(void **state)
{
	char line[512], name[64];
	int seen = 0, number;
	FILE *doc = fopen("ctl/PROTO.md", "r");

	(void)state;
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc)) {
		if (sscanf(line, "| %i | %63[A-Z_] |", &number, name) != 2 || strstr(line, "type"))
			continue;
		if (proto_op_name((uint16_t)number) &&
		    !strcmp(proto_op_name((uint16_t)number), name))
			seen++;
	}
	fclose(doc);
	/* 19 requests, 4 answers */
	assert_int_equal(seen, OP_REQUEST_END - 1 + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bytes_on_the_wire),
		cmocka_unit_test(test_what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(test_text_in_place),
		cmocka_unit_test(test_text_that_is_refused),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_longest_record),
		cmocka_unit_test(test_another_receiver),
		cmocka_unit_test(test_documented_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
