/* SPDX-License-Identifier: MIT */
/*
 * probe NAME...: what a process may do and what it is, one line "NAME=RESULT" each: a number, "ok" or
 * the errno. With "in=USER" names that follow are asked as that uid.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long securebits(void)
{
	return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
}

/* The session keyring's number: another one where it is not shared. */
static long keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

/* Whether a key in the user's keyring is found by way of the session's. */
static long userkey(void)
{
	if (syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_USER_KEYRING) < 0)
		return -1;
	return syscall(SYS_request_key, "user", "probe", NULL, 0) < 0 ? -1 : 0;
}

static const struct probe {
	const char *name;
	long (*run)(void);
	int number; /* the result itself is of interest */
} probes[] = {
	{ "securebits", securebits, 1 },
	{ "keyring", keyring, 1 },
	{ "userkey", userkey, 0 },
};

static const char *errno_name(int err)
{
	static char text[16];

	switch (err) {
	case EPERM: return "EPERM";
	case EACCES: return "EACCES";
	case ENOSYS: return "ENOSYS";
	case EINVAL: return "EINVAL";
	case ENOENT: return "ENOENT";
	case ENOKEY: return "ENOKEY";
	case EAFNOSUPPORT: return "EAFNOSUPPORT";
	default: snprintf(text, sizeof(text), "%d", err); return text;
	}
}

static int probe(const char *name)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (strcmp(probes[i].name, name) != 0)
			continue;
		long r = probes[i].run();

		if (r >= 0 && probes[i].number)
			printf("%s=%ld\n", name, r);
		else
			printf("%s=%s\n", name, r < 0 ? errno_name(errno) : "ok");
		fflush(stdout);
		return 0;
	}
	fprintf(stderr, "probe: no such thing: %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= probe(argv[i]);
	return bad;
}
