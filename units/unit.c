/* SPDX-License-Identifier: MIT */
#include "units/manager.h"

#include "lib/arena.h"
#include "units/profiles.h"
#include "units/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct unit *manager;

void units_set_manager(const struct unit *settings)
{
	manager = settings;
}

const struct unit *units_manager(void)
{
	return manager;
}

const struct setting *unit_setting_search(const struct unit *u, enum key key)
{
	uint32_t low = 0, high = u->n_settings;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (u->settings[middle].key == key)
			return &u->settings[middle];
		if (u->settings[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* system.conf's word if it says something, else the row's. */
static uint64_t default_u64(const struct key_info *info)
{
	const struct setting *s = NULL;

	if (info->manager && manager)
		s = unit_setting(manager, (enum key)info->manager);
	return s ? s->value.u : info->def;
}

bool unit_wants_notify(const struct unit *u)
{
	uint64_t type = unit_u64(u, K_Type);

	return type == TYPE_NOTIFY || type == TYPE_NOTIFY_RELOAD ||
	       unit_u64(u, K_WatchdogSec) != USEC_INFINITY ||
	       unit_u64(u, K_FileDescriptorStoreMax) > 0;
}

/* Only services have one; what sockets and mounts run is as it is with systemd. */
enum isolation unit_profile(const struct unit *u)
{
	return u->type == UNIT_SERVICE ? (enum isolation)unit_u64(u, K_Isolation) : ISOLATION_NONE;
}

/* Defaults that depend on other keys or on where the unit is from (systemd.service(5), DESIGN 4). */
static uint64_t unit_default(const struct unit *u, enum key key)
{
	const struct key_info *info = key_info(key);

	/* One jump for the many keys that have nothing of the kind: a start asks for hundreds. */
	switch ((unsigned int)key) {
	case K_Type:
		if (!unit_setting(u, K_ExecStart))
			return TYPE_ONESHOT;
		if (unit_setting(u, K_BusName))
			return TYPE_DBUS;
		break;
	case K_TimeoutStartSec:
		if (unit_u64(u, K_Type) == TYPE_ONESHOT)
			return USEC_INFINITY;
		break;
	case K_TimeoutAbortSec: return unit_u64(u, K_TimeoutStopSec);
	case K_NotifyAccess:
		if (unit_wants_notify(u))
			return NOTIFY_MAIN;
		break;
	case K_Isolation:
		if (u->foreign)
			return ISOLATION_NONE;
		break;
	case K_IgnoreOnIsolate: /* systemd.unit(5): what is no service of anybody's survives it */
		return u->type == UNIT_SLICE || u->type == UNIT_MOUNT || u->type == UNIT_SWAP;
	case K_MemoryMax:
	case K_TasksMax:
		/* The limits of system.conf are meant for each service, not for all of a slice. */
		if (u->type == UNIT_SLICE)
			return VALUE_INFINITY;
		break;
	default: break;
	}
	if (info->flags & KEY_PROFILED) {
		const uint64_t *v = profile_u64(unit_profile(u), key);

		if (v)
			return *v;
	}
	return default_u64(info);
}

/*
 * systemd.exec(5) DynamicUser=: a user who comes and goes leaves nothing anywhere, whatever is written. Where
 * that is only a profile's default, what is written wins as ever.
 */
static uint64_t dynamic_user_implies(const struct unit *u, enum key key, bool written, uint64_t v)
{
	switch ((int)key) {
	case K_PrivateTmp:
	case K_RemoveIPC:
	case K_NoNewPrivileges:
	case K_RestrictSUIDSGID:
	case K_ProtectSystem:
	case K_ProtectHome: break;
	default: return v;
	}
	if (!unit_bool(u, K_DynamicUser) || (written && !unit_setting(u, K_DynamicUser)))
		return v;
	if (key == K_ProtectSystem)
		return PROTECT_SYSTEM_STRICT;
	if (key == K_ProtectHome)
		return v == PROTECT_HOME_NO ? PROTECT_HOME_READ_ONLY : v;
	return 1;
}

uint64_t unit_u64(const struct unit *u, enum key key)
{
	const struct setting *s = unit_setting(u, key);

	return dynamic_user_implies(u, key, s != NULL, s ? s->value.u : unit_default(u, key));
}

const char *unit_str(const struct unit *u, enum key key)
{
	const struct setting *s = unit_setting(u, key);

	if (s)
		return s->value.s;
	return key_info(key)->flags & KEY_PROFILED ? profile_str(unit_profile(u), key) : NULL;
}

const struct strings *unit_list(const struct unit *u, enum key key)
{
	static const struct strings none;
	const struct setting *s = unit_setting(u, key);

	if (s)
		return s->value.list;
	const struct strings *list =
		key_info(key)->flags & KEY_PROFILED ? profile_list(unit_profile(u), key) : NULL;

	return list ? list : &none;
}

const struct strings *unit_list_of_profile(const struct unit *u, enum key key)
{
	static const struct strings none;
	const struct setting *s = unit_setting(u, key);
	const struct strings *list = profile_adds(key) && (!s || s->value.list->n)
					     ? profile_list(unit_profile(u), key)
					     : NULL;

	return list ? list : &none;
}

const struct commands *unit_commands(const struct unit *u, enum key key)
{
	static const struct commands none;
	const struct setting *s = unit_setting(u, key);

	return s ? s->value.commands : &none;
}

void unit_free(struct unit *u)
{
	free(u);
}

uint32_t unit_type_sections(enum unit_type type)
{
	static const uint32_t own[UNIT_TYPE_COUNT] = {
		[UNIT_SERVICE] = SECTION_SERVICE | SECTION_CONTAINER,
		[UNIT_SOCKET] = SECTION_SOCKET,
		[UNIT_TIMER] = SECTION_TIMER,
		[UNIT_PATH] = SECTION_PATH,
		[UNIT_MOUNT] = SECTION_MOUNT,
		[UNIT_SWAP] = SECTION_SWAP,
		[UNIT_TARGET] = 0,
		[UNIT_SLICE] = SECTION_SLICE,
	};

	return own[type] | SECTION_UNIT | SECTION_INSTALL;
}

const char *unit_search_path(const struct unit *u, struct arena *arena)
{
	const struct strings *list = unit_list(u, K_ExecSearchPath);
	size_t size = 1;
	char *text, *at;

	if (list->n == 0)
		return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (uint32_t i = 0; i < list->n; i++)
		size += strlen(list->v[i]) + 1;
	at = text = arena_alloc(arena, size);
	for (uint32_t i = 0; text && i < list->n; i++)
		at += snprintf(at, size - (size_t)(at - text), "%s%s", i > 0 ? ":" : "",
			       list->v[i]);
	return text;
}
