/* SPDX-License-Identifier: MIT */
#include "units/check.h"

#include "lib/bus_wire.h"
#include "lib/str.h"
#include "units/filter_words.h"
#include "units/fstab.h"
#include "units/name.h"
#include "units/tunable.h"
#include "units/value_stdio.h"

#include <stdio.h>

/* The child's own set-up pages are charged to the new cgroup: less than this kills it before exec (PITFALLS 34). */
#define MEMORY_MAX_LEAST ((uint64_t)1 << 20)

static uint64_t number(struct draft *d, enum key key)
{
	const struct draft_setting *s = draft_get(d, key);

	return s ? s->u : key_info(key)->def;
}

static uint32_t count(struct draft *d, enum key key)
{
	const struct draft_setting *s = draft_get(d, key);

	return s ? s->list.n : 0;
}

/* @fatal: an error in foreign units too, as systemd refuses them. */
static void complain(struct draft *d, enum key key, bool fatal, const char *text)
{
	const struct draft_setting *s = draft_get(d, key);

	draft_complain(d, s ? s->file : 0, s ? s->line : 0, key_info(key)->name, fatal, text);
}

/* As unit.c has it of what is loaded. */
static uint64_t type_of(struct draft *d)
{
	if (draft_get(d, K_Type))
		return number(d, K_Type);
	if (count(d, K_ExecStart) == 0)
		return TYPE_ONESHOT;
	return draft_get(d, K_BusName) ? TYPE_DBUS : TYPE_SIMPLE;
}

static void check_readiness(struct draft *d)
{
	const struct draft_setting *bus = draft_get(d, K_BusName);
	uint64_t type = type_of(d);
	bool notify = type == TYPE_NOTIFY || type == TYPE_NOTIFY_RELOAD;

	if (type == TYPE_DBUS && !bus)
		complain(d, K_Type, true, "dbus needs BusName=");
	if (bus && !bus_is_name(bus->s))
		complain(d, K_BusName, true, "is no bus name such as org.example.Name");
	if (draft_get(d, K_NotifyFD) && !notify)
		complain(d, K_NotifyFD, false, "needs Type=notify or notify-reload");
	if (notify && draft_get(d, K_NotifyAccess) && number(d, K_NotifyAccess) == NOTIFY_NONE)
		complain(d, K_NotifyAccess, false,
			 "Type=notify and notify-reload cannot work with none");
}

/* Of two outputs that go to the log; -1: it does not. */
static int log_kind(struct draft *d, enum key key)
{
	const struct draft_setting *s = draft_get(d, key);
	const struct enum_name *row = s ? enum_by_name(std_output_names, s->s) : NULL;
	int kind = s ? (row ? row->value : -1) : (int)key_info(key)->def;

	return kind >= 0 && std_is_log((enum std_kind)kind) ? kind : -1;
}

static void check_stdio(struct draft *d)
{
	int out = log_kind(d, K_StandardOutput), err = log_kind(d, K_StandardError);

	if (out >= 0 && err >= 0 && out != err)
		complain(d, K_StandardError, false,
			 "cannot be copied to other places than StandardOutput=: one pipe carries "
			 "the lines of both");
}

static void check_commands(struct draft *d)
{
	bool has_start = count(d, K_ExecStart) > 0;
	uint64_t type = type_of(d);

	if (!has_start && count(d, K_ExecStop) == 0)
		complain(d, K_ExecStart, true, "a service needs ExecStart= (or ExecStop=)");
	else if (!has_start && type != TYPE_ONESHOT)
		complain(d, K_ExecStart, true, "only Type=oneshot can do without ExecStart=");
	if (!has_start && type == TYPE_ONESHOT && draft_get(d, K_RemainAfterExit) &&
	    !number(d, K_RemainAfterExit))
		complain(d, K_RemainAfterExit, true, "must be yes without ExecStart=");
	if (count(d, K_ExecStart) > 1 && type != TYPE_ONESHOT)
		complain(d, K_ExecStart, true, "only Type=oneshot can have more than one command");
	if (type == TYPE_ONESHOT &&
	    (number(d, K_Restart) == RESTART_ALWAYS || number(d, K_Restart) == RESTART_ON_SUCCESS))
		complain(d, K_Restart, true,
			 "always and on-success make no sense for Type=oneshot");
	if (type == TYPE_FORKING && !draft_get(d, K_PIDFile) && !number(d, K_GuessMainPID))
		complain(d, K_GuessMainPID, false,
			 "Type=forking finds no main process without PIDFile= or guessing");
}

/* Both are plain sizes and @low is the larger. */
static bool exceeds(uint64_t low, uint64_t high)
{
	return !value_is_percent(low) && !value_is_percent(high) && low != VALUE_INFINITY &&
	       low > high;
}

