/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_SECURITY_H
#define BERTH_CTL_SECURITY_H

#include "units/unit.h"

/*
 * How exposed a service is by its settings: what systemd-analyze(1) security of systemd 252 asks,
 * with its weights, so that figures compare. Pure: settings in, figures out.
 */

/* One question's answer. */
struct security_finding {
	const char *name;    /* "PrivateNetwork=" */
	const char *text;    /* what is amiss, or what is right */
	unsigned int weight; /* of the question among all */
	unsigned int bad;    /* 0: nothing is amiss, up to ->range */
	unsigned int range;
	bool asked; /* else it does not apply to this unit */
};

/* The answer to question @i (from 0); false behind the last. */
bool security_find(const struct unit *u, unsigned int i, struct security_finding *out);

/* Over all of them, in tenths: 0 (nothing is left to be had) to 100. */
unsigned int security_exposure(const struct unit *u);

/* "OK" etc. for an exposure. */
const char *security_word(unsigned int exposure);

#endif
