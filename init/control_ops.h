/* SPDX-License-Identifier: MIT */
#ifndef BERTH_INIT_CONTROL_OPS_H
#define BERTH_INIT_CONTROL_OPS_H

#include "ctl/proto.h"
#include "init/status.h"
#include "lib/diag.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct manager;

/* What the requests of ctl/PROTO.md do. Knows nothing of sockets: control.c sends the answers. */

struct request {
	struct proto_header header;
	uid_t uid;	    /* of the caller */
	char unit[256];	    /* "": none */
	char argument[128]; /* of OP_REBOOT; "": none */
	struct status_want want;
	uint32_t signal, who, mode, status, job;
	bool looked; /* its unit has been looked for already */
};

enum answer_kind {
	ANSWER_OK,     /* what is in ->w */
	ANSWER_LIST,   /* a record per unit, then OK */
	ANSWER_JOB,    /* OK when job ->job has ended */
	ANSWER_EVENTS, /* OK, and events from now on */
	ANSWER_LOAD,   /* once unit ->unit of the request was looked for: run it again */
	ANSWER_RELOAD, /* OK once all units have been read again */
	ANSWER_DIFF, /* the same without taking them over, with a descriptor of what it would change */
};

struct answer {
	enum answer_kind kind;
	struct proto_writer w; /* an OK record has been begun */
	uint32_t job, held;    /* see struct wait: with ->held the job is done */
	int fd;		       /* goes with the record and is closed then; -1: none */
};

/* Reads the fields of a record that proto_open() has accepted. 0 or -errno with @diag. */
int request_decode(struct request *r, struct proto_reader *fields, struct diag *diag);

/*
 * Carries out @r. 0 with the answer, or -errno with @diag. Nothing has been done yet when the answer
 * is ANSWER_LOAD, which it never is when ->looked is set.
 */
int request_run(struct manager *m, const struct request *r, struct answer *answer,
		struct diag *diag);

#endif
