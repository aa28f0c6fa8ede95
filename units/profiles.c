/* SPDX-License-Identifier: MIT */
#include "units/profiles.h"

#include "lib/layout.h"
#include "lib/str.h"

#include <linux/capability.h>

#define CAP_BIT(cap) (1ULL << (cap))

/*
 * What a daemon that starts as root and drops to its own user needs, and no more; low ports need none
 * in a network namespace of its own (netcfg/apply.h).
 */
#define DAEMON_CAPABILITIES                                                                        \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FOWNER) |                    \
	 CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID))

static const struct {
	enum key key;
	uint64_t standard, full;
} rows[] = {
	{ K_CapabilityBoundingSet, DAEMON_CAPABILITIES, 0 },
	{ K_NoNewPrivileges, true, true },
	{ K_PrivateDevices, true, true },
	{ K_PrivateIPC, true, true },
	{ K_RemoveIPC, false, true }, /* nothing to do, with a namespace of its own */
	{ K_PrivateMounts, true, true },
	{ K_PrivateTmp, true, true },
	{ K_ProtectControlGroups, true, true },
	{ K_ProtectKernelTunables, true, true },
	{ K_ProtectHome, PROTECT_HOME_YES, PROTECT_HOME_YES },
	{ K_ProtectSystem, PROTECT_SYSTEM_STRICT, PROTECT_SYSTEM_STRICT },
	{ K_ProtectClock, true, true },
	{ K_ProtectHostname, true, true },
	{ K_ProtectKernelLogs, true, true },
	{ K_ProtectKernelModules, true, true },
	{ K_RestrictNamespaces, 0, 0 }, /* none can be made */
	{ K_RestrictRealtime, true, true },
	{ K_RestrictSUIDSGID, true, true },
	{ K_LockPersonality, true, true },
	{ K_MemoryDenyWriteExecute, false, true },
	/* Nobody outside, and not root inside either; what it makes is nobody else's to read. */
	{ K_PrivateUsers, PRIVATE_USERS_NO, PRIVATE_USERS_MANAGED },
	{ K_DynamicUser, false, true },
	{ K_UMask, 0022, 0077 },
};

/*
 * What daemons call, programs that lock themselves in included; less what gives the kernel a second
 * life (io_uring does its work beside the filter, userfaultfd holds the kernel up, keyrings cross
 * namespaces). Docker's list comes to much the same; EPERM is what programs know from there.
 */
static const char *const calls[] = {
	"@system-service @pkey seccomp landlock_create_ruleset landlock_add_rule "
	"landlock_restrict_self memfd_secret mincore process_mrelease",
	"~@keyring @resources io_uring_setup io_uring_enter io_uring_register userfaultfd",
};
/* With no privileges there is no use for the calls that need some. */
static const char *const full_calls[] = {
	"@system-service @pkey seccomp landlock_create_ruleset landlock_add_rule "
	"landlock_restrict_self memfd_secret mincore process_mrelease",
	"~@keyring @resources @privileged io_uring_setup io_uring_enter io_uring_register "
	"userfaultfd",
};
static const char *const families[] = { "AF_UNIX AF_INET AF_INET6 AF_NETLINK" };
static const char *const full_families[] = { "AF_UNIX AF_INET AF_INET6" };
/* Nothing of the host but the operating system; init/view_empty.c adds what the unit itself names. */
static const char *const full_root[] = { "/:ro" };
static const char *const full_system[] = { "-/usr",   "-/bin",	 "-/sbin",   "-/lib",
					   "-/lib32", "-/lib64", "-/libx32", "-/etc" };
static const char *const architectures[] = { "native" };

#define LIST(array)                                                                                \
	{                                                                                          \
		ARRAY_SIZE(array), (array)                                                         \
	}
static const struct {
	enum key key;
	struct strings standard, full;
} lists[] = {
	{ K_SystemCallFilter, LIST(calls), LIST(full_calls) },
	{ K_SystemCallArchitectures, LIST(architectures), LIST(architectures) },
	{ K_RestrictAddressFamilies, LIST(families), LIST(full_families) },
	{ K_TemporaryFileSystem, { 0, NULL }, LIST(full_root) },
	{ K_BindReadOnlyPaths, { 0, NULL }, LIST(full_system) },
};

const struct strings *profile_list(enum isolation isolation, enum key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists) && isolation != ISOLATION_NONE; i++) {
		if (lists[i].key == key)
			return isolation == ISOLATION_STANDARD ? &lists[i].standard
							       : &lists[i].full;
	}
	return NULL;
}

bool profile_adds(enum key key)
{
	return key == K_TemporaryFileSystem || key == K_BindReadOnlyPaths;
}

const char *profile_str(enum isolation isolation, enum key key)
{
	return isolation != ISOLATION_NONE && key == K_SystemCallErrorNumber ? "EPERM" : NULL;
}

const uint64_t *profile_u64(enum isolation isolation, enum key key)
{
	/* Of the rows, plus one: a start asks for some hundred keys, and none may cost a search. */
	static LARGE_STATIC uint8_t places[K_COUNT];

	for (size_t i = 0; i < ARRAY_SIZE(rows) && places[rows[0].key] == 0; i++)
		places[rows[ARRAY_SIZE(rows) - 1 - i].key] = (uint8_t)(ARRAY_SIZE(rows) - i);
	if (isolation == ISOLATION_NONE || places[key] == 0)
		return NULL;
	return isolation == ISOLATION_STANDARD ? &rows[places[key] - 1].standard
					       : &rows[places[key] - 1].full;
}
