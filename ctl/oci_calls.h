/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_OCI_CALLS_H
#define BERTH_CTL_OCI_CALLS_H

#include "ctl/oci_parts.h"

/*
 * Entries of linux.seccomp.syscalls that look at arguments. SystemCallFilter= goes by names; what other
 * directives say of arguments is used for these: RestrictAddressFamilies= for socket(2), RestrictNamespaces=
 * for clone(2), LockPersonality= for personality(2). Whatever cannot be told that way becomes
 * stricter, never looser: what is allowed with certain arguments only is not allowed, what is denied
 * with certain ones is denied.
 */
enum oci_verdict {
	OCI_ALLOW,
	OCI_DENY,
	OCI_KILL,
	OCI_LOG, /* allowed */
	OCI_UNKNOWN,
};

struct oci_call_rule {
	const char *name;
	bool allows;
	const cJSON *args;
	int entry; /* of linux.seccomp.syscalls */
};

#define OCI_CALL_RULES 256

struct oci_calls {
	bool allow_list; /* what no entry names is denied */
	struct oci_call_rule v[OCI_CALL_RULES];
	size_t n;
	cJSON *allowed; /* array of names that are allowed whatever the arguments are */
};

/* Writes directives for all rules, after those for entries without args. */
void oci_calls_put(struct oci *o, const struct oci_calls *calls);

#endif
