/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_OFFLINE_H
#define BERTH_CTL_OFFLINE_H

#include "ctl/args.h"
#include "units/set.h"

/*
 * Unit files as berth loads them, without a running berth: those of this system, of an image
 * (--root), or files on their own (verify, security). Messages are kept until the end: units are
 * loaded in no particular order, and a template's are the same for each of its instances.
 */
struct report {
	struct diag_sink sink;
	struct diag *v; /* once offline_open() is through: sorted, each once */
	size_t n, room;
	unsigned int errors, warnings;
};

struct offline {
	const char *verb;
	struct unit_set *set;
	struct report report;
	struct unit *settings; /* system.conf */
	struct arg_list dirs;
};

/*
 * Loads the operands (units by name, or files), or everything without any, and judges it. 0, or
 * -errno after a message that @verb begins. offline_close() in any case.
 */
int offline_open(struct offline *o, const struct args *args, const char *verb);
void offline_close(struct offline *o);

/* The unit that an operand stands for; NULL: it could not be found. */
const struct unit *offline_unit(const struct offline *o, const char *operand);

#endif
