/* SPDX-License-Identifier: MIT */
/* Mount units (systemd.mount(5)): attach.h with /proc/self/mountinfo. */
#include "init/attach.h"
#include "init/manager.h"
#include "init/mount_work.h"
#include "init/mountinfo.h"
#include "lib/str.h"
#include "units/fstab.h"

#include <errno.h>

static const char *const states[] = {
	[ATTACH_DEAD] = "dead",
	[ATTACH_STARTING] = "mounting",
	[ATTACH_UP] = "mounted",
	[ATTACH_STOPPING] = "unmounting",
};

static const char *place(char *line)
{
	static struct mountinfo info;

	return mountinfo_parse(line, &info) ? info.where : NULL;
}

static void fill(const struct unit *u, struct attach_page *page)
{
	const char *type = unit_str(u, K_MountType);

	str_copy(page->where, sizeof(page->where), unit_str(u, K_Where));
	str_copy(page->type, sizeof(page->type), type ? type : "");
	page->mode = (mode_t)unit_u64(u, K_MountDirectoryMode);
	page->read_write_only = unit_bool(u, K_ReadWriteOnly);
	page->lazy = unit_bool(u, K_LazyUnmount);
	page->force = unit_bool(u, K_ForceUnmount);
}

struct attach_type mount_type = {
	.type = UNIT_MOUNT,
	.table = "/proc/self/mountinfo",
	.place = place,
	.name = fstab_unit_name,
	.attach = mount_work,
	.detach = unmount_work,
	.fill = fill,
	.shown = K_Where,
	.attaching = "mounting on",
	.detaching = "unmounting",
	.states = states,
	.source = { .fd = -1 },
};

static int make(struct manager *m, struct node *node)
{
	return attach_make(m, node, &mount_type);
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	return attach_start(node, &mount_type, diag);
}

/* Without these nothing runs, PID 1 least of all; the end of the machine takes them away. */
static bool is_essential(const char *where)
{
	static const char *const places[] = { "/proc", "/sys", "/dev", "/run" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i]);

		if (strncmp(where, places[i], n) == 0 &&
		    (where[n] == '\0' || (where[n] == '/' && i < 3)))
			return true;
	}
	return where[1] == '\0';
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	const struct attach_unit *u = node->own;

	if (is_essential(unit_str(node->unit, K_Where)) && u->state != ATTACH_DEAD) {
		if (m->regime != REGIME_DOWN)
			return diag_set(diag, DIAG_ERROR, EPERM, "the machine needs it");
		attach_give_up(node);
		return 1;
	}
	return attach_stop(node, &mount_type, diag);
}

static const char *sub_state(const struct node *node)
{
	return attach_sub_state(node, &mount_type);
}

const struct unit_kind mount_kind = {
	.make = make,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = attach_result,
	.up = "mounted",
};
