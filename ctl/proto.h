/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_PROTO_H
#define BERTH_CTL_PROTO_H

#include "lib/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The control protocol, described on one page in PROTO.md; the numbers below are that page's.
 * One packet of a SOCK_SEQPACKET socket is one record: a header and fields {tag, length, bytes},
 * all little-endian. Encoder and decoder work on the caller's buffer, allocate nothing, and never
 * read or write outside of it.
 */
#define PROTO_SOCKET	 "/run/berth/control"
#define PROTO_VERSION	 0xbe01 /* magic in the high byte */
#define PROTO_MAX	 65536	/* bytes of one record */
#define PROTO_HEADER	 12
#define PROTO_FIELD_HEAD 4

enum proto_op {
	/* requests */
	OP_PING = 1,
	OP_LIST = 2,
	OP_STATUS = 3,
	OP_SHOW = 4,
	OP_START = 5,
	OP_STOP = 6,
	OP_RESTART = 7,
	OP_TRY_RESTART = 8,
	OP_RELOAD = 9,
	OP_RELOAD_OR_RESTART = 10,
	OP_KILL = 11,
	OP_RESET_FAILED = 12,
	OP_POWEROFF = 13,
	OP_REBOOT = 14,
	OP_HALT = 15,
	OP_EXIT = 16,
	OP_LOG_RING = 17,
	OP_SUBSCRIBE = 18,
	OP_DAEMON_RELOAD = 19,
	OP_CANCEL = 20,
	OP_TRY_RELOAD_OR_RESTART = 21,
	OP_DIFF = 22,
	OP_PLAN = 23,
	OP_FILTER = 24,
	OP_REQUEST_END,
	/* answers */
	OP_OK = 0x80,	  /* the last record of an answer */
	OP_ERROR = 0x81,  /* the last record of an answer: ERRNO, TEXT */
	OP_RECORD = 0x82, /* more follow */
	OP_EVENT = 0x83,  /* belongs to OP_SUBSCRIBE */
};

enum proto_flag {
	PROTO_NO_WAIT = 1 << 0, /* answer when the job is enqueued, not when it has ended */
	PROTO_FORCE = 1 << 1,	/* shutdown: do not wait for units */
	PROTO_CUT = 1 << 2,	/* answer: something did not fit and is missing */
};

enum proto_tag {
	TAG_UNIT = 1,	   /* text */
	TAG_WANT = 2,	   /* text: a property that is asked for; none: all of them */
	TAG_PROPERTY = 3,  /* text "Name=value" */
	TAG_ERRNO = 4,	   /* u32 */
	TAG_TEXT = 5,	   /* text, for humans */
	TAG_SIGNAL = 6,	   /* u32 */
	TAG_WHO = 7,	   /* u32, enum proto_who */
	TAG_MODE = 8,	   /* u32, enum proto_mode */
	TAG_STATUS = 9,	   /* u32, exit status */
	TAG_JOB = 10,	   /* u32 */
	TAG_JOB_KIND = 11, /* text "start" */
	TAG_RESULT = 12,   /* text "done" */
	TAG_VERSION = 13,  /* text */
	TAG_ACTIVE = 14,   /* text "active" */
	TAG_SUB = 15,	   /* text "running" */
	TAG_TIME = 16,	   /* u64, CLOCK_REALTIME microseconds */
	TAG_LOST = 17,	   /* u32, events lost since the last one */
	TAG_HEALTH = 18,   /* text "healthy"; only of services with HealthCmd= that run */
};

enum proto_who {
	PROTO_WHO_ALL = 0,
	PROTO_WHO_MAIN = 1,
	PROTO_WHO_CONTROL = 2,
	PROTO_WHO_END,
};

enum proto_mode {
	PROTO_MODE_REPLACE = 0,
	PROTO_MODE_FAIL = 1,
	PROTO_MODE_IGNORE_DEPENDENCIES = 2,
	PROTO_MODE_ISOLATE = 3,
	PROTO_MODE_FLUSH = 4,
	PROTO_MODE_IGNORE_REQUIREMENTS = 5,
	PROTO_MODE_REPLACE_IRREVERSIBLY = 6,
	PROTO_MODE_END,
};

struct proto_header {
	uint16_t op;
	uint32_t id; /* chosen by the client, repeated in every record of the answer */
	uint32_t flags;
};

struct proto_writer {
	uint8_t *data;
	size_t size, len;
	bool cut; /* a field did not fit; it was left out as a whole */
};

struct proto_field {
	uint16_t tag;
	uint16_t len;
	const uint8_t *data;
};

struct proto_reader {
	const uint8_t *data;
	size_t len, pos;
};

/* Starts a record in @buf (at least PROTO_HEADER bytes). */
void proto_begin(struct proto_writer *w, void *buf, size_t size, uint16_t op, uint32_t id,
		 uint32_t flags);
/* Checks header and field lengths of a whole packet. 0, -EPROTO, or -EPROTONOSUPPORT for another
 * version. */
int proto_open(struct proto_reader *r, struct proto_header *h, const void *data, size_t len);

/* Sets PROTO_CUT in the header if something was left out, and returns the record's length. */
size_t proto_end(struct proto_writer *w);
/* The same record for another receiver: only the header's id changes. */
void proto_set_id(struct proto_writer *w, uint32_t id);

/* The next field; false at the end. */
bool proto_next(struct proto_reader *r, struct proto_field *f);

void proto_put_u32(struct proto_writer *w, uint16_t tag, uint32_t v);
/* 0, or -EPROTO when the field has another size. */
int proto_get_u32(const struct proto_field *f, uint32_t *v);

void proto_put_u64(struct proto_writer *w, uint16_t tag, uint64_t v);
int proto_get_u64(const struct proto_field *f, uint64_t *v);

void proto_put_text(struct proto_writer *w, uint16_t tag, const char *s);
/* Copies and terminates. 0, -EPROTO when it holds a NUL, -E2BIG when it does not fit. */
int proto_get_text(const struct proto_field *f, char *buf, size_t size);

/*
 * A text field built in place: @b writes straight into the record until proto_text_close(), which
 * drops the field and marks the record as cut when the text did not fit.
 */
void proto_text_open(struct proto_writer *w, struct strbuf *b);
void proto_text_close(struct proto_writer *w, uint16_t tag, const struct strbuf *b);

/* "START" for OP_START, NULL for a number that is none. */
const char *proto_op_name(uint16_t op);

#endif
