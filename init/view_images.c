/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "init/modules.h"
#include "init/rootview.h"
#include "lib/str.h"

#include <errno.h>
#include <string.h>

/* What is left are options, perhaps "root:" and those: an image has one partition here. */
static const char *options_of(struct view *v, const char *text)
{
	if (str_starts(text, "root:"))
		text += strlen("root:");
	return text[0] ? view_take_part(v, &text) : NULL;
}

/* MountImages=: "[-]SOURCE:TARGET[:OPTIONS]" */
static void add_images(struct view *v)
{
	const struct strings *list = unit_list(v->u, K_MountImages);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		bool optional = *text == '-';

		text += optional;
		char *source = view_take_part(v, &text), *target = view_take_part(v, &text);

		if (source && target)
			view_content(v, K_MountImages,
				     (struct mount_op){ .kind = MOUNT_IMAGE,
							.mapped = v->plan->spawn.id_base != 0,
							.source = source,
							.target = target + 1,
							.data = options_of(v, text),
							.optional = optional });
	}
}

static void add_extensions(struct view *v, enum key key, struct extension *out)
{
	const struct strings *list = unit_list(v->u, key);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		bool optional = *text == '-';
		size_t n = v->plan->spawn.n_extensions++;

		text += optional;
		out[n] = (struct extension){ .path = view_take_part(v, &text),
					     .image = key == K_ExtensionImages,
					     .optional = optional,
					     .tag = (uint16_t)key };
		out[n].options = options_of(v, text);
	}
}

/* systemd.exec(5): directories lie on top of images, what is named later on top of what comes before. */
static int add_overlays(struct view *v, struct diag *diag)
{
	static const char *const folders[] = { "opt", "usr" };
	struct spawn_plan *p = &v->plan->spawn;
	uint32_t images = unit_list(v->u, K_ExtensionImages)->n;
	uint32_t n = images + unit_list(v->u, K_ExtensionDirectories)->n;
	enum key key = images ? K_ExtensionImages : K_ExtensionDirectories;
	struct extension *list;

	if (n == 0)
		return 0;
	if (n > EXTENSIONS_MAX) {
		plan_place(diag, v->u, key);
		return diag_set(diag, DIAG_ERROR, E2BIG, "more than %d extensions", EXTENSIONS_MAX);
	}
	list = arena_alloc(&v->plan->arena, n * sizeof(*list));
	v->broken |= !list;
	if (!list)
		return 0;
	add_extensions(v, K_ExtensionImages, list);
	add_extensions(v, K_ExtensionDirectories, list);
	p->extensions = list;
	p->layers = LAYERS_PATH;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		view_content(v, key,
			     (struct mount_op){ .kind = MOUNT_OVERLAY,
						.target = folders[i],
						.optional = true });
	return rootview_layers_place(diag);
}

int view_image_contents(struct view *v, struct diag *diag)
{
	if (unit_list(v->u, K_MountImages)->n > 0 || unit_list(v->u, K_ExtensionImages)->n > 0)
		v->plan->spawn.load_modules = modules_load_here;
	add_images(v);
	return add_overlays(v, diag);
}
