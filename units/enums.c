/* SPDX-License-Identifier: MIT */
#include "units/enums.h"

#include "lib/str.h"

#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <strings.h>
#include <sys/personality.h>
#include <syslog.h>

/* Shared reasons: one wording, so that a search for it finds every word it applies to. */
#define LATER "not carried out by this version"

const struct enum_name service_type_names[] = {
	{ "simple", TYPE_SIMPLE, NULL },
	{ "exec", TYPE_EXEC, NULL },
	{ "oneshot", TYPE_ONESHOT, NULL },
	{ "notify", TYPE_NOTIFY, NULL },
	{ "forking", TYPE_FORKING, NULL },
	{ "idle", TYPE_IDLE, NULL },
	{ "dbus", TYPE_DBUS, NULL },
	{ "notify-reload", TYPE_NOTIFY_RELOAD, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name restart_policy_names[] = {
	{ "no", RESTART_NO, NULL },
	{ "on-success", RESTART_ON_SUCCESS, NULL },
	{ "on-failure", RESTART_ON_FAILURE, NULL },
	{ "on-abnormal", RESTART_ON_ABNORMAL, NULL },
	{ "on-watchdog", RESTART_ON_WATCHDOG, NULL },
	{ "on-abort", RESTART_ON_ABORT, NULL },
	{ "on-oom", RESTART_ON_OOM, NULL },
	{ "always", RESTART_ALWAYS, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name restart_mode_names[] = {
	{ "normal", RESTART_MODE_NORMAL, NULL },
	{ "direct", RESTART_MODE_DIRECT, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name health_on_failure_names[] = {
	{ "none", HEALTH_ON_FAILURE_NONE, NULL },
	{ "kill", HEALTH_ON_FAILURE_KILL, NULL },
	{ "restart", HEALTH_ON_FAILURE_RESTART, NULL },
	{ "stop", HEALTH_ON_FAILURE_STOP, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name oom_policy_names[] = {
	{ "continue", OOM_CONTINUE, NULL },
	{ "stop", OOM_STOP, NULL },
	{ "kill", OOM_KILL, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name notify_access_names[] = {
	{ "none", NOTIFY_NONE, NULL },
	{ "main", NOTIFY_MAIN, NULL },
	{ "exec", NOTIFY_EXEC, NULL },
	{ "all", NOTIFY_ALL, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name kill_mode_names[] = {
	{ "control-group", KILL_CONTROL_GROUP, NULL },
	{ "mixed", KILL_MIXED, NULL },
	{ "process", KILL_PROCESS, NULL },
	{ "none", KILL_NONE, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name isolation_names[] = {
	{ "none", ISOLATION_NONE, NULL },
	{ "standard", ISOLATION_STANDARD, NULL },
	{ "full", ISOLATION_FULL, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name landlock_names[] = {
	{ "auto", LANDLOCK_AUTO, NULL },
	{ "no", LANDLOCK_NO, NULL },
	{ "yes", LANDLOCK_YES, NULL },
	{ NULL, 0, NULL },
};

/* What ends in a colon takes an argument (units/value_stdio.h). */
const struct enum_name std_input_names[] = {
	{ "null", STD_NULL, NULL },
	{ "tty", STD_TTY, NULL },
	{ "tty-force", STD_TTY_FORCE, NULL },
	{ "tty-fail", STD_TTY_FAIL, NULL },
	{ "data", STD_DATA, NULL },
	{ "file:", STD_FILE, NULL },
	{ "socket", STD_SOCKET, NULL },
	{ "fd", STD_FD, NULL },
	{ "fd:", STD_FD, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name std_output_names[] = {
	{ "inherit", STD_INHERIT, NULL },
	{ "null", STD_NULL, NULL },
	{ "journal", STD_LOG, NULL },
	{ "log", STD_LOG, NULL },
	/* systemd.exec(5): "syslog" is an obsolete word for "journal" since version 246. */
	{ "syslog", STD_LOG, NULL },
	{ "tty", STD_TTY, NULL },
	{ "console", STD_TTY, NULL },
	{ "kmsg", STD_KMSG, NULL },
	{ "journal+console", STD_LOG_CONSOLE, NULL },
	{ "syslog+console", STD_LOG_CONSOLE, NULL },
	{ "kmsg+console", STD_KMSG_CONSOLE, NULL },
	{ "file:", STD_FILE, NULL },
	{ "append:", STD_APPEND, NULL },
	{ "truncate:", STD_TRUNCATE, NULL },
	{ "socket", STD_SOCKET, NULL },
	{ "fd", STD_FD, NULL },
	{ "fd:", STD_FD, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name protect_system_names[] = {
	{ "no", PROTECT_SYSTEM_NO, NULL },
	{ "yes", PROTECT_SYSTEM_YES, NULL },
	{ "full", PROTECT_SYSTEM_FULL, NULL },
	{ "strict", PROTECT_SYSTEM_STRICT, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name protect_home_names[] = {
	{ "no", PROTECT_HOME_NO, NULL },
	{ "yes", PROTECT_HOME_YES, NULL },
	{ "read-only", PROTECT_HOME_READ_ONLY, NULL },
	{ "tmpfs", PROTECT_HOME_TMPFS, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name private_users_names[] = {
	{ "no", PRIVATE_USERS_NO, NULL },	    { "self", PRIVATE_USERS_SELF, NULL },
	{ "yes", PRIVATE_USERS_SELF, NULL },	    { "identity", PRIVATE_USERS_IDENTITY, NULL },
	{ "managed", PRIVATE_USERS_MANAGED, NULL }, { NULL, 0, NULL },
};

const struct enum_name protect_proc_names[] = {
	{ "default", 0, NULL },	   { "noaccess", 1, NULL }, { "invisible", 2, NULL },
	{ "ptraceable", 3, NULL }, { NULL, 0, NULL },
};

const struct enum_name proc_subset_names[] = {
	{ "all", 0, NULL },
	{ "pid", 1, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name device_policy_names[] = {
	{ "auto", DEVICES_AUTO, NULL },
	{ "closed", DEVICES_CLOSED, NULL },
	{ "strict", DEVICES_STRICT, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name keyring_mode_names[] = {
	{ "inherit", KEYRING_INHERIT, NULL },
	{ "private", KEYRING_PRIVATE, NULL },
	{ "shared", KEYRING_SHARED, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name mount_propagation_names[] = {
	{ "shared", PROPAGATION_SHARED, NULL },
	{ "slave", PROPAGATION_SLAVE, NULL },
	{ "private", PROPAGATION_PRIVATE, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name preserve_names[] = {
	{ "no", PRESERVE_NO, NULL },
	{ "yes", PRESERVE_YES, NULL },
	{ "restart", PRESERVE_RESTART, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name bind_ipv6only_names[] = {
	{ "default", BIND_IPV6_DEFAULT, NULL }, { "both", BIND_IPV6_BOTH, NULL },
	{ "ipv6-only", BIND_IPV6_ONLY, NULL },	{ "no", BIND_IPV6_BOTH, NULL },
	{ "yes", BIND_IPV6_ONLY, NULL },	{ NULL, 0, NULL },
};

const struct enum_name socket_protocol_names[] = {
	{ "udplite", IPPROTO_UDPLITE, NULL },
	{ "sctp", IPPROTO_SCTP, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name ip_tos_names[] = {
	{ "low-delay", IPTOS_LOWDELAY, NULL },
	{ "throughput", IPTOS_THROUGHPUT, NULL },
	{ "reliability", IPTOS_RELIABILITY, NULL },
	{ "low-cost", IPTOS_LOWCOST, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name timestamping_names[] = {
	{ "off", TIMESTAMPING_OFF, NULL },
	{ "us", TIMESTAMPING_US, NULL },
	{ "usec", TIMESTAMPING_US, NULL },
	{ "\xc2\xb5s", TIMESTAMPING_US, NULL },
	{ "ns", TIMESTAMPING_NS, NULL },
	{ "nsec", TIMESTAMPING_NS, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name io_class_names[] = {
	{ "none", 0, NULL }, { "realtime", 1, NULL }, { "best-effort", 2, NULL },
	{ "idle", 3, NULL }, { "0", 0, NULL },	      { "1", 1, NULL },
	{ "2", 2, NULL },    { "3", 3, NULL },	      { NULL, 0, NULL },
};

const struct enum_name cpu_policy_names[] = {
	{ "other", 0, NULL }, { "fifo", 1, NULL }, { "rr", 2, NULL },
	{ "batch", 3, NULL }, { "idle", 5, NULL }, { NULL, 0, NULL },
};

const struct enum_name job_mode_names[] = {
	{ "fail", JOB_MODE_FAIL, NULL },
	{ "replace", JOB_MODE_REPLACE, NULL },
	{ "replace-irreversibly", JOB_MODE_REPLACE_IRREVERSIBLY, NULL },
	{ "isolate", JOB_MODE_ISOLATE, NULL },
	{ "flush", JOB_MODE_FLUSH, NULL },
	{ "ignore-dependencies", JOB_MODE_IGNORE_DEPENDENCIES, NULL },
	{ "ignore-requirements", JOB_MODE_IGNORE_REQUIREMENTS, NULL },
	{ NULL, 0, NULL },
};

const struct enum_name system_action_names[] = {
	{ "none", SYSTEM_ACTION(SYSTEM_STAYS, HASTE_ORDERLY), NULL },
	{ "reboot", SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_ORDERLY), NULL },
	{ "reboot-force", SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_FORCE), NULL },
	{ "reboot-immediate", SYSTEM_ACTION(SYSTEM_REBOOT, HASTE_IMMEDIATE), NULL },
	{ "poweroff", SYSTEM_ACTION(SYSTEM_POWEROFF, HASTE_ORDERLY), NULL },
	{ "poweroff-force", SYSTEM_ACTION(SYSTEM_POWEROFF, HASTE_FORCE), NULL },
	{ "poweroff-immediate", SYSTEM_ACTION(SYSTEM_POWEROFF, HASTE_IMMEDIATE), NULL },
	{ "halt", SYSTEM_ACTION(SYSTEM_HALT, HASTE_ORDERLY), NULL },
	{ "halt-force", SYSTEM_ACTION(SYSTEM_HALT, HASTE_FORCE), NULL },
	{ "halt-immediate", SYSTEM_ACTION(SYSTEM_HALT, HASTE_IMMEDIATE), NULL },
	{ "exit", SYSTEM_ACTION(SYSTEM_EXIT, HASTE_ORDERLY), NULL },
	{ "exit-force", SYSTEM_ACTION(SYSTEM_EXIT, HASTE_FORCE), NULL },
	{ "kexec", 0, LATER "; use reboot" },
	{ "kexec-force", 0, LATER "; use reboot-force" },
	{ "soft-reboot", 0, LATER "; use reboot" },
	{ "soft-reboot-force", 0, LATER "; use reboot-force" },
	{ NULL, 0, NULL },
};

const struct enum_name log_level_names[] = {
	{ "emerg", LOG_EMERG, NULL },
	{ "alert", LOG_ALERT, NULL },
	{ "crit", LOG_CRIT, NULL },
	{ "err", LOG_ERR, NULL },
	{ "warning", LOG_WARNING, NULL },
	{ "notice", LOG_NOTICE, NULL },
	{ "info", LOG_INFO, NULL },
	{ "debug", LOG_DEBUG, NULL },
	{ NULL, 0, NULL },
};

#define CAP(name)                                                                                  \
	{                                                                                          \
#name, name, NULL                                                                  \
	}
const struct enum_name capability_names[] = {
	CAP(CAP_CHOWN),
	CAP(CAP_DAC_OVERRIDE),
	CAP(CAP_DAC_READ_SEARCH),
	CAP(CAP_FOWNER),
	CAP(CAP_FSETID),
	CAP(CAP_KILL),
	CAP(CAP_SETGID),
	CAP(CAP_SETUID),
	CAP(CAP_SETPCAP),
	CAP(CAP_LINUX_IMMUTABLE),
	CAP(CAP_NET_BIND_SERVICE),
	CAP(CAP_NET_BROADCAST),
	CAP(CAP_NET_ADMIN),
	CAP(CAP_NET_RAW),
	CAP(CAP_IPC_LOCK),
	CAP(CAP_IPC_OWNER),
	CAP(CAP_SYS_MODULE),
	CAP(CAP_SYS_RAWIO),
	CAP(CAP_SYS_CHROOT),
	CAP(CAP_SYS_PTRACE),
	CAP(CAP_SYS_PACCT),
	CAP(CAP_SYS_ADMIN),
	CAP(CAP_SYS_BOOT),
	CAP(CAP_SYS_NICE),
	CAP(CAP_SYS_RESOURCE),
	CAP(CAP_SYS_TIME),
	CAP(CAP_SYS_TTY_CONFIG),
	CAP(CAP_MKNOD),
	CAP(CAP_LEASE),
	CAP(CAP_AUDIT_WRITE),
	CAP(CAP_AUDIT_CONTROL),
	CAP(CAP_SETFCAP),
	CAP(CAP_MAC_OVERRIDE),
	CAP(CAP_MAC_ADMIN),
	CAP(CAP_SYSLOG),
	CAP(CAP_WAKE_ALARM),
	CAP(CAP_BLOCK_SUSPEND),
	CAP(CAP_AUDIT_READ),
	CAP(CAP_PERFMON),
	CAP(CAP_BPF),
	CAP(CAP_CHECKPOINT_RESTORE),
	{ NULL, 0, NULL },
};
#undef CAP

/* linux/securebits.h */
const struct enum_name secure_bits_names[] = {
	{ "noroot", SECURE_NOROOT, NULL },
	{ "noroot-locked", SECURE_NOROOT_LOCKED, NULL },
	{ "no-setuid-fixup", SECURE_NO_SETUID_FIXUP, NULL },
	{ "no-setuid-fixup-locked", SECURE_NO_SETUID_FIXUP_LOCKED, NULL },
	{ "keep-caps", SECURE_KEEP_CAPS, NULL },
	{ "keep-caps-locked", SECURE_KEEP_CAPS_LOCKED, NULL },
	{ NULL, 0, NULL },
};

/* systemd.exec(5) RestrictNamespaces= of version 252: no time namespaces */
const struct enum_name namespace_names[] = {
	{ "cgroup", 0, NULL }, { "ipc", 1, NULL },  { "net", 2, NULL }, { "mnt", 3, NULL },
	{ "pid", 4, NULL },    { "user", 5, NULL }, { "uts", 6, NULL }, { NULL, 0, NULL },
};

/* core(5) */
const struct enum_name coredump_names[] = {
	{ "private-anonymous", 0, NULL },   { "shared-anonymous", 1, NULL },
	{ "private-file-backed", 2, NULL }, { "shared-file-backed", 3, NULL },
	{ "elf-headers", 4, NULL },	    { "private-huge", 5, NULL },
	{ "shared-huge", 6, NULL },	    { "private-dax", 7, NULL },
	{ "shared-dax", 8, NULL },	    { "default", BITS_DEFAULT, NULL },
	{ "all", BITS_ALL, NULL },	    { NULL, 0, NULL },
};

const struct enum_name numa_policy_names[] = {
	{ "default", MPOL_DEFAULT, NULL }, { "preferred", MPOL_PREFERRED, NULL },
	{ "bind", MPOL_BIND, NULL },	   { "interleave", MPOL_INTERLEAVE, NULL },
	{ "local", MPOL_LOCAL, NULL },	   { NULL, 0, NULL },
};

/* Those that a machine of this kind has; others' names are errors, as in systemd. */
const struct enum_name personality_names[] = {
#if defined(__x86_64__)
	{ "x86-64", PER_LINUX, NULL },
	{ "x86", PER_LINUX32, NULL },
#elif defined(__aarch64__)
	{ "arm64", PER_LINUX, NULL },
	{ "arm", PER_LINUX32, NULL },
#endif
	{ NULL, 0, NULL },
};

const struct enum_name *enum_by_name(const struct enum_name *names, const char *name)
{
	for (; names->name; names++) {
		if (str_eq(names->name, name))
			return names;
	}
	return NULL;
}

const struct enum_name *enum_by_name_nocase(const struct enum_name *names, const char *name)
{
	for (; names->name; names++) {
		if (strcasecmp(names->name, name) == 0)
			return names;
	}
	return NULL;
}

uint64_t bits_all(const struct enum_name *names)
{
	uint64_t all = 0;

	for (; names->name; names++)
		all |= names->value < 64 ? (uint64_t)1 << names->value : 0;
	return all;
}

const char *enum_name_of(const struct enum_name *names, int value)
{
	for (; names->name; names++) {
		if (names->value == value)
			return names->name;
	}
	return NULL;
}
