/* SPDX-License-Identifier: MIT */
#include "init/conditions.h"

#include "lib/parse.h"
#include "lib/str.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* Questions about PID 1 itself and about the system it has set up. */

static const char *const capabilities[] = {
	[CAP_CHOWN] = "chown",
	[CAP_DAC_OVERRIDE] = "dac_override",
	[CAP_DAC_READ_SEARCH] = "dac_read_search",
	[CAP_FOWNER] = "fowner",
	[CAP_FSETID] = "fsetid",
	[CAP_KILL] = "kill",
	[CAP_SETGID] = "setgid",
	[CAP_SETUID] = "setuid",
	[CAP_SETPCAP] = "setpcap",
	[CAP_LINUX_IMMUTABLE] = "linux_immutable",
	[CAP_NET_BIND_SERVICE] = "net_bind_service",
	[CAP_NET_BROADCAST] = "net_broadcast",
	[CAP_NET_ADMIN] = "net_admin",
	[CAP_NET_RAW] = "net_raw",
	[CAP_IPC_LOCK] = "ipc_lock",
	[CAP_IPC_OWNER] = "ipc_owner",
	[CAP_SYS_MODULE] = "sys_module",
	[CAP_SYS_RAWIO] = "sys_rawio",
	[CAP_SYS_CHROOT] = "sys_chroot",
	[CAP_SYS_PTRACE] = "sys_ptrace",
	[CAP_SYS_PACCT] = "sys_pacct",
	[CAP_SYS_ADMIN] = "sys_admin",
	[CAP_SYS_BOOT] = "sys_boot",
	[CAP_SYS_NICE] = "sys_nice",
	[CAP_SYS_RESOURCE] = "sys_resource",
	[CAP_SYS_TIME] = "sys_time",
	[CAP_SYS_TTY_CONFIG] = "sys_tty_config",
	[CAP_MKNOD] = "mknod",
	[CAP_LEASE] = "lease",
	[CAP_AUDIT_WRITE] = "audit_write",
	[CAP_AUDIT_CONTROL] = "audit_control",
	[CAP_SETFCAP] = "setfcap",
	[CAP_MAC_OVERRIDE] = "mac_override",
	[CAP_MAC_ADMIN] = "mac_admin",
	[CAP_SYSLOG] = "syslog",
	[CAP_WAKE_ALARM] = "wake_alarm",
	[CAP_BLOCK_SUSPEND] = "block_suspend",
	[CAP_AUDIT_READ] = "audit_read",
	[CAP_PERFMON] = "perfmon",
	[CAP_BPF] = "bpf",
	[CAP_CHECKPOINT_RESTORE] = "checkpoint_restore",
};

/* In the bounding set: what a service could be given. */
int condition_capability(const struct condition_facts *f, const char *name)
{
	char text[4096];
	const char *line;
	ssize_t n;

	if (strncasecmp(name, "cap_", 4) != 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		if (strcasecmp(name + 4, capabilities[i]) != 0)
			continue;
		n = condition_read(f, "/proc/self/status", text, sizeof(text));
		line = n < 0 ? NULL : strstr(text, "\nCapBnd:");
		if (!line)
			return n < 0 ? (int)n : -ENODATA;
		return strtoull(line + strlen("\nCapBnd:"), NULL, 16) >> i & 1;
	}
	return -EINVAL;
}

/* systemd.unit(5) asks for whom the manager runs: PID 1 is root's, and a system manager. */
int condition_user(const struct condition_facts *f, const char *name)
{
	(void)f;
	return str_eq(name, "root") || str_eq(name, "0") || str_eq(name, "@system");
}

int condition_group(const struct condition_facts *f, const char *name)
{
	(void)f;
	return str_eq(name, "root") || str_eq(name, "0");
}

static bool has_word(const char *list, const char *word, size_t n)
{
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, " \t\n");

		if (len == n && strncmp(at, word, n) == 0)
			return true;
		at += len;
		at += strspn(at, " \t\n");
	}
	return false;
}

int condition_controllers(const struct condition_facts *f, const char *text)
{
	char have[512];
	ssize_t n;

	/* berth boots with the unified hierarchy or not at all. */
	if (str_eq(text, "v2") || str_eq(text, "v1"))
		return text[1] == '2';
	n = condition_read(f, "/sys/fs/cgroup/cgroup.controllers", have, sizeof(have));
	if (n < 0)
		return (int)n;
	for (const char *at = text; *at; at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t");

		if (!has_word(have, at, len))
			return 0;
		at += len;
	}
	return 1;
}

/* "NAME" is set, or "NAME=VALUE" is so exactly, in berth's own environment. */
int condition_environment(const struct condition_facts *f, const char *text)
{
	size_t n = strcspn(text, "=");

	(void)f;
	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, text, n) != 0 || (*e)[n] != '=')
			continue;
		return text[n] == '\0' || str_eq(*e + n, text + n);
	}
	return 0;
}

/* machine-id(5): none yet, or "uninitialized" until the first boot has succeeded. */
int condition_first_boot(const struct condition_facts *f, const char *text)
{
	char id[64];
	bool wanted;
	int r = parse_bool(text, &wanted);
	ssize_t n = condition_read(f, "/etc/machine-id", id, sizeof(id));
	bool first = n == -ENOENT || n == 0 || (n > 0 && str_starts(id, "uninitialized"));

	return r < 0 ? r : wanted == first;
}

/* berth images are made as a whole: nothing is left for the first boot of a new /usr to update. */
int condition_needs_update(const struct condition_facts *f, const char *path)
{
	(void)f;
	(void)path;
	return 0;
}
