/* SPDX-License-Identifier: MIT */
#ifndef BERTH_SANDBOX_CREDENTIALS_H
#define BERTH_SANDBOX_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What a service is told in confidence: files on a file system in memory that only its mount
 * namespace has, which is gone with it, and variables. ramfs, for a tmpfs may be swapped out
 * (noswap is of 6.4). PID 1 reads none of it: a source may be on a dead disk, or a socket whose
 * server is asleep.
 */
#define CREDENTIALS_DIR "/run/credentials"
#define SECRETS_DIR	"/run/secrets"
/* Of all credentials of a unit together, as systemd has it. */
#define CREDENTIALS_MAX ((size_t)1 << 20)

enum credential_place {
	IN_CREDENTIALS, /* CREDENTIALS_DIR/UNIT */
	IN_SECRETS,
	IN_TARGETS, /* at the absolute path that is its name */
	IN_ENVIRONMENT,
};

struct credential {
	uint8_t place; /* enum credential_place */
	uint16_t tag;  /* the key that asks for it */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *name; /* of the file or variable */
	/*
	 * Absolute: a file, a directory (each file in it is "name_FILE"), a socket. Else a name in the
	 * credential stores, which may be missing unless @needed. NULL: there is only @data.
	 */
	const char *path;
	bool needed;
	const char *data; /* what it is if the path is missing; NULL: nothing */
};

struct credentials {
	const char *
		place; /* where those of IN_TARGETS are mounted before they are where they belong */
	const char *unit; /* name of the directory */
	uid_t uid;	  /* whose it is */
	gid_t gid;
	struct credential *v;
	size_t n;
	char **env; /* places in the environment for those that go there, in their order */
};

#endif
