/* SPDX-License-Identifier: MIT */
#include "init/status.h"

#include "init/dynamic.h"
#include "init/manager.h"
#include "init/setting_text.h"
#include "init/status_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Settings that a service shows whether they were written or not: what scripts ask for most. */
static const uint16_t always_shown[] = {
	K_Type,	     K_Restart,	   K_RestartSec,   K_TimeoutStartSec, K_TimeoutStopSec,
	K_KillMode,  K_KillSignal, K_NotifyAccess, K_RemainAfterExit, K_OOMPolicy,
	K_Isolation,
};

#define KEY_AS_PROPERTY 0x8000

/* group << 8 | row, or -1 */
static int find_row(const char *name)
{
	for (size_t g = 0; g < n_status_groups; g++)
		for (unsigned int i = 0; i < status_groups[g]->n; i++)
			if (str_eq(status_groups[g]->rows[i].name, name))
				return (int)(g << 8 | i);
	return -1;
}

int status_want_add(struct status_want *want, const char *name)
{
	int row = find_row(name);
	int key = setting_by_property_name(name);

	if (str_eq(name, STATUS_WANT_ORIGINS)) {
		want->origins = true;
		want->all = want->n_rows + want->n_keys == 0;
		return 0;
	}
	if (row >= 0) {
		if (want->n_rows == STATUS_MAX_ROWS)
			return -E2BIG;
		want->rows[want->n_rows++] = (uint16_t)row;
		return 0;
	}
	if (key >= 0)
		key |= KEY_AS_PROPERTY;
	else
		key = key_find(SECTIONS_OF_UNITS, name);
	if (key < 0)
		return -ENOENT;
	if (want->n_keys == STATUS_MAX_KEYS)
		return -E2BIG;
	want->keys[want->n_keys++] = (uint16_t)key;
	return 0;
}

static void put_row(const struct snapshot *s, const struct status_row *row, struct proto_writer *w)
{
	struct strbuf b;

	proto_text_open(w, &b);
	strbuf_printf(&b, "%s=", row->name);
	row->put(s, row->arg, &b);
	proto_text_close(w, TAG_PROPERTY, &b);
}

static void put_name(enum key key, bool as_property, struct strbuf *b)
{
	if (as_property)
		setting_put_property_name(key, b);
	else
		strbuf_put(b, key_info(key)->name);
}

/* As systemd has it: the user is called like the unit, and the group like the user. */
static void put_dynamic(const struct unit *u, struct strbuf *b)
{
	char name[DYNAMIC_NAME];

	dynamic_name(u, name);
	strbuf_put(b, name);
}

static void put_key(const struct unit *u, enum key key, bool as_property, bool origin,
		    struct proto_writer *w)
{
	struct strbuf b;

	proto_text_open(w, &b);
	put_name(key, as_property, &b);
	strbuf_put(&b, "=");
	if ((key == K_User || key == K_Group) && !unit_setting(u, key) &&
	    unit_bool(u, K_DynamicUser))
		put_dynamic(u, &b);
	else
		setting_put_value(u, key, &b);
	proto_text_close(w, TAG_PROPERTY, &b);
	if (!origin)
		return;
	proto_text_open(w, &b);
	put_name(key, as_property, &b);
	strbuf_put(&b, ":from=");
	setting_put_origin(u, key, &b);
	proto_text_close(w, TAG_PROPERTY, &b);
}

static const enum key identity[] = { K_User, K_Group };

