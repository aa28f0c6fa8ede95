/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_CLIENT_H
#define BERTH_CTL_CLIENT_H

#include "ctl/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A blocking client of the control socket. Messages about failures go to standard error. */
struct client {
	int fd;
	uint32_t last_id;
	uint8_t out[4096];
	uint8_t in[PROTO_MAX];
};

/* One record of an answer, pointing into the client's buffer: valid until the next receive. */
struct reply {
	struct proto_header header;
	struct proto_reader fields;
	int fd; /* passed with it, the caller's; -1: none */
};

/* What an ERROR record says. */
struct failure {
	int err; /* positive errno, 0: none */
	char text[512];
};

/* NULL @path: the usual socket. NULL after a message when berth cannot be reached. */
struct client *client_open(const char *path);
void client_close(struct client *c);

/* A request: begin, put fields, send. Returns its id, 0 after a message when it could not be sent. */
struct proto_writer client_begin(struct client *c, enum proto_op op, uint32_t flags);
uint32_t client_send(struct client *c, struct proto_writer *w);

/*
 * The next record of any request. 0, -ETIMEDOUT after @timeout_ms (-1: never), or -errno after a
 * message. An ERROR record is a record too.
 */
int client_receive(struct client *c, struct reply *reply, int timeout_ms);

/* Sends and waits for the last record: 0, or -errno with @failure filled. */
int client_call(struct client *c, struct proto_writer *w, struct reply *reply,
		struct failure *failure);

/* Text field @tag of a record, or false. */
bool reply_text(const struct reply *reply, enum proto_tag tag, char *buf, size_t size);
/* Number field @tag, or @otherwise. */
uint64_t reply_number(const struct reply *reply, enum proto_tag tag, uint64_t otherwise);
void reply_failure(const struct reply *reply, struct failure *failure);

/* The PROPERTY fields of a record, copied. */
struct property {
	const char *name, *value;
};

struct props {
	struct property *v;
	size_t n;
	char *text;
};

/* Exits the program when there is no memory: a client may. */
void props_take(struct props *p, const struct reply *reply);
void props_free(struct props *p);
/* "" when it is not there. */
const char *props_get(const struct props *p, const char *name);
/* @otherwise when it is no number. */
uint64_t props_number(const struct props *p, const char *name, uint64_t otherwise);

/* SHOW of one unit. @wants ends with NULL, or is NULL for all. 0, or -errno with @failure. */
int client_show(struct client *c, const char *unit, const char *const *wants, struct props *p,
		struct failure *failure);

/* SUBSCRIBE: events follow. 0, or 1 after a message. */
int client_subscribe(struct client *c);

#endif