static void check_limits(struct draft *d)
{
	uint64_t max = number(d, K_MemoryMax), high = number(d, K_MemoryHigh);

	if (draft_get(d, K_MemoryMax) && !value_is_percent(max) && max < MEMORY_MAX_LEAST)
		complain(d, K_MemoryMax, true, "below 1M nothing can be started");
	if (draft_get(d, K_MemoryHigh) && !value_is_percent(high) && high < MEMORY_MAX_LEAST)
		complain(d, K_MemoryHigh, true, "below 1M nothing can be started");
	if (draft_get(d, K_MemoryRestartAt) && !value_is_percent(number(d, K_MemoryRestartAt)) &&
	    number(d, K_MemoryRestartAt) < MEMORY_MAX_LEAST)
		complain(d, K_MemoryRestartAt, true, "below 1M nothing can be started");
	if (exceeds(number(d, K_MemoryRestartAt), max))
		complain(d, K_MemoryRestartAt, false,
			 "is above MemoryMax= and would never be reached");
	if (exceeds(high, max))
		complain(d, K_MemoryHigh, false, "is above MemoryMax= and would never be reached");
	if (exceeds(number(d, K_MemoryMin), max))
		complain(d, K_MemoryMin, false, "is above MemoryMax=");
	if (exceeds(number(d, K_MemoryLow), max))
		complain(d, K_MemoryLow, false, "is above MemoryMax=");
	if (draft_get(d, K_CPUQuotaPeriodSec) &&
	    (number(d, K_CPUQuotaPeriodSec) < 1000 || number(d, K_CPUQuotaPeriodSec) > 1000000))
		complain(d, K_CPUQuotaPeriodSec, false, "must be between 1ms and 1s");
}

static void check_restart(struct draft *d)
{
	uint64_t steps = number(d, K_RestartSteps), delay = number(d, K_RestartSec);

	if (steps > 0 && !draft_get(d, K_RestartMaxDelaySec))
		complain(d, K_RestartSteps, false, "has no effect without RestartMaxDelaySec=");
	if (draft_get(d, K_RestartMaxDelaySec) && steps == 0)
		complain(d, K_RestartMaxDelaySec, false, "has no effect without RestartSteps=");
	if (draft_get(d, K_RestartMaxDelaySec) && number(d, K_RestartMaxDelaySec) < delay)
		complain(d, K_RestartMaxDelaySec, false, "is below RestartSec=");
	if (draft_get(d, K_RestartOOMMaxDelaySec) &&
	    number(d, K_RestartOOMMaxDelaySec) <
		    (draft_get(d, K_RestartOOMSec) ? number(d, K_RestartOOMSec) : delay))
		complain(d, K_RestartOOMMaxDelaySec, false, "is below RestartOOMSec=");
}

static void check_health(struct draft *d)
{
	static const enum key others[] = { K_HealthInterval, K_HealthTimeout, K_HealthRetries,
					   K_HealthStartPeriod, K_HealthOnFailure };

	if (count(d, K_HealthCmd) > 1)
		complain(d, K_HealthCmd, true, "only one command can be the check");
	if (number(d, K_HealthInterval) == 0)
		complain(d, K_HealthInterval, true, "must be more than 0");
	if (number(d, K_HealthTimeout) == 0)
		complain(d, K_HealthTimeout, true, "must be more than 0");
	for (size_t i = 0; i < ARRAY_SIZE(others) && count(d, K_HealthCmd) == 0; i++) {
		if (draft_get(d, others[i]))
			complain(d, others[i], false, "has no effect without HealthCmd=");
	}
}

static void check_host_name(struct draft *d)
{
	const struct draft_setting *set = draft_get(d, K_HostName);
	const char *name = set ? set->s : NULL;

	if (name &&
	    (strlen(name) > 64 || name[0] == '.' || name[0] == '-' || !*name ||
	     strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
		     strlen(name)))
		complain(d, K_HostName, true, "no host name");
}

static void check_image(struct draft *d)
{
	static const enum key keys[] = { K_RootHash, K_RootVerity, K_RootImageOptions,
					 K_RootHashSignature };
	const struct draft_setting *options = draft_get(d, K_RootImageOptions);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (draft_get(d, keys[i]) && !draft_get(d, K_RootImage))
			complain(d, keys[i], true, "needs RootImage=");
	}
	if (draft_get(d, K_RootVerity) && !draft_get(d, K_RootHash))
		complain(d, K_RootVerity, true, "needs RootHash=, or nothing would be checked");
	if (draft_get(d, K_RootHashSignature) && !draft_get(d, K_RootHash))
		complain(d, K_RootHashSignature, true, "needs RootHash=, which it is of");
	if (options && (strchr(options->s, ' ') ||
			(strchr(options->s, ':') && !str_starts(options->s, "root:"))))
		complain(d, K_RootImageOptions, true, "an image has one partition here, root");
}