/* All that was written and has no row of its own, and the usual ones. */
static void put_all_keys(const struct unit *u, bool origins, struct proto_writer *w)
{
	if (u->type == UNIT_SERVICE)
		for (size_t i = 0; i < ARRAY_SIZE(always_shown); i++)
			if (!unit_setting(u, always_shown[i]))
				put_key(u, always_shown[i], true, origins, w);
	for (size_t i = 0; i < ARRAY_SIZE(identity) && unit_bool(u, K_DynamicUser); i++)
		if (!unit_setting(u, identity[i]))
			put_key(u, identity[i], true, origins, w);
	for (uint32_t i = 0; i < u->n_settings; i++) {
		enum key key = u->settings[i].key;

		if (find_row(key_info(key)->name) < 0)
			put_key(u, key, true, origins, w);
	}
	/* What a profile may have changed is of interest beside that. */
	for (unsigned int key = 0; origins && u->type == UNIT_SERVICE && key < K_COUNT; key++) {
		if (key_info((enum key)key)->flags & KEY_PROFILED &&
		    !unit_setting(u, (enum key)key))
			put_key(u, (enum key)key, true, true, w);
	}
}

/* The row that this name has in the sections of @u ("Type" is one in [Service], another in [Mount]); -1. */
static int key_for(const struct unit *u, enum key key)
{
	uint32_t sections = unit_type_sections(u->type);
	const struct key_info *info = key_info(key);

	return info->sections & sections ? (int)key : key_find(sections, info->name);
}

static void put_all_rows(const struct snapshot *s, struct proto_writer *w)
{
	for (size_t g = 0; g < n_status_groups; g++) {
		const struct status_group *group = status_groups[g];

		for (unsigned int i = 0; i < group->n && (group->types >> s->unit->type & 1); i++)
			put_row(s, &group->rows[i], w);
	}
}

void status_put_unit(struct manager *m, const struct node *node, const struct status_want *want,
		     struct proto_writer *w)
{
	const struct snapshot s = { m, node, node->unit, node->service };

	if (want->all)
		put_all_rows(&s, w);
	for (unsigned int i = 0; i < want->n_rows; i++) {
		const struct status_group *group = status_groups[want->rows[i] >> 8];

		/* A property that its type does not have is not shown, as with systemctl. */
		if (group->types >> node->unit->type & 1)
			put_row(&s, &group->rows[want->rows[i] & 0xff], w);
	}
	for (unsigned int i = 0; i < want->n_keys; i++) {
		int key = key_for(node->unit, want->keys[i] & ~KEY_AS_PROPERTY);

		if (key >= 0)
			put_key(node->unit, (enum key)key, want->keys[i] & KEY_AS_PROPERTY,
				want->origins, w);
	}
	if (want->all)
		put_all_keys(node->unit, want->origins, w);
}

static void put_property(struct proto_writer *w, const char *name, const char *value)
{
	struct strbuf b;

	proto_text_open(w, &b);
	strbuf_printf(&b, "%s=%s", name, value);
	proto_text_close(w, TAG_PROPERTY, &b);
}

static void put_number_property(struct proto_writer *w, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_property(w, name, text);
}

void status_put_unknown(const char *name, struct proto_writer *w)
{
	put_property(w, "Id", name);
	put_property(w, "Names", name);
	put_property(w, "Description", name);
	put_property(w, "LoadState", "not-found");
	put_property(w, "ActiveState", "inactive");
	put_property(w, "SubState", "dead");
	put_property(w, "Result", "success");
	put_property(w, "MainPID", "0");
}

/* systemctl is-system-running's words. */
static const char *system_state(const struct manager *m)
{
	switch (m->regime) {
	case REGIME_BOOT: return "initializing";
	case REGIME_DOWN: return "stopping";
	case REGIME_RUN:
		if (!m->boot_done)
			return "starting";
		return m->n_failed ? "degraded" : "running";
	}
	return "unknown";
}

void status_put_manager(struct manager *m, struct proto_writer *w)
{
	uint32_t n_jobs = 0;
	struct list *pos;

	list_for_each (pos, &m->jobs)
		n_jobs++;
	put_property(w, "SystemState", system_state(m));
	put_number_property(w, "NNames", m->n_nodes);
	put_number_property(w, "NFailedUnits", m->n_failed);
	put_number_property(w, "NJobs", n_jobs);
	put_property(w, "DefaultTarget", m->config.default_unit);
	put_number_property(w, "UserspaceTimestampMonotonic", m->boot_start);
	put_number_property(w, "FinishTimestampMonotonic", m->boot_done);
}
