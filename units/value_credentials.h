/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_VALUE_CREDENTIALS_H
#define BERTH_UNITS_VALUE_CREDENTIALS_H

#include "units/value_lists.h"

#include <sys/types.h>

/*
 * Credentials. What is kept of LoadCredential= is "ID:PATH" with the path written out, of
 * SetCredential= "ID:VALUE" unescaped, of Secret= the text. No reason for an error quotes a value.
 */
int value_take_credential(struct value_context *c, const struct key_info *info, const char *text,
			  const char **out);

/* podman-systemd.unit(5) Secret=: "NAME[,type=mount|env][,target=...][,mode=...][,uid=...][,gid=...]" */
struct secret {
	char name[256];
	char target[256]; /* file beneath /run/secrets, absolute path, or variable */
	bool environment;
	bool has_mode, has_uid, has_gid;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* 0, or -EINVAL with a reason that quotes nothing. */
int secret_parse(const char *text, struct secret *s, const char **why);

#endif