static void check_tunables(struct draft *d)
{
	const struct draft_setting *s = draft_get(d, K_Sysctl);
	const char *const *v = s ? s->list.v : NULL;

	for (uint32_t i = 0; v && i < s->list.n; i++) {
		if (tunable_kind(v[i]) == TUNABLE_NONE)
			complain(d, K_Sysctl, true,
				 "is no NAME=VALUE of a network or IPC namespace: net.*, "
				 "fs.mqueue.*, kernel.shm*, kernel.msg*, kernel.sem");
	}
}

static void check_container(struct draft *d)
{
	check_tunables(d);
	check_image(d);
	check_host_name(d);
	if (draft_get(d, K_PublishPort) && draft_get(d, K_PrivateNetwork) &&
	    number(d, K_PrivateNetwork))
		complain(d, K_PublishPort, false, "cannot be reached with PrivateNetwork=yes");
	if (draft_get(d, K_RootDirectory) && draft_get(d, K_RootImage))
		complain(d, K_RootImage, true,
			 "there can be one root only, and RootDirectory= is another");
	if (draft_get(d, K_Rootfs) && (draft_get(d, K_RootDirectory) || draft_get(d, K_RootImage)))
		complain(d, K_Rootfs, true,
			 "there can be one root only, and another one is written");
	if (draft_get(d, K_PublishPort) && draft_get(d, K_NetworkNamespacePath))
		complain(d, K_PublishPort, false, "has no effect with NetworkNamespacePath=");
	if (draft_get(d, K_IP) && draft_get(d, K_NetworkNamespacePath))
		complain(d, K_IP, false, "has no effect with NetworkNamespacePath=");
	if (draft_get(d, K_IP) && draft_get(d, K_PrivateNetwork) && number(d, K_PrivateNetwork))
		complain(d, K_IP, false, "has no interface to be on with PrivateNetwork=yes");
}

/* systemd refuses it, too: it would never do anything. */
static void check_timer(struct draft *d)
{
	static const enum key keys[] = { K_OnActiveSec,	    K_OnBootSec,	 K_OnStartupSec,
					 K_OnUnitActiveSec, K_OnUnitInactiveSec, K_OnCalendar };
	bool any = number(d, K_OnClockChange) || number(d, K_OnTimezoneChange);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		any |= count(d, keys[i]) > 0;
	if (!any)
		complain(d, K_OnCalendar, true, "a timer needs at least one On...= that says when");
}

static bool is_packets(const char *element)
{
	return !str_starts(element, "Stream ") && !str_starts(element, "SequentialPacket ");
}

/* systemd refuses these too; what a socket cannot do for want of a service of its own is told as well. */
static void check_socket(struct draft *d)
{
	const struct draft_setting *list = draft_get(d, K_ListenStream);
	const char *const *v = list ? list->list.v : NULL;
	uint32_t paths = 0, n = v ? list->list.n : 0;

	if (n == 0)
		complain(d, K_ListenStream, true, "a socket needs one of the Listen...= keys");
	for (uint32_t i = 0; i < n; i++) {
		if (number(d, K_Accept) && is_packets(v[i]))
			complain(d, K_Accept, true, "needs sockets that take connections");
		paths += strstr(v[i], " /") != NULL;
	}
	if (number(d, K_Accept) && draft_get(d, K_SocketService))
		complain(d, K_SocketService, true, "cannot be chosen with Accept=yes");
	if (count(d, K_Symlinks) > 0 && paths != 1)
		complain(d, K_Symlinks, false, "need exactly one path to lead to");
	if (number(d, K_PrivateNetwork))
		complain(d, K_PrivateNetwork, true,
			 "a socket is always made in the host's network");
}

static void check_path(struct draft *d)
{
	static const enum key keys[] = { K_PathExists, K_PathExistsGlob, K_PathChanged,
					 K_PathModified, K_DirectoryNotEmpty };
	uint32_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		n += count(d, keys[i]);
	if (n == 0)
		complain(d, K_PathExists, true, "a path unit needs at least one path");
	if (n > 64)
		complain(d, K_PathExists, true, "more than 64 paths in one unit");
}

/* systemd refuses them, too: the second one would stop the first. */
static void check_job_modes(struct draft *d)
{
	if (number(d, K_OnFailureJobMode) == JOB_MODE_ISOLATE && count(d, K_OnFailure) > 1)
		complain(d, K_OnFailureJobMode, true, "isolate is for one unit in OnFailure=");
	if (number(d, K_OnSuccessJobMode) == JOB_MODE_ISOLATE && count(d, K_OnSuccess) > 1)
		complain(d, K_OnSuccessJobMode, true, "isolate is for one unit in OnSuccess=");
}

