/* SPDX-License-Identifier: MIT */
#include "lib/bus_wire.h"

#include "lib/str.h"

#include <errno.h>

#define BUS	   "org.freedesktop.DBus"
#define HEADER	   16		       /* up to the fields */
#define LONGEST	   ((size_t)32 * 1024) /* what is said to us is much shorter */
#define NAME_BYTES 255

enum message_type {
	METHOD_CALL = 1,
	METHOD_RETURN = 2,
	ERROR = 3,
	SIGNAL = 4,
};

enum header_field {
	FIELD_PATH = 1,
	FIELD_INTERFACE = 2,
	FIELD_MEMBER = 3,
	FIELD_REPLY_SERIAL = 5,
	FIELD_DESTINATION = 6,
	FIELD_SENDER = 7,
	FIELD_SIGNATURE = 8,
};

enum serial {
	SERIAL_HELLO = 1,
	SERIAL_ADD_MATCH,
	SERIAL_HAS_OWNER,
};

/* --- out: little-endian, whatever we are ---------------------------------------------------- */

struct writer {
	uint8_t *buf;
	size_t size, n;
	bool cut;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (n > w->size - w->n) {
		w->cut = true;
		return;
	}
	memcpy(w->buf + w->n, bytes, n);
	w->n += n;
}

static void put_u8(struct writer *w, uint8_t v)
{
	put(w, &v, 1);
}

static void put_u32(struct writer *w, uint32_t v)
{
	const uint8_t bytes[] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
				  (uint8_t)(v >> 24) };

	put(w, bytes, sizeof(bytes));
}

/* Counted from @start, where the message begins: what came before it is of any length. */
static void align(struct writer *w, size_t start, size_t to)
{
	while ((w->n - start) % to != 0 && !w->cut)
		put_u8(w, 0);
}

static void put_string(struct writer *w, const char *s)
{
	put_u32(w, (uint32_t)strlen(s));
	put(w, s, strlen(s) + 1);
}

static void put_field(struct writer *w, size_t start, enum header_field field, char type,
		      const char *value)
{
	align(w, start, 8);
	put_u8(w, (uint8_t)field);
	put_u8(w, 1);
	put_u8(w, (uint8_t)type);
	put_u8(w, 0);
	if (type == 'g') {
		put_u8(w, (uint8_t)strlen(value));
		put(w, value, strlen(value) + 1);
	} else {
		put_string(w, value);
	}
}

static void put_call(struct writer *w, enum serial serial, const char *member, const char *arg)
{
	size_t start = w->n, fields;

	put(w, (const uint8_t[]){ 'l', METHOD_CALL, 0, 1 }, 4);
	put_u32(w, arg ? (uint32_t)(4 + strlen(arg) + 1) : 0);
	put_u32(w, serial);
	fields = w->n;
	put_u32(w, 0);
	put_field(w, start, FIELD_PATH, 'o', "/org/freedesktop/DBus");
	put_field(w, start, FIELD_INTERFACE, 's', BUS);
	put_field(w, start, FIELD_MEMBER, 's', member);
	put_field(w, start, FIELD_DESTINATION, 's', BUS);
	if (arg)
		put_field(w, start, FIELD_SIGNATURE, 'g', "s");
	if (!w->cut) {
		struct writer length = { .buf = w->buf, .size = w->size, .n = fields };

		put_u32(&length, (uint32_t)(w->n - fields - 4));
	}
	align(w, start, 8);
	if (arg)
		put_string(w, arg);
}

size_t bus_greeting(uint8_t *buf, size_t size, const char *name)
{
	struct writer w = { .buf = buf, .size = size };
	char rule[400];
	struct strbuf b = STRBUF_INIT(rule);

	/* The name needs no quoting: bus_is_name(). */
	strbuf_printf(&b,
		      "type='signal',sender='" BUS "',interface='" BUS
		      "',member='NameOwnerChanged',arg0='%s'",
		      name);
	/* "30" is user 0 in hexadecimal digits of its decimal ones. */
	put(&w, "\0AUTH EXTERNAL 30\r\nBEGIN\r\n", 26);
	put_call(&w, SERIAL_HELLO, "Hello", NULL);
	put_call(&w, SERIAL_ADD_MATCH, "AddMatch", rule);
	put_call(&w, SERIAL_HAS_OWNER, "NameHasOwner", name);
	return w.cut || b.cut ? 0 : w.n;
}

bool bus_is_name(const char *name)
{
	bool dot = false, first = true;
	size_t n = strlen(name);

	if (n == 0 || n > NAME_BYTES)
		return false;
	for (const char *c = name; *c; c++) {
		bool digit = *c >= '0' && *c <= '9';
		bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' ||
			      *c == '-';

		if (*c == '.' ? first : !letter && (!digit || first))
			return false;
		dot |= *c == '.';
		first = *c == '.';
	}
	return dot && !first;
}

/* --- in ------------------------------------------------------------------------------------- */

