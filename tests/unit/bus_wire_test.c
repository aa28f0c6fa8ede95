/* SPDX-License-Identifier: MIT */
#include "lib/bus_wire.h"
#include "lib/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NAME "org.berth.Test"

static void test_names(void **state)
{
	static const char *const good[] = { "a.b", "org.example.Name", "org.example._0-x", "A.b9" };
	static const char *const bad[] = { "",	   "a",	   ".a.b",  "a.b.",    "a..b",	    ":1.2",
					   "a.0b", "a.b'", "a b.c", "a.b,c=d", "\xc3\xa4.b" };
	char longest[260];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(bus_is_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(bus_is_name(bad[i]));
	memset(longest, 'a', sizeof(longest));
	longest[1] = '.';
	longest[255] = '\0';
	assert_true(bus_is_name(longest));
	longest[255] = 'a';
	longest[256] = '\0';
	assert_false(bus_is_name(longest));
}

/* The first call as the D-Bus Specification has it, byte for byte. */
static void test_greeting(void **state)
{
	static const uint8_t hello[] = "l\1\0\1\0\0\0\0\1\0\0\0\155\0\0\0"
				       "\1\1o\0\25\0\0\0/org/freedesktop/DBus\0\0\0"
				       "\2\1s\0\24\0\0\0org.freedesktop.DBus\0\0\0\0"
				       "\3\1s\0\5\0\0\0Hello\0\0\0"
				       "\6\1s\0\24\0\0\0org.freedesktop.DBus\0\0\0";
	uint8_t text[1024];
	size_t n = bus_greeting(text, sizeof(text), NAME);

	(void)state;
	assert_true(n > 26 + sizeof(hello));
	assert_memory_equal(text, "\0AUTH EXTERNAL 30\r\nBEGIN\r\n", 26);
	assert_memory_equal(text + 26, hello, sizeof(hello));
	/* The last argument is the name, the rule before it has it, too. */
	assert_memory_equal(text + n - sizeof(NAME), NAME, sizeof(NAME));
	for (size_t size = 0; size < n; size++)
		assert_int_equal(bus_greeting(text, size, NAME), 0);
}

struct told {
	uint8_t data[512];
	size_t n;
};

static void add(struct told *t, const void *bytes, size_t n)
{
	assert_true(t->n + n <= sizeof(t->data));
	memcpy(t->data + t->n, bytes, n);
	t->n += n;
}

static void add_u32(struct told *t, uint32_t v, bool big)
{
	for (unsigned int i = 0; i < 4; i++)
		add(t, &(uint8_t){ (uint8_t)(v >> 8 * (big ? 3 - i : i)) }, 1);
}

static void pad(struct told *t, size_t to)
{
	while (t->n % to)
		add(t, "", 1);
}

static void add_string(struct told *t, const char *s, bool big)
{
	pad(t, 4);
	add_u32(t, (uint32_t)strlen(s), big);
	add(t, s, strlen(s) + 1);
}

static void add_field(struct told *t, int field, const char *type, const char *value, bool big)
{
	pad(t, 8);
	add(t, &(uint8_t){ (uint8_t)field }, 1);
	add(t, "\1", 1);
	add(t, type, 2);
	add_string(t, value, big);
}

/* A signal of three strings, as the bus sends it when an owner changes. */
static struct told owner_changed(const char *sender, const char *name, const char *new, bool big)
{
	struct told t = { .n = 0 }, body = { .n = 0 };
	uint32_t fields;

	add_string(&body, name, big);
	add_string(&body, ":1.7", big);
	add_string(&body, new, big);
	add(&t, big ? "B\4\1\1" : "l\4\1\1", 4);
	add_u32(&t, (uint32_t)body.n, big);
	add_u32(&t, 9, big);
	add_u32(&t, 0, big);
	add_field(&t, 1, "o", "/org/freedesktop/DBus", big);
	add_field(&t, 2, "s", "org.freedesktop.DBus", big);
	add_field(&t, 3, "s", "NameOwnerChanged", big);
	add_field(&t, 7, "s", sender, big);
	fields = (uint32_t)t.n - 16;
	pad(&t, 8);
	add(&t, body.data, body.n);
	for (unsigned int i = 0; i < 4; i++)
		t.data[12 + i] = (uint8_t)(fields >> 8 * (big ? 3 - i : i));
	return t;
}

static struct told answer(int type, uint32_t serial, uint32_t value)
{
	struct told t = { .n = 0 };

	add(&t, "l", 1);
	add(&t, &(uint8_t){ (uint8_t)type }, 1);
	add(&t, "\1\1", 2);
	add_u32(&t, 4, false);
	add_u32(&t, 3, false);
	add_u32(&t, 0, false);
	add(&t, "\5\1u\0", 4);
	add_u32(&t, serial, false);
	add_field(&t, 7, "s", "org.freedesktop.DBus", false);
	t.data[12] = (uint8_t)(t.n - 16);
	pad(&t, 8);
	add_u32(&t, value, false);
	return t;
}

static enum bus_news heard(const struct told *t)
{
	bool in_auth = false;
	enum bus_news news;

	assert_int_equal(bus_listen(t->data, t->n, &in_auth, NAME, &news), t->n);
	/* No part of it is taken for the whole. */
	for (size_t n = 0; n < t->n; n++) {
		enum bus_news none;

		assert_int_equal(bus_listen(t->data, n, &in_auth, NAME, &none), 0);
		assert_int_equal(none, BUS_NOTHING);
	}
	return news;
}

static void test_owner_changes(void **state)
{
	const char *bus = "org.freedesktop.DBus";
	struct told t;

	(void)state;
	for (int big = 0; big < 2; big++) {
		t = owner_changed(bus, NAME, ":1.8", big);
		assert_int_equal(heard(&t), BUS_OWNED);
		t = owner_changed(bus, NAME, "", big);
		assert_int_equal(heard(&t), BUS_LOST);
		t = owner_changed(bus, "org.berth.Other", ":1.8", big);
		assert_int_equal(heard(&t), BUS_NOTHING);
		/* Anybody may send a signal of that name; the sender cannot be forged. */
		t = owner_changed(":1.66", NAME, ":1.8", big);
		assert_int_equal(heard(&t), BUS_NOTHING);
	}
}

static void test_answers(void **state)
{
	struct told t;

	(void)state;
	t = answer(2, 3, 1);
	assert_int_equal(heard(&t), BUS_OWNED);
	t = answer(2, 3, 0);
	assert_int_equal(heard(&t), BUS_LOST);
	t = answer(2, 1, 1); /* to another call */
	assert_int_equal(heard(&t), BUS_NOTHING);
	t = answer(3, 2, 0);
	assert_int_equal(heard(&t), BUS_REFUSED);
}

static void test_authentication(void **state)
{
	static const char ok[] = "OK 0123456789abcdef\r\nl";
	static const char no[] = "REJECTED EXTERNAL\r\n";
	bool in_auth = true;
	enum bus_news news;

	(void)state;
	assert_int_equal(bus_listen((const uint8_t *)ok, 5, &in_auth, NAME, &news), 0);
	assert_true(in_auth);
	assert_int_equal(bus_listen((const uint8_t *)ok, sizeof(ok) - 1, &in_auth, NAME, &news),
			 sizeof(ok) - 2);
	assert_false(in_auth);
	assert_int_equal(news, BUS_NOTHING);
	in_auth = true;
	bus_listen((const uint8_t *)no, sizeof(no) - 1, &in_auth, NAME, &news);
	assert_int_equal(news, BUS_REFUSED);
}

static void test_nonsense(void **state)
{
	struct told t = owner_changed("org.freedesktop.DBus", NAME, "", false);
	bool in_auth = false;
	enum bus_news news;

	(void)state;
	t.data[0] = 'x';
	assert_int_equal(bus_listen(t.data, t.n, &in_auth, NAME, &news), -EPROTO);
	t.data[0] = 'l';
	t.data[15] = 0xff; /* fields of 4 GB */
	assert_int_equal(bus_listen(t.data, t.n, &in_auth, NAME, &news), -EPROTO);
	t.data[15] = 0;
	t.data[17] = 0xee; /* a signature that leads out of the fields */
	assert_int_equal(bus_listen(t.data, t.n, &in_auth, NAME, &news), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	       cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_owner_changes),  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_authentication), cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
