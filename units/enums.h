/* SPDX-License-Identifier: MIT */
#ifndef BERTH_UNITS_ENUMS_H
#define BERTH_UNITS_ENUMS_H

#include <stdint.h>

/*
 * Values of the keys that choose from a list of words. The words are systemd's; the tables in
 * enums.c bind each word to its number by name, never by position. A word may be known and still
 * refused: then it carries the reason that the user gets to read.
 */
struct enum_name {
	const char *name; /* NULL ends the table */
	int value;
	const char *refused; /* NULL: carried out */
};

/* systemd.service(5) Type= */
enum service_type {
	TYPE_SIMPLE,
	TYPE_EXEC,
	TYPE_ONESHOT,
	TYPE_NOTIFY,
	TYPE_FORKING,
	TYPE_IDLE,
	TYPE_DBUS,
	TYPE_NOTIFY_RELOAD,
};

/* systemd.service(5) Restart=, and on-oom of our own (DESIGN 3) */
enum restart_policy {
	RESTART_NO,
	RESTART_ON_SUCCESS,
	RESTART_ON_FAILURE,
	RESTART_ON_ABNORMAL,
	RESTART_ON_WATCHDOG,
	RESTART_ON_ABORT,
	RESTART_ON_OOM,
	RESTART_ALWAYS,
};

/* systemd.service(5) RestartMode= of version 254 */
enum restart_mode {
	RESTART_MODE_NORMAL,
	RESTART_MODE_DIRECT, /* what depends on the service is not told of ends that a restart follows */
};

/* podman-run(1) --health-on-failure */
enum health_on_failure {
	HEALTH_ON_FAILURE_NONE,
	HEALTH_ON_FAILURE_KILL,
	HEALTH_ON_FAILURE_RESTART,
	HEALTH_ON_FAILURE_STOP,
};

/* systemd.service(5) OOMPolicy= */
enum oom_policy {
	OOM_CONTINUE,
	OOM_STOP,
	OOM_KILL,
};

/* systemd.service(5) NotifyAccess= */
enum notify_access {
	NOTIFY_NONE,
	NOTIFY_MAIN,
	NOTIFY_EXEC,
	NOTIFY_ALL,
};

/* systemd.kill(5) KillMode= */
enum kill_mode {
	KILL_CONTROL_GROUP,
	KILL_MIXED,
	KILL_PROCESS,
	KILL_NONE,
};

/* [Container] Isolation=, DESIGN 4 */
enum landlock_mode {
	LANDLOCK_AUTO,
	LANDLOCK_NO,
	LANDLOCK_YES,
};

enum isolation {
	ISOLATION_NONE,
	ISOLATION_STANDARD,
	ISOLATION_FULL,
};

/* systemctl(1) --job-mode=, systemd.unit(5) OnFailureJobMode= */
enum job_mode {
	JOB_MODE_REPLACE,
	JOB_MODE_FAIL,		       /* do not displace a contradicting job */
	JOB_MODE_IGNORE_DEPENDENCIES,  /* the unit alone, and at once */
	JOB_MODE_ISOLATE,	       /* stop what is not pulled in */
	JOB_MODE_FLUSH,		       /* cancel all other jobs */
	JOB_MODE_IGNORE_REQUIREMENTS,  /* the unit alone, in its order */
	JOB_MODE_REPLACE_IRREVERSIBLY, /* nothing displaces the new jobs */
	JOB_MODE_COUNT,
};

/* systemd.exec(5) StandardInput=, StandardOutput=, StandardError= */
enum std_kind {
	STD_NULL,
	STD_LOG, /* "journal": berth's own log */
	STD_INHERIT,
	STD_TTY, /* /dev/console unless TTYPath= says otherwise */
	STD_TTY_FORCE,
	STD_TTY_FAIL,
	STD_SOCKET, /* the one that activated the service */
	STD_DATA,
	STD_FILE,
	STD_APPEND,
	STD_TRUNCATE,
	STD_FD, /* a socket or stored descriptor by its name */
	/* STD_LOG, and a copy of each line there */
	STD_LOG_CONSOLE,
	STD_KMSG,
	STD_KMSG_CONSOLE,
};

/* systemd.socket(5) BindIPv6Only=, Timestamping= */
enum bind_ipv6only {
	BIND_IPV6_DEFAULT,
	BIND_IPV6_BOTH,
	BIND_IPV6_ONLY,
};

enum timestamping {
	TIMESTAMPING_OFF,
	TIMESTAMPING_US,
	TIMESTAMPING_NS,
};

/* systemd.exec(5) ProtectSystem= */
enum protect_system {
	PROTECT_SYSTEM_NO,
	PROTECT_SYSTEM_YES,
	PROTECT_SYSTEM_FULL,
	PROTECT_SYSTEM_STRICT,
};

