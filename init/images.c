/* SPDX-License-Identifier: MIT */
#include "init/images.h"

#include "init/manager.h"
#include "init/modules.h"
#include "lib/diag.h"
#include "lib/log.h"
#include "lib/str.h"

#define TIMEOUT (20 * USEC_PER_SEC)

static void on_loaded(struct module_load *l, int result);

enum group_state {
	UNTRIED,
	LOADING,
	TRIED,
};

static struct {
	struct module_load load;
	enum group_state state;
	bool overlays; /* for those that lay something over, else for all with images */
} groups[] = {
	{ .load = { .group = "image", .timeout = TIMEOUT, .done = on_loaded } },
	/* A root hash may be in a file beside any image, and who is to look there is its child. */
	{ .load = { .group = "verity", .timeout = TIMEOUT, .done = on_loaded } },
	{ .load = { .group = "overlay", .timeout = TIMEOUT, .done = on_loaded }, .overlays = true },
};
static struct manager *manager;

static bool has_images(const struct unit *u)
{
	return unit_setting(u, K_RootImage) || unit_setting(u, K_MountImages) ||
	       unit_setting(u, K_ExtensionImages);
}

static bool has_overlays(const struct unit *u)
{
	return unit_setting(u, K_ExtensionImages) || unit_setting(u, K_ExtensionDirectories);
}

static void on_loaded(struct module_load *l, int result)
{
	(void)result; /* told by modules.c; the mount tells what is missing in the end */
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (&groups[i].load == l)
			groups[i].state = TRIED;
	}
	for (uint32_t i = 0; i < manager->n_nodes; i++) {
		const struct unit *u = manager_node(manager, i)->unit;

		if (has_images(u) || has_overlays(u))
			jobs_unit_settled(manager, i);
	}
}

int images_prepare(struct service *s)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	int waits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!(groups[i].overlays ? has_overlays(u) : has_images(u)))
			continue;
		manager = s->manager;
		if (groups[i].state == UNTRIED) {
			int r = modules_load_begin(&groups[i].load);

			groups[i].state = r < 0 ? TRIED : LOADING;
			if (r < 0)
				log_err("modules: group %s: %s", groups[i].load.group,
					diag_errno(-r));
		}
		waits |= groups[i].state == LOADING;
	}
	return waits;
}
