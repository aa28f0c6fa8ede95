/* SPDX-License-Identifier: MIT */
#include "ctl/proto.h"

#include <errno.h>

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)v);
	put16(p + 2, (uint16_t)(v >> 16));
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* Header: 0 version, 2 op, 4 id, 8 flags. */
void proto_begin(struct proto_writer *w, void *buf, size_t size, uint16_t op, uint32_t id,
		 uint32_t flags)
{
	*w = (struct proto_writer){ .data = buf, .size = size, .len = PROTO_HEADER };
	if (w->size > PROTO_MAX)
		w->size = PROTO_MAX;
	put16(w->data, PROTO_VERSION);
	put16(w->data + 2, op);
	put32(w->data + 4, id);
	put32(w->data + 8, flags);
}

int proto_open(struct proto_reader *r, struct proto_header *h, const void *data, size_t len)
{
	const uint8_t *p = data;
	struct proto_field f;

	if (len < PROTO_HEADER || len > PROTO_MAX ||
	    (get16(p) & 0xff00) != (PROTO_VERSION & 0xff00))
		return -EPROTO;
	if (get16(p) != PROTO_VERSION)
		return -EPROTONOSUPPORT;
	*h = (struct proto_header){ get16(p + 2), get32(p + 4), get32(p + 8) };
	*r = (struct proto_reader){ .data = p, .len = len, .pos = PROTO_HEADER };
	/* All lengths are checked once, here, so that no handler acts on the first half of a bad
	 * record. */
	while (proto_next(r, &f))
		;
	if (r->pos != len)
		return -EPROTO;
	r->pos = PROTO_HEADER;
	return 0;
}

size_t proto_end(struct proto_writer *w)
{
	if (w->cut)
		put32(w->data + 8, get32(w->data + 8) | PROTO_CUT);
	return w->len;
}

void proto_set_id(struct proto_writer *w, uint32_t id)
{
	put32(w->data + 4, id);
}

/* Field: 0 tag, 2 length, 4 bytes. */
static uint8_t *put_field(struct proto_writer *w, uint16_t tag, size_t len)
{
	uint8_t *p = w->data + w->len;

	if (len > UINT16_MAX || w->size - w->len < PROTO_FIELD_HEAD + len) {
		w->cut = true;
		return NULL;
	}
	put16(p, tag);
	put16(p + 2, (uint16_t)len);
	w->len += PROTO_FIELD_HEAD + len;
	return p + PROTO_FIELD_HEAD;
}

bool proto_next(struct proto_reader *r, struct proto_field *f)
{
	const uint8_t *p = r->data + r->pos;

	if (r->len - r->pos < PROTO_FIELD_HEAD)
		return false;
	*f = (struct proto_field){ get16(p), get16(p + 2), p + PROTO_FIELD_HEAD };
	if (r->len - r->pos - PROTO_FIELD_HEAD < f->len)
		return false;
	r->pos += PROTO_FIELD_HEAD + (size_t)f->len;
	return true;
}

void proto_put_u32(struct proto_writer *w, uint16_t tag, uint32_t v)
{
	uint8_t *p = put_field(w, tag, 4);

	if (p)
		put32(p, v);
}

int proto_get_u32(const struct proto_field *f, uint32_t *v)
{
	if (f->len != 4)
		return -EPROTO;
	*v = get32(f->data);
	return 0;
}

void proto_put_u64(struct proto_writer *w, uint16_t tag, uint64_t v)
{
	uint8_t *p = put_field(w, tag, 8);

	if (p) {
		put32(p, (uint32_t)v);
		put32(p + 4, (uint32_t)(v >> 32));
	}
}

int proto_get_u64(const struct proto_field *f, uint64_t *v)
{
	if (f->len != 8)
		return -EPROTO;
	*v = get32(f->data) | (uint64_t)get32(f->data + 4) << 32;
	return 0;
}

void proto_put_text(struct proto_writer *w, uint16_t tag, const char *s)
{
	size_t n = strlen(s);
	uint8_t *p = put_field(w, tag, n);

	if (p)
		memcpy(p, s, n);
}

int proto_get_text(const struct proto_field *f, char *buf, size_t size)
{
	if (memchr(f->data, '\0', f->len))
		return -EPROTO;
	if (f->len >= size)
		return -E2BIG;
	memcpy(buf, f->data, f->len);
	buf[f->len] = '\0';
	return 0;
}

void proto_text_open(struct proto_writer *w, struct strbuf *b)
{
	size_t room = w->size - w->len;

	if (room <= PROTO_FIELD_HEAD)
		strbuf_init(b, NULL, 0);
	else
		strbuf_init(b, (char *)w->data + w->len + PROTO_FIELD_HEAD,
			    room - PROTO_FIELD_HEAD);
}

void proto_text_close(struct proto_writer *w, uint16_t tag, const struct strbuf *b)
{
	if (b->cut || b->size == 0)
		w->cut = true;
	else
		put_field(w, tag, b->len);
}

const char *proto_op_name(uint16_t op)
{
#define NAME(op) [OP_##op] = #op
	static const char *const names[] = {
		NAME(PING),	    NAME(LIST),
		NAME(STATUS),	    NAME(SHOW),
		NAME(START),	    NAME(STOP),
		NAME(RESTART),	    NAME(TRY_RESTART),
		NAME(RELOAD),	    NAME(KILL),
		NAME(POWEROFF),	    NAME(RELOAD_OR_RESTART),
		NAME(RESET_FAILED), NAME(REBOOT),
		NAME(HALT),	    NAME(EXIT),
		NAME(LOG_RING),	    NAME(OK),
		NAME(SUBSCRIBE),    NAME(DAEMON_RELOAD),
		NAME(CANCEL),	    NAME(TRY_RELOAD_OR_RESTART),
		NAME(DIFF),	    NAME(PLAN),
		NAME(FILTER),	    NAME(ERROR),
		NAME(RECORD),	    NAME(EVENT),
	};
#undef NAME

	return op < ARRAY_SIZE(names) ? names[op] : NULL;
}