/* systemd.exec(5) ProtectHome= */
enum protect_home {
	PROTECT_HOME_NO,
	PROTECT_HOME_YES,
	PROTECT_HOME_READ_ONLY,
	PROTECT_HOME_TMPFS,
};

/* systemd.exec(5) PrivateUsers=; as enum sandbox_users */
enum private_users {
	PRIVATE_USERS_NO,
	PRIVATE_USERS_SELF,
	PRIVATE_USERS_IDENTITY,
	PRIVATE_USERS_MANAGED,
};

/* systemd.exec(5) MountFlags= */
enum mount_propagation {
	PROPAGATION_SHARED,
	PROPAGATION_SLAVE,
	PROPAGATION_PRIVATE,
};

/* systemd.exec(5) RuntimeDirectoryPreserve= */
enum preserve {
	PRESERVE_NO,
	PRESERVE_YES,
	PRESERVE_RESTART,
};

/*
 * systemd.unit(5) FailureAction=, SuccessAction=, StartLimitAction=, JobTimeoutAction=: how the
 * machine ends, and how much is done before.
 */
enum system_end {
	SYSTEM_STAYS,
	SYSTEM_REBOOT,
	SYSTEM_POWEROFF,
	SYSTEM_HALT,
	SYSTEM_EXIT,
};

enum end_haste {
	HASTE_ORDERLY,	 /* all units are stopped first */
	HASTE_FORCE,	 /* they are killed */
	HASTE_IMMEDIATE, /* nothing is done but to write out what can be in a moment */
};

#define SYSTEM_ACTION(end, haste) ((end) << 2 | (haste))

static inline enum system_end system_action_end(uint64_t action)
{
	return (enum system_end)(action >> 2);
}

static inline enum end_haste system_action_haste(uint64_t action)
{
	return (enum end_haste)(action & 3);
}

/* systemd.resource-control(5) DevicePolicy= */
enum device_policy {
	DEVICES_AUTO,
	DEVICES_CLOSED,
	DEVICES_STRICT,
};

/* systemd.exec(5) KeyringMode= */
enum keyring_mode {
	KEYRING_INHERIT,
	KEYRING_PRIVATE,
	KEYRING_SHARED,
};

extern const struct enum_name service_type_names[];
extern const struct enum_name restart_policy_names[];
extern const struct enum_name restart_mode_names[];
extern const struct enum_name health_on_failure_names[];
extern const struct enum_name oom_policy_names[];
extern const struct enum_name notify_access_names[];
extern const struct enum_name kill_mode_names[];
extern const struct enum_name isolation_names[];
extern const struct enum_name landlock_names[];
extern const struct enum_name std_input_names[];
extern const struct enum_name std_output_names[];
extern const struct enum_name protect_system_names[];
extern const struct enum_name protect_home_names[];
extern const struct enum_name private_users_names[];
extern const struct enum_name protect_proc_names[];
extern const struct enum_name proc_subset_names[];
extern const struct enum_name device_policy_names[];
extern const struct enum_name keyring_mode_names[];
extern const struct enum_name mount_propagation_names[];
extern const struct enum_name preserve_names[];
extern const struct enum_name bind_ipv6only_names[];   /* enum bind_ipv6only */
extern const struct enum_name socket_protocol_names[]; /* values are IPPROTO_* */
extern const struct enum_name ip_tos_names[];	       /* values are IPTOS_* */
extern const struct enum_name timestamping_names[];    /* enum timestamping */
extern const struct enum_name io_class_names[];
extern const struct enum_name capability_names[];
extern const struct enum_name secure_bits_names[];
extern const struct enum_name coredump_names[];
extern const struct enum_name namespace_names[];
extern const struct enum_name numa_policy_names[];
extern const struct enum_name personality_names[];
extern const struct enum_name cpu_policy_names[];
extern const struct enum_name job_mode_names[];
extern const struct enum_name system_action_names[];
extern const struct enum_name log_level_names[]; /* values are syslog(3) priorities */

/* KIND_BITS: words for more than one bit. */
#define BITS_DEFAULT 64
#define BITS_ALL     65

/* The row of @name, or NULL. */
const struct enum_name *enum_by_name(const struct enum_name *names, const char *name);
/* The same, whatever the case of the letters. */
const struct enum_name *enum_by_name_nocase(const struct enum_name *names, const char *name);
/* The bits of a KIND_BITS row that have a name. */
uint64_t bits_all(const struct enum_name *names);
/* The first word for @value, or NULL. */
const char *enum_name_of(const struct enum_name *names, int value);

#endif
