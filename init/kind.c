/* SPDX-License-Identifier: MIT */
#include "init/kind.h"

#include "init/actions.h"
#include "init/conditions.h"
#include "init/manager.h"

#include <errno.h>

static const struct unit_kind plain_kind;
static const struct unit_kind target_kind = { .up = "reached" };

/* Those that are missing are plain. */
static const struct unit_kind *const kinds[UNIT_TYPE_COUNT] = {
	[UNIT_SERVICE] = &service_kind, [UNIT_TIMER] = &timer_kind,   [UNIT_SOCKET] = &socket_kind,
	[UNIT_PATH] = &path_kind,	[UNIT_SLICE] = &slice_kind,   [UNIT_MOUNT] = &mount_kind,
	[UNIT_SWAP] = &swap_kind,	[UNIT_TARGET] = &target_kind,
};

const struct unit_kind *unit_kind_of(const struct node *node)
{
	const struct unit_kind *kind = kinds[node->unit->type];

	return kind ? kind : &plain_kind;
}

/* What there was no memory for when the unit was loaded is tried again: no kind has to live without. */
static int make_sure(struct manager *m, struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);

	return kind->make ? kind->make(m, node) : 0;
}

int unit_start(struct manager *m, struct node *node, struct diag *diag)
{
	const struct unit *u = node->unit;
	const struct unit_kind *kind = unit_kind_of(node);
	int r;

	if (u->load_state != LOAD_LOADED) {
		diag_place(diag, u->id, 0, NULL);
		return diag_set(diag, DIAG_ERROR, 0, "%s",
				u->load_error ? u->load_error : "not loaded");
	}
	r = make_sure(m, node);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "%s", u->id);
	/* Only what is down asks them: a restart after its delay belongs to the start that passed. */
	if (node->active == ACTIVE_INACTIVE || node->active == ACTIVE_FAILED) {
		r = conditions_check(m, node, diag);
		if (r != 0)
			return r;
	}
	if (kind->start)
		return kind->start(m, node, diag);
	manager_set_active(m, node, ACTIVE_ACTIVE);
	return 1;
}

int unit_stop(struct manager *m, struct node *node, struct diag *diag)
{
	const struct unit_kind *kind = unit_kind_of(node);

	/* What could not be loaded (any more) has nothing that runs. */
	if (kind->stop && node->unit->load_state == LOAD_LOADED && make_sure(m, node) == 0)
		return kind->stop(m, node, diag);
	manager_set_active(m, node, ACTIVE_INACTIVE);
	return 1;
}

int unit_reload(struct manager *m, struct node *node, struct diag *diag)
{
	const struct unit_kind *kind = unit_kind_of(node);

	if (!unit_can_reload(node))
		return diag_set(diag, DIAG_ERROR, EOPNOTSUPP,
				node->unit->type == UNIT_SERVICE ? "%s has no ExecReload="
								 : "%s cannot be reloaded",
				node->unit->id);
	return kind->reload(m, node, diag);
}

bool unit_can_reload(const struct node *node)
{
	const struct unit_kind *kind = unit_kind_of(node);

	return kind->can_reload && kind->can_reload(node);
}