/* Of untrusted bytes: every read is within @end, or ->bad is set and the value is 0 or "". */
struct reader {
	const uint8_t *start, *at, *end;
	bool big; /* endian */
	bool bad;
};

static uint8_t get_u8(struct reader *r)
{
	if (r->at == r->end) {
		r->bad = true;
		return 0;
	}
	return *r->at++;
}

static void skip_to(struct reader *r, size_t alignment)
{
	while ((size_t)(r->at - r->start) % alignment != 0 && !r->bad)
		get_u8(r);
}

static uint32_t get_u32(struct reader *r)
{
	uint32_t v = 0;

	skip_to(r, 4);
	for (unsigned int i = 0; i < 4; i++)
		v |= (uint32_t)get_u8(r) << 8 * (r->big ? 3 - i : i);
	return v;
}

/* Terminated: the protocol says so, and it is checked. */
static const char *get_text(struct reader *r, uint32_t len)
{
	const char *s = (const char *)r->at;

	if (r->bad || len >= (size_t)(r->end - r->at) || r->at[len] != 0) {
		r->bad = true;
		return "";
	}
	r->at += len + 1;
	return s;
}

static const char *get_string(struct reader *r)
{
	uint32_t len = get_u32(r);

	return get_text(r, len);
}

struct message {
	enum message_type type;
	uint32_t reply_serial;
	const char *member, *sender;
	struct reader body;
};

static void parse_field(struct reader *r, struct message *m)
{
	const char *text = "";
	uint32_t number = 0;
	uint8_t field, len;
	const char *type;

	skip_to(r, 8);
	field = get_u8(r);
	len = get_u8(r);
	type = get_text(r, len);
	if (str_eq(type, "s") || str_eq(type, "o")) {
		text = get_string(r);
	} else if (str_eq(type, "g")) {
		len = get_u8(r);
		text = get_text(r, len);
	} else if (str_eq(type, "u")) {
		number = get_u32(r);
	} else {
		r->bad = true;
	}
	if (field == FIELD_MEMBER)
		m->member = text;
	else if (field == FIELD_SENDER)
		m->sender = text;
	else if (field == FIELD_REPLY_SERIAL)
		m->reply_serial = number;
}

/* The size of the message, 0: not all of it is there, -EPROTO. */
static int parse(const uint8_t *data, size_t n, struct message *m)
{
	struct reader r = { .start = data, .at = data, .end = data + n };
	uint32_t body, fields;
	size_t size;

	if (n < HEADER)
		return 0;
	if (data[0] != 'l' && data[0] != 'B')
		return -EPROTO;
	r.big = data[0] == 'B';
	r.at += 4;
	*m = (struct message){ .type = (enum message_type)data[1], .member = "", .sender = "" };
	body = get_u32(&r);
	get_u32(&r); /* its serial */
	fields = get_u32(&r);
	if (body > LONGEST || fields > LONGEST)
		return -EPROTO;
	size = HEADER + ((size_t)fields + 7) / 8 * 8;
	if (n < size + body)
		return 0;
	r.end = data + HEADER + fields;
	while (r.at < r.end && !r.bad)
		parse_field(&r, m);
	m->body = (struct reader){
		.start = data + size, .at = data + size, .end = data + size + body, .big = r.big
	};
	return r.bad ? -EPROTO : (int)(size + body);
}

static enum bus_news news_of(struct message *m, const char *name)
{
	struct reader *r = &m->body;
	bool owned;

	/* The bus fills in the sender: nobody else can be taken for it. */
	if (!str_eq(m->sender, BUS))
		return BUS_NOTHING;
	if (m->type == ERROR)
		return BUS_REFUSED;
	if (m->type == METHOD_RETURN && m->reply_serial == SERIAL_HAS_OWNER) {
		owned = get_u32(r) != 0;
		return r->bad ? BUS_REFUSED : owned ? BUS_OWNED : BUS_LOST;
	}
	if (m->type != SIGNAL || !str_eq(m->member, "NameOwnerChanged") ||
	    !str_eq(get_string(r), name))
		return BUS_NOTHING;
	get_string(r); /* the old owner */
	owned = *get_string(r) != '\0';
	return r->bad ? BUS_NOTHING : owned ? BUS_OWNED : BUS_LOST;
}

static int listen_in_auth(const uint8_t *data, size_t n, bool *in_auth, enum bus_news *news)
{
	const uint8_t *end = memchr(data, '\n', n);

	if (!end)
		return n < 1024 ? 0 : -EPROTO;
	if (n < 3 || memcmp(data, "OK ", 3) != 0)
		*news = BUS_REFUSED;
	*in_auth = false;
	return (int)(end + 1 - data);
}

int bus_listen(const uint8_t *data, size_t n, bool *in_auth, const char *name, enum bus_news *news)
{
	struct message m;
	int size;

	*news = BUS_NOTHING;
	if (*in_auth)
		return listen_in_auth(data, n, in_auth, news);
	size = parse(data, n, &m);
	if (size > 0)
		*news = news_of(&m, name);
	return size;
}
