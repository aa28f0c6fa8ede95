/* SPDX-License-Identifier: MIT */
#include "init/plan_parts.h"

#include "init/manager.h"
#include "init/rootview.h"
#include "lib/str.h"
#include "sandbox/credentials.h"
#include "units/value_credentials.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

struct builder {
	struct service_plan *plan;
	const struct unit *u;
	struct credentials *cr;
	bool broken; /* no memory */
};

static const char *keep(struct builder *b, const char *text, size_t n)
{
	char *s = arena_strndup(&b->plan->arena, text, n);

	b->broken |= !s;
	return s;
}

static struct credential *add(struct builder *b, enum key key, enum credential_place place)
{
	struct credential *c = &b->cr->v[b->cr->n++];

	*c = (struct credential){ .place = place,
				  .tag = (uint16_t)key,
				  .mode = 0400,
				  .uid = b->cr->uid,
				  .gid = b->cr->gid };
	return c;
}

/* The value of SetCredential= for @id, NULL: none. The last one counts. */
static const char *written(const struct unit *u, const char *id, size_t n)
{
	const struct strings *list = unit_list(u, K_SetCredential);

	for (uint32_t i = list->n; i-- > 0;) {
		if (strncmp(list->v[i], id, n) == 0 && list->v[i][n] == ':')
			return list->v[i] + n + 1;
	}
	return NULL;
}

static void add_loaded(struct builder *b)
{
	const struct strings *list = unit_list(b->u, K_LoadCredential);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		size_t n = strcspn(text, ":");
		struct credential *c = add(b, K_LoadCredential, IN_CREDENTIALS);
		const char *fallback = written(b->u, text, n);

		c->name = keep(b, text, n);
		c->path = keep(b, text + n + 1, strlen(text + n + 1));
		/* systemd: a store need not have it, a path that is written has to be there. */
		c->needed = text[n + 1] == '/';
		if (fallback)
			c->data = keep(b, fallback, strlen(fallback));
	}
}

static void add_written(struct builder *b)
{
	const struct strings *list = unit_list(b->u, K_SetCredential);

	for (uint32_t i = 0; i < list->n; i++) {
		const char *text = list->v[i];
		size_t n = strcspn(text, ":");
		struct credential *c = add(b, K_SetCredential, IN_CREDENTIALS);
		const char *value = written(b->u, text, n);

		c->name = keep(b, text, n);
		c->data = keep(b, value ? value : "", value ? strlen(value) : 0);
	}
}

static void add_secrets(struct builder *b)
{
	const struct strings *list = unit_list(b->u, K_Secret);
	struct secret s;
	const char *why;

	for (uint32_t i = 0; i < list->n; i++) {
		if (secret_parse(list->v[i], &s, &why) < 0)
			continue; /* not since it was loaded */
		struct credential *c = add(b, K_Secret,
					   s.environment	? IN_ENVIRONMENT
					   : s.target[0] == '/' ? IN_TARGETS
								: IN_SECRETS);

		c->name = keep(b, s.target, strlen(s.target));
		c->path = keep(b, s.name, strlen(s.name));
		c->needed = true;
		c->mode = s.has_mode ? s.mode : 0400;
		c->uid = s.has_uid ? s.uid : c->uid;
		c->gid = s.has_gid ? s.gid : c->gid;
	}
}

int plan_credentials(const struct service *s, struct service_plan *plan, struct diag *diag)
{
	const struct unit *u = manager_node(s->manager, s->index)->unit;
	size_t n = unit_list(u, K_LoadCredential)->n + unit_list(u, K_SetCredential)->n +
		   unit_list(u, K_Secret)->n;
	struct builder b = { .plan = plan, .u = u };

	if (n == 0)
		return 0;
	b.cr = arena_alloc(&plan->arena, sizeof(*b.cr));
	if (b.cr) {
		*b.cr = (struct credentials){ .uid = plan->spawn.uid, .gid = plan->spawn.gid };
		b.cr->unit = keep(&b, u->id, strlen(u->id));
		b.cr->v = arena_alloc(&plan->arena, n * sizeof(*b.cr->v));
	}
	if (!b.cr || !b.cr->v)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	add_loaded(&b);
	add_written(&b);
	add_secrets(&b);
	b.cr->place = LAYERS_PATH;
	for (size_t i = 0; i < b.cr->n; i++) {
		if (b.cr->v[i].place == IN_TARGETS && rootview_layers_place(diag) < 0)
			return -EIO;
	}
	if (b.broken)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	plan->spawn.credentials = b.cr;
	plan->spawn.namespaces |= CLONE_NEWNS;
	return 0;
}