static void check_slice(struct draft *d)
{
	const struct draft_setting *s = draft_get(d, K_Slice);
	char path[1024];

	if (d->type == UNIT_SLICE && d->n_files > 0 &&
	    !unit_name_slice_path(d->id, path, sizeof(path)))
		draft_complain(d, 0, 0, NULL, true,
			       "no name of a slice: its parts have to be separated by one dash");
	if (s && !unit_name_slice_path(s->s, path, sizeof(path)))
		complain(d, K_Slice, true, "is not the name of a slice");
}

/* Keys of all that has a cgroup, of which slices' cgroups are not given this. */
static void check_slice_devices(struct draft *d)
{
	static const enum key keys[] = { K_DeviceAllow, K_DevicePolicy };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (draft_get(d, keys[i]))
			complain(d, keys[i], true,
				 "is not carried out for slices; write it in the services");
	}
}

/*
 * The root cgroup has no limits, weights and kill lists (cgroup-v2.rst: the files are in "non-root
 * cgroups"). What is said of all slices (slice.d/) is not meant for this one, though.
 */
static void check_root_slice(struct draft *d)
{
	for (uint32_t i = 0; i < d->n; i++) {
		const struct draft_setting *s = &d->v[i];
		const struct key_info *info = key_info((enum key)s->key);
		const char *path = d->files[s->file].path;

		if (info->sections & SECTION_SLICE && info->status == KEY_ENFORCED &&
		    (strstr(path, "/-.slice") || str_starts(path, "-.slice")))
			complain(d, (enum key)s->key, info->flags & KEY_PROTECTS,
				 "nothing can limit the root of all slices; write it in "
				 "system.slice");
	}
}

/* systemd.mount(5): "must be named after the mount point directories they control". */
static void check_mount(struct draft *d)
{
	const struct draft_setting *where = draft_get(d, K_Where), *what = draft_get(d, K_What);
	char name[UNIT_NAME_MAX + 1];

	if (!where || !what)
		complain(d, where ? K_What : K_Where, true, "a mount needs What= and Where=");
	else if (!fstab_unit_name(where->s, name, sizeof(name)) || !str_eq(name, d->id))
		complain(d, K_Where, true, "is not the path that the unit is named after");
}

static void check_search_path(struct draft *d)
{
	const struct draft_setting *list = draft_get(d, K_ExecSearchPath);
	const char *const *v = list ? list->list.v : NULL;
	unsigned int n = 0;

	for (uint32_t i = 0; v && i < list->list.n; i++) {
		for (const char *s = v[i]; *s; s += strcspn(s, ":"), s += *s == ':') {
			n++;
			if (*s != '/')
				complain(d, K_ExecSearchPath, true,
					 "needs absolute paths, with colons between them");
		}
	}
	if (n > SEARCH_PATH_MAX)
		complain(d, K_ExecSearchPath, true, "more than 16 directories");
}

/* systemd.swap(5): the same. */
static void check_swap(struct draft *d)
{
	const struct draft_setting *what = draft_get(d, K_What), *options = draft_get(d, K_Options);
	const char *wrong = options && options->s ? fstab_swap_options(options->s) : NULL;
	char name[UNIT_NAME_MAX + 1];

	if (!what)
		complain(d, K_What, true, "a swap needs What=");
	else if (!fstab_swap_name(what->s, name, sizeof(name)) || !str_eq(name, d->id))
		complain(d, K_What, true, "is not the path that the unit is named after");
	if (wrong)
		complain(d, K_Options, false, wrong);
}

void check_draft(struct draft *d)
{
	const struct draft_setting *number = draft_get(d, K_SystemCallErrorNumber);

	if (number && number->s && !filter_is_errno(number->s))
		complain(d, K_SystemCallErrorNumber, true, "is no error number");
	if (d->type == UNIT_MOUNT)
		check_mount(d);
	if (d->type == UNIT_SWAP)
		check_swap(d);
	check_search_path(d);
	check_job_modes(d);
	check_slice(d);
	if (d->type == UNIT_SLICE)
		check_slice_devices(d);
	if (d->id && str_eq(d->id, "-.slice"))
		check_root_slice(d);
	if (d->type == UNIT_PATH)
		check_path(d);
	if (d->type == UNIT_TIMER)
		check_timer(d);
	if (d->type == UNIT_SERVICE) {
		check_commands(d);
		check_stdio(d);
		check_readiness(d);
		check_restart(d);
		check_container(d);
		check_health(d);
	}
	if (d->type == UNIT_SOCKET)
		check_socket(d);
	check_limits(d);
}
