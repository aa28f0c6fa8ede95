/* SPDX-License-Identifier: MIT */
#include "units/profiles.h"

#include "lib/str.h"

#include <linux/capability.h>

#define CAP_BIT(cap) (1ULL << (cap))

/* What a daemon that starts as root and drops to its own user needs, and no more. */
#define DAEMON_CAPABILITIES                                                                        \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_FOWNER) |                    \
	 CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_KILL) | CAP_BIT(CAP_SETGID) | CAP_BIT(CAP_SETUID) |     \
	 CAP_BIT(CAP_NET_BIND_SERVICE))

static const struct {
	enum key key;
	uint64_t standard, full;
} rows[] = {
	{ K_CapabilityBoundingSet, DAEMON_CAPABILITIES, 0 },
	{ K_NoNewPrivileges, true, true },
	{ K_PrivateDevices, true, true },
	{ K_PrivateIPC, true, true },
	{ K_PrivateMounts, true, true },
	{ K_PrivateTmp, true, true },
	{ K_ProtectControlGroups, true, true },
	{ K_ProtectKernelTunables, true, true },
	{ K_ProtectSystem, PROTECT_SYSTEM_STRICT, PROTECT_SYSTEM_STRICT },
};

const uint64_t *profile_u64(enum isolation isolation, enum key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows) && isolation != ISOLATION_NONE; i++) {
		if (rows[i].key == key)
			return isolation == ISOLATION_STANDARD ? &rows[i].standard : &rows[i].full;
	}
	return NULL;
}
