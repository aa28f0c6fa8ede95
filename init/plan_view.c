/* SPDX-License-Identifier: MIT */
#include "init/view.h"

#include "init/manager.h"
#include "init/neighbours.h"
#include "init/rootview.h"
#include "lib/str.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#define TTY_GROUP 5 /* of pseudo terminals */

/* What is mounted anew belongs to the root and the groups that the service has; of two options the last holds. */
static const char *owned_data(struct view *v, const struct mount_op *op)
{
	const uint32_t base = v->plan->spawn.id_base;
	char text[320];
	int n;

	if (op->kind == MOUNT_DEVPTS)
		n = snprintf(text, sizeof(text), "%s,gid=%u", op->data, base + TTY_GROUP);
	else
		n = snprintf(text, sizeof(text), "uid=%u,gid=%u,%s", base, base, op->data);
	v->full |= (size_t)n >= sizeof(text);

	char *data = arena_strdup(&v->plan->arena, text);

	v->broken |= !data;
	return data;
}

void view_add(struct view *v, struct mount_op op)
{
	if (v->plan->spawn.id_base && (op.kind == MOUNT_TMPFS || op.kind == MOUNT_DEVPTS))
		op.data = owned_data(v, &op);
	if (v->n == PLAN_MAX_MOUNTS)
		v->full = true;
	else
		v->plan->mounts[v->n++] = op;
}

/* Of two at one place the later one is seen: BindPaths= wins over TemporaryFileSystem=. */
void view_content(struct view *v, enum key key, struct mount_op op)
{
	struct mount_op *ops = v->plan->mounts;
	size_t at = v->n;

	op.tag = (uint16_t)key;
	/* Somebody who wants to see something at a place wants the place, too. */
	op.made |= op.kind == MOUNT_BIND || op.kind == MOUNT_BIND_ALONE;
	view_add(v, op);
	if (v->full)
		return;
	op = ops[at];
	for (; at > v->contents && strcmp(ops[at - 1].target, op.target) > 0; at--)
		ops[at] = ops[at - 1];
	ops[at] = op;
}

void view_rule(struct view *v, enum key key, const char *path, bool optional, uint8_t bits)
{
	v->has_rules |= bits & (RULE_READ_ONLY | RULE_NO_EXEC | RULE_HIDE);
	v->hides |= bits & RULE_HIDE;
	view_add(v, (struct mount_op){ .kind = MOUNT_RULE,
				       .target = path,
				       .rule = bits,
				       .optional = optional,
				       .tag = (uint16_t)key });
}

char *view_join(struct view *v, const char *base, const char *name)
{
	size_t size = strlen(base) + strlen(name) + 2;
	char *path = arena_alloc(&v->plan->arena, size);

	if (path)
		snprintf(path, size, "%s/%s", base, name);
	v->broken |= !path;
	return path;
}

static const char *shown_at(const struct directory_op *d)
{
	return d->link ? d->link : d->path;
}

/* What others keep is covered in the tree that all share, unless this one asks for it. */
static int add_neighbours(struct view *v)
{
	const struct spawn_plan *p = &v->plan->spawn;
	enum neighbours_shown shown;
	const char *place;
	int r = 0;

	if (p->root_kind != ROOT_PREPARED)
		return 0;
	for (size_t i = 0; (place = neighbours_place(i)); i++)
		if ((shown = neighbours_shown(v->u, place)) != NEIGHBOURS_HIDDEN)
			view_content(
				v, shown == NEIGHBOURS_WRITABLE ? K_BindPaths : K_BindReadOnlyPaths,
				(struct mount_op){ .kind = MOUNT_BIND,
						   .source = place,
						   .target = place + 1,
						   .optional = true });
	for (size_t i = 0; i < p->n_directories && r == 0; i++)
		if (!p->directories[i].not_shown)
			r = neighbours_make(shown_at(&p->directories[i]));
	return r;
}

/*
 * DynamicUser=: whether the view has the host's link to @d, which leads to where only root gets; not in
 * a root of the service's own, nor where what others keep is covered.
 */
static bool shows_link(const struct view *v, const struct directory_op *d)
{
	const char *end = strchr(d->path + 1, '/'); /* of "/var/lib", or "/run" */
	char place[32];
	struct strbuf b = STRBUF_INIT(place);

	if (v->own_root || v->declared || (v->isolated && str_starts(d->path, "/run/")))
		return false;
	strbuf_put_n(&b, d->path, (size_t)(end - d->path) + strcspn(end + 1, "/") + 1);
	return v->plan->spawn.root_kind != ROOT_PREPARED ||
	       neighbours_shown(v->u, place) != NEIGHBOURS_HIDDEN;
}

