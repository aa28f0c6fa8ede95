/* SPDX-License-Identifier: MIT */
#include "units/tunable.h"

#include "lib/str.h"

#include <stdbool.h>
#include <string.h>

/* namespaces(7), ipc_namespaces(7): these are the namespace's, the rest of kernel. and fs. the machine's. */
enum tunable_kind tunable_kind(const char *text)
{
	static const char *const ipc[] = { "kernel.msgmax", "kernel.msgmnb",
					   "kernel.msgmni", "kernel.sem",
					   "kernel.shmall", "kernel.shmmax",
					   "kernel.shmmni", "kernel.shm_rmid_forced" };
	char name[256];
	size_t n = strcspn(text, "=");

	if (n == 0 || text[n] != '=' || text[n + 1] == '\0' || n >= sizeof(name))
		return TUNABLE_NONE;
	memcpy(name, text, n);
	name[n] = '\0';
	if (strstr(name, "..") || strstr(name, "//") || name[n - 1] == '.' || name[n - 1] == '/' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/@") !=
		    n)
		return TUNABLE_NONE;
	bool slashes = name[strcspn(name, "./")] == '/';

	for (char *c = name; *c && slashes; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	if (str_starts(name, "net."))
		return TUNABLE_NETWORK;
	for (size_t i = 0; i < ARRAY_SIZE(ipc); i++) {
		if (str_eq(name, ipc[i]))
			return TUNABLE_IPC;
	}
	return str_starts(name, "fs.mqueue.") ? TUNABLE_IPC : TUNABLE_NONE;
}
