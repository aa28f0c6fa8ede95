/* SPDX-License-Identifier: MIT */
/* Swap units (systemd.swap(5)): attach.h with /proc/swaps. */
#include "init/attach.h"
#include "init/mountinfo.h"
#include "init/swap_work.h"
#include "lib/str.h"
#include "units/fstab.h"

static const char *const states[] = {
	[ATTACH_DEAD] = "dead",
	[ATTACH_STARTING] = "activating",
	[ATTACH_UP] = "active",
	[ATTACH_STOPPING] = "deactivating",
};

/* "/swapfile file 1048572 0 -2" after a line of titles */
static const char *place(char *line)
{
	line[strcspn(line, " \t")] = '\0';
	mountinfo_unescape(line);
	return line[0] == '/' ? line : NULL;
}

/* systemd.swap(5): a pri= in Options= counts more than Priority=. */
static void fill(const struct unit *u, struct attach_page *page)
{
	page->priority = (int)(int64_t)unit_u64(u, K_Priority);
}

struct attach_type swap_type = {
	.type = UNIT_SWAP,
	.table = "/proc/swaps",
	.place = place,
	.name = fstab_swap_name,
	.attach = swap_on_work,
	.detach = swap_off_work,
	.fill = fill,
	.shown = K_What,
	.attaching = "swapping on",
	.detaching = "switching off",
	.states = states,
	.source = { .fd = -1 },
};

static int make(struct manager *m, struct node *node)
{
	return attach_make(m, node, &swap_type);
}

static int start(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	return attach_start(node, &swap_type, diag);
}

static int stop(struct manager *m, struct node *node, struct diag *diag)
{
	(void)m;
	return attach_stop(node, &swap_type, diag);
}

static const char *sub_state(const struct node *node)
{
	return attach_sub_state(node, &swap_type);
}

const struct unit_kind swap_kind = {
	.make = make,
	.start = start,
	.stop = stop,
	.sub_state = sub_state,
	.result = attach_result,
	.up = "activated",
};