/* StateDirectory= and its kin are there and writable whatever lies around them. */
static void add_directory(struct view *v, const struct directory_op *d)
{
	bool as_it_is = !d->link || shows_link(v, d);

	if (d->alias && as_it_is)
		return;
	view_content(v, (enum key)d->tag,
		     (struct mount_op){ .kind = MOUNT_BIND,
					.mapped = d->mapped,
					.source = d->path,
					.target = (as_it_is ? d->path : d->link) + 1 });
}

static void add_directories(struct view *v)
{
	const struct spawn_plan *p = &v->plan->spawn;
	bool all = v->isolated || v->own_root || p->users == USERS_MANAGED;

	for (size_t i = 0; i < p->n_directories; i++) {
		const struct directory_op *d = &p->directories[i];

		if (d->link || (all && !d->not_shown && d->tag != K_PrivateTmp))
			add_directory(v, d);
		/* Around those that follow, in this view alone: nothing else, and anybody may pass. */
		else if (d->ours && i + 1 < p->n_directories && d[1].link && shows_link(v, d))
			view_content(v, (enum key)d->tag,
				     (struct mount_op){ .kind = MOUNT_TMPFS,
							.made = true,
							.target = d->path + 1,
							.data = "mode=0755,size=4k" });
	}
}

/* systemd.exec(5): writable, whatever ProtectSystem= says. */
static void spare_directories(struct view *v)
{
	for (size_t i = 0; i < v->plan->spawn.n_directories; i++) {
		const struct directory_op *d = &v->plan->spawn.directories[i];

		if (!d->not_shown && !d->link && d->tag != K_PrivateTmp && v->has_rules)
			view_rule(v, (enum key)d->tag, d->path + 1, false, RULE_WRITABLE);
	}
}

/* Without a profile: a namespace only if something asks for one, a root only if something changes it. */
static void choose_root(struct view *v)
{
	struct spawn_plan *p = &v->plan->spawn;

	if (v->n > 0 || unit_bool(v->u, K_PrivateMounts) ||
	    (unit_setting(v->u, K_MountFlags) &&
	     unit_u64(v->u, K_MountFlags) != PROPAGATION_SHARED))
		p->namespaces |= CLONE_NEWNS;
	if (v->n == 0)
		return;
	p->root_kind = ROOT_CLONED;
	p->root = CLONE_PATH;
	p->root_source = "/";
}

/* A "/" that becomes read-only leaves alone what the profile has put upon it. */
static void spare_private_mounts(struct view *v)
{
	static const char *const places[] = { "dev", "proc", "run", "sys", "tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(places) && v->isolated && v->has_rules; i++)
		view_rule(v, K_Isolation, places[i], true, RULE_STAYS_WRITABLE);
}

static void plan_propagation(const struct unit *u, struct spawn_plan *p)
{
	static const unsigned long flags[] = {
		[PROPAGATION_SHARED] = MS_SHARED,
		[PROPAGATION_SLAVE] = MS_SLAVE,
		[PROPAGATION_PRIVATE] = MS_PRIVATE,
	};

	if (unit_setting(u, K_MountFlags) && unit_u64(u, K_MountFlags) < ARRAY_SIZE(flags))
		p->propagation = flags[unit_u64(u, K_MountFlags)];
}

int plan_view(struct manager *m, struct service *s, struct service_plan *plan, struct diag *diag)
{
	struct spawn_plan *p = &plan->spawn;
	struct view v = {
		.plan = plan,
		.u = manager_node(m, s->index)->unit,
		.isolated = plan_isolation(s) != ISOLATION_NONE,
	};
	int r = view_root(&v, s, diag);

	if (r < 0)
		return r;
	v.contents = v.n;
	r = add_neighbours(&v);
	if (r < 0)
		return diag_set(diag, DIAG_ERROR, -r, "a place for its directories");
	view_protect_contents(&v);
	view_path_contents(&v);
	r = view_image_contents(&v, diag);
	if (r < 0)
		return r;
	add_directories(&v);
	if (v.declared)
		view_empty_declared(&v);
	view_protect_rules(&v);
	view_path_rules(&v);
	if (!v.isolated && !v.own_root)
		spare_directories(&v);
	spare_private_mounts(&v);
	plan_propagation(v.u, p);
	if (!v.isolated && !v.own_root)
		choose_root(&v);
	if (v.hides)
		r = rootview_hidden(diag);
	if (r == 0 && p->root_kind > ROOT_PREPARED)
		r = rootview_clone_place(diag);
	if (r < 0)
		return r;
	if (v.broken)
		return diag_set(diag, DIAG_ERROR, ENOMEM, "planning");
	if (v.full)
		return diag_set(diag, DIAG_ERROR, E2BIG, "more than %d mounts", PLAN_MAX_MOUNTS);
	p->mounts = plan->mounts;
	p->n_mounts = v.n;
	return 0;
}
