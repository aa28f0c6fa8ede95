/* SPDX-License-Identifier: MIT */
#ifndef BERTH_CTL_OCI_PARTS_H
#define BERTH_CTL_OCI_PARTS_H

#include "ctl/oci.h"

#include <cjson/cJSON.h>
#include <stdint.h>

/* What the parts of oci_convert() share. */
struct oci {
	const struct oci_options *options;
	FILE *service, *container; /* the sections, in memory */
	FILE *comments;
	cJSON *taken; /* array of what has been understood */
	int problems; /* nothing can be made of it */
	bool no_new_privs;
};

/* A member that nobody can carry out: an error, or a comment. @fmt is the JSON path. */
__attribute__((format(printf, 3, 4))) void oci_problem(struct oci *o, const char *what,
						       const char *fmt, ...);

/* Carried out, but stricter than it says: told, and a comment in the unit. */
__attribute__((format(printf, 3, 4))) void oci_stricter(struct oci *o, const char *what,
							const char *fmt, ...);

/*
 * Members that are understood: taken out of @from, NULL if it is not there. Of another type: a
 * problem, NULL. @path is that of @from. What is returned lives as long as @o.
 */
cJSON *oci_take(struct oci *o, cJSON *from, const char *path, const char *name, int type);

/* The same for simple values; false: not there. Strings: none with control bytes. */
bool oci_take_bool(struct oci *o, cJSON *from, const char *path, const char *name, bool *out);
bool oci_take_number(struct oci *o, cJSON *from, const char *path, const char *name, double *out);
const char *oci_take_text(struct oci *o, cJSON *from, const char *path, const char *name);

/* Everything in @from that is not empty has not been understood. */
void oci_rest(struct oci *o, const cJSON *from, const char *path);

/* @text as a word that the unit syntax reads back as it is: quoted, "%" doubled. */
void oci_put_word(FILE *out, const char *text);
bool oci_has_control(const char *text);
/* The same for paths in lists with ":", false when no quoting helps. */
bool oci_path_is_plain(const char *path);

/* An integer as JSON has it; false: none, or too large. 1.8e19 (all bits set) is "infinity". */
bool oci_put_number(FILE *out, double n);

/* The parts. Each takes its members out of @root or its part. */
void oci_mounts(struct oci *o, cJSON *root);		 /* mounts */
void oci_process(struct oci *o, cJSON *root);		 /* process */
void oci_linux(struct oci *o, cJSON *root);		 /* linux */
void oci_resources(struct oci *o, cJSON *linux_part);	 /* linux.resources */
void oci_device_rules(struct oci *o, cJSON *resources);	 /* linux.resources.devices */
void oci_device_nodes(struct oci *o, cJSON *linux_part); /* linux.devices */
void oci_seccomp(struct oci *o, cJSON *linux_part);	 /* linux.seccomp */

#endif
